#include "tools/lmhost/help.hpp"

namespace lmhost::tool {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(separator)) + word;
  return text;
}

// What -P varies besides names of the config.
std::vector<std::string> axis_names() {
  std::vector<std::string> names;
  for (const std::string_view name :
       {"batch_size", "seq_len", "cache_len", "dtype", "kv_cache_dtype", "w_bits", "a_bits",
        "kv_bits", "index_bits", "mode", "hw"})
    names.push_back(std::string(name) + "=");
  return names;
}

std::vector<std::string> choices_of(const OptionSpec& option, const CommandSpec& command,
                                    const KnownNames& known) {
  if (option.name == "hw") return known.devices;
  if (option.name == "vary") return axis_names();
  return split(option.name == "format" ? command.formats : option.choices, ',');
}

// What completes the word behind another operand: "kernels show".
struct SecondOperand {
  std::string_view command, first;
  std::vector<std::string> KnownNames::*names;
};
constexpr SecondOperand kSecondOperands[] = {{"kernels", "show", &KnownNames::kernels},
                                             {"kernels", "eval", &KnownNames::kernels},
                                             {"devices", "show", &KnownNames::devices}};

std::vector<const OptionSpec*> options_of(const CommandSpec& command) {
  std::vector<const OptionSpec*> options;
  for (const OptionSpec& option : all_options())
    if ((option.group & command.groups) != 0) options.push_back(&option);
  return options;
}

bool takes_file(const OptionSpec& option) {
  return option.value.find("FILE") != std::string_view::npos || option.value == "DIR";
}

bool takes_files(const CommandSpec& command) {
  return command.operands.find("MODEL") != std::string_view::npos ||
         command.operands.find("FILE") != std::string_view::npos;
}

// What completes the first operand besides files.
std::vector<std::string> operands_of(const CommandSpec& command, const KnownNames& known) {
  if (command.operands.substr(0, 5) == "MODEL") return known.models;
  if (command.name == "catalog") return {"list", "show", "validate", "diff", "approve"};
  if (command.name == "kernels") return {"list", "show", "eval"};
  if (command.name == "devices") return {"list", "show"};
  if (command.name == "plugin")
    return {"list", "check", "show", "dump", "generate", "new", "explain"};
  if (command.name == "schema" || command.name == "completion") return split(command.operands, '|');
  if (command.name != "help") return {};
  std::vector<std::string> names;
  for (const CommandSpec& other : all_commands()) names.emplace_back(other.name);
  return names;
}

std::string command_names() {
  std::vector<std::string> names;
  for (const CommandSpec& command : all_commands()) names.emplace_back(command.name);
  return joined(names, " ");
}

// Shared by bash and zsh, which reads bash's completions through bashcompinit. Ends with the
// definition of the function.
std::string bash_function(const std::string& name, const KnownNames& known) {
  std::string text = name +
                     "() {\n"
                     "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
                     "words= files=0\n"
                     "  COMPREPLY=()\n"
                     "  if [[ $word == = ]]; then word=; elif [[ $previous == = ]]; then "
                     "previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                     "  if ((COMP_CWORD == 1)); then\n"
                     "    COMPREPLY=($(compgen -W '" +
                     command_names() +
                     " --version --help' -- \"$word\"))\n"
                     "    return\n"
                     "  fi\n"
                     "  case ${COMP_WORDS[1]}:$previous in\n";
  for (const CommandSpec& command : all_commands())
    for (const OptionSpec* option : options_of(command)) {
      const std::vector<std::string> choices = choices_of(*option, command, known);
      if (choices.empty() && !takes_file(*option)) continue;
      text += "    " + std::string(command.name) + ":--" + std::string(option->name);
      if (const std::string_view letters = letters_of(*option, command); !letters.empty())
        text += "|" + std::string(command.name) + ":-" + std::string(1, letters[0]);
      if (choices.empty())
        text += ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
      else
        text += ") COMPREPLY=($(compgen -W '" + joined(choices, " ") + "' -- \"$word\")" +
                (takes_file(*option) ? " $(compgen -f -- \"$word\")" : "") + ")" +
                (choices.front().ends_with('=') ? "; compopt -o nospace 2> /dev/null" : "") +
                "; return ;;\n";
    }
  for (const SecondOperand& second : kSecondOperands)
    text += "    " + std::string(second.command) + ":" + std::string(second.first) +
            ") COMPREPLY=($(compgen -W '" + joined(known.*second.names, " ") +
            "' -- \"$word\")); return ;;\n";
  text += "  esac\n  case ${COMP_WORDS[1]} in\n";
  for (const CommandSpec& command : all_commands()) {
    std::vector<std::string> options;
    for (const OptionSpec* option : options_of(command))
      options.push_back("--" + std::string(option->name));
    text += "    " + std::string(command.name) + ")\n      if [[ $word == -* ]]; then words='" +
            joined(options, " ") + "'\n      else words='" +
            joined(operands_of(command, known), " ") + "'";
    if (takes_files(command)) text += "; files=1";
    text += "; fi ;;\n";
  }
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  if ((files)); then COMPREPLY+=($(compgen -f -- \"$word\")); fi\n"
      "}\n";
  return text;
}

std::string bash_script(const KnownNames& known) {
  return bash_function("_lmhost", known) + "complete -o filenames -F _lmhost lmhost\n";
}

// Both as a file of $fpath, which zsh runs as the function _lmhost when somebody completes for the
// first time, and by `source`.
std::string zsh_script(const KnownNames& known) {
  return "#compdef lmhost\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_function("_lmhost_words", known) +
         "complete -o filenames -F _lmhost_words lmhost\n"
         "if [[ ${funcstack[1]} == _lmhost ]]; then _bash_complete -o filenames -F _lmhost_words; "
         "fi\n";
}

std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_script(const KnownNames& known) {
  std::string text;
  for (const CommandSpec& command : all_commands())
    text += "complete -c lmhost -n __fish_use_subcommand -f -a " + std::string(command.name) +
            " -d " + fish_quoted(command.summary) + "\n";
  for (const CommandSpec& command : all_commands()) {
    const std::string start =
        "complete -c lmhost -n '__fish_seen_subcommand_from " + std::string(command.name) + "'";
    for (const OptionSpec* option : options_of(command)) {
      text += start + " -l " + std::string(option->name);
      if (const std::string_view letters = letters_of(*option, command); !letters.empty())
        text += " -s " + std::string(1, letters[0]);
      const std::vector<std::string> choices = choices_of(*option, command, known);
      if (!choices.empty())
        text += (takes_file(*option) ? " -r -a " : " -x -a ") + fish_quoted(joined(choices, " "));
      else if (takes_file(*option))
        text += " -r";
      else if (!option->value.empty())
        text += " -x";
      text += " -d " + fish_quoted(option->help) + "\n";
    }
    const std::vector<std::string> operands = operands_of(command, known);
    const std::string no_files = takes_files(command) ? "" : " -f";
    if (!operands.empty())
      text += start + no_files + " -a " + fish_quoted(joined(operands, " ")) + "\n";
  }
  for (const SecondOperand& second : kSecondOperands)
    text += "complete -c lmhost -n '__fish_seen_subcommand_from " + std::string(second.command) +
            "; and __fish_seen_subcommand_from " + std::string(second.first) + "' -f -a " +
            fish_quoted(joined(known.*second.names, " ")) + "\n";
  return text;
}

}  // namespace

std::string completion_script(std::string_view shell, const KnownNames& known) {
  if (shell == "fish") return fish_script(known);
  return shell == "zsh" ? zsh_script(known) : bash_script(known);
}

}  // namespace lmhost::tool

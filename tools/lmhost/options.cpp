// Boost.Program_options after a pass that brings every spelling to the canonical one. The pass is
// ours because the library has no aliases, reads -1 as an option, and would otherwise guess
// abbreviations.
#include "tools/lmhost/options.hpp"

#include <boost/program_options.hpp>

#include <algorithm>

#include "base/codes.hpp"
#include "tools/lmhost/foreign_options.hpp"

namespace lmhost::tool {
namespace {

namespace po = boost::program_options;

constexpr const char* kOperand = "lmhost-operand";

bool applies(const OptionSpec& option, const CommandSpec& command) {
  return (option.group & command.groups) != 0;
}

// Spellings of several letters behind one dash: vLLM's -tp, llama.cpp's -ctk.
const OptionSpec* find_dash_word(std::string_view argument) {
  constexpr std::string_view kWords[] = {"-tp", "-pp", "-dp", "-ep", "-ctk", "-ctv"};
  const std::string_view word = argument.substr(0, argument.find('='));
  if (std::find(std::begin(kWords), std::end(kWords), word) == std::end(kWords)) return nullptr;
  return find_option(word.substr(1));
}

const OptionSpec* find_letter(char letter, const CommandSpec& command) {
  for (const OptionSpec& option : all_options())
    if (applies(option, command) && letters_of(option, command).find(letter) != std::string::npos)
      return &option;
  for (const OptionSpec& option : all_options())
    if (option.letters.find(letter) != std::string_view::npos) return &option;
  return nullptr;
}

Diagnostic usage_error(std::string message, std::string hint) {
  return plain_error(ErrorKind::kUsage, codes::kUsage, std::move(message), std::move(hint));
}

// An option of other commands, as it was typed.
Diagnostic option_of_others(const CommandSpec& command, const std::string& spelled,
                            const OptionSpec& option) {
  return usage_error("'" + spelled.substr(0, spelled.find('=')) + "' is not an option of 'lmhost " +
                         std::string(command.name) + "'",
                     elsewhere_hint(option));
}

// As "quant" of "--quant=awq" and "-q".
std::string name_of_option(const std::string& spelled) {
  const std::string option = spelled.substr(0, spelled.find('='));
  std::string name = option.substr(std::min(option.find_first_not_of('-'), option.size()));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Diagnostic unknown_option(const CommandSpec& command, const std::string& spelled) {
  const std::string name = name_of_option(spelled);
  std::vector<std::string> spellings;
  for (const OptionSpec& spec : all_options()) {
    if (!applies(spec, command)) continue;
    spellings.push_back("--" + std::string(spec.name));
    for (const std::string& alias : split(spec.aliases, ' ')) spellings.push_back("--" + alias);
  }
  // What other tools call so, then an abbreviation, which is far from the whole word by edits.
  std::string hint = foreign_option_hint(command, name);
  for (const std::string& spelling : spellings)
    if (hint.empty() && name.size() > 1 && spelling.compare(2, name.size(), name) == 0)
      hint = "did you mean '" + spelling + "'?";
  const std::vector<std::string_view> candidates(spellings.begin(), spellings.end());
  if (hint.empty() && name.size() > 1) hint = did_you_mean("--" + name, candidates);
  if (hint.empty()) hint = "see 'lmhost " + std::string(command.name) + " --help'";
  return usage_error("unknown option '" + spelled.substr(0, spelled.find('=')) + "'", hint);
}

// One argument that starts with '-': "--name=value", or the argument as it is when no option is
// known by it. Takes the value from the next argument where it stands there.
Result<std::string> canonical(const CommandSpec& command, const std::vector<std::string>& arguments,
                              std::size_t* index) {
  const bool is_dash_word = find_dash_word(arguments[*index]) != nullptr;
  // Other tools have words behind one dash: -ngl is no -n with the value "gl".
  const std::string& spelled = arguments[*index];
  if (spelled[1] != '-' && spelled.size() > 2 && !is_dash_word &&
      find_foreign_option(name_of_option(spelled)) != nullptr)
    return unknown_option(command, spelled);
  const std::string argument = (is_dash_word ? "-" : "") + arguments[*index];
  const bool is_long = argument.compare(0, 2, "--") == 0;
  const std::size_t equals = is_long ? argument.find('=') : std::string::npos;
  const OptionSpec* option =
      is_long ? find_option(argument.substr(2, equals == std::string::npos ? equals : equals - 2))
              : find_letter(argument[1], command);
  if (option == nullptr)
    return is_long ? Result<std::string>(unknown_option(command, spelled)) : argument;
  if (!takes_option(command, option->name)) return option_of_others(command, spelled, *option);
  const std::string name = "--" + std::string(option->name);
  const bool has_equals = is_long && equals != std::string::npos;
  if (option->value.empty()) {
    if (has_equals) return usage_error(name + " takes no value", "write " + name);
    return !is_long && argument.size() > 2 ? argument : name;
  }
  std::string value;
  if (has_equals)
    value = argument.substr(equals + 1);
  else if (!is_long && argument.size() > 2)
    value = argument.substr(argument[2] == '=' ? 3 : 2);
  else if (*index + 1 < arguments.size())
    value = arguments[++*index];
  if (value.empty())
    return usage_error(name + " needs a value", "write " + name + " " + std::string(option->value));
  return name + "=" + value;
}

// About what is computed, not about what is done with the result: may differ between two sides.
bool is_of_one_side(std::string_view name) {
  constexpr unsigned kOfOneSide = kModel | kWorkload | kPasses | kPlugins | kDevice;
  const OptionSpec* option = find_option(name);
  return option != nullptr && (option->group & kOfOneSide) != 0;
}

Result<bool> read_base(const CommandSpec& command, const std::vector<std::string>& words,
                       Arguments* result) {
  Result<Arguments> base = parse_arguments(command, words);
  if (!base.ok()) return std::move(base).errors();
  if (!base->base.empty())
    return usage_error("a second '--'", "the base is what stands behind the first");
  const auto shared =
      std::stable_partition(base->options.begin(), base->options.end(),
                            [](const auto& option) { return is_of_one_side(option.first); });
  result->options.insert(result->options.end(), shared, base->options.end());
  base->options.erase(shared, base->options.end());
  result->base.push_back(std::move(*base));
  return true;
}

Result<bool> check_choice(const OptionSpec& option, const std::string& value) {
  // Names of convention sets are open: the user may have more.
  if (option.choices.empty() || option.name == "conventions") return true;
  const std::vector<std::string> choices = split(option.choices, ',');
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return true;
  const std::vector<std::string_view> candidates(choices.begin(), choices.end());
  // Among the short names of types the nearest one is another type, not a misspelling.
  const bool is_type = option.value == "TYPE";
  std::string hint = is_type ? std::string() : did_you_mean(value, candidates);
  if (hint.empty()) {
    hint = "one of ";
    for (std::size_t i = 0; i < choices.size(); ++i) hint += (i == 0 ? "" : ", ") + choices[i];
    if (is_type) hint += "; other sizes by --w-bits, --a-bits, --kv-bits";
  }
  return usage_error("--" + std::string(option.name) + " cannot be '" + value + "'", hint);
}

po::options_description describe(const CommandSpec& command) {
  po::options_description description;
  auto add = description.add_options();
  for (const OptionSpec& option : all_options()) {
    if (!applies(option, command)) continue;
    const std::string name(option.name);
    if (option.value.empty())
      add(name.c_str(), "");
    else
      add(name.c_str(), po::value<std::vector<std::string>>(), "");
  }
  add(kOperand, po::value<std::vector<std::string>>(), "");
  return description;
}

}  // namespace

std::string_view letters_of(const OptionSpec& option, const CommandSpec& command) {
  const bool is_taken = option.name == "output" && (command.groups & kFormat) != 0;
  return is_taken ? std::string_view() : option.letters;
}

bool Arguments::has(std::string_view name) const { return get(name).has_value(); }

std::optional<std::string> Arguments::get(std::string_view name) const {
  for (auto option = options.rbegin(); option != options.rend(); ++option)
    if (option->first == name) return option->second;
  return std::nullopt;
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : options)
    if (key == name) values.push_back(value);
  return values;
}

Result<Arguments> parse_arguments(const CommandSpec& command,
                                  const std::vector<std::string>& arguments) {
  Arguments result;
  result.command = &command;
  std::vector<std::string> canonical_arguments;
  std::vector<std::string> verbatim;
  bool has_separator = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      has_separator = true;
      verbatim.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    const bool is_option = arguments[i].size() > 1 && arguments[i][0] == '-';
    Result<std::string> argument = is_option ? canonical(command, arguments, &i) : arguments[i];
    if (!argument.ok()) return std::move(argument).errors();
    canonical_arguments.push_back(std::move(*argument));
  }

  namespace style = po::command_line_style;
  constexpr int kStyle = style::allow_long | style::long_allow_adjacent | style::allow_short |
                         style::allow_dash_for_short | style::short_allow_adjacent;
  try {
    const po::options_description description = describe(command);
    po::positional_options_description operands;
    operands.add(kOperand, -1);
    const po::parsed_options parsed = po::command_line_parser(canonical_arguments)
                                          .options(description)
                                          .positional(operands)
                                          .style(kStyle)
                                          .run();
    for (const po::option& option : parsed.options) {
      const std::string value = option.value.empty() ? std::string() : option.value.front();
      if (option.string_key == kOperand)
        result.operands.push_back(value);
      else
        result.options.emplace_back(option.string_key, value);
    }
  } catch (const po::unknown_option& error) {
    return unknown_option(command, error.get_option_name());
  } catch (const po::error& error) {
    return usage_error(error.what(), "see 'lmhost " + std::string(command.name) + " --help'");
  }
  if (command.has_base) {
    if (has_separator)
      if (Result<bool> base = read_base(command, verbatim, &result); !base.ok())
        return std::move(base).errors();
  } else {
    result.operands.insert(result.operands.end(), verbatim.begin(), verbatim.end());
  }
  for (const auto& [name, value] : result.options)
    if (const OptionSpec* option = find_option(name); option != nullptr && !option->value.empty())
      if (Result<bool> checked = check_choice(*option, value); !checked.ok())
        return std::move(checked).errors();
  return result;
}

}  // namespace lmhost::tool

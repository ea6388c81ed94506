#include "tools/lmhost/help.hpp"

#include <algorithm>

namespace lmhost::tool {
namespace {

std::string spelling(const OptionSpec& option, const CommandSpec& command) {
  const std::string_view letters = letters_of(option, command);
  std::string text = letters.empty() ? "    " : "-" + std::string(1, letters[0]) + ", ";
  text += "--" + std::string(option.name);
  if (!option.value.empty()) text += " " + std::string(option.value);
  return text;
}

std::string explanation(const OptionSpec& option, const CommandSpec& command) {
  std::string text(option.help);
  const std::string_view choices = option.name == "format" ? command.formats : option.choices;
  if (!choices.empty()) {
    text += "; ";
    for (const char c : choices) text += c == ',' ? std::string(", ") : std::string(1, c);
  }
  std::string aliases;
  const std::string_view letters = letters_of(option, command);
  for (std::size_t i = 1; i < letters.size(); ++i) aliases += " -" + std::string(1, letters[i]);
  for (const std::string& alias : split(option.aliases, ' ')) aliases += " --" + alias;
  if (!aliases.empty()) text += " [also" + aliases + "]";
  return text;
}

Text option_lines(const OptionSpec& option, const CommandSpec& command, const TextStyle& style) {
  constexpr std::size_t kIndent = 32;
  Text text;
  std::string line = "  " + spelling(option, command);
  if (line.size() + 2 > kIndent) {
    text += Text(line) + "\n";
    line.clear();
  }
  line.resize(kIndent, ' ');
  for (const std::string& part : wrapped(explanation(option, command), style.width - kIndent)) {
    text += Text(line) + part + "\n";
    line.assign(kIndent, ' ');
  }
  return text;
}

}  // namespace

Text overview(const TextStyle& style) {
  Text text =
      Text(
          "lmhost computes what a language model costs, and why: FLOPs, bytes read and written, "
          "memory.\n\n") +
      painted("Usage", Ink::kBold, style) + "\n  lmhost COMMAND [OPTION]... [OPERAND]...\n\n" +
      painted("Commands", Ink::kBold, style) + "\n";
  Table commands({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}});
  for (const CommandSpec& command : all_commands())
    commands.add({std::string(command.name), std::string(command.summary)});
  text += commands.text(style, "  ");
  text +=
      Text("\n") + painted("Examples", Ink::kBold, style) +
      "\n"
      "  lmhost analyze llama-2-7b --seq-len 2048\n"
      "  lmhost analyze llama-3.1-8b --phase decode --cache-len 8K --batch-size 16 --mode fused\n"
      "  lmhost explain llama-2-7b layers.self_attn.q_proj\n"
      "  lmhost kernels show torch.nn.Linear\n\n"
      "'lmhost help COMMAND' has the options of a command. Exit status: 0 yes, 1 the answer is "
      "no,\n"
      "2 usage, 3 bad input, 4 plugin, 5 input or output, 70 internal error, 130 Ctrl-C.\n";
  return text;
}

Text help_of(const CommandSpec& command, const TextStyle& style) {
  Text text =
      Text("lmhost ") + std::string(command.name) + ": " + std::string(command.summary) + "\n\n";
  text += painted("Usage", Ink::kBold, style) + "\n  lmhost " + std::string(command.name);
  text += " [OPTION]...";
  if (!command.operands.empty()) text += " " + std::string(command.operands);
  text += "\n";
  if (!command.detail.empty()) text += "\n";
  for (const std::string& paragraph : split(command.detail, '\n'))
    for (const std::string& line : wrapped(paragraph, style.width)) text += Text(line) + "\n";

  // Every title once, in the order of the table.
  std::vector<std::string_view> titles;
  const auto shown_title = [&](const OptionSpec& option) {
    // The depth option stands among those of rows; its own group only says who takes it.
    const bool is_row = option.group == kDepth && (command.groups & kView) != 0;
    return is_row ? title_of(kView) : title_of(option.group & command.groups);
  };
  for (const OptionSpec& option : all_options())
    if ((option.group & command.groups) != 0 &&
        std::find(titles.begin(), titles.end(), shown_title(option)) == titles.end())
      titles.push_back(shown_title(option));
  for (const std::string_view title : titles) {
    text += Text("\n") + painted(title, Ink::kBold, style) + "\n";
    for (const OptionSpec& option : all_options())
      if ((option.group & command.groups) != 0 && shown_title(option) == title)
        text += option_lines(option, command, style);
  }
  return text;
}

}  // namespace lmhost::tool

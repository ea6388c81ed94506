// lmhost plugin check, probe, explain: is a plugin right, and what does that mean?
#include <charconv>

#include "base/codes.hpp"
#include "check/answer.hpp"
#include "check/child.hpp"
#include "tools/lmhost/command_plugin.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (error != std::errc() || end != text.data() + text.size() || number > kMost)
    return std::nullopt;
  return number;
}

Text heading_of(const CheckReport& report, const TextStyle& style) {
  Text text = painted(report.file, Ink::kBold, style);
  if (!report.id.empty())
    text += ": " + report.id + " " + report.version + ", ABI " + report.abi + ", " +
            std::to_string(report.kernels) + (report.kernels == 1 ? " kernel" : " kernels");
  return text + "\n";
}

Text text_of(const CheckReport& report, bool strict, const TextStyle& style) {
  Text text = heading_of(report, style);
  Table table({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}, {"", true, Ink::kDim}});
  std::size_t passed = 0, skipped = 0, failed = 0, warned = 0;
  for (const CheckSpec& check : all_checks()) {
    const CheckState state = state_of(report, check, strict);
    std::size_t& count = state == CheckState::kPassed    ? passed
                         : state == CheckState::kSkipped ? skipped
                         : state == CheckState::kFailed  ? failed
                                                         : warned;
    ++count;
    const std::string_view word = state == CheckState::kPassed    ? "ok"
                                  : state == CheckState::kFailed  ? "FAILED"
                                  : state == CheckState::kSkipped ? "-"
                                                                  : "warning";
    table.add({std::string(word), std::string(check.id), std::string(check.asserts)});
  }
  text += table.text(style, "  ");
  for (const auto& [id, findings] : report.findings) {
    text += Text("\n") + painted(id, Ink::kBold, style) + "\n";
    for (const std::string& finding : findings)
      for (const std::string& line : split(finding, '\n')) text += Text("  ") + line + "\n";
    text += Text("  'lmhost plugin explain ") + id + "' says why and what to do\n";
  }
  text += Text("\n") + std::to_string(passed) + " passed, " + std::to_string(failed) + " failed, " +
          std::to_string(warned) + (warned == 1 ? " warning, " : " warnings, ") +
          std::to_string(skipped) + " not reached";
  if (report.points != 0)
    text += "; " + std::to_string(report.points) + " random points, --seed " +
            std::to_string(report.seed);
  return text + "\n";
}

}  // namespace

Result<Outcome> plugin_check(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, SIZE_MAX); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const bool strict = arguments.has("strict");
  ChildOptions options;
  if (const std::optional<std::string> seed = arguments.get("seed")) {
    const std::optional<std::uint64_t> number = whole_number(*seed);
    if (!number) return usage_error("--seed " + quoted(*seed) + " is not a whole number");
    options.probe.seed = *number;
  }
  Outcome outcome;
  std::vector<CheckReport> reports;
  for (std::size_t i = 1; i < arguments.operands.size(); ++i) {
    Result<CheckReport> report = check_plugin(arguments.operands[i], options);
    if (!report) return std::move(report).errors();
    if (report->has_failed(strict)) outcome.status = 1;
    if (*format != "json")
      outcome.text +=
          Text((i == 1 ? Text() : Text("\n"))) + text_of(*report, strict, text_style(arguments));
    reports.push_back(std::move(*report));
  }
  if (*format == "json") outcome.text = Document::exact(write_checks_json(reports, strict));
  return outcome;
}

Result<Outcome> plugin_probe(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, 4); !checked.ok())
    return std::move(checked).errors();
  const auto number = [&](std::size_t operand, std::uint64_t otherwise) {
    return operand < arguments.operands.size()
               ? whole_number(arguments.operands[operand]).value_or(otherwise)
               : otherwise;
  };
  ProbeOptions options;
  options.seed = number(2, options.seed);
  options.points = static_cast<std::size_t>(number(3, options.points));
  answer_probe(arguments.operands[1], options);
}

Result<Outcome> plugin_explain(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 2); !checked.ok())
    return std::move(checked).errors();
  Outcome outcome;
  if (arguments.operands.size() == 1) {
    Table table({{"CHECK", true, Ink::kPlain},
                 {"CODES", true, Ink::kPlain},
                 {"ASSERTS THAT A PLUGIN", true, Ink::kDim}});
    for (const CheckSpec& check : all_checks())
      table.add({std::string(check.id), std::string(check.codes), std::string(check.asserts)});
    outcome.text = table.text(text_style(arguments));
    return outcome;
  }
  const std::string& name = arguments.operands[1];
  bool is_known = false;
  outcome.text = Document::exact(explanation_of(name, &is_known));
  if (is_known) return outcome;
  const std::vector<std::string_view> names = explained_names();
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "'lmhost plugin explain' lists them";
  return usage_error("no check or error code of plugins is called " + quoted(name), hint);
}

}  // namespace lmhost::tool

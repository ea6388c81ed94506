// lmhost compare.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/codes.hpp"
#include "report/comparison.hpp"
#include "report/written_tree.hpp"
#include "study/condition.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/passes.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

Diagnostic not_comparable(std::string message, std::string hint = {}) {
  return plain_error(ErrorKind::kUsage, codes::kNotComparable, std::move(message), std::move(hint));
}

// One side of "--": its operands under its options.
class Side {
 public:
  explicit Side(const Arguments& arguments) : arguments_(arguments) {}

  Result<std::vector<Profile>> read(Diagnostics* messages) {
    std::vector<Profile> profiles;
    Diagnostics errors;
    for (const std::string& operand : arguments_.operands) {
      Result<Profile> profile = is_saved_report(operand) ? read_profile(operand) : analyze(operand);
      if (profile.ok())
        profiles.push_back(std::move(*profile));
      else
        errors.insert(errors.end(), profile.errors().begin(), profile.errors().end());
      // What is wrong with the options is wrong with every operand.
      if (!errors.empty() && errors.front().kind == ErrorKind::kUsage) return errors;
    }
    if (host_)
      for (Diagnostic& message : refused_plugins(*host_)) messages->push_back(std::move(message));
    if (!errors.empty()) return errors;
    return profiles;
  }

 private:
  Result<Profile> analyze(const std::string& model) {
    Result<Workload> workload = read_workload(arguments_, model);
    if (!workload.ok()) return std::move(workload).errors();
    const Result<Passes> passes = read_passes(arguments_, *workload);
    if (!passes.ok()) return passes.errors();
    if (!host_) {
      Result<Host> host = open_host(arguments_);
      if (!host.ok()) return std::move(host).errors();
      host_ = std::move(*host);
    }
    Result<PassesResult> result = analyze_passes(*host_, *workload, *passes);
    if (!result.ok()) return std::move(result).errors();
    if (Result<bool> fits =
            check_whole(*result->analysis.tree, "`lmhost analyze` shows its totals");
        !fits.ok())
      return std::move(fits).errors();
    const auto bounds = bound_passes(arguments_, *host_, result->analysis);
    if (!bounds.ok()) return bounds.errors();
    Profile profile = profile_of(result->analysis);
    profile.label = model;
    if (*bounds != nullptr) {
      profile.seconds = (*bounds)->whole().seconds;
      profile.tokens = tokens_of(result->analysis).to_double();
    }
    return profile;
  }

  const Arguments& arguments_;
  std::optional<Host> host_;
};

// The base's options stand on top of those of the new side: what is said once holds for both.
Arguments base_arguments(const Arguments& arguments) {
  Arguments base = arguments;
  if (arguments.base.empty()) {
    base.operands.clear();
    return base;
  }
  const Arguments& own = arguments.base.front();
  base.operands = own.operands;
  // The last value of an option wins, but for one of which two values contradict each other.
  constexpr std::string_view kOnce = "kv-cache-dtype";
  if (own.has(kOnce))
    std::erase_if(base.options, [&](const auto& option) { return option.first == kOnce; });
  base.options.insert(base.options.end(), own.options.begin(), own.options.end());
  base.base.clear();
  return base;
}

struct ResolvedCondition {
  Condition condition;
  const Column* metric;
};

Result<std::vector<ResolvedCondition>> read_conditions(const Arguments& arguments) {
  std::vector<ResolvedCondition> conditions;
  Diagnostics errors;
  for (const std::string& text : arguments.all("fail-if")) {
    Result<Condition> condition = parse_condition(text);
    if (!condition.ok()) {
      errors.push_back(condition.errors().front());
      continue;
    }
    Result<const Column*> metric = parse_metric(condition->metric);
    if (!metric.ok()) {
      Diagnostic error = error_at(condition->source, condition->metric_offset,
                                  condition->metric.size(), codes::kCondition,
                                  metric.errors().front().message, metric.errors().front().hint);
      error.kind = ErrorKind::kUsage;
      errors.push_back(std::move(error));
      continue;
    }
    conditions.push_back({std::move(*condition), *metric});
  }
  if (!errors.empty()) return errors;
  return conditions;
}

// The node of a pair that a condition names, by its path on either side.
const ComparedNode* find_node(const Comparison& pair, const std::string& path) {
  for (const ComparedNode& node : pair.nodes) {
    if (node.now && pair.now->nodes[*node.now].path == path) return &node;
    if (node.base && pair.base->nodes[*node.base].path == path) return &node;
  }
  return nullptr;
}

Diagnostic no_such_node(const Condition& condition, const Comparison& pair) {
  std::vector<std::string_view> paths;
  for (const ComparedNode& node : pair.nodes) paths.push_back(pair.either(node).path);
  Diagnostic error =
      error_at(condition.source, condition.node_offset, condition.node.size(), codes::kUnknownNode,
               "neither side has this node", did_you_mean(condition.node, paths));
  error.kind = ErrorKind::kUsage;
  return error;
}

Result<bool> judge(const std::vector<ResolvedCondition>& conditions, ComparisonReport* report) {
  for (const ResolvedCondition& row : conditions) {
    for (std::size_t i = 0; i < report->pairs.size(); ++i) {
      const Comparison& pair = report->pairs[i];
      const ComparedNode* node = find_node(pair, row.condition.node);
      if (node == nullptr) return no_such_node(row.condition, pair);
      Verdict& verdict = report->verdicts.emplace_back();
      verdict.condition = row.condition.source.text;
      verdict.pair = i;
      verdict.base = row.metric->value(pair.base_costs(*node));
      verdict.now = row.metric->value(pair.now_costs(*node));
      verdict.measured = measured(row.condition, verdict.base, verdict.now);
      verdict.is_percent = row.condition.kind == Condition::Kind::kPercent;
      verdict.is_met = is_met(row.condition, verdict.base, verdict.now);
    }
  }
  return true;
}

Result<bool> check_counts(const Arguments& arguments, const Arguments& base) {
  const std::size_t news = arguments.operands.size(), bases = base.operands.size();
  if (news == 0 || (bases == 0 && (news == 1 || !arguments.base.empty())))
    return not_comparable(
        news == 0 ? "there is nothing new to compare" : "there is nothing to compare with",
        "usage: lmhost compare NEW... -- BASE...");
  if (bases > 1 && bases != news)
    return not_comparable(std::to_string(news) + " new and " + std::to_string(bases) +
                              " bases: which belongs to which?",
                          "give one base for all, or a base for each");
  if (bases == 0 && arguments.has("fail-if"))
    return not_comparable("--fail-if compares with a base, and there is none",
                          "usage: lmhost compare NEW... -- BASE...");
  return true;
}

// Different questions are compared all the same, but hardly ever on purpose.
Diagnostics phase_warnings(const ComparisonReport& report) {
  Diagnostics warnings;
  for (const Comparison& pair : report.pairs) {
    if (pair.base->phase == pair.now->phase) continue;
    Diagnostic warning =
        usage_error("'" + pair.now->label + "' is of phase " + pair.now->phase + ", its base of " +
                        pair.base->phase,
                    "options behind -- are those of the base only; before it they hold for both");
    warning.severity = Severity::kWarning;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

Result<ComparisonOptions> read_options(const Arguments& arguments) {
  ComparisonOptions options;
  if (const auto name = arguments.get("metric")) {
    Result<const Column*> metric = parse_metric(*name);
    if (!metric.ok()) return std::move(metric).errors();
    options.metric = *metric;
  }
  for (const std::string_view name : {"depth", "rows"}) {
    const auto text = arguments.get(name);
    if (!text) continue;
    Result<Number> number = parse_count("--" + std::string(name), *text);
    if (!number.ok()) return std::move(number).errors();
    const auto value = static_cast<std::size_t>(
        std::min<std::int64_t>(number->to_int64().value_or(UINT32_MAX), UINT32_MAX));
    if (name == "rows")
      options.rows = value;
    else
      options.depth = static_cast<unsigned>(value);
  }
  return options;
}

}  // namespace

Result<Outcome> compare_command(const Arguments& arguments) {
  const Arguments base = base_arguments(arguments);
  if (Result<bool> checked = check_counts(arguments, base); !checked.ok())
    return std::move(checked).errors();
  const Result<std::string> format = format_of(arguments);
  if (!format.ok()) return format.errors();
  const Result<ComparisonOptions> options = read_options(arguments);
  if (!options.ok()) return options.errors();
  const Result<std::vector<ResolvedCondition>> conditions = read_conditions(arguments);
  if (!conditions.ok()) return conditions.errors();

  Outcome outcome;
  ComparisonReport report;
  Result<std::vector<Profile>> news = Side(arguments).read(&outcome.messages);
  if (!news.ok()) return std::move(news).errors();
  report.news = std::move(*news);
  if (!base.operands.empty()) {
    Result<std::vector<Profile>> bases = Side(base).read(&outcome.messages);
    if (!bases.ok()) return std::move(bases).errors();
    report.bases = std::move(*bases);
    for (std::size_t i = 0; i < report.news.size(); ++i)
      report.pairs.push_back(
          compare_profiles(report.bases[report.bases.size() == 1 ? 0 : i], report.news[i]));
  }
  if (Result<bool> judged = judge(*conditions, &report); !judged.ok())
    return std::move(judged).errors();
  for (Diagnostic& warning : phase_warnings(report)) outcome.messages.push_back(std::move(warning));
  const TextStyle style = text_style(arguments);
  outcome.text = *format == "json"  ? Document::exact(write_comparison_json(report))
                 : *format == "csv" ? Document(write_comparison_csv(report, *options))
                 : *format == "md"  ? Document(write_comparison_markdown(report, *options, style))
                                    : Document(write_comparison(report, *options, style));
  const bool is_met = std::any_of(report.verdicts.begin(), report.verdicts.end(),
                                  [](const Verdict& verdict) { return verdict.is_met; });
  outcome.status = is_met ? 1 : 0;
  return outcome;
}

}  // namespace lmhost::tool

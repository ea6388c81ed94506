// lmhost formula: costs as closed forms in the inputs that somebody chooses.
#include <algorithm>

#include "base/codes.hpp"
#include "load/config.hpp"
#include "load/model.hpp"
#include "report/closed_forms.hpp"
#include "report/columns.hpp"
#include "report/explain.hpp"
#include "study/formula_study.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

constexpr std::string_view kConfigPrefix = "config.";

// The inputs that stay symbols.
struct Symbols {
  std::vector<std::string> names;   // as given, canonical, in order
  std::vector<std::string> config;  // those of the config
};

Result<Symbols> read_symbols(const Arguments& arguments) {
  Symbols symbols;
  for (std::string name :
       split(arguments.get("in").value_or("batch_size,seq_len,cache_len"), ',')) {
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.compare(0, kConfigPrefix.size(), kConfigPrefix) == 0)
      name.erase(0, kConfigPrefix.size());
    if (std::find(symbols.names.begin(), symbols.names.end(), name) != symbols.names.end())
      return usage_error("--in names " + quoted(name) + " twice");
    if (!runtime_variable_named(name)) symbols.config.push_back(name);
    symbols.names.push_back(std::move(name));
  }
  if (symbols.names.empty()) return usage_error("--in names nothing", "for example: --in seq_len");
  return symbols;
}

Result<bool> check_symbols(const Symbols& symbols, const Model& model) {
  std::vector<std::string> known = config_names(model);
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    known.emplace_back(name_of(static_cast<RuntimeVariable>(i)));
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  for (const std::string& name : symbols.config) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return usage_error("--in: unknown variable " + quoted(name), did_you_mean(name, candidates));
  }
  return true;
}

Result<std::vector<const Column*>> read_metrics(const Arguments& arguments) {
  std::vector<std::string> names = arguments.all("metric");
  if (names.empty()) names = {"flops", "bytes_read", "bytes_written"};
  std::vector<const Column*> metrics;
  for (const std::string& name : names) {
    Result<const Column*> metric = parse_metric(name);
    if (!metric) return std::move(metric).errors();
    metrics.push_back(*metric);
  }
  return metrics;
}

Result<NodePath> named_node(const Analysis& analysis, const std::string& name) {
  // The root needs no tree.
  if (name.empty()) return NodePath();
  const CostTree structure = structure_of(analysis.plan);
  Result<std::uint32_t> found = find_node(structure, name);
  if (!found) return std::move(found).errors();
  return path_to(structure, *found);
}

Result<NamedForm> form_of(FormulaStudy& study, const Column& metric, const NodePath& node) {
  Result<ClosedForm> form = metric.kind == ColumnKind::kRatio
                                ? study.ratio(metric.key, node, weights_of(column("flops")),
                                              weights_of(column("bytes_moved")))
                                : study.sum(metric.key, node, weights_of(metric));
  if (!form) return std::move(form).errors();
  return NamedForm{std::string(metric.key), std::move(*form)};
}

Result<std::string> asymptotics(const Analysis& analysis, const Symbols& symbols,
                                const std::vector<const Column*>& metrics, const NodePath& node,
                                const std::string& format) {
  if (format != "text" && format != "json")
    return usage_error("--asymptotic is text or json", "leave -o " + format + " out");
  std::vector<std::string> names;
  std::vector<CostWeights> costs;
  for (const Column* metric : metrics) {
    if (metric->kind == ColumnKind::kRatio)
      return usage_error("--asymptotic is of sums, not of " + std::string(metric->key));
    names.emplace_back(metric->key);
    costs.push_back(weights_of(*metric));
  }
  const Result<std::vector<Growth>> growths = growth_of(analysis, symbols.names, node, costs);
  if (!growths) return growths.errors();
  return format == "json" ? write_growth_json(*growths, names, analysis, node.text)
                          : write_growth(*growths, names);
}

Result<std::string> closed_forms(const Analysis& analysis, const Symbols& symbols,
                                 const std::vector<const Column*>& metrics, const NodePath& node,
                                 const std::string& format) {
  FormulaStudy study(analysis, symbols.names);
  std::vector<NamedForm> forms;
  for (const Column* metric : metrics) {
    Result<NamedForm> form = form_of(study, *metric, node);
    if (!form) return std::move(form).errors();
    forms.push_back(std::move(*form));
  }
  if (format == "json") return write_forms_json(forms, analysis, study, node.text);
  const FormulaLanguage language = format == "python"  ? FormulaLanguage::kPython
                                   : format == "c"     ? FormulaLanguage::kC
                                   : format == "latex" ? FormulaLanguage::kLatex
                                                       : FormulaLanguage::kText;
  return write_forms(forms, analysis, study, node.text, language);
}

}  // namespace

Result<Outcome> formula_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 2); !checked)
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format) return std::move(format).errors();
  Result<std::vector<const Column*>> metrics = read_metrics(arguments);
  if (!metrics) return std::move(metrics).errors();
  Result<Symbols> symbols = read_symbols(arguments);
  if (!symbols) return std::move(symbols).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host) return std::move(host).errors();
  Result<Model> model = host->load(*workload);
  if (!model) return std::move(model).errors();
  if (Result<bool> known = check_symbols(*symbols, *model); !known)
    return std::move(known).errors();
  for (const std::string& name : symbols->config)
    if (Result<bool> opened = model->config.leave_open(name); !opened)
      return std::move(opened).errors();
  Result<Analysis> analysis = host->plan(*model, *workload);
  if (!analysis) return std::move(analysis).errors();
  Result<NodePath> node =
      named_node(*analysis, arguments.operands.size() > 1 ? arguments.operands[1] : std::string());
  if (!node) return std::move(node).errors();

  const auto write = arguments.has("asymptotic") ? asymptotics : closed_forms;
  Result<std::string> text = write(*analysis, *symbols, *metrics, *node, *format);
  if (!text) return std::move(text).errors();
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  outcome.text = Document::exact(std::move(*text));
  return outcome;
}

}  // namespace lmhost::tool

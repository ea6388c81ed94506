// lmhost analyze, explain, inspect.
#include "load/graph.hpp"
#include "report/explain.hpp"
#include "report/json.hpp"
#include "report/structure.hpp"
#include "report/table.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

constexpr unsigned kTableDepth = 4;
constexpr std::size_t kTableRows = 10;
constexpr std::size_t kTableKernels = 20;
constexpr double kTableShare = 0.01;

Result<std::optional<std::size_t>> small_number(const Arguments& arguments,
                                                std::string_view option) {
  const std::optional<std::string> text = arguments.get(option);
  if (!text) return std::optional<std::size_t>();
  Result<Number> number = parse_count("--" + std::string(option), *text);
  if (!number.ok()) return std::move(number).errors();
  return std::optional<std::size_t>(
      static_cast<std::size_t>(number->to_int64().value_or(INT64_MAX)));
}

// Tables fold by default, machine formats never do.
Result<RowOptions> read_rows(const Arguments& arguments, bool is_table) {
  RowOptions options;
  Diagnostics errors;
  options.view = *view_named(arguments.get("view").value_or("tree"));
  if (is_table) {
    options.depth = kTableDepth;
    options.rows = options.view == View::kTree ? kTableRows : kTableKernels;
  }
  // Somebody who says how deep, how many or what gets just that.
  const bool is_filtered = arguments.has("focus") || arguments.has("ignore");
  if (is_table && !is_filtered && !arguments.has("rows")) options.fold_below = kTableShare;
  if (is_table && !is_filtered && !arguments.has("depth")) options.close_below = kTableShare;
  Result<std::optional<std::size_t>> depth = small_number(arguments, "depth");
  Result<std::optional<std::size_t>> rows = small_number(arguments, "rows");
  if (!depth.ok()) errors.push_back(depth.errors().front());
  if (!rows.ok()) errors.push_back(rows.errors().front());
  if (depth.ok() && *depth)
    options.depth = static_cast<unsigned>(std::min<std::size_t>(**depth, UINT32_MAX));
  if (rows.ok() && *rows) options.rows = **rows;
  if (const auto metric = arguments.get("sort"); metric && *metric != "order") {
    Result<const Column*> sort = parse_metric(*metric);
    if (sort.ok())
      options.sort = *sort;
    else
      errors.push_back(sort.errors().front());
  }
  options.focus = arguments.all("focus");
  options.ignore = arguments.all("ignore");
  if (!errors.empty()) return errors;
  return options;
}

Diagnostic warning(std::string message, std::string hint = {}) {
  Diagnostic diagnostic = usage_error(std::move(message), std::move(hint));
  diagnostic.severity = Severity::kWarning;
  return diagnostic;
}

// Options that cannot change this result, and patterns that match nothing: not mistakes enough to
// refuse, but nobody types them for nothing.
Diagnostics row_warnings(const Arguments& arguments, const std::string& format,
                         const RowOptions& rows, const CostTree& tree) {
  std::vector<std::string_view> useless;
  std::string why = "--view " + std::string(name_of(rows.view)) + " has no such choice";
  if (format == "json") {
    useless = {"view", "depth", "rows", "sort", "columns", "focus", "ignore"};
    why = "--format json is the whole report";
  } else if (rows.view == View::kRoles) {
    useless = {"depth", "rows", "sort", "columns", "focus", "ignore"};
  } else if (rows.view == View::kKernels) {
    useless = {"depth"};
  }
  Diagnostics warnings;
  for (const std::string_view name : useless)
    if (arguments.has(name))
      warnings.push_back(warning("--" + std::string(name) + " is ignored", why));
  if (format == "json" || rows.view == View::kRoles) return warnings;
  for (const std::string_view name : {"focus", "ignore"})
    for (const std::string& pattern : arguments.all(name))
      if (!matches_any(pattern, tree))
        warnings.push_back(warning("--" + std::string(name) + " '" + pattern + "' matches no call",
                                   "`lmhost inspect` prints every path and kernel"));
  return warnings;
}

std::string write_report(const std::string& format, const Analysis& analysis,
                         const Summary& summary, const RowOptions& rows,
                         const std::vector<const Column*>& columns, const TextStyle& style,
                         std::string_view prefix) {
  if (format == "json") return write_json(analysis, summary, prefix);
  if (format == "jsonl") return write_json_lines(analysis, rows, columns);
  if (format == "csv") return write_csv(analysis, rows, columns);
  if (format == "md") return write_markdown(analysis, summary, rows, columns, style);
  return write_table(analysis, summary, rows, columns, style);
}

}  // namespace

Result<Outcome> analyze_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const bool is_table = *format == "table" || *format == "md";
  Result<RowOptions> rows = read_rows(arguments, is_table);
  if (!rows.ok()) return std::move(rows).errors();
  const std::optional<std::string> list = arguments.get("columns");
  Result<std::vector<const Column*>> columns =
      list ? parse_columns(*list) : std::vector<const Column*>();
  if (!columns.ok()) return std::move(columns).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();

  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<Analysis> analysis = host->analyze(*workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  Summary summary = summarize(*analysis, assumptions_of(*analysis, *workload));
  summary.model_word = model_word(arguments);
  summary.option_words = repeated_options(arguments);
  const TextStyle style = text_style(arguments);
  if (!list && is_table)
    *columns =
        default_columns(rows->view, *analysis->tree, *format == "table" ? style : TextStyle());
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  for (Diagnostic& message : row_warnings(arguments, *format, *rows, *analysis->tree))
    outcome.messages.push_back(std::move(message));
  outcome.text = write_report(*format, *analysis, summary, *rows, *columns, style, host->prefix());
  return outcome;
}

Result<Outcome> explain_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 2); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const Column* metric = nullptr;
  if (const auto name = arguments.get("metric")) {
    Result<const Column*> found = parse_metric(*name);
    if (!found.ok()) return std::move(found).errors();
    metric = *found;
  }
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<Analysis> analysis = host->analyze(*workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  Result<std::uint32_t> node = find_node(
      *analysis->tree, arguments.operands.size() > 1 ? arguments.operands[1] : std::string());
  if (!node.ok()) return std::move(node).errors();

  const Explanation explanation = explain(*analysis, *node, metric, host->prefix());
  const Summary summary = summarize(*analysis, assumptions_of(*analysis, *workload));
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  outcome.text = *format == "json"
                     ? write_explanation_json(explanation)
                     : write_explanation(explanation, summary, *analysis, text_style(arguments));
  return outcome;
}

Result<Outcome> inspect_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<std::optional<std::size_t>> depth = small_number(arguments, "depth");
  if (!depth.ok()) return std::move(depth).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();

  StructureOptions options;
  options.mode = workload->mode;
  if (*depth) options.depth = static_cast<unsigned>(std::min<std::size_t>(**depth, UINT32_MAX));
  // Structure is known before any value is: unknown kernels are shown as such.
  workload->allow_unknown = true;
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  Structure structure;
  if (Result<Analysis> planned = host->plan(*workload); planned.ok()) {
    structure = make_structure(*planned->plan->graph, planned->plan.get(),
                               planned->plan->catalog.get(), options);
  } else {
    // A graph whose config is not at hand still has a structure; a model that is no graph file has
    // not, and --locked asks for more than structure.
    const bool can_open = workload->model != "-" && !workload->hf_config && !workload->locked;
    Result<Graph> graph = can_open ? load_graph_file(workload->model) : planned.errors();
    if (!graph.ok()) return std::move(planned).errors();
    const Result<std::shared_ptr<const Catalog>> catalog = host->catalog_for(*graph);
    if (!catalog.ok()) return catalog.errors();
    structure = make_structure(*graph, nullptr, catalog->get(), options);
  }
  outcome.text = *format == "json"  ? write_structure_json(structure)
                 : *format == "dot" ? write_structure_dot(structure, text_style(arguments))
                                    : write_structure(structure, text_style(arguments));
  return outcome;
}

}  // namespace lmhost::tool

// lmhost analyze, explain, inspect.
#include <utility>

#include "base/codes.hpp"
#include "load/formats/input.hpp"
#include "load/graph.hpp"
#include "report/explain.hpp"
#include "report/exports.hpp"
#include "report/json.hpp"
#include "report/reconciliation.hpp"
#include "report/roofline.hpp"
#include "report/structure.hpp"
#include "report/table.hpp"
#include "report/written_tree.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/passes.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

constexpr unsigned kTableDepth = 4;
constexpr std::size_t kTableRows = 10;
constexpr std::size_t kTableKernels = 20;
constexpr double kTableShare = 0.01;
constexpr std::uint32_t kExplainedDepth = 1000;
constexpr std::string_view kFewerRows =
    "--format table folds; --depth N with table, csv or jsonl opens fewer levels";

Result<std::optional<std::size_t>> small_number(const Arguments& arguments,
                                                std::string_view option) {
  const std::optional<std::string> text = arguments.get(option);
  if (!text) return std::optional<std::size_t>();
  Result<Number> number = parse_count("--" + std::string(option), *text);
  if (!number.ok()) return std::move(number).errors();
  return std::optional<std::size_t>(
      static_cast<std::size_t>(number->to_int64().value_or(INT64_MAX)));
}

bool has_device_options(const Arguments& arguments) {
  return arguments.has("hw") || (arguments.has("peak") && arguments.has("bandwidth"));
}

// The columns that the user names; one of time needs a device.
Result<std::vector<const Column*>> read_columns(const Arguments& arguments) {
  const std::optional<std::string> list = arguments.get("columns");
  if (!list) return std::vector<const Column*>();
  Result<std::vector<const Column*>> columns = parse_columns(*list);
  if (columns.ok() && !has_device_options(arguments))
    for (const Column* column : *columns)
      if (column->needs_device())
        return usage_error("the column '" + std::string(column->key) + "' needs a device",
                           "add --hw NAME");
  return columns;
}

// Tables fold by default, machine formats never do.
Result<RowOptions> read_rows(const Arguments& arguments, bool is_table) {
  RowOptions options;
  Diagnostics errors;
  const bool has_device = has_device_options(arguments);
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
    Result<const Column*> sort = parse_metric(*metric, has_device);
    if (sort.ok())
      options.sort = *sort;
    else
      errors.push_back(sort.errors().front());
  }
  if (options.view == View::kRoofline && !has_device)
    errors.push_back(
        usage_error("--view roofline needs a device",
                    "add --hw NAME (`lmhost devices` lists them), or --peak and --bandwidth"));
  options.focus = arguments.all("focus");
  options.ignore = arguments.all("ignore");
  if (!errors.empty()) return errors;
  return options;
}

Result<std::optional<Measurement>> read_measured(const Arguments& arguments) {
  const std::optional<std::string> text = arguments.get("measured");
  if (!text) return std::optional<Measurement>();
  Result<Measurement> measured = parse_measurement(*text);
  if (!measured.ok()) return std::move(measured).errors();
  return std::optional<Measurement>(std::move(*measured));
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
  } else if (rows.view == View::kRoofline) {
    useless = {"depth", "columns"};
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

Result<Graph> open_graph(const Workload& workload) {
  const Result<Input> input = read_input(workload.model);
  if (!input.ok()) return input.errors();
  return decode_input(*input, {{}, workload.root});
}

Result<std::vector<ExportRequest>> read_exports(const Arguments& arguments) {
  std::vector<ExportRequest> requests;
  Diagnostics errors;
  bool has_output = false;
  for (const std::string& text : arguments.all("export")) {
    Result<ExportRequest> request = parse_export(text);
    if (!request.ok()) {
      errors.push_back(request.errors().front());
      continue;
    }
    if (request->path == "-" && std::exchange(has_output, true))
      errors.push_back(usage_error("two exports to standard output", "give one of them a file"));
    requests.push_back(*request);
  }
  if (!errors.empty()) return errors;
  return requests;
}

// One that goes to standard output takes the report's place.
void write_exports(const std::vector<ExportRequest>& requests, const Analysis& analysis,
                   Outcome* outcome) {
  for (const ExportRequest& request : requests) {
    std::string text = request.kind->write(analysis, *request.metric);
    if (request.path == "-")
      outcome->text = Document::exact(std::move(text));
    else
      outcome->files.emplace_back(request.path, std::move(text));
  }
}

Document write_report(const std::string& format, const Analysis& analysis, const Summary& summary,
                      const RowOptions& rows, const std::vector<const Column*>& columns,
                      const TextStyle& style, std::string_view prefix) {
  if (format == "json") return Document::exact(write_json(analysis, summary, prefix));
  if (format == "jsonl") return Document::exact(write_json_lines(analysis, rows, columns));
  if (format == "csv") return write_csv(analysis, rows, columns);
  if (format == "latex") return write_latex(analysis, summary, rows, columns);
  if (format == "md") return write_markdown(analysis, summary, rows, columns, style);
  if (rows.view == View::kRoofline) return write_roofline(analysis, summary, rows, style);
  return write_table(analysis, summary, rows, columns, style);
}

Result<std::optional<Figure>> read_figure(const Arguments& arguments) {
  const std::optional<std::string> text = arguments.get("reconcile");
  if (!text) return std::optional<Figure>();
  if (arguments.has("metric"))
    return usage_error("--metric and --reconcile contradict each other",
                       "--reconcile looks at every count of the unit that it is given");
  Result<Figure> figure = parse_figure("--reconcile", *text);
  if (!figure.ok()) return std::move(figure).errors();
  return std::optional<Figure>(std::move(*figure));
}

}  // namespace

Result<Outcome> analyze_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const bool is_table = *format == "table" || *format == "md" || *format == "latex";
  const Result<std::vector<ExportRequest>> exports = read_exports(arguments);
  if (!exports.ok()) return exports.errors();
  Result<RowOptions> rows = read_rows(arguments, is_table);
  if (!rows.ok()) return std::move(rows).errors();
  Result<std::vector<const Column*>> columns = read_columns(arguments);
  if (!columns.ok()) return std::move(columns).errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  const Result<Passes> passes = read_passes(arguments, *workload);
  if (!passes.ok()) return passes.errors();
  Result<std::optional<Measurement>> measured = read_measured(arguments);
  if (!measured.ok()) return std::move(measured).errors();

  // A large tree is opened no deeper than is shown.
  const bool needs_all =
      *format == "json" || !exports->empty() || !rows->focus.empty() || !rows->ignore.empty();
  if (!needs_all) workload->rows.depth = rows->view == View::kTree ? rows->depth : 0;
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<PassesResult> result = analyze_passes(*host, *workload, *passes);
  if (!result.ok()) return std::move(result).errors();
  if (Result<bool> fits = needs_all
                              ? check_whole(*result->analysis.tree, std::string(kFewerRows))
                              : check_rows(*result->analysis.tree, *rows, std::string(kFewerRows));
      !fits.ok())
    return std::move(fits).errors();
  const Analysis* const analysis = &result->analysis;
  Summary summary = summarize(*analysis, assumptions_of(*analysis, *workload));
  summary.sections = std::move(result->sections);
  summary.model_word = model_word(arguments);
  summary.option_words = repeated_options(arguments);
  Result<std::shared_ptr<const DeviceBounds>> bounds = bound_passes(arguments, *host, *analysis);
  if (!bounds.ok()) return std::move(bounds).errors();
  if (*bounds != nullptr) {
    summary.device = *bounds;
    summary.measured = *measured;
    rows->device = summary.device.get();
  }
  if (Result<bool> added =
          add_bound_sections(arguments, *passes, result->model_flops, *analysis, &summary);
      !added.ok())
    return std::move(added).errors();
  const TextStyle style = text_style(arguments);
  if (columns->empty() && is_table)
    *columns = default_columns(rows->view, *analysis->tree,
                               *format == "table" ? style : TextStyle(), *bounds != nullptr);
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  for (Diagnostic& message : doubts_of(*analysis->plan->graph))
    outcome.messages.push_back(std::move(message));
  for (Diagnostic& message : row_warnings(arguments, *format, *rows, *analysis->tree))
    outcome.messages.push_back(std::move(message));
  outcome.text = write_report(*format, *analysis, summary, *rows, *columns, style, host->prefix());
  write_exports(*exports, *analysis, &outcome);
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
  const Result<std::optional<Figure>> figure = read_figure(arguments);
  if (!figure.ok()) return figure.errors();
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  const std::string path = arguments.operands.size() > 1 ? arguments.operands[1] : std::string();
  // Reconciling looks at every call below the node.
  if (!*figure) workload->rows = {1, path};
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<Analysis> analysis = host->analyze(*workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  Result<std::uint32_t> node = find_node(*analysis->tree, path);
  if (!node.ok()) return std::move(node).errors();
  if (const std::uint32_t depth = analysis->tree->nodes[*node].depth; depth > kExplainedDepth)
    return plain_error(ErrorKind::kInput, codes::kLimit,
                       "this call is nested " + std::to_string(depth) + " levels deep: more than " +
                           std::to_string(kExplainedDepth));

  const Summary summary = summarize(*analysis, assumptions_of(*analysis, *workload));
  const bool is_json = *format == "json";
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  if (*figure) {
    const std::string found_path = analysis->tree->path(analysis->tree->nodes[*node]);
    const Reconciliation found = reconcile(counted_parts(*analysis->tree, *node), **figure);
    outcome.text =
        is_json
            ? Document::exact(write_reconciliation_json(found, *analysis, found_path))
            : write_reconciliation(found, summary, *analysis, found_path, text_style(arguments));
    outcome.status = found.is_found() ? 0 : 1;
    return outcome;
  }
  const Explanation explanation = explain(*analysis, *node, metric, host->prefix());
  outcome.text = is_json
                     ? Document::exact(write_explanation_json(explanation))
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
  options.opens_once = *format == "dot" || *format == "mermaid";
  Result<Structure> structure = Structure();
  if (Result<Analysis> planned = host->plan(*workload); planned.ok()) {
    structure = make_structure(*planned->plan->graph, planned->plan.get(),
                               planned->plan->catalog.get(), options);
  } else {
    // A graph whose config is not at hand still has a structure; a model that is no graph file has
    // not, and --locked asks for more than structure.
    const bool can_open = workload->model != "-" && !workload->hf_config && !workload->locked;
    Result<Graph> graph = can_open ? open_graph(*workload) : planned.errors();
    if (!graph.ok() || graph->root_composite == kNoComposite) return std::move(planned).errors();
    const Result<std::shared_ptr<const Catalog>> catalog = host->catalog_for(*graph);
    if (!catalog.ok()) return catalog.errors();
    structure = make_structure(*graph, nullptr, catalog->get(), options);
  }
  if (!structure.ok()) return structure.errors();
  const TextStyle style = text_style(arguments);
  outcome.text = *format == "json"      ? Document::exact(write_structure_json(*structure))
                 : *format == "mermaid" ? Document(write_structure_mermaid(*structure))
                 : *format == "dot"     ? Document(write_structure_dot(*structure, style))
                                        : Document(write_structure(*structure, style));
  return outcome;
}

}  // namespace lmhost::tool

#include "report/json.hpp"

#include <algorithm>
#include <cstdint>

#include "base/diagnostic.hpp"
#include "base/sha256.hpp"
#include "load/catalog.hpp"
#include "load/conventions.hpp"
#include "load/plugin_fingerprint.hpp"
#include "report/json_writer.hpp"
#include "report/provenance.hpp"
#include "report/table.hpp"
#include "study/profile.hpp"

namespace lmhost {
namespace {

void write_inputs(JsonWriter* json, const Analysis& analysis, std::string_view prefix) {
  json->line();
  json->key("inputs");
  json->begin_array();
  // Hashed here: nobody else asks.
  for (const auto& input : analysis.inputs) {
    json->begin_object();
    json->member("path", portable_path(input->name, prefix));
    json->member("sha256", sha256_hex(input->text));
    json->end_object();
  }
  json->end_array();
}

void write_plugins(JsonWriter* json, const Summary& summary, std::string_view prefix) {
  json->line();
  json->key("plugins");
  json->begin_array();
  for (const PluginUse& use : summary.plugins) {
    json->line();
    json->begin_object();
    json->member("id", use.plugin->id);
    json->member("version", use.plugin->version);
    json->member("abi", use.plugin->abi);
    json->member("fingerprint", fingerprint_of(*use.plugin));
    json->member("kernels", use.kernels);
    if (use.plugin->is_data) json->member("catalog", portable_path(use.plugin->path, prefix));
    json->end_object();
  }
  json->end_array();
}

// Whether any formula of the kernels in use can see a constant: by name, or through a macro, whose
// text may name any.
bool uses_constant(const Summary& summary, const Plugin& plugin, const std::string& name) {
  auto names = [&](const Expression* formula) {
    return formula != nullptr &&
           (!formula->functions.empty() ||
            std::find(formula->names.begin(), formula->names.end(), name) != formula->names.end());
  };
  auto names_formula = [&](const KernelFormula& formula) { return names(formula.expression); };
  return std::any_of(summary.kernels.begin(), summary.kernels.end(), [&](const Kernel* kernel) {
    if (kernel->plugin != plugin.kernels.front().plugin) return false;
    return std::any_of(kernel->lets.begin(), kernel->lets.end(), names_formula) ||
           std::any_of(kernel->quantities.begin(), kernel->quantities.end(), names_formula) ||
           std::any_of(kernel->operands.begin(), kernel->operands.end(),
                       [&](const KernelOperand& operand) { return names(operand.elements); });
  });
}

// The constants of the kernels in use, with the values in force.
void write_conventions(JsonWriter* json, const Analysis& analysis, const Summary& summary) {
  const Conventions& conventions = *analysis.plan->conventions;
  json->line();
  json->key("conventions");
  json->begin_object();
  json->member("name", conventions.name);
  json->member("flop_per_multiply_add", std::size_t{2});
  json->member("masked_pairs_counted", true);
  json->key("constants");
  json->begin_object();
  for (const PluginUse& use : summary.plugins)
    for (const PluginConstant& constant : use.plugin->constants) {
      if (!uses_constant(summary, *use.plugin, constant.name)) continue;
      const Number* override_value = conventions.find(use.plugin->id, constant.name);
      json->member(use.plugin->id + "." + constant.name,
                   override_value != nullptr ? *override_value : constant.value);
    }
  json->end_object();
  json->end_object();
}

void write_workload(JsonWriter* json, const Analysis& analysis, const Summary& summary) {
  json->line();
  json->key("workload");
  json->begin_object();
  json->member("phase", summary.phase);
  if (analysis.phase == Phase::kGenerate) {
    json->member("prompt_tokens", analysis.prompt_tokens);
    json->member("generated_tokens", analysis.generated_tokens);
  }
  json->member("mode", summary.mode);
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    json->member(name_of(static_cast<RuntimeVariable>(i)), analysis.point.values[i]);
  json->end_object();
}

void write_section(JsonWriter* json, const ReportSection& section) {
  json->line();
  json->key(section.key);
  json->begin_object();
  for (const ReportSection::Fact& fact : section.facts) {
    if (fact.text.empty())
      json->quantity(fact.key, fact.value);
    else
      json->member(fact.key, fact.text);
  }
  json->end_object();
}

// What the device bounds: only where one was named.
void write_device(JsonWriter* json, const Analysis& analysis, const Summary& summary) {
  if (summary.device == nullptr) return;
  const Roof& roof = summary.device->roof;
  const Bound whole = summary.device->whole();
  const Work work = work_of(analysis.tree->total(analysis.tree->nodes[0]), tokens_of(analysis));
  json->line();
  json->key("hardware");
  json->begin_object();
  json->member("name", roof.device);
  json->member("compute_dtype", name_of(roof.type));
  json->member("peak_flops_per_second", Number::inexact(roof.matrix_peak));
  json->member("vector_peak_flops_per_second", Number::inexact(roof.vector_peak));
  json->member("bandwidth_bytes_per_second", Number::inexact(roof.bandwidth));
  json->member("ridge_flop_per_byte", Number::inexact(roof.ridge()));
  if (roof.capacity) json->quantity("capacity_bytes", *roof.capacity);
  if (!roof.efficiency.is_nominal()) json->member("efficiency", roof.efficiency.name);
  json->key("notes");
  json->begin_array();
  for (const std::string& note : roof.notes) json->value(note);
  json->end_array();
  json->end_object();
  json->line();
  json->key("bound");
  json->begin_object();
  json->member("time_bound_s", Number::inexact(whole.seconds));
  json->member("compute_time_bound_s", Number::inexact(whole.compute_seconds));
  json->member("memory_time_bound_s", Number::inexact(whole.memory_seconds));
  if (whole.seconds > 0)
    json->member("tokens_per_second_bound", Number::inexact(work.tokens / whole.seconds));
  json->member("bound", name_of(whole.limit()));
  if (summary.measured) {
    json->member("measured", summary.measured->text);
    json->member("share_of_roof",
                 Number::inexact(share_of_roof(*summary.measured, whole.seconds, work)));
  }
  json->end_object();
}

void write_bound(JsonWriter* json, const Bound& bound) {
  json->member("time_bound_s", Number::inexact(bound.seconds));
  json->member("bound", name_of(bound.limit()));
}

void write_diagnostic(JsonWriter* json, const Diagnostic& diagnostic, std::string_view prefix) {
  json->begin_object();
  json->member("code", diagnostic.code);
  json->member("message", diagnostic.message);
  if (!diagnostic.file.empty()) {
    json->member("file", portable_path(diagnostic.file, prefix));
    json->member("line", diagnostic.line);
    json->member("column", diagnostic.column);
  }
  if (!diagnostic.context.empty()) {
    json->key("context");
    json->begin_array();
    for (const std::string& line : diagnostic.context) json->value(line);
    json->end_array();
  }
  json->end_object();
}

void write_coverage(JsonWriter* json, const Analysis& analysis, const Summary& summary,
                    std::string_view prefix) {
  json->line();
  json->key("coverage");
  json->begin_object();
  json->quantity("calls", summary.calls);
  json->member("sites", summary.sites);
  json->member("kernels", summary.kernels.size());
  json->member("plugins", summary.plugins.size());
  json->member("unknown", summary.unknown);
  json->member("not_validated", summary.not_validated);
  json->member("is_lower_bound", !summary.unknown.is_zero());
  json->member("is_truncated", analysis.tree->truncated);
  json->key("assumed");
  json->begin_array();
  for (const std::string& assumption : summary.assumptions) json->value(assumption);
  json->end_array();
  json->end_object();

  json->line();
  json->key("diagnostics");
  json->begin_array();
  for (const Diagnostic& diagnostic : analysis.plan->unknown)
    write_diagnostic(json, diagnostic, prefix);
  json->end_array();
}

void write_node(JsonWriter* json, const CostTree& tree, std::uint32_t index, bool is_unknown_below,
                const DeviceBounds* device) {
  const CostNode& node = tree.nodes[index];
  const Instance& instance = tree.instance(node);
  const bool is_atomic = instance.composite == nullptr;
  json->line();
  json->begin_object();
  json->member("id", std::size_t{index});
  json->key("parent");
  if (node.parent == kNoParent)
    json->null();
  else
    json->value(std::size_t{node.parent});
  json->member("path", tree.path(node));
  json->member("name", tree.name(node));
  json->member("kernel", instance.name);
  json->member("type", instance.is_unknown() ? "unknown" : is_atomic ? "atomic" : "composite");
  if (instance.kernel != nullptr)
    json->member("plugin", tree.plan->catalog->plugin_of(*instance.kernel).id);
  json->quantity("count", node.count);
  json->quantity("times", node.times);
  if (!(node.stored_times == node.times)) json->quantity("stored_times", node.stored_times);
  if (is_unknown_below) json->member("is_lower_bound", true);
  if (const Call* call = tree.call(node); call != nullptr) {
    if (!call->lines.empty()) json->member("lines", call->lines);
    if (!call->call_site.empty()) json->member("call_site", call->call_site);
  }
  if (instance.composite != nullptr && !instance.composite->location.empty())
    json->member("location", instance.composite->location);
  if (is_atomic && instance.parameters.count != 0) {
    json->key("parameters");
    json->begin_object();
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = tree.plan->parameters[instance.parameters.first + i];
      if (parameter.origin == Origin::kUnbound) continue;
      // Strings and lists never change after resolution: the program keeps them as constants.
      const Value* constant = tree.plan->program.constant_value(parameter.node);
      if (constant != nullptr && constant->kind != Value::Kind::kNumber)
        json->member(parameter.name, to_string(*constant));
      else
        json->member(parameter.name, tree.evaluation.values[parameter.node]);
    }
    json->end_object();
  }
  const Costs total = tree.total(node);
  // A composite is the sum of its calls: nothing is its own.
  json->costs("self", is_atomic ? total : Costs{});
  json->costs("total", total);
  if (device != nullptr) write_bound(json, device->total(node));
  json->end_object();
}

void write_kernels(JsonWriter* json, const CostTree& tree, const DeviceBounds* device) {
  RowOptions options;
  options.view = View::kKernels;
  options.device = device;
  const Rows rows = make_rows(tree, options);
  json->line();
  json->key("kernels");
  json->begin_array();
  for (const Row& row : rows.rows) {
    if (row.depth == 0) continue;
    json->line();
    json->begin_object();
    json->member("kernel", row.kernel_name);
    if (row.kernel != nullptr)
      json->member("plugin", tree.plan->catalog->plugin_of(*row.kernel).id);
    json->member("sites", row.sites);
    if (row.kernel != nullptr && row.kernel->provenance != nullptr) {
      json->key("provenance");
      write_provenance(json, *row.kernel->provenance, false);
    }
    json->quantity("calls", row.times);
    json->costs("total", costs_of(tree, rows, row));
    if (device != nullptr) write_bound(json, bound_of(tree, rows, row, device));
    json->end_object();
  }
  json->end_array();
}

std::string role_lines(const CostTree& tree) {
  const Costs total = tree.total(tree.nodes[0]);
  std::string text;
  for (const Role role : {Role::kWeight, Role::kActivation, Role::kKvCache, Role::kIndex}) {
    JsonWriter json;
    json.begin_object();
    json.member("role", name_of(role));
    if (!tree.plan->unknown.empty()) json.member("is_lower_bound", true);
    json.quantity("bytes_read", total[bytes_read(role)]);
    json.quantity("bytes_written", total[bytes_written(role)]);
    json.quantity("stored_bytes", stored_bytes(total, role));
    json.end_object();
    text += json.take();
  }
  return text;
}

}  // namespace

std::string write_json(const Analysis& analysis, const Summary& summary, std::string_view prefix) {
  const CostTree& tree = *analysis.tree;
  const Graph& graph = *analysis.plan->graph;
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.report/1");
  json.line();
  json.key("tool");
  json.begin_object();
  json.member("name", "lmhost");
  json.member("version", version());
  json.end_object();
  json.line();
  json.key("model");
  json.begin_object();
  json.member("name", portable_path(summary.model, prefix));
  json.member("root", graph.root);
  json.member("source_package", graph.source_package);
  json.member("source_version", graph.source_version);
  json.end_object();
  write_inputs(&json, analysis, prefix);
  write_plugins(&json, summary, prefix);
  write_conventions(&json, analysis, summary);
  write_workload(&json, analysis, summary);
  write_device(&json, analysis, summary);
  json.line();
  json.costs("totals", tree.total(tree.nodes[0]));
  for (const ReportSection& section : summary.sections) write_section(&json, section);
  write_coverage(&json, analysis, summary, prefix);
  write_kernels(&json, tree, summary.device.get());
  json.line();
  json.key("nodes");
  json.begin_array();
  const std::vector<bool> unknown = nodes_with_unknown(tree);
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i)
    write_node(&json, tree, i, !unknown.empty() && unknown[i], summary.device.get());
  json.end_array();
  json.end_object();
  return json.take();
}

std::string write_json_lines(const Analysis& analysis, const RowOptions& options,
                             const std::vector<const Column*>& columns) {
  const CostTree& tree = *analysis.tree;
  if (options.view == View::kRoles) return role_lines(tree);
  const Rows rows = make_rows(tree, options);
  const bool is_tree = options.view == View::kTree;
  std::string text;
  for (const Row& row : rows.rows) {
    if (!is_tree && row.depth == 0) continue;
    JsonWriter json;
    json.begin_object();
    if (is_tree) {
      json.member("path", row.node == kNoParent ? row_name(tree, row, {})
                                                : tree.path(tree.nodes[row.node]));
      json.member("depth", std::size_t{row.depth});
    }
    if (row.folded != 0) json.member("folded", row.folded);
    if (row.folded == 0) json.member("kernel", row.kernel_name);
    if (row.kernel != nullptr) json.member("plugin", tree.plan->catalog->plugin_of(*row.kernel).id);
    if (!is_tree) json.member("sites", row.sites);
    json.quantity("calls", row.times);
    if (row.at_least) json.member("is_lower_bound", true);
    const Costs costs = costs_of(tree, rows, row);
    const Bound bound = bound_of(tree, rows, row, options.device);
    if (columns.empty()) json.cost_members(costs);
    if (columns.empty() && options.device != nullptr) write_bound(&json, bound);
    for (const Column* column : columns) {
      if (column->kind == ColumnKind::kLimit) json.member(column->key, name_of(bound.limit()));
      if (column->is_cost() || column->bound_value != nullptr)
        json.quantity(column->key, metric_value(*column, costs, bound));
    }
    json.end_object();
    text += json.take();
  }
  return text;
}

void open_node_json(JsonWriter* json, std::string_view schema, const Analysis& analysis,
                    const std::string& node) {
  json->begin_object();
  json->member("schema", schema);
  json->member("model", analysis.model_name);
  json->member("mode", name_of(analysis.plan->mode));
  json->member("conventions", analysis.plan->conventions->name);
  json->member("node", node);
  json->line();
}

}  // namespace lmhost

// What plugins declare, as JSON.
#include "load/kernel_catalog.hpp"
#include "load/plugin_fingerprint.hpp"
#include "report/json_writer.hpp"
#include "report/kernels.hpp"
#include "report/provenance.hpp"

namespace lmhost {
namespace {

void write_formulas(JsonWriter* json, std::string_view key,
                    const std::vector<KernelFormula>& formulas) {
  json->key(key);
  json->begin_object();
  for (const KernelFormula& formula : formulas)
    json->member(formula.name, formula.expression->text);
  json->end_object();
}

void write_parameters(JsonWriter* json, const Kernel& kernel) {
  json->key("parameters");
  json->begin_array();
  for (const KernelParameter& parameter : kernel.parameters) {
    json->begin_object();
    json->member("name", parameter.name);
    json->member("type", name_of(parameter.type));
    if (parameter.default_value != nullptr) json->member("default", parameter.default_value->text);
    json->member("required", parameter.default_value == nullptr && !parameter.optional);
    if (!parameter.doc.empty()) json->member("doc", parameter.doc);
    json->end_object();
  }
  json->end_array();
}

void write_operands(JsonWriter* json, const Kernel& kernel) {
  json->key("operands");
  json->begin_array();
  for (const KernelOperand& operand : kernel.operands) {
    json->begin_object();
    json->member("name", operand.name);
    json->member("direction", name_of(operand.direction));
    json->member("role", name_of(operand.role));
    json->member("elements", operand.elements->text);
    if (operand.stored_elements != nullptr)
      json->member("stored_elements", operand.stored_elements->text);
    if (operand.bits != nullptr) json->member("bits", operand.bits->text);
    if (!operand.doc.empty()) json->member("doc", operand.doc);
    json->end_object();
  }
  json->end_array();
}

void write_examples(JsonWriter* json, const Kernel& kernel) {
  json->key("examples");
  json->begin_array();
  for (const KernelExample& example : kernel.examples) {
    json->begin_object();
    json->member("bindings", example.bindings);
    json->member("expected", example.expected);
    if (!example.source.empty()) json->member("source", example.source);
    json->end_object();
  }
  json->end_array();
}

// What only a kernel that came as data has.
void write_data(JsonWriter* json, const Catalog& catalog, const Kernel& kernel) {
  const Plugin& plugin = catalog.plugin_of(kernel);
  if (!plugin.is_data) return;
  json->member("catalog", plugin.path);
  if (!kernel.written.empty()) {
    json->key("written");
    json->begin_object();
    for (const auto& [formula, text] : kernel.written) json->member(formula, text);
    json->end_object();
  }
  if (kernel.provenance != nullptr) {
    json->key("provenance");
    write_provenance(json, *kernel.provenance, true);
  }
  json->key("hides");
  json->begin_array();
  for (const HiddenName& entry : catalog.hidden()) {
    if (entry.owner != &kernel) continue;
    for (const Kernel* hidden : entry.hidden) {
      json->begin_object();
      json->member("name", entry.name);
      json->member("plugin", catalog.plugin_of(*hidden).id);
      json->end_object();
    }
  }
  json->end_array();
}

void write_one_kernel(JsonWriter* json, const Catalog& catalog, const Kernel& kernel) {
  json->line();
  json->begin_object();
  json->member("name", kernel.name);
  json->member("plugin", catalog.plugin_of(kernel).id);
  json->member("revision", std::size_t{kernel.revision});
  json->member("doc", kernel.doc);
  json->member("source", kernel.source);
  json->key("aliases");
  json->begin_array();
  for (const std::string& alias : kernel.aliases) json->value(alias);
  json->end_array();
  write_parameters(json, kernel);
  write_formulas(json, "lets", kernel.lets);
  write_formulas(json, "quantities", kernel.quantities);
  write_operands(json, kernel);
  write_examples(json, kernel);
  write_data(json, catalog, kernel);
  json->end_object();
}

}  // namespace

std::string write_kernels_json(const Catalog& catalog, const std::vector<const Kernel*>& kernels) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.kernel_list/1");
  json.line();
  json.key("kernels");
  json.begin_array();
  for (const Kernel* kernel : kernels) write_one_kernel(&json, catalog, *kernel);
  json.end_array();
  json.end_object();
  return json.take();
}

namespace {

void write_rows(const KernelTrace& trace, JsonWriter& json) {
  json.line();
  json.key("trace");
  json.begin_array();
  for (const TraceRow& row : trace.rows) {
    json.line();
    json.begin_object();
    json.member("depth", std::size_t{row.depth});
    json.member("title", row.title);
    if (row.count != Number(1)) json.quantity("count", row.count);
    if (!row.formula.empty()) json.member("formula", row.formula);
    if (!row.substituted.empty()) json.member("substituted", row.substituted);
    json.quantity("value", row.value);
    json.end_object();
  }
  json.end_array();
  json.member("is_trace_truncated", trace.is_truncated);
}

}  // namespace

std::string write_composite_costs_json(const CostTree& tree, const KernelTrace* trace) {
  const Instance& root = tree.instance(tree.nodes[0]);
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.kernel_costs/1");
  json.member("kernel", root.name);
  json.line();
  json.key("parameters");
  json.begin_object();
  for (std::uint32_t i = 0; i < root.parameters.count; ++i) {
    const BoundParameter& parameter = tree.plan->parameters[root.parameters.first + i];
    const Value* constant = tree.plan->program.constant_value(parameter.node);
    json.key(parameter.name);
    if (constant != nullptr && constant->kind != Value::Kind::kNumber)
      json.value(to_string(*constant));
    else
      json.value(tree.evaluation.values[parameter.node]);
  }
  json.end_object();
  json.line();
  json.costs("costs", tree.total(tree.nodes[0]));
  if (trace != nullptr) write_rows(*trace, json);
  json.end_object();
  return json.take();
}

std::string write_kernel_costs_json(const Catalog& catalog, const Kernel& kernel,
                                    const KernelCosts& costs, const KernelTrace* trace) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.kernel_costs/1");
  json.member("kernel", kernel.name);
  json.member("plugin", catalog.plugin_of(kernel).id);
  json.line();
  json.key("parameters");
  json.begin_object();
  for (const EvaluatedParameter& parameter : costs.parameters) {
    if (!parameter.is_bound) continue;
    json.key(parameter.parameter->name);
    if (parameter.value.kind == Value::Kind::kNumber)
      json.value(parameter.value.number);
    else
      json.value(to_string(parameter.value));
  }
  json.end_object();
  json.line();
  json.costs("costs", costs.costs);
  json.line();
  json.key("operands");
  json.begin_array();
  for (const EvaluatedOperand& operand : costs.operands) {
    json.line();
    json.begin_object();
    json.member("name", operand.operand->name);
    json.member("direction", name_of(operand.operand->direction));
    json.member("role", name_of(operand.role));
    json.quantity("elements", operand.elements);
    json.quantity("bits", operand.bits);
    json.quantity("bytes", operand.bytes);
    json.quantity("stored_bytes", operand.stored_bytes);
    json.end_object();
  }
  json.end_array();
  if (trace != nullptr) write_rows(*trace, json);
  json.end_object();
  return json.take();
}

std::string write_plugins_json(const Catalog& catalog) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.plugins/1");
  json.line();
  json.key("plugins");
  json.begin_array();
  for (const Plugin& plugin : catalog.plugins()) {
    json.line();
    json.begin_object();
    json.member("id", plugin.id);
    json.member("version", plugin.version);
    json.member("abi", plugin.abi);
    json.member("doc", plugin.doc);
    json.member("license", plugin.license);
    json.member("file", plugin.path);
    json.member("fingerprint", fingerprint_of(plugin));
    json.member("kernels", plugin.kernels.size());
    if (plugin.is_data) json.member("is_data", true);
    json.key("constants");
    json.begin_array();
    for (const PluginConstant& constant : plugin.constants) {
      json.begin_object();
      json.member("name", constant.name);
      json.member("value", constant.value);
      json.member("doc", constant.doc);
      json.member("source", constant.source);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.line();
  json.key("shadowed");
  json.begin_array();
  for (const ShadowedPlugin& shadowed : catalog.shadowed()) {
    json.line();
    json.begin_object();
    json.member("id", shadowed.id);
    json.member("file", shadowed.path);
    json.member("by", shadowed.by);
    json.end_object();
  }
  json.end_array();
  json.line();
  json.key("refused");
  json.begin_array();
  for (const RefusedPlugin& refused : catalog.refused()) {
    json.line();
    json.begin_object();
    json.member("file", refused.path);
    json.member("code", refused.reason.code);
    json.member("reason", refused.reason.message);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost

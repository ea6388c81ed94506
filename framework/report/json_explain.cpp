// An explanation as JSON.
#include "report/explain.hpp"
#include "report/json_writer.hpp"
#include "report/provenance.hpp"

namespace lmhost {
namespace {

void write_values(JsonWriter* json, std::string_view key,
                  const std::vector<ExplainedValue>& values) {
  json->line();
  json->key(key);
  json->begin_array();
  for (const ExplainedValue& value : values) {
    json->line();
    json->begin_object();
    json->member("name", value.name);
    json->member("depth", std::size_t{value.depth});
    if (value.value && value.value->kind == Value::Kind::kNumber)
      json->quantity("value", value.value->number);
    else if (value.value)
      json->member("value", to_string(*value.value));
    if (!value.expression.empty()) json->member("expression", value.expression);
    if (!value.origin.empty()) json->member("origin", value.origin);
    if (!value.doc.empty()) json->member("doc", value.doc);
    json->end_object();
  }
  json->end_array();
}

void write_operands(JsonWriter* json, const Explanation& node) {
  json->line();
  json->key("operands");
  json->begin_array();
  for (const ExplainedOperand& operand : node.operands) {
    json->line();
    json->begin_object();
    json->member("name", operand.name);
    json->member("direction", operand.direction);
    json->member("role", operand.role);
    json->member("formula", operand.formula);
    json->quantity("elements", operand.elements);
    json->quantity("bits", operand.bits);
    json->quantity("bytes", operand.bytes);
    json->quantity("stored_bytes", operand.stored_bytes);
    json->end_object();
  }
  json->end_array();
}

}  // namespace

std::string write_explanation_json(const Explanation& node) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.explanation/1");
  json.member("path", node.path);
  json.member("kernel", node.kernel);
  json.member("type", node.type);
  json.member("plugin", node.plugin);
  json.member("source", node.source);
  if (!node.catalog.empty()) json.member("catalog", node.catalog);
  if (node.provenance != nullptr) {
    json.key("provenance");
    write_provenance(&json, *node.provenance, true);
  }
  json.member("graph_place", node.graph_place);
  json.member("model_place", node.model_place);
  json.quantity("times", node.times);
  json.member("is_lower_bound", node.is_lower_bound);
  json.line();
  json.key("quantities");
  json.begin_array();
  for (const ExplainedQuantity& quantity : node.quantities) {
    json.line();
    json.begin_object();
    json.member("name", quantity.key);
    json.quantity("total", quantity.total);
    json.quantity("times", quantity.times);
    json.quantity("per_call", quantity.per_call);
    json.member("formula", quantity.formula);
    json.end_object();
  }
  json.end_array();
  write_values(&json, "parameters", node.parameters);
  write_values(&json, "definitions", node.lets);
  write_values(&json, "constants", node.constants);
  write_operands(&json, node);
  json.line();
  json.key("children");
  json.begin_array();
  for (const ExplainedChild& child : node.children) {
    json.line();
    json.begin_object();
    json.member("name", child.name);
    json.member("kernel", child.kernel);
    json.quantity("count", child.count);
    json.costs("total", child.total);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace lmhost

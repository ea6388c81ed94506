#include "report/kernel_catalog.hpp"

#include "load/kernel_catalog.hpp"
#include "report/json_writer.hpp"
#include "report/kernels.hpp"

namespace lmhost {
namespace {

// Absent means empty, so that what nobody wrote takes no space.
void write_text(JsonWriter* json, std::string_view key, const std::string& text) {
  if (!text.empty()) json->member(key, text);
}

void write_expression(JsonWriter* json, std::string_view key, const Expression* expression) {
  if (expression != nullptr) json->member(key, expression->text);
}

// One object a line; nothing for an empty list.
template <class Rows, class Write>
void write_rows(JsonWriter* json, std::string_view key, const Rows& rows, Write write) {
  if (rows.empty()) return;
  json->line();
  json->key(key);
  json->begin_array();
  for (const auto& row : rows) {
    json->line();
    json->begin_object();
    write(row);
    json->end_object();
  }
  json->end_array();
}

void write_formulas(JsonWriter* json, std::string_view key,
                    const std::vector<KernelFormula>& formulas) {
  write_rows(json, key, formulas, [&](const KernelFormula& row) {
    json->member("name", row.name);
    write_expression(json, "expression", row.expression);
    write_text(json, "doc", row.doc);
  });
}

void write_kernel_rows(JsonWriter* json, const Kernel& kernel) {
  write_rows(json, "parameters", kernel.parameters, [&](const KernelParameter& row) {
    json->member("name", row.name);
    json->member("type", name_of(row.type));
    write_expression(json, "default", row.default_value);
    if (row.optional) json->member("optional", true);
    if (row.not_monotone) json->member("not_monotone", true);
    write_text(json, "doc", row.doc);
  });
  write_formulas(json, "lets", kernel.lets);
  write_formulas(json, "quantities", kernel.quantities);
  write_rows(json, "operands", kernel.operands, [&](const KernelOperand& row) {
    json->member("name", row.name);
    json->member("direction", name_of(row.direction));
    json->member("role", name_of(row.role));
    write_expression(json, "elements", row.elements);
    write_expression(json, "stored_elements", row.stored_elements);
    write_expression(json, "bits", row.bits);
    write_text(json, "doc", row.doc);
  });
  write_rows(json, "examples", kernel.examples, [&](const KernelExample& row) {
    json->member("bindings", row.bindings);
    json->member("expected", row.expected);
    write_text(json, "source", row.source);
  });
}

void write_kernel(JsonWriter* json, const Kernel& kernel) {
  json->member("name", kernel.name);
  json->member("revision", std::size_t{kernel.revision});
  for (const auto& [key, text] :
       {std::pair("doc", &kernel.doc), std::pair("source", &kernel.source)}) {
    if (text->empty()) continue;
    json->line();
    json->member(key, *text);
  }
  if (!kernel.aliases.empty()) {
    json->line();
    json->key("aliases");
    json->begin_array();
    for (const std::string& alias : kernel.aliases) json->value(alias);
    json->end_array();
  }
  write_kernel_rows(json, kernel);
}

}  // namespace

void write_kernel_catalog(const Plugin& plugin, JsonWriter* json_writer) {
  JsonWriter& json = *json_writer;
  json.begin_object();
  json.member("schema", kKernelCatalogSchema);
  json.member("language", std::size_t{plugin.language});
  json.line();
  json.key("plugin");
  json.begin_object();
  json.member("id", plugin.id);
  json.member("version", plugin.version);
  write_text(&json, "doc", plugin.doc);
  write_text(&json, "license", plugin.license);
  json.end_object();
  write_rows(&json, "constants", plugin.constants, [&](const PluginConstant& row) {
    json.member("name", row.name);
    json.member("value", to_string(row.value));
    write_text(&json, "doc", row.doc);
    write_text(&json, "source", row.source);
  });
  write_rows(&json, "functions", plugin.functions, [&](const PluginFunction& row) {
    json.member("name", row.name);
    json.member("kind", row.is_macro ? "macro" : "scalar");
    json.member("arity", std::size_t{row.arity});
    write_text(&json, "doc", row.doc);
  });
  if (plugin.kernels.empty()) {
    json.line();
    json.key("kernels");
    json.begin_array();
    json.end_array();
  }
  write_rows(&json, "kernels", plugin.kernels,
             [&](const Kernel& kernel) { write_kernel(&json, kernel); });
  json.end_object();
}

std::string write_kernel_catalog(const Plugin& plugin) {
  JsonWriter json;
  write_kernel_catalog(plugin, &json);
  return json.take();
}

}  // namespace lmhost

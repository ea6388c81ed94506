#include "report/module_entry.hpp"

#include "report/json_writer.hpp"

namespace lmhost {
namespace {

void write_parameters(JsonWriter* json, JsonValue parameters) {
  json->key("parameters");
  json->begin_array();
  for (const JsonValue parameter : parameters.elements()) {
    json->line();
    json->begin_object();
    for (const char* key : {"name", "type", "description"})
      json->member(key, parameter.find(key).string());
    json->end_object();
  }
  json->end_array();
}

// The form of an analysis is known: texts, a list of parameters, a list of names, parts by name.
void write_analysis(JsonWriter* json, std::string_view name, JsonValue analysis) {
  json->line();
  json->key(name);
  json->begin_object();
  for (const JsonMember member : analysis.members()) {
    json->line();
    if (member.key() == "parameters") {
      write_parameters(json, member.value);
    } else if (member.value.is(JsonKind::kArray)) {
      json->key(member.key());
      json->begin_array();
      for (const JsonValue element : member.value.elements()) json->value(element.string());
      json->end_array();
    } else if (member.value.is(JsonKind::kObject)) {
      json->key(member.key());
      json->begin_object();
      for (const JsonMember part : member.value.members()) {
        json->line();
        json->member(part.key(), part.value.string());
      }
      json->end_object();
    } else {
      json->member(member.key(), member.value.string());
    }
  }
  json->end_object();
}

}  // namespace

std::string write_module_entry(JsonValue answer, const ModuleSource& source) {
  JsonWriter json;
  json.begin_object();
  json.line();
  json.member("full_class_name", source.where.name);
  json.line();
  json.key("code_location");
  json.begin_object();
  json.member("file", source.where.location);
  json.member("line_start", source.where.first_line);
  json.member("line_end", source.where.last_line);
  if (!source.version.empty()) json.member("source_version", source.version);
  json.member("sha256", source.hash);
  json.end_object();
  write_analysis(&json, "flop_analysis", answer.find("flop_analysis"));
  write_analysis(&json, "memory_analysis", answer.find("memory_analysis"));
  json.line();
  json.key("validation");
  json.begin_object();
  json.member("human_validated", false);
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace lmhost

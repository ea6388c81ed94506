// A published JSON Schema as a judge of texts. RapidJSON's validator knows draft-04; the schemas keep
// to what draft-04 and draft-07 share.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <memory>
#include <string>

#include "load/text_file.hpp"

namespace lmhost::test {

inline std::string file_text(const std::string& path) {
  const Result<std::shared_ptr<const SourceText>> text = read_text(path);
  if (!text) FAIL(render(text.errors()));
  return text.value()->text;
}

inline rapidjson::Document schema_at(const std::string& path) {
  rapidjson::Document schema;
  schema.Parse(file_text(path).c_str());
  REQUIRE_FALSE(schema.HasParseError());
  return schema;
}

// REQUIRES: the text is JSON.
inline bool passes(const rapidjson::Document& schema_json, const std::string& text) {
  const rapidjson::SchemaDocument schema(schema_json);
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_MESSAGE(!document.HasParseError(), text);
  rapidjson::SchemaValidator validator(schema);
  return document.Accept(validator);
}

// By catalogs/schemas/<name>.schema.json.
inline bool passes_schema(const std::string& name, const std::string& text) {
  return passes(schema_at(LMHOST_SOURCE_DIR "/catalogs/schemas/" + name + ".schema.json"), text);
}

}  // namespace lmhost::test

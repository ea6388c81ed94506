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

// By catalogs/schemas/<name>.schema.json. REQUIRES: the text is JSON.
inline bool passes_schema(const std::string& name, const std::string& text) {
  rapidjson::Document schema_json;
  schema_json.Parse(
      file_text(LMHOST_SOURCE_DIR "/catalogs/schemas/" + name + ".schema.json").c_str());
  REQUIRE_FALSE(schema_json.HasParseError());
  const rapidjson::SchemaDocument schema(schema_json);
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_MESSAGE(!document.HasParseError(), text);
  rapidjson::SchemaValidator validator(schema);
  return document.Accept(validator);
}

}  // namespace lmhost::test

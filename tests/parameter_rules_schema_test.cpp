// The published schema of rules says what the reader says: the installed file passes both, and a
// table of texts passes both or neither.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "load/parameter_rules.hpp"
#include "schema.hpp"

using namespace lmhost;
using lmhost::test::file_text;
using lmhost::test::passes_schema;

namespace {

bool passes_reader(const std::string& text) {
  const Result<JsonDocument> document =
      JsonDocument::parse(std::make_shared<const SourceText>(SourceText{"r.json", text}));
  REQUIRE(document.ok());
  return read_parameter_rules(*document).ok();
}

}  // namespace

TEST_CASE("rules schema: the installed rules pass it and the reader") {
  const std::string text = file_text(LMHOST_SOURCE_DIR "/catalogs/parameter_rules.json");
  CHECK(passes_schema("parameter_rules", text));
  CHECK(passes_reader(text));
}

TEST_CASE("rules schema: schema and reader agree") {
  const std::string head = R"({"schema":"lmhost.parameter-rules/1",)";
  const std::pair<std::string, bool> cases[] = {
      {R"("names":{},"rules":[]})", true},
      {R"("doc":"x","names":{"a":{"config":["b"],"doc":"y"}},"rules":[]})", true},
      {R"("names":{},"rules":[{"layer":["q"],"class":["L"],"within":["m"],"not_within":["e"],)"
       R"("has":["N"],"gives":{"N":"tokens"},"doc":"z"}]})",
       true},
      {R"("names":{}})", false},
      {R"("rules":[]})", false},
      {R"("names":[],"rules":[]})", false},
      {R"("names":{"a":{}},"rules":[]})", false},
      {R"("names":{"a":{"config":[]}},"rules":[]})", false},
      {R"("names":{"a":{"config":"b"}},"rules":[]})", false},
      {R"("names":{"a":{"runtime":3}},"rules":[]})", false},
      {R"("names":{"a":{"value":"3"}},"rules":[]})", false},
      {R"("names":{},"rules":{}})", false},
      {R"("names":{},"rules":[{}]})", false},
      {R"("names":{},"rules":[{"gives":{}}]})", false},
      {R"("names":{},"rules":[{"gives":{"a":1}}]})", false},
      {R"("names":{},"rules":[{"layer":"q","gives":{"a":"1"}}]})", false},
      {R"("names":{},"rules":[{"layers":["q"],"gives":{"a":"1"}}]})", false},
      {R"("names":{},"rules":[],"more":1})", false}};
  for (const std::pair<std::string, bool>& row : cases) {
    CAPTURE(row.first);
    CHECK(passes_schema("parameter_rules", head + row.first) == row.second);
    CHECK(passes_reader(head + row.first) == row.second);
  }
  CHECK_FALSE(passes_schema("parameter_rules", R"({"schema":"x","names":{},"rules":[]})"));
  CHECK_FALSE(passes_reader(R"({"schema":"x","names":{},"rules":[]})"));
}

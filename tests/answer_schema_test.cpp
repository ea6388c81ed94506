// The published schema of answers says what the form check says: a table of texts passes both or
// neither. RapidJSON's validator knows draft-04; the schema keeps to what draft-04 and draft-07
// share.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "check/module_answer.hpp"
#include "load/json.hpp"
#include "schema.hpp"
#include "support.hpp"

using namespace lmhost;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string answer_text(const std::string& name) {
  return read_file(LMHOST_SOURCE_DIR "/tests/agents/answers/" + name + ".json");
}

// The text with one part replaced.
std::string with(std::string text, std::string_view part, std::string_view by) {
  const std::size_t at = text.find(part);
  REQUIRE_MESSAGE(at != std::string::npos, part);
  return text.replace(at, part.size(), by);
}

}  // namespace

TEST_CASE("the published schema says what the form check says") {
  const auto agree = [&](const std::string& text, bool expected) {
    CAPTURE(text);
    CHECK(test::passes_schema("module_answer", text) == expected);
    const Result<JsonDocument> ours = JsonDocument::parse(test::text_named("a", text));
    REQUIRE(ours.ok());
    CHECK(check_answer_form(ours->root()).empty() == expected);
  };
  const std::string norm = answer_text("norm");
  agree(norm, true);
  agree(answer_text("mlp"), true);
  agree("[]", false);
  agree("{}", false);
  // Each key taken away, each value of another kind.
  for (const char* key : {"full_class_name",
                          "code_location",
                          "validation",
                          "file",
                          "line_start",
                          "line_end",
                          "human_validated",
                          "flop_analysis",
                          "memory_analysis",
                          "thinking_process",
                          "parameters",
                          "calculation_formula",
                          "module_depends",
                          "breakdown",
                          "reads_calculation_formula",
                          "writes_calculation_formula",
                          "intermediates_calculation_formula",
                          "name",
                          "type",
                          "description"}) {
    const std::string quoted_key = "\"" + std::string(key) + "\": ";
    agree(with(norm, quoted_key, "\"x\": "), false);
    agree(with(norm, quoted_key, quoted_key + "7, \"y\": "), false);
  }
  agree(with(norm, "\"int\"", "\"float\""), true);
  agree(with(norm, "\"int\"", "\"long\""), false);
  agree(with(norm, "\"name\": \"N\"", "\"name\": \"2N\""), false);
  agree(with(norm, "false}", "true}"), false);
  agree(with(norm, "false}", "0}"), false);
  agree(with(norm, "\"line_start\": 1", "\"line_start\": 0"), false);
  agree(with(norm, "\"line_end\": 2", "\"line_end\": 2.5"), false);
}

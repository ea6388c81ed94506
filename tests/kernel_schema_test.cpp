// The published schema of kernel catalogues says what the reader says: the stored ones pass both,
// and a table of texts passes both or neither.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "load/kernel_catalog.hpp"
#include "schema.hpp"

using namespace lmhost;
using lmhost::test::file_text;
using lmhost::test::passes_schema;

namespace {

std::string reader_errors(const std::string& text) {
  const auto source = std::make_shared<const SourceText>(SourceText{"k.json", text});
  const Result<JsonDocument> document = JsonDocument::parse(source);
  if (!document) return render(document.errors());
  const Result<Plugin> plugin = read_kernel_catalog(*document, {.allow_functions = true});
  return plugin ? "" : render(plugin.errors());
}

}  // namespace

TEST_CASE("kernel schema: every stored catalogue passes it and the reader") {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(LMHOST_SOURCE_DIR "/catalogs/kernels")) {
    const std::string text = file_text(entry.path());
    CAPTURE(entry.path().string());
    CHECK(passes_schema("kernels", text));
    CHECK(reader_errors(text) == "");
    ++count;
  }
  CHECK(count >= 8);
}

TEST_CASE("kernel schema: schema and reader agree") {
  const std::string good =
      R"({"schema": "lmhost.kernels/1", "language": 1,
          "plugin": {"id": "p", "version": "1.0.0", "doc": "d", "license": "MIT"},
          "constants": [{"name": "c", "value": "2.5"}],
          "functions": [{"name": "f", "kind": "macro", "arity": 1}],
          "kernels": [{"name": "a.b", "revision": 1, "aliases": ["x"],
            "parameters": [{"name": "M", "type": "int", "optional": false}],
            "lets": [{"name": "l", "expression": "M"}],
            "quantities": [{"name": "flops", "expression": "l*c"}],
            "operands": [{"name": "o", "direction": "read", "role": "weight", "elements": "M"}],
            "examples": [{"bindings": "M=2", "expected": "flops=5"}]}]})";
  struct Row {
    const char* from;
    const char* to;
    bool passes;
  };
  const Row rows[] = {
      {"\"d\"", "\"e\"", true},
      {"\"language\": 1,", "", true},
      {", \"doc\": \"d\"", "", true},
      {"\"aliases\": [\"x\"],", "", true},
      {"lmhost.kernels/1", "lmhost.kernels/2", false},
      {"\"language\": 1", "\"language\": 2", false},
      {"\"language\"", "\"langage\"", false},
      {"\"id\": \"p\"", "\"id\": \"P\"", false},
      {"\"id\": \"p\",", "", false},
      {"1.0.0", "1.0", false},
      {"\"2.5\"", "2.5", false},
      {"\"2.5\"", "\"\"", false},
      {"\"macro\"", "\"native\"", false},
      {"\"arity\": 1", "\"arity\": -1", false},
      {"\"arity\": 1", "\"arity\": 256", false},
      {"\"a.b\"", "\"a..b\"", false},
      {"\"revision\": 1", "\"revision\": 0", false},
      {"\"revision\": 1", "\"revision\": 1.5", false},
      {"\"revision\": 1,", "", false},
      {"[\"x\"]", "[\"x y\"]", false},
      {"[\"x\"]", "[1]", false},
      {"\"M\", \"type\": \"int\"", "\"M\", \"type\": \"integer\"", false},
      {"false", "\"no\"", false},
      {"\"expression\": \"M\"", "\"expression\": \"\"", false},
      {"\"flops\", ", "\"flop\", ", false},
      {"\"read\"", "\"reads\"", false},
      {"\"weight\"", "\"weights\"", false},
      {"\"elements\": \"M\"", "\"element\": \"M\"", false},
      {"\"bindings\": \"M=2\", ", "", false},
  };
  CHECK(passes_schema("kernels", good));
  CHECK(reader_errors(good) == "");
  for (const Row& row : rows) {
    CAPTURE(row.to);
    std::string text = good;
    const std::size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(row.from).size(), row.to);
    CHECK(passes_schema("kernels", text) == row.passes);
    CHECK((reader_errors(text).empty()) == row.passes);
  }
}

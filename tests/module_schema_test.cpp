// The published schema of module databases and the reader: a table of databases passes both or
// neither, and what lmhost writes itself passes both.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "load/formats/module_database.hpp"
#include "load/module_edit.hpp"
#include "schema.hpp"

using namespace lmhost;
using lmhost::test::passes_schema;

namespace {

std::string reader_errors(const std::string& text) {
  const Result<JsonDocument> document =
      JsonDocument::parse(std::make_shared<const SourceText>(SourceText{"db.json", text}));
  REQUIRE(document.ok());
  const Result<ModuleDatabase> database = read_module_database(*document);
  return database.ok() ? "" : render(database.errors());
}

constexpr std::string_view kEntry = R"({"full_class_name": "m.Scale", "aliases": ["Scale"],
  "code_location": {"file": "m.py", "line_start": 3, "line_end": 9, "source_version": "1.0",
                    "sha256": "ab"},
  "flop_analysis": {"thinking_process": "one multiplication each",
    "parameters": [{"name": "n", "type": "int", "description": "elements"}],
    "calculation_formula": "{n}", "module_depends": [], "breakdown": {"scale": "{n}"}},
  "memory_analysis": {"thinking_process": "read, write",
    "parameters": [{"name": "n", "type": "int", "description": "elements"},
                   {"name": "dtype_bytes", "type": "int", "description": "width"}],
    "reads_calculation_formula": "{n} * {dtype_bytes}",
    "writes_calculation_formula": "{n} * {dtype_bytes}",
    "intermediates_calculation_formula": "0", "module_depends": []},
  "validation": {"human_validated": false}})";

std::string database(std::string_view entry) {
  return "{\"schema\": \"lmhost.modules/1\", \"modules\": {\"m.Scale\": " + std::string(entry) +
         "}}";
}

// The entry with the first `from` replaced.
std::string with(std::string_view from, std::string_view to) {
  std::string entry(kEntry);
  const std::size_t at = entry.find(from);
  REQUIRE(at != std::string::npos);
  return database(entry.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("module schema: what lmhost writes passes it and the reader") {
  const Result<std::string> added = add_module({"db.json", ""}, {"m.Scale", kEntry});
  REQUIRE(added.ok());
  CHECK(passes_schema("modules", *added));
  CHECK(reader_errors(*added) == "");
  const Approval by = {
      .is_approved = true, .validator = "Ada", .date = "2026-11-21", .notes = "ok"};
  for (const Approval& approval :
       {by, Approval(), Approval{.is_approved = false, .validator = {}, .date = {}, .notes = {}}}) {
    const Result<std::string> approved = set_approval({"db.json", *added}, "m.Scale", approval);
    REQUIRE(approved.ok());
    CHECK(passes_schema("modules", *approved));
    CHECK(reader_errors(*approved) == "");
  }
}

TEST_CASE("module schema: schema and reader agree") {
  const std::string good[] = {
      database(kEntry),
      "{\"schema\": \"lmhost.modules/1\", \"modules\": {}}",
      with("\"sha256\": \"ab\"", "\"sha256\": \"\""),
      with(", \"source_version\": \"1.0\",\n                    \"sha256\": \"ab\"", ""),
      with("{\"human_validated\": false}",
           R"({"human_validated": true, "validator": "Ada", "date": "2026", "notes": "n"})"),
      with("\"dtype_bytes\", \"type\": \"int\"", "\"dtype_bytes\", \"type\": \"float\""),
  };
  for (const std::string& text : good) {
    CAPTURE(text);
    CHECK(passes_schema("modules", text));
    CHECK(reader_errors(text) == "");
  }
  const std::string bad[] = {
      with("\"full_class_name\": \"m.Scale\", ", ""),
      with("\"m.Scale\"", "3"),
      with("\"file\": \"m.py\", ", ""),
      with("\"line_start\": 3", "\"line_start\": 0"),
      with("\"line_start\": 3", "\"line_start\": \"3\""),
      with("\"sha256\": \"ab\"", "\"sha\": \"ab\""),
      with("\"int\"", "\"integer\""),
      with("\"type\": \"int\", ", ""),
      with("\"calculation_formula\": \"{n}\", ", ""),
      with("\"calculation_formula\": \"{n}\"", "\"calculation_formula\": 3"),
      with("\"breakdown\": {\"scale\": \"{n}\"}", "\"breakdown\": []"),
      with("\"module_depends\": []", "\"module_depends\": \"m.Linear\""),
      with("\"intermediates_calculation_formula\": \"0\", ", ""),
      with("{\"human_validated\": false}", "{\"human_validated\": \"no\"}"),
      with("{\"human_validated\": false}", "{}"),
      with("\"aliases\": [\"Scale\"],", "\"diagnostics\": {},"),
      "{\"schema\": \"lmhost.modules/1\"}",
      "{\"schema\": \"lmhost.modules/1\", \"modules\": []}",
      "{\"schema\": \"lmhost.modules/1\", \"modules\": {}, \"extra\": 1}",
  };
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK_FALSE(passes_schema("modules", text));
    CHECK(reader_errors(text) != "");
  }
}

// Edits of a JSON text: what changes, and that nothing else does.
#include <doctest/doctest.h>

#include "load/json_edit.hpp"

using namespace lmhost;

namespace {

JsonDocument parsed(const std::string& text) {
  Result<JsonDocument> document =
      JsonDocument::parse(std::make_shared<const SourceText>(SourceText{"t.json", text}));
  REQUIRE_MESSAGE(document.ok(), text);
  return std::move(document).value();
}

// The value at a path of keys and indexes: "a.0.b".
JsonValue at(JsonValue value, std::string_view path) {
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (value.is(JsonKind::kObject)) {
      value = value.find(part);
    } else {
      std::size_t index = std::stoul(std::string(part));
      for (const JsonValue element : value.elements())
        if (index-- == 0) {
          value = element;
          break;
        }
    }
  }
  return value;
}

std::string appended(const std::string& text, std::string_view path, std::string_view json) {
  const JsonDocument document = parsed(text);
  JsonEdit edit(document);
  const JsonValue container = at(document.root(), path);
  if (container.is(JsonKind::kObject))
    edit.append(container, "new", json);
  else
    edit.append(container, json);
  parsed(edit.apply());  // still JSON
  return edit.apply();
}

std::string replaced(const std::string& text, std::string_view path, std::string_view json) {
  const JsonDocument document = parsed(text);
  JsonEdit edit(document);
  edit.replace(at(document.root(), path), json);
  parsed(edit.apply());
  return edit.apply();
}

std::string removed(const std::string& text, std::string_view path, std::vector<const char*> keys) {
  const JsonDocument document = parsed(text);
  JsonEdit edit(document);
  for (const char* key : keys) edit.remove(at(document.root(), path), key);
  parsed(edit.apply());
  return edit.apply();
}

}  // namespace

TEST_CASE("json edit: where a value ends") {
  const std::string text = R"( {"a" : [ 1, {"b": [ ] }, "x\"]}" ] , "c":{} , "d": -1.5e3 } )";
  const JsonDocument document = parsed(text);
  const auto written = [&](std::string_view path) {
    const JsonValue value = at(document.root(), path);
    return text.substr(value.offset(), end_of(value) - value.offset());
  };
  CHECK(written("") == text.substr(1, text.size() - 2));
  CHECK(written("a") == R"([ 1, {"b": [ ] }, "x\"]}" ])");
  CHECK(written("a.1") == R"({"b": [ ] })");
  CHECK(written("a.1.b") == "[ ]");
  CHECK(written("a.2") == R"("x\"]}")");
  CHECK(written("c") == "{}");
  CHECK(written("d") == "-1.5e3");
}

TEST_CASE("json edit: append in the layout that is there") {
  CHECK(appended("{\n  \"a\": 1\n}\n", "", "{\"x\":[1,2],\"y\":{}}") ==
        "{\n  \"a\": 1,\n  \"new\": {\n    \"x\": [\n      1,\n      2\n    ],\n    \"y\": {}\n  "
        "}\n}\n");
  CHECK(appended("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}", "a", "[true]") ==
        "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"new\": [\n\t\t\ttrue\n\t\t]\n\t}\n}");
  CHECK(appended("{\"a\": {\"b\": 1}, \"c\":2}", "a", " {\n \"x\" : null } ") ==
        "{\"a\": {\"b\": 1, \"new\": {\"x\": null}}, \"c\":2}");
  CHECK(appended("{\n    \"a\": []\n}", "a", "1") == "{\n    \"a\": [\n        1\n    ]\n}");
  CHECK(appended("{\n    \"a\": { \n\n }\n}", "a", "1") ==
        "{\n    \"a\": {\n        \"new\": 1\n    }\n}");
  CHECK(appended("{}", "", "1") == "{\"new\": 1}");
  CHECK(appended("[\n{\"a\": 1}\n]", "", "{\"b\": \"x, {y}: \\\"\"}") ==
        "[\n{\"a\": 1},\n{\n  \"b\": \"x, {y}: \\\"\"\n}\n]");
  CHECK(appended("[ ]", "", "2") == "[2]");
}

TEST_CASE("json edit: replace and remove touch nothing else") {
  CHECK(replaced("{\"a\" :  tru\x65 , \"b\":1}", "a", "false") == "{\"a\" :  false , \"b\":1}");
  CHECK(replaced("{\n  \"a\": {\n    \"b\": [1,\n 2] },\n  \"c\": 0 }", "a", "{\"z\":3}") ==
        "{\n  \"a\": {\n    \"z\": 3\n  },\n  \"c\": 0 }");
  const std::string three = "{\n  \"a\": 1,\n  \"b\": [2, 3],\n  \"c\": 4\n}";
  CHECK(removed(three, "", {"a"}) == "{\n  \"b\": [2, 3],\n  \"c\": 4\n}");
  CHECK(removed(three, "", {"b"}) == "{\n  \"a\": 1,\n  \"c\": 4\n}");
  CHECK(removed(three, "", {"c"}) == "{\n  \"a\": 1,\n  \"b\": [2, 3]\n}");
  CHECK(removed(three, "", {"b", "c"}) == "{\n  \"a\": 1\n}");
  CHECK(removed(three, "", {"x"}) == three);
}

TEST_CASE("json edit: several changes at once, given in any order") {
  const JsonDocument document = parsed("{\"a\": 1, \"b\": {\"c\": 2}}");
  JsonEdit edit(document);
  edit.append(at(document.root(), "b"), "d", "3");
  edit.append(at(document.root(), "b"), "e", "4");
  edit.replace(at(document.root(), "a"), "\"x\"");
  CHECK(edit.apply() == "{\"a\": \"x\", \"b\": {\"c\": 2, \"d\": 3, \"e\": 4}}");
}

TEST_CASE("json edit: strings") {
  CHECK(json_string("a\"b\\c\n\t\x01\xC3\xA9") == "\"a\\\"b\\\\c\\n\\t\\u0001\xC3\xA9\"");
  CHECK(parsed(json_string("a\"b\\c\n\t\x01\xC3\xA9")).root().string() ==
        "a\"b\\c\n\t\x01\xC3\xA9");
}

// Entries of module databases added and approved: which bytes change, in each generation's spelling.
#include <doctest/doctest.h>

#include "load/module_edit.hpp"
#include "load/text_file.hpp"

using namespace lmhost;

namespace {

SourceText store(std::string text) { return {"db.json", std::move(text)}; }

std::string ok(const Result<std::string>& text) {
  return text.ok() ? *text : render(text.errors());
}

std::string v2() {
  return read_text(LMHOST_SOURCE_DIR "/tests/inputs/lm-predictor/module_db.v2.json").value()->text;
}

// The lines of `now` that are not in `before` at their place, and the other way round: "-old +new".
std::string changed_lines(const std::string& before, const std::string& now) {
  const auto lines = [](const std::string& text) {
    std::vector<std::string> list;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      list.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return list;
  };
  std::vector<std::string> a = lines(before), b = lines(now);
  std::size_t first = 0;
  while (first < a.size() && first < b.size() && a[first] == b[first]) ++first;
  while (a.size() > first && b.size() > first && a.back() == b.back()) a.pop_back(), b.pop_back();
  std::string text;
  for (std::size_t i = first; i < a.size(); ++i) text += "-" + a[i] + "\n";
  for (std::size_t i = first; i < b.size(); ++i) text += "+" + b[i] + "\n";
  return text;
}

std::string approved(const std::string& text, std::string_view name, const Approval& approval) {
  return ok(set_approval(store(text), name, approval));
}

const Approval kPlain;
const Approval kRevoked = {.is_approved = false, .validator = {}, .date = {}, .notes = {}};
const Approval kSigned = {
    .is_approved = true, .validator = "Ada", .date = "2026-11-21", .notes = "by \"hand\""};

}  // namespace

TEST_CASE("approve: human_validated of a real database, one line") {
  const std::string before = v2();
  const std::string now = approved(before, "torch_SiLU", kPlain);
  CHECK(changed_lines(before, now) ==
        "-        \"human_validated\": false\n+        \"human_validated\": true\n");
  // By its class as well, and back again to the byte.
  CHECK(approved(before, "torch.nn.modules.activation.SiLU", kPlain) == now);
  CHECK(approved(now, "torch_SiLU", kRevoked) == before);

  const std::string by = approved(before, "torch_SiLU", kSigned);
  CHECK(changed_lines(before, by) ==
        "-        \"human_validated\": false\n+        \"human_validated\": true,\n"
        "+        \"validator\": \"Ada\",\n+        \"date\": \"2026-11-21\",\n"
        "+        \"notes\": \"by \\\"hand\\\"\"\n");
  CHECK(approved(by, "torch_SiLU", kRevoked) == before);
}

TEST_CASE("approve: the spelling with a status") {
  const std::string before =
      "{\"modules\": {\"a\": {\"validation\": {\"status\": \"pending\", \"validator\": null, "
      "\"date\": null, \"notes\": null}}}}";
  const std::string now = approved(before, "a", kSigned);
  CHECK(
      now ==
      "{\"modules\": {\"a\": {\"validation\": {\"status\": \"validated\", \"validator\": \"Ada\", "
      "\"date\": \"2026-11-21\", \"notes\": \"by \\\"hand\\\"\"}}}}");
  CHECK(approved(now, "a", kRevoked) == before);
  // What is not said stays.
  CHECK(approved(now, "a", kPlain) == now);
  CHECK(approved("{\"a\": {\"validation\": {\"status\": \"failed\"}}}", "a", kPlain) ==
        "{\"a\": {\"validation\": {\"status\": \"validated\"}}}");
}

TEST_CASE("approve: entries without a validation, lists, bare maps") {
  CHECK(approved("{\"a\": {\"x\": 1}}", "a", kPlain) ==
        "{\"a\": {\"x\": 1, \"validation\": {\"human_validated\": true}}}");
  CHECK(
      approved("[{\"full_class_name\": \"m.A\", \"validation\": {}}]", "m.A", kSigned) ==
      "[{\"full_class_name\": \"m.A\", \"validation\": {\"human_validated\": true, \"validator\": "
      "\"Ada\", \"date\": \"2026-11-21\", \"notes\": \"by \\\"hand\\\"\"}}]");
}

TEST_CASE("approve: what cannot be") {
  CHECK(approved("{\"modules\": {\"torch_Linear\": {}}}", "torch_Liner", kPlain) ==
        "db.json:1:13: error: no entry 'torch_Liner' [E413]\n"
        "    1 | {\"modules\": {\"torch_Linear\": {}}}\n"
        "      |             ^ did you mean 'torch_Linear'?\n");
  CHECK(approved("{\"modules\": {\"a\": {\"validation\": true}}}", "a", kPlain) ==
        "db.json:1:34: error: 'validation' must be an object, not a boolean [E105]\n"
        "    1 | {\"modules\": {\"a\": {\"validation\": true}}}\n"
        "      |                                  ^~~~\n");
  CHECK(approved("{\"hidden_size\": 1}", "a", kPlain).find("[E111]") != std::string::npos);
  CHECK(approved("3", "a", kPlain).find("[E105]") != std::string::npos);
  CHECK(approved("{", "a", kPlain).find("[E102]") != std::string::npos);
}

TEST_CASE("add module: a new database, a second entry, the same again") {
  const std::string one = ok(add_module(store(""), {"m.A", "{\"full_class_name\":\"m.A\"}"}));
  CHECK(one ==
        "{\n  \"schema\": \"lmhost.modules/1\",\n  \"modules\": {\n    \"m.A\": {\n      "
        "\"full_class_name\": \"m.A\"\n    }\n  }\n}\n");
  const std::string two = ok(add_module(store(one), {"m.B", "{}"}));
  CHECK(changed_lines(one, two) == "-    }\n+    },\n+    \"m.B\": {}\n");
  CHECK(ok(add_module(store(two), {"m.A", "{\"new\": [1]}"})).find("[E413]") != std::string::npos);
  CHECK(ok(add_module(store(two), {"m.A", "{\"new\": [1]}", true})) ==
        "{\n  \"schema\": \"lmhost.modules/1\",\n  \"modules\": {\n    \"m.A\": {\n      \"new\": "
        "[\n        1\n      ]\n    },\n    \"m.B\": {}\n  }\n}\n");
}

TEST_CASE("add module: to a real database and to a list") {
  const std::string before = v2();
  const std::string now = ok(add_module(store(before), {"m.A", "{\"full_class_name\": \"m.A\"}"}));
  CHECK(changed_lines(before, now) ==
        "+    },\n+    \"m.A\": {\n+      \"full_class_name\": \"m.A\"\n");
  CHECK(ok(add_module(store("[{\"full_class_name\": \"a\"}]"),
                      {"b", "{\"full_class_name\": \"b\"}"})) ==
        "[{\"full_class_name\": \"a\"}, {\"full_class_name\": \"b\"}]");
}

TEST_CASE("add module: an entry that is none leaves nothing behind") {
  CHECK(ok(add_module(store(""), {"a", "[1]"})) ==
        "db.json: entry 'a':1:1: error: an entry must be an object, not an array [E105]\n"
        "    1 | [1]\n      | ^\n");
  CHECK(ok(add_module(store(""), {"a", "{"})).find("[E102]") != std::string::npos);
  CHECK(ok(add_module(store("{\"modules\": 3}"), {"a", "{}"})).find("[E105]") != std::string::npos);
}

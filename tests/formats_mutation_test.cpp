// Every file that others wrote, broken in one place at a time: each variant gives an error with its
// place in that file, never a crash and never a smaller total.
//
// Variants: a key of the format removed, misspelt, its value of another type; a formula that does not
// parse, a name in it that nobody knows. What may be left out or be any text stands in the tables.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "load/formats/input.hpp"
#include "load/model.hpp"
#include "load/text_file.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kInputs = LMHOST_SOURCE_DIR "/tests/inputs/";
using Texts = std::vector<std::shared_ptr<const SourceText>>;

// What reading the files and binding every call says: errors, and the errors of kernels.
Diagnostics problems_of(const Texts& files, const std::string& root) {
  const Result<Input> input = input_of("folder", files);
  if (!input) return input.errors();
  Result<Graph> graph = decode_input(*input, {{}, root});
  if (!graph) return std::move(graph).errors();
  Diagnostics problems;
  for (const Diagnostic& note : graph->notes)
    if (note.severity == Severity::kError) problems.push_back(note);
  if (graph->root_composite == kNoComposite || !problems.empty()) return problems;
  Model model;
  for (const char* assignment : {"hidden_size=64", "num_heads=4", "head_dim=16", "n_embd=64",
                                 "n_head=4", "num_elements=7", "output_size=8", "has_bias=1"})
    REQUIRE(model.config.set(assignment).ok());
  model.graph = std::make_shared<const Graph>(std::move(*graph));
  Workload workload;
  workload.allow_unknown = false;
  const Result<Analysis> analysis = built_host().plan(model, workload);
  if (!analysis)
    problems.insert(problems.end(), analysis.errors().begin(), analysis.errors().end());
  return problems;
}

struct Format {
  std::set<std::string> required;  // keys that no object with them can be without
  std::set<std::string> keys;      // all keys of the format: a misspelt one is unknown
  std::set<std::string> formulas;  // keys whose strings are formulas
  std::set<std::string> free;      // keys of texts whose change means nothing
};

// The values of a document that are members of objects, with their keys.
void for_each_member(JsonValue value, const std::function<void(const JsonMember&)>& use) {
  if (value.is(JsonKind::kArray))
    for (const JsonValue element : value.elements()) for_each_member(element, use);
  if (!value.is(JsonKind::kObject)) return;
  for (const JsonMember member : value.members()) {
    use(member);
    for_each_member(member.value, use);
  }
}

// Where the text of a value ends.
std::size_t end_of(const std::string& text, JsonValue value) {
  if (value.kind() < JsonKind::kArray) return value.offset() + value.length();
  std::size_t depth = 0, at = value.offset();
  for (bool in_string = false; at < text.size(); ++at) {
    if (in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[at] == '{' || text[at] == '[')) {
      ++depth;
    } else if (!in_string && (text[at] == '}' || text[at] == ']') && --depth == 0) {
      break;
    }
  }
  return at + 1;
}

std::string without(const std::string& text, const JsonMember& member) {
  std::size_t begin = member.name.offset(), end = end_of(text, member.value);
  const std::size_t next = text.find_first_not_of(" \n\t\r", end);
  const std::size_t before = text.find_last_not_of(" \n\t\r", begin - 1);
  if (next < text.size() && text[next] == ',')
    end = next + 1;
  else if (text[before] == ',')
    begin = before;
  return text.substr(0, begin) + text.substr(end);
}

std::string replaced(const std::string& text, std::size_t begin, std::size_t end,
                     const std::string& by) {
  return text.substr(0, begin) + by + text.substr(end);
}

// The first name in a formula that is a variable, or npos.
std::size_t variable_in(const std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; ++at) {
    const bool starts =
        std::isalpha(static_cast<unsigned char>(text[at])) != 0 &&
        (at == begin || (std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 &&
                         text[at - 1] != '_' && text[at - 1] != '.'));
    if (!starts) continue;
    std::size_t last = at;
    while (last < end && (std::isalnum(static_cast<unsigned char>(text[last])) != 0 ||
                          text[last] == '_' || text[last] == '.'))
      ++last;
    const std::string word = text.substr(at, last - at);
    if (word != "if" && word != "else" && word != "and" && word != "or") return at;
    at = last;
  }
  return std::string::npos;
}

class Mutation {
 public:
  Mutation(Texts files, std::size_t index, std::string root, const Format& format)
      : files_(std::move(files)), index_(index), root_(std::move(root)), format_(format) {}

  int run() {
    const std::string& text = files_[index_]->text;
    const std::set<std::string> before = seen(problems_of(files_, root_));
    const Result<JsonDocument> document = JsonDocument::parse(files_[index_]);
    REQUIRE(document.ok());
    for_each_member(document->root(), [&](const JsonMember& member) {
      const std::string key(member.key());
      if (format_.required.contains(key)) try_one("removed " + key, without(text, member), before);
      if (!format_.keys.contains(key)) return;
      try_one("misspelt " + key,
              replaced(text, member.name.offset() + 1, member.name.offset() + 1, "x"), before);
      const std::size_t begin = member.value.offset(), end = end_of(text, member.value);
      const bool is_text = member.value.is(JsonKind::kString);
      try_one("type of " + key, replaced(text, begin, end, is_text ? "[1]" : "\"...\""), before);
      try_one("null " + key, replaced(text, begin, end, "null"), before);
      if (format_.formulas.contains(key) && is_text) break_formula(key, begin + 1, end - 1, before);
      if (key == "bindings" && member.value.is(JsonKind::kObject))
        for (const JsonMember binding : member.value.members()) {
          break_formula("binding", binding.value.offset() + 1,
                        binding.value.offset() + binding.value.length() - 1, before);
          try_one("misspelt binding " + std::string(binding.key()),
                  replaced(text, binding.name.offset() + 1, binding.name.offset() + 1, "x"),
                  before);
        }
    });
    return count_;
  }

 private:
  static std::set<std::string> seen(const Diagnostics& problems) {
    std::set<std::string> texts;
    for (const Diagnostic& problem : problems) texts.insert(problem.message);
    return texts;
  }

  void break_formula(const std::string& key, std::size_t begin, std::size_t end,
                     const std::set<std::string>& before) {
    const std::string& text = files_[index_]->text;
    const std::string formula = text.substr(begin, end - begin);
    if (formula == "dynamic" || formula == "varies" || formula == "unknown") return;
    try_one("broken " + key, replaced(text, begin, begin, "* "), before);
    try_one("open " + key, replaced(text, end, end, " + ("), before);
    try_one("code in " + key, replaced(text, begin, end, "__import__('os').getpid()"), before);
    try_one("lambda in " + key, replaced(text, begin, end, "lambda: 0"), before);
    if (const std::size_t name = variable_in(text, begin, end); name != std::string::npos)
      try_one("unknown name in " + key, replaced(text, name, name, "zz_"), before);
  }

  void try_one(const std::string& what, const std::string& text,
               const std::set<std::string>& before) {
    ++count_;
    Texts files = files_;
    files[index_] = text_named(files_[index_]->name, text);
    const Diagnostics problems = problems_of(files, root_);
    const auto is_new = [&](const Diagnostic& problem) {
      return !before.contains(problem.message) && problem.line > 0 && !problem.file.empty();
    };
    const bool is_found = std::any_of(problems.begin(), problems.end(), is_new);
    if (is_found) return;
    CAPTURE(files_[index_]->name);
    CAPTURE(what);
    CAPTURE(text);
    CHECK(is_found);
  }

  Texts files_;
  std::size_t index_;
  std::string root_;
  const Format& format_;
  int count_ = 0;
};

Texts texts_in(const std::string& folder) {
  Texts texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const Result<std::shared_ptr<const SourceText>> text = read_text(entry.path().string());
    REQUIRE(text.ok());
    texts.push_back(*text);
  }
  std::sort(texts.begin(), texts.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  return texts;
}
Texts text_of(const std::string& path) {
  const Result<std::shared_ptr<const SourceText>> text = read_text(path);
  REQUIRE(text.ok());
  return {*text};
}

const Format kCost = {{"kernel_name", "init_params", "forward_params", "flops", "memory_read",
                       "memory_write", "children", "kernel", "bindings"},
                      {"kernel_name", "init_params", "forward_params", "flops", "memory_read",
                       "memory_write", "children", "kernel", "bindings", "count"},
                      {"flops", "memory_read", "memory_write"},
                      {}};
const Format kAtomic = {{"parameters", "flops", "memory_read", "memory_write"},
                        {"parameters", "flops", "memory_read", "memory_write", "description"},
                        {"flops", "memory_read", "memory_write"},
                        {}};
const Format kModule = {{"class_name", "kernels", "kernel_type", "operation", "analysis", "flops",
                         "memory_access", "read", "write"},
                        {"class_name", "kernels", "kernel_type", "operation", "analysis", "flops",
                         "memory_access", "read", "write"},
                        {"flops", "read", "write"},
                        {}};

}  // namespace

TEST_CASE("every leaf cost file, broken") {
  int count = 0;
  for (const auto& file : texts_in(kInputs + "lm-predictor/kernels"))
    count += Mutation({file}, 0, "", kCost).run();
  CHECK(count > 24 * 25);
}

TEST_CASE("every composite cost file, broken") {
  const Texts files = texts_in(kInputs + "costs/gpt2-attention");
  int count = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string name = std::filesystem::path(files[i]->name).stem().string();
    const bool is_root = name.starts_with("GPT2");
    count += Mutation(files, i, is_root ? name : "GPT2Attention", kCost).run();
  }
  CHECK(count > 300);
}

TEST_CASE("the catalogue of atomic kernels, broken") {
  CHECK(Mutation(text_of(kInputs + "lm-predictor/atomic_kernels.json"), 0, "", kAtomic).run() >
        45 * 20);
}

TEST_CASE("every module analysis, broken") {
  int count = 0;
  for (const auto& file : texts_in(kInputs + "lm-predictor/modules"))
    count += Mutation({file}, 0, "", kModule).run();
  CHECK(count > 300);
}

TEST_CASE("the table of names, broken") {
  Texts files = texts_in(kInputs + "lm-predictor/kernels");
  files.push_back(text_of(kInputs + "lm-predictor/kernel_name_map.json").front());
  CHECK(problems_of(files, "").empty());
  const std::string text = files.back()->text;
  for (std::size_t at = text.find(": \""); at != text.npos; at = text.find(": \"", at + 1)) {
    for (const std::string& by : {std::string(": \"x"), std::string(": 1, \"a\": \"")}) {
      Texts broken = files;
      broken.back() = text_named(files.back()->name, replaced(text, at, at + 3, by));
      const Diagnostics problems = problems_of(broken, "");
      REQUIRE_FALSE(problems.empty());
      CHECK(problems.front().file == files.back()->name);
      CHECK(problems.front().line > 0);
    }
  }
}

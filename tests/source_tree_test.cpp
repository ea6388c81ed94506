// Classes in Python texts and trees, prompts from them.
#include <doctest/doctest.h>

#include <map>

#include "load/text_file.hpp"
#include "study/module_source.hpp"
#include "study/prompt.hpp"
#include "study/python_definitions.hpp"
#include "study/source_tree.hpp"
#include "support.hpp"

using namespace lmhost;

namespace {

constexpr const char* kSource = LMHOST_SOURCE_DIR "/tests/agents/source";

std::string listed(std::string_view text) {
  std::string result;
  for (const PythonDefinition& one : python_definitions(text))
    result += std::string(one.is_class ? "class " : "def ") + one.name + " " +
              std::to_string(one.first_line) + "-" + std::to_string(one.last_line) + "\n";
  return result;
}

SourceTree tree() {
  Result<SourceTree> read = SourceTree::read({kSource});
  REQUIRE(read.ok());
  return std::move(read).value();
}

std::string found(std::string_view name) {
  static const SourceTree sources = tree();
  const Result<const SourceClass*> one = sources.find(name);
  if (one.ok()) return (*one)->name;
  std::string text = render(one.errors());
  for (std::size_t at; (at = text.find(kSource)) != std::string::npos;)
    text.replace(at, std::string_view(kSource).size(), "SOURCE");
  return text;
}

}  // namespace

TEST_CASE("definitions of a Python text") {
  const std::map<std::string, std::string> texts = {
      {"", ""},
      {"class A: pass", "class A 1-1\n"},
      {"class A:\n  x = 1\n\n  # tail\n\ny = 2\n", "class A 1-2\n"},
      {"class A:\n\tdef f(self):\n\t\treturn 1\nclass B(A):\n  pass\n",
       "class A 1-3\nclass B 4-5\n"},
      // Decorators belong to what they decorate, over several lines, too.
      {"@d\n@e(\n1)\nclass A:\n  pass\n", "class A 1-5\n"},
      {"@d\nx = 1\nclass A:\n  pass\n", "class A 3-4\n"},
      // Nothing inside strings, comments and brackets is code.
      {"'''\nclass A:\n  pass\n'''\nclass B:\n  '''\nclass C:\n'''\n  x = 1\n", "class B 5-9\n"},
      {"x = \"class A:\\\"\nclass B:\n  pass\n", "class B 2-3\n"},
      {"r'\\'\nclass A:\n  pass\n", "class A 2-3\n"},
      {"f(\nclass_=1,\n)\n# class X:\nclass A(\n  B,\n  C\n):\n  x = [\n1\n]\n", "class A 5-11\n"},
      {"x = 1 + \\\nclass_\nclass A:\n  pass\n", "class A 3-4\n"},
      // Names that others can import: not those inside functions.
      {"class A:\n  class B:\n    pass\n  def f(self):\n    class C: pass\n",
       "class A 1-5\nclass A.B 2-3\n"},
      {"if x:\n  class A:\n    pass\n  def f(): pass\nasync def g():\n  pass\n",
       "class A 2-3\ndef f 4-4\ndef g 5-6\n"},
      {"classy = 1\nclass\ndefine()\n", ""},
      // Cut anywhere, it is some text.
      {"class A(\n  B", "class A 1-2\n"},
      {"class A:\n  '''\n  never closed", "class A 1-3\n"},
      {"class A:\r\n  pass\r\n\r\nclass B:\r\n  pass\r\n", "class A 1-2\nclass B 4-5\n"},
  };
  for (const auto& row : texts) {
    const auto& [text, expected] = row;
    CAPTURE(row.first);
    CHECK(listed(text) == expected);
  }
}

TEST_CASE("every prefix of a text gives some answer") {
  const Result<std::shared_ptr<const SourceText>> text =
      read_text(std::string(kSource) + "/src/tinylm/models/tiny/modeling_tiny.py");
  REQUIRE(text.ok());
  const std::string_view whole = (*text)->text;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    for (const PythonDefinition& one : python_definitions(whole.substr(0, size)))
      CHECK(one.first_line <= one.last_line);
    CHECK(python_names(whole.substr(0, size)).size() <= size);
  }
}

TEST_CASE("names and versions of a Python text") {
  const std::vector<std::string_view> names = python_names("a.b('c') # d\nb = \"e\" + f_1");
  CHECK(names == std::vector<std::string_view>{"a", "b", "f_1"});
  CHECK(python_version_of("# __version__ = '0'\n__version__ = \"4.46.3\"\n") == "4.46.3");
  CHECK(python_version_of("if x:\n  __version__ = '1'\n__version__ = get()\n").empty());
}

TEST_CASE("classes are found by whole parts of their names") {
  const std::string tiny = "tinylm.models.tiny.modeling_tiny.";
  CHECK(found(tiny + "TinyMLP") == tiny + "TinyMLP");
  CHECK(found("TinyMLP") == tiny + "TinyMLP");
  CHECK(found("modeling_tiny.TinyNorm") == tiny + "TinyNorm");
  CHECK(found("TinyMLP.Activation") == tiny + "TinyMLP.Activation");
  // As the package spells it for others.
  CHECK(found("tinylm.TinyMLP") == tiny + "TinyMLP");
  CHECK(found("tinylm.models.tiny.TinyAttention") == tiny + "TinyAttention");

  CHECK(found("TinyNorm") ==
        "lmhost: error: 'TinyNorm' is the name of 2 classes in 'SOURCE' [E702]\n"
        "  write one of tinylm.models.other.modeling_other.TinyNorm, "
        "tinylm.models.tiny.modeling_tiny.TinyNorm\n");
  CHECK(found("TinyMPL") ==
        "lmhost: error: no class 'TinyMPL' in 'SOURCE' [E701]\n"
        "  did you mean 'TinyMLP'?\n");
  CHECK(found("tinylm.models.tiny.modeling_tiny.TinyMPL") ==
        "lmhost: error: no class 'tinylm.models.tiny.modeling_tiny.TinyMPL' in 'SOURCE' [E701]\n"
        "  did you mean 'tinylm.models.tiny.modeling_tiny.TinyMLP'?\n");
  // A part of a part is no name; what a text or a function holds is no class.
  for (const char* name : {"MLP", "InAString", "Hidden", "Commented", ""}) {
    CAPTURE(name);
    CHECK(found(name).find("E701") != std::string::npos);
  }
}

TEST_CASE("a folder that cannot be read") {
  const Result<SourceTree> read = SourceTree::read({"no/such/folder"});
  REQUIRE_FALSE(read.ok());
  CHECK(
      render(read.errors()) ==
      "lmhost: error: cannot read the folder 'no/such/folder': No such file or directory [E501]\n");
}

TEST_CASE("what is known of a class from its source") {
  const SourceTree sources = tree();
  const Result<const SourceClass*> where =
      sources.find("tinylm.models.tiny.modeling_tiny.TinyNorm");
  REQUIRE(where.ok());
  CHECK((*where)->location == "tinylm/models/tiny/modeling_tiny.py");
  const Result<ModuleSource> source = read_module_source(**where);
  REQUIRE(source.ok());
  CHECK(source->version == "1.2.3");
  CHECK(source->text.starts_with(
      "19 | class TinyNorm(nn.Module):\n20 |     def __init__(self, hidden_size, eps=1e-6):\n"));
  CHECK(source->text.find("\n24 |\n") != std::string::npos);
  CHECK(source->text.ends_with("self.eps), self.weight)\n"));
  // sed -n 19,27p modeling_tiny.py | sha256sum
  CHECK(source->hash == "sha256:e711b916a56055100c87060e1069563c3c7c68d9dc50abe0510584b888c3caff");
  CHECK(source->related ==
        "10 | def scale(hidden_states, weight):\n11 |     # Used by TinyNorm.\n"
        "12 |     return weight * hidden_states\n");

  // A base class comes along; a class that is only used does not.
  const Result<const SourceClass*> derived = sources.find("OtherMLP");
  REQUIRE(derived.ok());
  CHECK(read_module_source(**derived)->related.substr(0, 19) == "1 | class TinyNorm:");
  const Result<const SourceClass*> mlp = sources.find("TinyMLP");
  CHECK(read_module_source(**mlp)->related.empty());

  SourceClass moved = **where;
  moved.first_line += 1;
  CHECK_FALSE(read_module_source(moved).ok());
}

TEST_CASE("a prompt is filled once") {
  const SourceText prompt{"p.txt", "@NAME@ me@home @ @NAME @OTHER@\n@TYPO@"};
  const Result<std::string> filled =
      fill_prompt(prompt, {{"NAME", "@OTHER@"}, {"OTHER", "o"}, {"TYPO", ""}});
  REQUIRE(filled.ok());
  CHECK(*filled == "@OTHER@ me@home @ @NAME o\n");
  const Result<std::string> unknown =
      fill_prompt(prompt, {{"NAME", ""}, {"OTHER", ""}, {"TYP", ""}});
  REQUIRE_FALSE(unknown.ok());
  CHECK(render(unknown.errors()) ==
        "p.txt:2:1: error: unknown field 'TYPO' [E104]\n"
        "    2 | @TYPO@\n"
        "      | ^~~~~~ did you mean 'TYP'?\n");
}

TEST_CASE("the prompt for a class names all that it has to") {
  const SourceTree sources = tree();
  const Result<ModuleSource> source = read_module_source(**sources.find("TinyMLP"));
  REQUIRE(source.ok());
  const std::string folder = LMHOST_SOURCE_DIR "/catalogs/prompts";
  const Result<std::string> prompt =
      fill_prompt(**read_text(folder + "/learn_module.txt"),
                  prompt_fields(*source, *test::first_party_catalog(), "THE SCHEMA"));
  REQUIRE_MESSAGE(prompt.ok(), render(prompt.ok() ? Diagnostics{} : prompt.errors()));
  for (const char* part :
       {"Module: tinylm.models.tiny.modeling_tiny.TinyMLP\n",
        "Source: tinylm/models/tiny/modeling_tiny.py, lines 30 to 49\n", "\n30 | @register(\n",
        "\n49 |         return self.down(torch.relu(self.up(x)))\n",
        "\ntorch.nn.functional.linear(M, K, N, has_bias=0, ", "  also F.linear, torch.nn.Linear,",
        "\nTHE SCHEMA\n"}) {
    CAPTURE(part);
    CHECK(prompt->find(part) != std::string::npos);
  }
  const Result<std::string> retry =
      fill_prompt(**read_text(folder + "/learn_retry.txt"),
                  retry_fields(1, "{", {plain_error(ErrorKind::kInput, "E102", "no end")}));
  REQUIRE(retry.ok());
  CHECK(retry->find("Your answer number 1 was refused.") != std::string::npos);
  CHECK(retry->find("\n{\n") != std::string::npos);
  CHECK(retry->find("no end [E102]\n") != std::string::npos);
}

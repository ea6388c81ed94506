// The seeds' model representation as a graph: structure only, populated, with what a composite
// computes itself, and lists of examples.
#include "load/formats/model_representation.hpp"

#include <string>
#include <vector>

#include "load/text_file.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kModels = LMHOST_SOURCE_DIR "/tests/inputs/lm-predictor/models/";

std::string text_of(const std::string& name) {
  const Result<std::shared_ptr<const SourceText>> text = read_text(kModels + name);
  REQUIRE_MESSAGE(text.ok(), name);
  return text.value()->text;
}

Result<Graph> read(const std::string& text) { return load_graph(text_named("m.json", text)); }

Graph graph_of(const std::string& text) {
  Result<Graph> graph = read(text);
  REQUIRE_MESSAGE(graph.ok(), render(graph.ok() ? Diagnostics{} : graph.errors()));
  return std::move(graph).value();
}

// "linear ×2 = kernel(M=batch_size*seq_len)" of each call, a line each, composites first to last.
std::string calls_of(const Graph& graph) {
  std::string text;
  for (const Call& call : graph.calls) {
    text += std::string(call.name) + " = " + std::string(call.kernel);
    if (call.multiplier != kNoExpression) text += " x" + graph.expressions[call.multiplier].text;
    if (call.composite != kNoComposite) text += " {}";
    for (std::uint32_t i = 0; i < call.binding_count; ++i) {
      const Binding& binding = graph.bindings[call.first_binding + i];
      text +=
          " " + std::string(binding.parameter) + "=" + graph.expressions[binding.expression].text;
    }
    text += "\n";
  }
  return text;
}

std::string model(const std::string& layers) {
  return R"({"model_id":"a/b","layers":[)" + layers + "]}";
}

}  // namespace

TEST_CASE("structure only: nothing is bound") {
  const Graph graph = graph_of(text_of("llama-2-7b-hf.first.json"));
  CHECK(graph.root == "meta-llama/Llama-2-7b-hf");
  CHECK(graph.composites.size() == 5);
  CHECK(graph.calls.size() == 19);
  CHECK(graph.bindings.empty());
  CHECK(graph.variables.empty());
  std::size_t repeated = 0;
  for (const Call& call : graph.calls) {
    if (call.multiplier == kNoExpression) continue;
    ++repeated;
    // Its place is that of the number.
    const std::string number = graph.expressions[call.multiplier].text;
    CHECK(number == "32");
    CHECK(graph.source->text.substr(call.multiplier_offset, number.size()) == number);
  }
  CHECK(repeated == 1);
}

TEST_CASE("populated: templates as expressions, byte widths as variables") {
  const Graph graph = graph_of(text_of("llama-2-7b-hf.populated.json"));
  CHECK(graph.calls.size() == 19);
  // 8 linears, 3 norms, 2 rotary embeddings and the embedding of 4 each, SiLU of 2.
  CHECK(graph.bindings.size() == 58);
  REQUIRE(graph.variables.size() == 2);
  CHECK(graph.variables[0].name == "dtype_bytes");
  CHECK(graph.expressions[graph.variables[0].expression].text == "a_bytes");
  CHECK(graph.variables[1].name == "index_dtype_bytes");
  // The expression's text is the file's, and so are its places.
  for (const Binding& binding : graph.bindings) {
    const Expression& expression = graph.expressions[binding.expression];
    CHECK(graph.source->text.substr(binding.offset, expression.text.size()) == expression.text);
  }
}

TEST_CASE("what a composite computes itself is a call of its class's kernel") {
  const Graph graph = graph_of(model(
      R"({"name":"mlp","class":"m.Mlp","repeat":3,"parameters":{"n":"{seq_len} * 2","on":true},)"
      R"("sub_layers":[{"name":"internal","class":"m.L"},{"name":"up","class":"m.L",)"
      R"("parameters":{"n":7,"x":2.5}}]})"));
  CHECK(calls_of(graph) ==
        "mlp = m.Mlp x3 {}\n"
        "internal = m.L\n"
        "up = m.L n=7 x=2.5\n"
        "internal_ = m.Mlp n={seq_len} * 2 on=True\n");
}

TEST_CASE("a list of examples is one graph with every model") {
  const Graph graph = graph_of(text_of("model_representation_examples.json"));
  const std::string calls = calls_of(graph);
  CHECK(
      calls.starts_with("llama-2-7b-hf = meta-llama/Llama-2-7b-hf {}\n"
                        "simple-classifier = simple-classifier {}\n"
                        "transformer-block = generic-transformer {}\n"));
  // 19 calls of Llama, 5 and 3 + 6 of the others, and one of each model.
  CHECK(graph.calls.size() == 3 + 19 + 5 + 9);
}

TEST_CASE("mistakes, each at its place") {
  const auto error = [](const std::string& layers) {
    const Result<Graph> graph = read(model(layers));
    REQUIRE_FALSE(graph.ok());
    const Diagnostic& first = graph.errors().front();
    CHECK(first.column > 1);
    return first.message + " [" + first.code + "]";
  };
  CHECK(error("") == "'layers' must not be empty [E108]");
  CHECK(error("7") == "'a layer' must be an object, not a number [E105]");
  CHECK(error(R"({"class":"m.L"})") == "the layer has no 'name' [E106]");
  CHECK(error(R"({"name":"a"})") == "the layer has no 'class' [E106]");
  CHECK(error(R"({"name":"a.b","class":"m.L"})") == "'a.b' is no name of a call [E108]");
  CHECK(error(R"({"name":"a","class":"Linear"})") == "'Linear' is no path of a class [E108]");
  CHECK(error(R"({"name":"a","class":"m.linear"})") == "'m.linear' is no path of a class [E108]");
  CHECK(error(R"({"name":"a","class":"m.L"},{"name":"a","class":"m.L"})") ==
        "duplicate call name 'a' in one list [E110]");
  CHECK(error(R"({"name":"a","class":"m.L","repeat":0})") ==
        "'repeat' must be a whole number from 1 [E108]");
  CHECK(error(R"({"name":"a","class":"m.L","repeat":"2"})") ==
        "'repeat' must be a number, not a string [E105]");
  CHECK(error(R"({"name":"a","class":"m.L","sub_layers":[]})") ==
        "'sub_layers' must not be empty [E108]");
  CHECK(error(R"({"name":"a","class":"m.L","sublayers":[]})") ==
        "unknown key 'sublayers' in a layer [E104]");
  CHECK(error(R"({"name":"a","class":"m.L","parameters":{"n":"{seq_len"}})") ==
        "'{' is never closed [E201]");
  CHECK(error(R"j({"name":"a","class":"m.L","parameters":{"n":"{m.K}(1)"}})j") ==
        "a parameter of a layer cannot call a module [E201]");
  CHECK(error(R"({"name":"a","class":"m.L","parameters":{"n":null}})") ==
        "'n' must be an expression (a string, a number or a boolean), not null [E105]");
  CHECK(error(R"({"name":"a","class":"m.L","origins":{"n":3}})") ==
        "'n' must be a string, not a number [E105]");
  const Result<Graph> nameless = read(R"({"model_id":"x"})");
  REQUIRE_FALSE(nameless.ok());
}

// Every key of the real files renamed, every value made one of another type.
TEST_CASE("malformed variants of the real models") {
  for (const char* file : {"llama-2-7b-hf.first.json", "llama-2-7b-hf.populated.json"}) {
    const std::string text = text_of(file);
    const Result<JsonDocument> document = JsonDocument::parse(text_named("m.json", text));
    REQUIRE(document.ok());
    std::vector<JsonValue> open = {document->root()};
    std::size_t variants = 0;
    while (!open.empty()) {
      const JsonValue value = open.back();
      open.pop_back();
      if (value.is(JsonKind::kArray)) {
        for (const JsonValue element : value.elements()) open.push_back(element);
        continue;
      }
      for (const JsonMember& member : value.members()) {
        CAPTURE(std::string(member.key()) + " at " + std::to_string(member.name.offset()));
        if (member.value.size() != 0 && member.key() != "parameters") open.push_back(member.value);
        std::string renamed = text;
        renamed.insert(member.name.offset() + 1, "zz");
        const Result<Graph> without = read(renamed);
        CHECK_FALSE(without.ok());
        if (!without.ok()) CHECK(without.errors().front().line >= 1);
        std::string retyped = text;
        if (member.value.is(JsonKind::kString) || member.value.is(JsonKind::kNumber))
          retyped.replace(member.value.offset(), member.value.length(), "null");
        else
          retyped.insert(member.value.offset(), "17,\"spare\":");
        const Result<Graph> other = read(retyped);
        CHECK_FALSE(other.ok());
        ++variants;
      }
    }
    CHECK(variants > 40);
  }
}

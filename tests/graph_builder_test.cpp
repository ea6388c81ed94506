// Graphs made in memory: the same as from a file, byte for byte in the report; names escaped; errors
// that name the composite and the call; and what a program does wrong with a Result.
#include <doctest/doctest.h>

#include <lmhost/lmhost.hpp>

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "api_support.hpp"

namespace {

using lmhost::GraphBuilder;
using lmhost::GraphValue;
using lmhost::Number;
using lmhost::Quantity;
using lmhost::test::built_host;
using lmhost::test::code_of;
using lmhost::test::must;

GraphBuilder gated() {
  GraphBuilder builder("m.Model");
  builder.config("hidden_size", 8).config("layers", 3).config("gated", true);
  builder.variable("tokens", "batch_size*seq_len");
  builder.composite("m.Model").call({"layers", "m.Mlp", {{"width", 16}}, "config.layers"});
  builder.composite("m.Mlp", {"width", "bias=0"})
      .call({"up",
             "torch.nn.Linear",
             {{"M", "tokens"}, {"K", "config.hidden_size"}, {"N", "width"}, {"has_bias", "bias"}}})
      .call({"gate",
             "torch.nn.Linear",
             {{"M", "tokens"}, {"K", "config.hidden_size"}, {"N", "width"}},
             2,
             "config.gated",
             1});
  return builder;
}

constexpr const char* kGated = R"({
  "schema": "lmhost.graph/1", "root": "m.Model",
  "config": {"hidden_size": 8, "layers": 3, "gated": true},
  "variables": {"tokens": "batch_size*seq_len"},
  "kernels": {
    "m.Model": {"parameters": [], "sub_kernels": [
      {"name": "layers", "kernel": "m.Mlp", "bindings": {"width": "16"}, "count": "config.layers"}]},
    "m.Mlp": {"parameters": ["width", "bias=0"], "sub_kernels": [
      {"name": "up", "kernel": "torch.nn.Linear", "bindings":
        {"M": "tokens", "K": "config.hidden_size", "N": "width", "has_bias": "bias"}},
      {"name": "gate", "kernel": "torch.nn.Linear", "bindings":
        {"M": "tokens", "K": "config.hidden_size", "N": "width"},
       "count": "2", "when": "config.gated", "stored_count": "1"}]}}})";

lmhost::Report report_of(const lmhost::Graph& graph) {
  const lmhost::Plan plan = must(built_host().resolve(graph));
  return must(plan.analyze(plan.default_point()));
}

// The text without the hash of the graph's own text, which is another.
std::string without_hash(std::string json) {
  const std::size_t at = json.find("\"sha256\":\"");
  REQUIRE(at != std::string::npos);
  return json.erase(at, json.find('"', at + 10) - at);
}

std::string problem_of(const GraphBuilder& builder) {
  const auto graph = built_host().build(builder);
  if (!graph) return to_text(graph.errors());
  const auto plan = built_host().resolve(*graph);
  if (!plan) return to_text(plan.errors());
  const auto report = plan->analyze(plan->default_point());
  return report ? "none" : to_text(report.errors());
}

}  // namespace

TEST_CASE("graph builder: the same report as from a file") {
  const lmhost::Report built = report_of(must(built_host().build(gated())));
  const lmhost::Report read = report_of(must(built_host().parse(kGated)));
  CHECK(without_hash(built.to_json()) == without_hash(read.to_json()));
  CHECK(built.to_text() == read.to_text());
  CHECK(built.to_csv() == read.to_csv());
  // What it writes as a file is that graph, hash and all.
  CHECK(built.to_json() == report_of(must(built_host().parse(gated().to_json()))).to_json());
  // 3 layers of 1 + 2 products of 2048 tokens, 8 and 16.
  CHECK(built.totals()[Quantity::kFlops] == Number(3 * 3 * 2 * 2048 * 8 * 16));
  // Two weights a layer.
  CHECK(built.totals()[Quantity::kParameters] == Number(3 * 2 * 8 * 16));
}

TEST_CASE("graph builder: names and values are never syntax") {
  const std::string odd = "a \"quoted\" \\ name\n{}, \x01\xc3\xa9";
  GraphBuilder builder(odd);
  builder.config(odd, odd).config("list", {{1, 2.5, "x", true}}).config("none", "");
  builder.config("nested", GraphValue::from_json(R"({"size": 5})"));
  builder.composite(odd).call({"up]}", odd + "2"});
  builder.composite(odd + "2").call(
      {"fc",
       "torch.nn.Linear",
       {{"M", "len(config.list)"}, {"K", "config.nested.size"}, {"N", 1}}});
  const lmhost::Graph graph = must(built_host().build(builder, odd));
  CHECK(graph.root() == odd);
  CHECK(graph.name() == odd);
  const lmhost::Report report = report_of(graph);
  CHECK(report.node(1).kernel == odd + "2");
  CHECK(report.node(1).name == "up]}");
  CHECK(report.totals()[Quantity::kFlops] == Number(2 * 4 * 5));
}

TEST_CASE("graph builder: errors name the composite and the call") {
  GraphBuilder unknown("m");
  unknown.composite("m").call({"fc", "torch.nn.Liner"});
  CHECK(problem_of(unknown) ==
        "<memory>: call 'fc' of 'm':1:23: error: unknown kernel 'torch.nn.Liner' [E101]\n"
        "    1 | {\"name\":\"fc\",\"kernel\":\"torch.nn.Liner\"}\n"
        "      |                       ^~~~~~~~~~~~~~~~ did you mean 'torch.nn.Linear' (plugin "
        "matmul "
        "1.0.0)?\n"
        "  at m > fc\n");

  GraphBuilder formula("m");
  formula.composite("m").call({"fc", "torch.nn.Linear", {{"M", "2*"}, {"K", 1}, {"N", 1}}});
  CHECK(
      problem_of(formula) ==
      "<memory>: call 'fc' of 'm':1:60: error: expected a number, a name or '(', found the end of "
      "the formula [E201]\n"
      "    1 | "
      "{\"name\":\"fc\",\"kernel\":\"torch.nn.Linear\",\"bindings\":{\"M\":\"2*\",\"K\":\"1\","
      "\"N\":\"1\"}}\n"
      "      |                                                            ^\n");

  GraphBuilder rootless("n");
  rootless.composite("m");
  CHECK(problem_of(rootless).find("<memory>: graph:1:38: error: the root 'n' is none of") == 0);
  GraphBuilder twice("m");
  twice.composite("m").call({"a", "torch.nn.SiLU"}).call({"a", "torch.nn.SiLU"});
  CHECK(problem_of(twice).find("<memory>: call 'a' of 'm':1:9: error: ") == 0);
  GraphBuilder parameters("m");
  parameters.composite("m", {"2"});
  CHECK(problem_of(parameters).find("<memory>: composite 'm':1:") == 0);
  GraphBuilder unbound("m");
  unbound.composite("m").call({"fc", "torch.nn.Linear", {{"M", 1}, {"K", 1}}});
  CHECK(problem_of(unbound).find("<memory>: call 'fc' of 'm':1:") == 0);
  GraphBuilder negative("m");
  negative.composite("m").call({"act", "torch.nn.SiLU", {{"num_elements", 1}}, "0 - seq_len"});
  CHECK(problem_of(negative).find("<memory>: call 'act' of 'm':1:") == 0);
  GraphBuilder variable("m");
  variable.variable("x", "(").composite("m");
  CHECK(problem_of(variable).find("<memory>: variable 'x':1:") == 0);

  GraphBuilder homeless("m");
  homeless.call({"a", "k"}).call({"b", "k"}).composite("m");
  CHECK(problem_of(homeless) ==
        "lmhost: error: call 'a' is in no composite [E601]\n"
        "  composite() begins the one that calls are added to\n");
}

TEST_CASE("graph builder: a value of the config is one value") {
  for (const char* text : {"1}, \"root\": \"x\", \"y\": {\"z\": 1", "", "{", "1 2", "nan"}) {
    GraphBuilder builder("m");
    builder.config("size", GraphValue::from_json(text)).composite("m");
    CAPTURE(text);
    CHECK(problem_of(builder).find("<memory>: config 'size':1:") == 0);
  }
  GraphBuilder builder("m");
  builder.config("scale", std::nan("")).composite("m");
  CHECK(problem_of(builder).find("<memory>: config 'scale':1:") == 0);
}

TEST_CASE("results: the value of a failed one throws, with its errors") {
  using lmhost::BadResult;
  const auto failed = built_host().parse("{", "g.json");
  CHECK_THROWS_AS(failed->name(), BadResult);
  CHECK_THROWS_AS((*failed).name(), BadResult);
  CHECK_THROWS_AS(failed.value(), BadResult);
  auto changed = built_host().load("llama-2-7c");
  CHECK_THROWS_AS(changed->root(), BadResult);
  CHECK_THROWS_AS(*changed, BadResult);
  CHECK_THROWS_AS(changed.value(), BadResult);
  CHECK_THROWS_AS(std::move(changed).value(), BadResult);
  CHECK(code_of(changed) == "E113");  // all of that changed nothing
  try {
    failed.value();
    FAIL("a value");
  } catch (const std::exception& error) {
    CHECK(error.what() == "the value of a failed lmhost::Result was read; its errors are\n" +
                              to_text(failed.errors()));
    const auto* bad = dynamic_cast<const BadResult*>(&error);
    REQUIRE(bad != nullptr);
    REQUIRE(bad->errors().size() == 1);
    CHECK(bad->errors()[0].code == "E102");
  }
  static_assert(std::is_nothrow_copy_constructible_v<BadResult>);
  static_assert(std::is_base_of_v<std::exception, BadResult>);

  auto good = built_host().load("gpt2");
  CHECK(good.errors().empty());
  CHECK(std::move(good).errors().empty());
  CHECK(good->name() == "gpt2");
}

TEST_CASE("hosts: a prefix without an installation is an error at once") {
  lmhost::HostOptions options;
  options.prefix = "/nonexistent";
  CHECK(to_text(lmhost::Host::open(options).errors()) ==
        "/nonexistent: error: not an installation of lmhost: there is no share/lmhost/catalogs "
        "[E501]\n  the prefix is the folder above lib/lmhost and share/lmhost\n");
  options.default_plugins = false;
  CHECK(code_of(lmhost::Host::open(options)) == "E501");
  options.prefix = LMHOST_BINARY_DIR "/bin/lmhost";
  CHECK(code_of(lmhost::Host::open(options)) == "E501");
  options.prefix = LMHOST_BINARY_DIR;
  CHECK(code_of(lmhost::Host::open(options)) == "ok");
}

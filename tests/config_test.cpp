// config.json as dotted names, and assignments of the command line.
#include "load/config.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace lmhost;

namespace {

Result<Config> parse(std::string text) {
  return Config::from_text(
      std::make_shared<SourceText>(SourceText{"config.json", std::move(text)}));
}

Config parsed(std::string text) {
  Result<Config> config = parse(std::move(text));
  if (!config) FAIL(render(config.errors()));
  return std::move(config).value();
}

// Every name with its value, one a line.
std::string listed(const Config& config) {
  std::string text;
  for (const std::string_view name : config.names())
    text += std::string(name) + " = " + to_string(config.find(name)->value) + "\n";
  return text;
}

std::string error_of(Config config, std::string_view assignment) {
  const Result<bool> done = config.set(assignment);
  if (done) return "";
  CHECK(exit_status(done.errors()) == 2);
  return render(done.errors());
}

}  // namespace

TEST_CASE("a config is flattened to dotted names") {
  const Config config = parsed(R"({
    "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "rms_norm_eps": 1e-05, "tie_word_embeddings": false,
    "head_dim": null, "rope_scaling": {"factor": 8.0, "deeper": {"a": "b"}}, "empty": {},
    "layer_types": ["full", ["x", 1, []], {"inside": 1}, null], "limits": [0.0, Infinity]})");
  CHECK(listed(config) ==
        "architectures = ['LlamaForCausalLM']\n"
        "empty = {...}\n"
        "head_dim = None\n"
        "hidden_size = 4096\n"
        "layer_types = ['full', ['x', 1, []], {...}, None]\n"
        "limits = [0, 'Infinity']\n"
        "rms_norm_eps = 0.00001\n"
        "rope_scaling = {...}\n"
        "rope_scaling.deeper = {...}\n"
        "rope_scaling.deeper.a = 'b'\n"
        "rope_scaling.factor = 8\n"
        "tie_word_embeddings = False\n");
  CHECK(config.find("hidden_size")->origin == "config.json:2:59");
  CHECK(config.find("rope_scaling.factor")->origin == "config.json:3:50");
  CHECK(config.find("no_such_name") == nullptr);
  CHECK(config.source() == "config.json");
}

TEST_CASE("numbers of configs") {
  const Config config = parsed(
      R"({"tiny": 1e-40, "mask": -3.4028234663852886e+38, "big": 100000000000000000000000})");
  CHECK(config.find("tiny")->value.number.is_inexact());
  CHECK(config.find("mask")->value.number.is_inexact());
  CHECK(to_string(config.find("big")->value) == "100000000000000000000000");
  const Result<Config> huge =
      parse("{\"a\": 1" + std::string(50, '0') + ",\n \"b\": [2" + std::string(50, '0') + "]}");
  REQUIRE_FALSE(huge.ok());
  CHECK(render(huge.errors()) ==
        "config.json:1:7: error: this number does not fit 128 bits [E108]\n"
        "    1 | {\"a\": 1" +
            std::string(50, '0') +
            ",\n"
            "      |       ^" +
            std::string(50, '~') +
            "\n"
            "config.json:2:8: error: this number does not fit 128 bits [E108]\n"
            "    2 |  \"b\": [2" +
            std::string(50, '0') +
            "]}\n"
            "      |        ^" +
            std::string(50, '~') + "\n");
}

TEST_CASE("what is no config") {
  const Result<Config> list = parse("[1]");
  REQUIRE_FALSE(list.ok());
  CHECK(render(list.errors()) ==
        "config.json:1:1: error: a config must be an object, not an array [E105]\n"
        "    1 | [1]\n"
        "      | ^\n");
  const Result<Config> missing = Config::from_file("no/config.json");
  REQUIRE_FALSE(missing.ok());
  CHECK(exit_status(missing.errors()) == 5);
}

TEST_CASE("architecture and dtype") {
  CHECK(parsed(R"({"architectures": ["A", "B"]})").architecture() == "A");
  CHECK(parsed(R"({"architectures": []})").architecture().empty());
  CHECK(parsed(R"({"architectures": null})").architecture().empty());
  CHECK(parsed("{}").architecture().empty());
  struct {
    std::string_view text;
    int bits;
  } const rows[] = {{R"({"torch_dtype": "bfloat16"})", 16},
                    {R"({"dtype": "float16"})", 16},
                    {R"({"dtype": "torch.float32"})", 32},
                    {R"({"dtype": "float64"})", 64},
                    {R"({"dtype": "float8_e4m3fn"})", 8},
                    {R"({"dtype": "float32", "torch_dtype": "float16"})", 32},
                    {R"({"text_config": {"dtype": "half"}})", 16},
                    {R"({"text_config": {"torch_dtype": "float32"}})", 32},
                    {R"({"dtype": "auto"})", 0},
                    {R"({"dtype": null})", 0},
                    {"{}", 0}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(std::string(row.text)).dtype_bits().value_or(Number(0)) == Number(row.bits));
  }
  CHECK(parsed(R"({"torch_dtype": "float16"})").find("dtype")->value.string == "float16");
  CHECK(parsed(R"({"dtype": "float16"})").find("torch_dtype")->value.string == "float16");
}

TEST_CASE("assignments") {
  const std::string base = R"({"a": 1, "o": {"x": 1, "y": {"z": 2}}, "n": null, "ob": 3})";
  const std::string rest = "n = None\no = {...}\no.x = 1\no.y = {...}\no.y.z = 2\nob = 3\n";
  struct {
    std::string_view assignment, result;
  } const rows[] = {
      {"a=4", "a = 4\n"},
      {"config.a=4", "a = 4\n"},
      {"a=4.5", "a = 4.5\n"},
      {"a=-1e3", "a = -1000\n"},
      {"a=true", "a = True\n"},
      {"a=False", "a = False\n"},
      {"a=None", "a = None\n"},
      {"a=null", "a = None\n"},
      {"a=gelu", "a = 'gelu'\n"},
      {"a=\"4\"", "a = '4'\n"},
      {"a=x=y", "a = 'x=y'\n"},
      {"a=[\"f\", 2]", "a = ['f', 2]\n"},
      {"a={\"b\": {\"c\": 1}}", "a = {...}\na.b = {...}\na.b.c = 1\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.assignment);
    Config config = parsed(base);
    REQUIRE(config.set(row.assignment).ok());
    CHECK(listed(config) == std::string(row.result) + rest);
    CHECK(config.find("a")->origin == "--set");
  }

  Config config = parsed(base);
  REQUIRE(config.set("o=null").ok());
  REQUIRE(config.set("n.deep.er=5").ok());
  REQUIRE(config.set("new.name=6").ok());
  CHECK(listed(config) ==
        "a = 1\nn = {...}\nn.deep = {...}\nn.deep.er = 5\nnew = {...}\nnew.name = 6\no = None\nob "
        "= 3\n");
}

TEST_CASE("bad assignments") {
  const Config config = parsed(R"({"hidden_size": 4096})");
  const auto malformed = [](const std::string& text) {
    return "lmhost: error: --set '" + text +
           "' is not NAME=VALUE [E601]\n  for example: --set num_hidden_layers=4\n";
  };
  for (const std::string text :
       {"", "hidden_size", "=4", "a b=4", "a..b=4", ".a=4", "hidden_size=", "config.=1"}) {
    CAPTURE(text);
    CHECK(error_of(config, text) == malformed(text));
  }
  CHECK(error_of(config, "hidden_size.x=1") ==
        "lmhost: error: --set 'hidden_size.x=1': 'hidden_size' is not an object [E601]\n"
        "  it is 4096, from config.json:1:17\n");
  CHECK(error_of(config, "a=[1,") ==
        "--set a:1:4: error: the text ends too early: expected a value [E102]\n"
        "    1 | [1,\n"
        "      |    ^ '[' in line 1 is not closed\n");
  CHECK(error_of(config, "a=1" + std::string(40, '0')) ==
        "--set a:1:1: error: this number does not fit 128 bits [E108]\n"
        "    1 | 1" +
            std::string(40, '0') +
            "\n"
            "      | ^" +
            std::string(40, '~') + "\n");
}

TEST_CASE("one config over another") {
  Config config = parsed(R"({"a": 1, "rope": {"factor": 8, "type": "x"}, "kept": {"b": 2}})");
  config.overlay(parsed(R"({"a": 2, "rope": null, "kept": {"c": 3}})"));
  CHECK(listed(config) == "a = 2\nkept = {...}\nkept.b = 2\nkept.c = 3\nrope = None\n");
}

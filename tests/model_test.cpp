// What the model argument may name, and what is said when it names nothing.
#include "load/model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "load/text_file.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;

namespace {

const std::string kGraph =
    R"({"schema": "lmhost.graph/1", "root": "m.Tiny", "architectures": ["TinyForCausalLM"],
  "variables": {"n": "config.n_layer if defined(config.n_layer) else 1", "t": "config.rope.factor"},
  "config": {"embedded": 1, "width": 2},
  "kernels": {"m.Tiny": {"sub_kernels": [{"name": "a", "kernel": "torch.add", "multiplier": "n*config.width"}]}}})";
const std::string kOther =
    R"({"schema": "lmhost.graph/1", "root": "TinyForCausalLM", "architectures": ["OtherForCausalLM"],
  "kernels": {"TinyForCausalLM": {"sub_kernels": []}}})";
const std::string kConfig = R"({"architectures": ["TinyForCausalLM"], "width": 8, "rope": null})";

// A prefix with two graphs and two models, and a place for the user's files.
class Installation {
 public:
  Installation() {
    std::filesystem::create_directories(path("prefix/share/lmhost/graphs"));
    std::filesystem::create_directories(path("prefix/share/lmhost/catalogs/models"));
    write("prefix/share/lmhost/graphs/tiny.json", kGraph);
    write("prefix/share/lmhost/graphs/other.json", kOther);
    write("prefix/share/lmhost/graphs/graph.schema.json", "\"TinyForCausalLM\" is no graph");
    write("prefix/share/lmhost/graphs/notes.txt", "\"TinyForCausalLM\" neither");
    write("prefix/share/lmhost/catalogs/models/tiny-1b.json", kConfig);
    write("prefix/share/lmhost/catalogs/models/other-1b.json",
          R"({"architectures": ["OtherForCausalLM"]})");
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    return folder_.write(name, text);
  }
  ModelRequest request(const std::string& model) const { return {model, {}, {}, path("prefix")}; }

  // The errors, with the scratch folder's path as "@".
  std::string errors_of(const ModelRequest& request, int status) const {
    const Result<Model> model = load_model(request);
    if (model) return "";
    CHECK(exit_status(model.errors()) == status);
    std::string text = render(model.errors());
    for (std::size_t at = 0; (at = text.find(folder_.path(), at)) != text.npos;)
      text.replace(at, folder_.path().size(), "@");
    return text;
  }

 private:
  ScratchFolder folder_;
};

Model loaded(const ModelRequest& request) {
  Result<Model> model = load_model(request);
  if (!model) FAIL(render(model.errors()));
  return std::move(model).value();
}

std::string value_of(const Model& model, std::string_view name) {
  const Config::Entry* entry = model.config.find(name);
  return entry == nullptr ? "-" : to_string(entry->value);
}

}  // namespace

TEST_CASE("what a model may be") {
  const Installation files;
  const std::string graph = files.write("user/graph.json", kGraph);
  const std::string config = files.write("user/llm/config.json", kConfig);
  const std::string nested =
      files.write("user/tree.json",
                  R"({"kernel_name": "m.Tiny", "kernel_type": "composite", "sub_kernels": []})");
  struct {
    std::string model, width;
    std::size_t files;
  } const rows[] = {{graph, "2", 1},
                    {nested, "-", 1},
                    {config, "8", 2},
                    {files.path("user/llm"), "8", 2},
                    {files.path("user/llm/"), "8", 2},
                    {"tiny-1b", "8", 2}};
  for (const auto& row : rows) {
    CAPTURE(row.model);
    const Model model = loaded(files.request(row.model));
    CHECK(model.name == row.model);
    CHECK(model.graph->root == "m.Tiny");
    CHECK_FALSE(model.graph->config.has_value());
    CHECK(value_of(model, "width") == row.width);
    CHECK(model.files.size() == row.files);
  }
  CHECK(loaded(files.request("other-1b")).graph->root == "TinyForCausalLM");
  CHECK(model_names(files.path("prefix")) == std::vector<std::string>{"other-1b", "tiny-1b"});
  CHECK(model_names(files.path("nowhere")).empty());
}

TEST_CASE("a config is laid over the graph's own") {
  const Installation files;
  const std::string graph = files.write("graph.json", kGraph);
  files.write("llm/config.json", R"({"width": 16, "rope": {"factor": 8}})");
  for (const std::string name : {"llm/config.json", "llm"}) {
    ModelRequest request = files.request(graph);
    request.hf_config = files.path(name);
    const Model model = loaded(request);
    CHECK(value_of(model, "width") == "16");
    CHECK(value_of(model, "embedded") == "1");
    CHECK(value_of(model, "rope.factor") == "8");
    CHECK(model.files.size() == 2);
  }
  ModelRequest request = files.request("tiny-1b");
  CHECK(value_of(loaded(request), "embedded") == "1");
  request.hf_config = files.path("llm");
  CHECK(files.errors_of(request, 2) ==
        "lmhost: error: 'tiny-1b' has a config of its own [E601]\n  --hf-config goes with a graph "
        "file\n");
}

TEST_CASE("assignments") {
  const Installation files;
  ModelRequest request = files.request("tiny-1b");
  request.set = {"width=4", "n_layer=3", "rope.factor=2", "embedded=false"};
  const Model model = loaded(request);
  CHECK(value_of(model, "width") == "4");
  CHECK(value_of(model, "n_layer") == "3");
  CHECK(value_of(model, "rope.factor") == "2");
  CHECK(value_of(model, "embedded") == "False");
  request.set = {"widht=4", "n_layers=3", "zzzzzz=1", "width"};
  CHECK(files.errors_of(request, 2) ==
        "lmhost: error: --set 'widht=4': neither the config nor the graph knows 'widht' [E601]\n"
        "  did you mean 'width'?\n"
        "lmhost: error: --set 'n_layers=3': neither the config nor the graph knows 'n_layers' "
        "[E601]\n"
        "  did you mean 'n_layer'?\n"
        "lmhost: error: --set 'zzzzzz=1': neither the config nor the graph knows 'zzzzzz' [E601]\n"
        "  there is architectures, embedded, n_layer, rope, rope.factor, width\n"
        "lmhost: error: --set 'width' is not NAME=VALUE [E601]\n"
        "  for example: --set num_hidden_layers=4\n");
}

TEST_CASE("models that are none") {
  const Installation files;
  files.write("empty/readme", "x");
  files.write("text", "hello");
  files.write("list.json", "[1]");
  files.write("object.json", "{}");
  const std::string cannot_read = "lmhost: error: cannot read ";
  struct {
    std::string model;
    int status;
    std::string message;
  } const rows[] = {
      {"tiny-1", 2, "lmhost: error: unknown model 'tiny-1' [E113]\n  did you mean 'tiny-1b'?\n"},
      {"zzzzzz", 2,
       "lmhost: error: unknown model 'zzzzzz' [E113]\n"
       "  a model is a graph file, a folder with config.json, or one of other-1b, tiny-1b\n"},
      {"", 2,
       "lmhost: error: unknown model '' [E113]\n"
       "  a model is a graph file, a folder with config.json, or one of other-1b, tiny-1b\n"},
      {"zzzzzz.json", 5, cannot_read + "'zzzzzz.json': No such file or directory [E501]\n"},
      {"./no/such", 5, cannot_read + "'./no/such': No such file or directory [E501]\n"},
      {"no/such", 2,
       "lmhost: error: 'no/such' is no file or folder here, and nothing is downloaded [E113]\n"
       "  download its config.json and give that, or its folder\n"},
      {"somebody/Tiny-1B-Instruct", 2,
       "lmhost: error: 'somebody/Tiny-1B-Instruct' is no file or folder here, and nothing is "
       "downloaded [E113]\n"
       "  did you mean 'tiny-1b'? Else download its config.json and give that\n"},
      {"hf:tiny-1b-large", 2,
       "lmhost: error: 'hf:tiny-1b-large' is no file or folder here, and nothing is downloaded "
       "[E113]\n"
       "  download its config.json and give that, or its folder\n"},
      {"some/Model.Q4.GGUF", 3,
       "lmhost: error: 'some/Model.Q4.GGUF' is a GGUF file of llama.cpp, not a model's config "
       "[E111]\n"
       "  give the model's config.json, or the folder that has it; weights are not needed "
       "(--w-bits says their width)\n"},
      {files.path("empty"), 5, "lmhost: error: the folder '@/empty' has no config.json [E501]\n"},
      {files.path("text"), 3,
       "@/text:1:1: error: expected a value, found 'h' [E102]\n    1 | hello\n      | ^\n"},
      {files.path("list.json"), 3,
       "@/list.json:1:1: error: a graph must be an object, not an array [E105]\n    1 | [1]\n      "
       "| ^\n"},
      {files.path("object.json"), 3,
       "@/object.json:1:1: error: the graph has no 'schema' [E106]\n"
       "    1 | {}\n      | ^ it says \"schema\": \"lmhost.graph/1\"\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.model);
    CHECK(files.errors_of(files.request(row.model), row.status) == row.message);
  }
  ModelRequest request = files.request(files.write("graph.json", kGraph));
  request.hf_config = files.path("none.json");
  CHECK(files.errors_of(request, 5) ==
        "lmhost: error: cannot read '@/none.json': No such file or directory [E501]\n");
}

TEST_CASE("configs without a graph") {
  const Installation files;
  const auto errors = [&files](const std::string& config) {
    files.write("llm/config.json", config);
    return files.errors_of(files.request(files.path("llm")), 3);
  };
  const std::string place = "@/llm/config.json:1:";
  const std::string add =
      " there are graphs for OtherForCausalLM, TinyForCausalLM; write one ('lmhost schema graph') "
      "and "
      "give this file by --hf-config\n";
  CHECK(errors("{\"a\": 1}") == place +
                                    "1: error: the config names no architecture [E112]\n"
                                    "    1 | {\"a\": 1}\n      | ^" +
                                    add);
  CHECK(errors("{\"architectures\": []}") ==
        place +
            "1: error: the config names no architecture [E112]\n"
            "    1 | {\"architectures\": []}\n      | ^" +
            add);
  CHECK(errors("{\"architectures\": \"T\"}") ==
        place +
            "19: error: 'architectures' must be an array of strings [E105]\n"
            "    1 | {\"architectures\": \"T\"}\n      |                   ^~~\n");
  CHECK(errors("{\"architectures\": [\"TinyForCausalML\"]}") ==
        place +
            "20: error: no graph is for the architecture 'TinyForCausalML' [E112]\n"
            "    1 | {\"architectures\": [\"TinyForCausalML\"]}\n"
            "      |                    ^~~~~~~~~~~~~~~~~ did you mean 'TinyForCausalLM'?\n");
  CHECK(errors("{\"architectures\": [\"Zzz\"]}") ==
        place +
            "20: error: no graph is for the architecture 'Zzz' [E112]\n"
            "    1 | {\"architectures\": [\"Zzz\"]}\n"
            "      |                    ^~~~~" +
            add);
  // A name like one of them is that of another architecture: Mistral is no Llama.
  for (const std::string name : {"TinyyForCausalLM", "Tiny2ForCausalLM", "TeenyForCausalLM",
                                 "TinyMoeForCausalLM", "TinyForSequenceClassification"})
    CHECK(errors("{\"architectures\": [\"" + name + "\"]}") ==
          place + "20: error: no graph is for the architecture '" + name + "' [E112]\n    1 | " +
              "{\"architectures\": [\"" + name + "\"]}\n      |                    ^" +
              std::string(name.size() + 1, '~') + add);
  CHECK(errors("{\"architectures\": [\"tinyforcausallm\"]}")
            .find("did you mean 'TinyForCausalLM'?") != std::string::npos);
  files.write("prefix/share/lmhost/graphs/tiny2.json", kGraph);
  CHECK(
      errors(kConfig) ==
      place +
          "20: error: two graphs are for the architecture 'TinyForCausalLM' [E110]\n"
          "    1 | " +
          kConfig +
          "\n"
          "      |                    ^~~~~~~~~~~~~~~~~ @/prefix/share/lmhost/graphs/tiny.json and "
          "@/prefix/share/lmhost/graphs/tiny2.json\n");
  ModelRequest request = files.request(files.path("llm"));
  request.prefix = files.path("nowhere");
  CHECK(files.errors_of(request, 3).find("there are no graphs in @/nowhere/share/lmhost/graphs") !=
        std::string::npos);
}

TEST_CASE("a config that says what its graph does not read") {
  const Installation files;
  const auto errors = [&files](const std::string& keys, std::vector<std::string> set = {}) {
    files.write("llm/config.json",
                "{\"architectures\": [\"TinyForCausalLM\"], \"width\": 8, " + keys + "}");
    ModelRequest request = files.request(files.path("llm"));
    request.set = std::move(set);
    return files.errors_of(request, 3);
  };
  const std::string place = "lmhost: error: @/llm/config.json:1:";
  const auto without = [](const std::string& name, const std::string& more = "") {
    return "  to compute without: --set " + name + "=null" + more + "\n";
  };
  CHECK(errors(R"("quantization_config": {"quant_method": "awq", "bits": 4})") ==
        place +
            "75 says 'quantization_config', the widths of quantised weights, which the graph does "
            "not "
            "read [E108]\n" +
            without("quantization_config",
                    " and --w-bits BITS (4.125: groups of 128 with a 16-bit scale)"));
  CHECK(errors(R"("quantization_config": {"bits": 4})", {"quantization_config=null"}) == "");
  CHECK(errors(R"("sliding_window": 4096)") ==
        place +
            "70 says 'sliding_window', attention to a window, which the graph does not read "
            "[E108]\n" +
            without("sliding_window"));
  CHECK(errors(R"("sliding_window": 4096, "num_local_experts": 8)")
            .find(without("num_local_experts")) != std::string::npos);
  CHECK(errors(R"("compression_config": {})") != "");
  CHECK(errors(R"("num_experts": 128)") != "");
  CHECK(errors(R"("n_routed_experts": 256)") != "");
  CHECK(errors(R"("kv_lora_rank": 512)") != "");
  // These say that there is none.
  for (const char* keys :
       {R"("sliding_window": null)", R"("num_local_experts": 0)", R"("quantization_config": null)",
        R"("sliding_window": 4096, "use_sliding_window": false)", R"("hidden_act": "gelu")",
        R"("num_attention_heads": 32, "num_key_value_heads": 8)"})
    CHECK(errors(keys) == "");
  CHECK(errors(R"("sliding_window": 4096, "use_sliding_window": true)") != "");

  CHECK(errors(R"("hidden_act": "nosuchact")") ==
        place +
            "66 says 'hidden_act' 'nosuchact', whose costs the graph does not know [E108]\n"
            "  one of silu, swish, gelu, gelu_pytorch_tanh, relu\n");
  CHECK(errors(R"("activation_function": "mish")") != "");
  for (const std::string heads : {"3", "0", "-8", "64"})
    CHECK(errors(R"("num_attention_heads": 32, "num_key_value_heads": )" + heads) ==
          place + "102 says 'num_key_value_heads' " + heads +
              " [E108]\n  it divides 'num_attention_heads', which is 32\n");
  // A graph of the user's own was made for its config.
  files.write("llm/config.json", R"({"sliding_window": 4096, "rope": null})");
  ModelRequest own = files.request(files.path("prefix/share/lmhost/graphs/tiny.json"));
  own.hf_config = files.path("llm/config.json");
  CHECK(files.errors_of(own, 3) == "");
}

TEST_CASE("README lists the architectures") {
  const Result<std::shared_ptr<const SourceText>> page = read_text(LMHOST_SOURCE_DIR "/README.md");
  REQUIRE(page.ok());
  std::string names;
  for (const std::string& name : architecture_names(LMHOST_BINARY_DIR))
    names += (names.empty() ? "" : ", ") + name;
  std::string text = (*page)->text;
  std::replace(text.begin(), text.end(), '\n', ' ');
  CHECK(text.find("Architectures with a graph: " + names + ". ") != std::string::npos);
}

TEST_CASE("every model of the catalogue has its graph") {
  const std::vector<std::string> names = model_names(LMHOST_BINARY_DIR);
  CHECK(names.size() >= 7);
  for (const std::string& name : names) {
    CAPTURE(name);
    const Model model = loaded({name, {}, {}, LMHOST_BINARY_DIR});
    CHECK(model.graph->root_composite != kNoComposite);
    CHECK(model.graph->architectures.front() == model.config.architecture());
  }
}

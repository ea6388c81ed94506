// Where parameters come from: priority, aliases of the config families, origins, and what no rule
// covers.
#include "study/populate.hpp"

#include <algorithm>
#include <functional>

#include "load/formats/module_database.hpp"
#include "load/text_file.hpp"
#include "report/populated_model.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kSource = LMHOST_SOURCE_DIR;
const std::string kInputs = kSource + "/tests/inputs/lm-predictor/";
const std::string kConfigs = kSource + "/tests/inputs/hf-configs/";

JsonDocument document_of(const std::string& path) {
  Result<JsonDocument> document = JsonDocument::read(path);
  REQUIRE_MESSAGE(document.ok(), path);
  return std::move(document).value();
}

const ParameterRules& rules() {
  static const ParameterRules read = [] {
    Result<ParameterRules> loaded =
        load_parameter_rules(kSource + "/catalogs/parameter_rules.json");
    REQUIRE_MESSAGE(loaded.ok(), render(loaded.ok() ? Diagnostics{} : loaded.errors()));
    return std::move(loaded).value();
  }();
  return read;
}

// The seeds' database above the plugins.
const Catalog& seeds() {
  static const std::shared_ptr<const Catalog> catalog = [] {
    Result<ModuleDatabase> db = read_module_database(document_of(kInputs + "module_db.v2.json"));
    REQUIRE(db.ok());
    std::vector<Plugin> data;
    data.push_back(std::move(db->plugin));
    Result<Catalog> extended = Catalog::extended(first_party_catalog(), std::move(data));
    REQUIRE(extended.ok());
    return std::make_shared<const Catalog>(std::move(extended).value());
  }();
  return *catalog;
}

Config config_of(const std::string& path, std::vector<std::string> set = {}) {
  Result<Config> config = Config::from_file(path);
  REQUIRE_MESSAGE(config.ok(), path);
  for (const std::string& assignment : set) REQUIRE(config->set(assignment).ok());
  return std::move(config).value();
}

struct Outcome {
  JsonDocument document;
  Result<PopulatedModel> result;

  // "4096 <config: config.hidden_size>" of "path.parameter".
  std::string operator[](const std::string& path) const {
    REQUIRE_MESSAGE(result.ok(), render(result.ok() ? Diagnostics{} : result.errors()));
    for (const PopulatedLayer& layer : result->layers)
      for (const PopulatedParameter& parameter : layer.parameters) {
        if (layer.path + ":" + parameter.name != path) continue;
        std::string text = parameter.text.empty() ? to_string(parameter.value) : parameter.text;
        text += " <" + std::string(name_of(parameter.origin)) + ": " + parameter.rule;
        for (const std::string& key : parameter.config_keys) text += " " + key;
        return text + ">";
      }
    return "none";
  }
};

Outcome populated(const JsonDocument& document, const Config& config,
                  const Catalog& catalog = seeds()) {
  return {document, populate({document.root(), &catalog, &config, &rules()})};
}

// A model of one composite `around` with these (name, class) layers.
JsonDocument model_of(const std::string& around,
                      const std::vector<std::pair<std::string, std::string>>& layers) {
  std::string text =
      R"({"model_id":"m","layers":[{"name":")" + around + R"(","class":"x.Around","sub_layers":[)";
  for (std::size_t i = 0; i < layers.size(); ++i)
    text += std::string(i == 0 ? "" : ",") + "\n{\"name\":\"" + layers[i].first +
            "\",\"class\":\"" + layers[i].second + "\"}";
  Result<JsonDocument> document = JsonDocument::parse(text_named("m.json", text + "]}]}"));
  REQUIRE(document.ok());
  return std::move(document).value();
}

const std::string kLinear = "torch.nn.modules.linear.Linear";
const std::string kConv1D = "transformers.pytorch_utils.Conv1D";
const std::string kNorm = "transformers.models.llama.modeling_llama.LlamaRMSNorm";

}  // namespace

TEST_CASE("the structure of Llama-2-7b becomes the file that the seeds' own agent wrote") {
  const JsonDocument structure = document_of(kInputs + "models/llama-2-7b-hf.first.json");
  const Config config = config_of(kSource + "/catalogs/models/llama-2-7b.json");
  const Outcome outcome = populated(structure, config);
  REQUIRE(outcome.result.ok());
  CHECK(outcome.result->layers.size() == 15);
  CHECK(outcome["model.decoder_layer.mlp.gate_proj:N"] ==
        "{batch_size}*{seq_len} <runtime: batch_size*seq_len>");
  CHECK(outcome["model.decoder_layer.mlp.gate_proj:in_features"] == "4096 <config:  hidden_size>");
  CHECK(outcome["model.decoder_layer.self_attn.q_proj:out_features"] ==
        "4096 <derived: num_attention_heads*head_dim hidden_size num_attention_heads>");
  CHECK(outcome["model.decoder_layer.mlp.act_fn:num_elements"] ==
        "{batch_size}*{seq_len}*11008 <runtime: tokens*intermediate_size intermediate_size>");
  CHECK(outcome["model.rotary_emb:head_dim"] ==
        "128 <derived: hidden_size // num_attention_heads if not defined(config.kv_lora_rank) "
        "else None hidden_size num_attention_heads>");
  CHECK(outcome["model.embed_tokens:index_dtype_bytes"] ==
        "{index_dtype_bytes} <runtime: index_dtype_bytes>");

  // Same parameters with the same values as the populated file, blanks apart.
  const JsonDocument theirs = document_of(kInputs + "models/llama-2-7b-hf.populated.json");
  const auto plain = [](std::string text) {
    std::erase(text, ' ');
    return text;
  };
  std::vector<JsonValue> open = {theirs.root().find("layers")};
  std::size_t compared = 0, layer_index = 0;
  const std::function<void(JsonValue)> walk = [&](JsonValue layers) {
    for (const JsonValue layer : layers.elements()) {
      if (const JsonValue below = layer.find("sub_layers"); below.exists()) {
        walk(below);
        continue;
      }
      const PopulatedLayer& ours = outcome.result->layers[layer_index++];
      CHECK(layer.find("name").string() == ours.layer.find("name").string());
      CHECK(layer.find("parameters").size() == ours.parameters.size());
      for (const PopulatedParameter& parameter : ours.parameters) {
        const JsonValue value = layer.find("parameters").find(parameter.name);
        CAPTURE(ours.path + ":" + parameter.name);
        REQUIRE(value.exists());
        ++compared;
        if (value.is(JsonKind::kString))
          CHECK(plain(std::string(value.string())) == parameter.text);
        else
          CHECK(to_string(value.number()) == to_string(parameter.value));
      }
    }
  };
  walk(open.front());
  // 8 linears, 3 norms, 2 rotary embeddings and the embedding of 4 each, SiLU of 2.
  CHECK(compared == 58);
}

TEST_CASE("what is written is a model representation that says where its values came from") {
  const JsonDocument structure = document_of(kInputs + "models/llama-2-7b-hf.first.json");
  const Config config = config_of(kSource + "/catalogs/models/llama-2-7b.json");
  const PopulateRequest request{structure.root(), &seeds(), &config, &rules()};
  const Result<PopulatedModel> model = populate(request);
  REQUIRE(model.ok());
  const std::string text = write_populated_model(structure.root(), *model, request);
  const Result<Graph> graph = load_graph(text_named("populated.json", text));
  REQUIRE_MESSAGE(graph.ok(), render(graph.ok() ? Diagnostics{} : graph.errors()));
  CHECK(text.find("\"origins\":{\"num_indices\":\"runtime: batch_size*seq_len\","
                  "\"embedding_dim\":\"config: config.hidden_size\"") != std::string::npos);
  // Written again from itself, nothing changes.
  const Result<JsonDocument> again = JsonDocument::parse(text_named("populated.json", text));
  REQUIRE(again.ok());
  const PopulateRequest second{again->root(), &seeds(), &config, &rules()};
  const Result<PopulatedModel> repeated = populate(second);
  REQUIRE(repeated.ok());
  CHECK(write_populated_model(again->root(), *repeated, second) == text);
}

TEST_CASE("GPT-2: n_embd, n_head, n_inner = null or absent") {
  const JsonDocument attention = model_of("attn", {{"c_attn", kConv1D}, {"c_proj", kConv1D}});
  const JsonDocument mlp = model_of(
      "mlp", {{"c_fc", kConv1D}, {"c_proj", kConv1D}, {"act", "torch.nn.modules.activation.GELU"}});
  const Config config = config_of(kSource + "/catalogs/models/gpt2.json");
  const Outcome attended = populated(attention, config);
  CHECK(attended["attn.c_attn:K"] == "768 <config:  n_embd>");
  CHECK(attended["attn.c_attn:N"] == "2304 <derived: 3*hidden_size n_embd>");
  CHECK(attended["attn.c_proj:N"] == "768 <config:  n_embd>");
  const Outcome absent = populated(mlp, config);
  CHECK(absent["mlp.c_fc:N"] == "3072 <derived: 4*config.n_embd n_embd>");
  CHECK(absent["mlp.c_proj:K"] == "3072 <derived: 4*config.n_embd n_embd>");
  CHECK(absent["mlp.act:num_elements"] ==
        "{batch_size}*{seq_len}*3072 <runtime: tokens*intermediate_size n_embd>");
  const Config null = config_of(kSource + "/catalogs/models/gpt2.json", {"n_inner=null"});
  CHECK(populated(mlp, null)["mlp.c_fc:N"] == "3072 <derived: 4*config.n_embd n_embd>");
  const Config given = config_of(kSource + "/catalogs/models/gpt2.json", {"n_inner=2000"});
  CHECK(populated(mlp, given)["mlp.c_fc:N"] == "2000 <config:  n_inner>");
}

TEST_CASE("grouped heads, head_dim of its own, nested text_config") {
  const JsonDocument attention = model_of("self_attn", {{"q_proj", kLinear},
                                                        {"k_proj", kLinear},
                                                        {"o_proj", kLinear},
                                                        {"q_norm", kNorm},
                                                        {"k_norm", kNorm}});
  // Llama-3.1-8B: 8 key-value heads of 4096 // 32.
  const Outcome llama =
      populated(attention, config_of(kConfigs + "meta-llama--Meta-Llama-3.1-8B.json"));
  CHECK(llama["self_attn.q_proj:out_features"].starts_with("4096 <derived"));
  CHECK(llama["self_attn.k_proj:out_features"].starts_with("1024 <derived"));
  // Qwen3-30B-A3B: 32 heads of 128 where 2048 // 32 is 64.
  const Outcome qwen = populated(attention, config_of(kConfigs + "Qwen--Qwen3-30B-A3B.json"));
  CHECK(qwen["self_attn.q_proj:out_features"] ==
        "4096 <derived: num_attention_heads*head_dim head_dim num_attention_heads>");
  CHECK(qwen["self_attn.k_proj:out_features"].starts_with("512 <derived"));
  CHECK(qwen["self_attn.o_proj:in_features"].starts_with("4096 <derived"));
  CHECK(qwen["self_attn.o_proj:out_features"] == "2048 <config:  hidden_size>");
  CHECK(qwen["self_attn.q_norm:hidden_size"] == "128 <config:  head_dim>");
  CHECK(qwen["self_attn.q_norm:S"].starts_with("{seq_len}*32 <runtime"));
  CHECK(qwen["self_attn.k_norm:S"].starts_with("{seq_len}*4 <runtime"));
  // Qwen3.5-27B: 24 heads of 256, all in text_config.
  const Config nested = config_of(kConfigs + "Qwen--Qwen3.5-27B.json");
  const auto number = [&](const char* key) {
    return nested.find(std::string("text_config.") + key)->value.number;
  };
  const Outcome inner = populated(attention, nested);
  CHECK(inner["self_attn.q_proj:out_features"] ==
        to_string(number("num_attention_heads") * number("head_dim")) +
            " <derived: num_attention_heads*head_dim text_config.head_dim "
            "text_config.num_attention_heads>");
}

TEST_CASE("the plugins' own kernels take other names") {
  const JsonDocument mlp = model_of("mlp", {{"up_proj", kLinear}, {"gate", kLinear}});
  const Outcome outcome = populated(mlp, config_of(kConfigs + "mistralai--Mixtral-8x7B-v0.1.json"),
                                    *first_party_catalog());
  CHECK(outcome["mlp.up_proj:M"] == "{batch_size}*{seq_len} <runtime: batch_size*seq_len>");
  CHECK(outcome["mlp.up_proj:N"] == "14336 <config:  intermediate_size>");
  CHECK(outcome["mlp.up_proj:has_bias"] == "0 <default: >");
  CHECK(outcome["mlp.up_proj:input_bits"] == "none");  // the kernel's own default, at run time
  CHECK(outcome["mlp.gate:N"] == "8 <config:  num_local_experts>");
}

TEST_CASE(
    "what the structure says is kept where nothing else says it, and compared where it does") {
  Result<JsonDocument> document = JsonDocument::parse(
      text_named("m.json", R"({"model_id":"m","layers":[{"name":"other","class":")" + kLinear +
                               R"(","parameters":{"N":"{seq_len}","in_features":3,
                                 "out_features":5}},
                                 {"name":"lm_head","class":")" +
                               kLinear + R"(","parameters":{"in_features":17}}]})"));
  REQUIRE(document.ok());
  const Outcome outcome =
      populated(*document, config_of(kSource + "/catalogs/models/llama-2-7b.json"));
  CHECK(outcome["other:in_features"] == "3 <structure: >");
  CHECK(outcome["other:N"] == "{batch_size}*{seq_len} <runtime: batch_size*seq_len>");
  CHECK(outcome["lm_head:in_features"] == "4096 <config:  hidden_size>");
  REQUIRE(outcome.result->warnings.size() == 1);
  CHECK(outcome.result->warnings[0].message ==
        "'in_features' is 17 here and 4096 by the config, which is taken");
}

TEST_CASE("what no rule covers, and what the config lacks: all of it, each at its place") {
  const JsonDocument model = model_of(
      "experts",
      {{"gate_prj", kLinear}, {"gate_proj", kLinear}, {"norm", "m.Unheard"}, {"lm_head", kLinear}});
  const Config empty;
  const Outcome outcome = populated(model, empty);
  REQUIRE_FALSE(outcome.result.ok());
  std::string text;
  for (const Diagnostic& each : outcome.result.errors())
    text += std::to_string(each.line) + ": " + each.message + " [" + each.code + "] " + each.hint +
            "\n";
  CHECK(text ==
        "2: no rule gives 'in_features', 'out_features' of 'experts.gate_prj' "
        "(torch.nn.modules.linear.Linear) [E121] the nearest layer with a rule is 'gate_proj'\n"
        // An expert sees a share of the tokens that no rule knows.
        "3: no rule gives 'in_features', 'out_features' of 'experts.gate_proj' "
        "(torch.nn.modules.linear.Linear) [E121] \n"
        "4: unknown kernel 'm.Unheard' [E101] add the module database that has it: --catalog "
        "FILE\n"
        "5: no rule gives 'in_features', 'out_features' of 'experts.lm_head' "
        "(torch.nn.modules.linear.Linear) [E121] the config has no hidden_size, n_embd, d_model "
        "or dim; no vocab_size or padded_vocab_size\n");
}

TEST_CASE("mistakes in a file of rules") {
  const auto error = [](const std::string& text) {
    Result<JsonDocument> document = JsonDocument::parse(text_named("r.json", text));
    REQUIRE(document.ok());
    const Result<ParameterRules> read = read_parameter_rules(*document);
    REQUIRE_FALSE(read.ok());
    std::string all;
    for (const Diagnostic& each : read.errors()) all += each.message + " [" + each.code + "]\n";
    return all;
  };
  const std::string head = R"({"schema":"lmhost.parameter-rules/1",)";
  CHECK(error("[]") == "'a file of rules' must be an object, not an array [E105]\n");
  CHECK(error(R"({"schema":"x","names":{},"rules":[]})") == "unknown schema 'x' [E111]\n");
  CHECK(
      error(head + R"("names":{"a":{}}})") ==
      "'a' has neither 'runtime' nor 'config' nor 'derived' [E106]\nthere is no 'rules' [E106]\n");
  CHECK(error(head + R"("names":{"a":{"derived":"1 +"}},"rules":[]})") ==
        "expected a number, a name or '(', found the end of the formula [E201]\n");
  CHECK(error(head + R"j("names":{"a":{"derived":"exec(1)"}},"rules":[]})j") ==
        "unknown function 'exec' [E202]\n");
  CHECK(error(head + R"("names":{},"rules":[{"layers":["a"],"gives":{"x":"1"}}]})") ==
        "unknown key 'layers' in a rule [E104]\n");
  CHECK(error(head + R"("names":{},"rules":[{"layer":[],"gives":{"x":"1"}}]})") ==
        "'layer' must not be empty [E108]\n");
}

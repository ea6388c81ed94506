// Laws of writing graphs: what is written loads as the same graph, and writing it again gives the
// same bytes.
#include <doctest/doctest.h>

#include <filesystem>
#include <numeric>
#include <set>

#include "load/formats/input.hpp"
#include "load/model.hpp"
#include "report/graph_json.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kSource = LMHOST_SOURCE_DIR;

// Paths and every quantity of every node at a point, or the calls that stop the analysis: what is
// missing there, the original may say in another way. A dependency tree has no sizes, a graph that
// was written from one could have and has not.
std::string analysis_of(Graph graph, const std::vector<std::string>& set, int seq, int cache,
                        Mode mode) {
  Model model;
  if (graph.config) model.config = *graph.config;
  graph.config.reset();
  for (const std::string& assignment : set) REQUIRE(model.config.set(assignment).ok());
  model.graph = std::make_shared<const Graph>(std::move(graph));
  Workload workload;
  workload.batch_size = Number(3);
  workload.seq_len = Number(seq);
  workload.cache_len = Number(cache);
  workload.w_bits = Number::ratio(33, 8);
  workload.mode = mode;
  Result<Analysis> planned = built_host().plan(model, workload);
  if (!planned) {
    std::set<std::string> calls;
    for (const Diagnostic& error : planned.errors()) {
      std::string call = "stopped at";
      for (const std::string& part : error.context) call += " > " + part;
      calls.insert(call + "\n");
    }
    return std::accumulate(calls.begin(), calls.end(), std::string());
  }
  const Schedule schedule = make_schedule(*planned->plan);
  const Result<Analysis> analysis = Host::evaluate(std::move(*planned), schedule, 1);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  const CostTree& tree = *analysis->tree;
  std::string text;
  for (const CostNode& node : tree.nodes) {
    text += tree.path(node);
    const Costs costs = tree.total(node);
    for (const Number& value : costs.values) text += " " + to_string(value);
    text += "\n";
  }
  return text;
}

Result<Graph> read(const std::string& path, const std::string& root) {
  const Result<Input> input = read_input(path);
  if (!input) return input.errors();
  return decode_input(*input, {{}, root});
}

void check_law(const std::string& path, const std::string& root,
               const std::vector<std::string>& set) {
  CAPTURE(path);
  Result<Graph> graph = read(path, root);
  REQUIRE_MESSAGE(graph.ok(), render(graph.ok() ? Diagnostics{} : graph.errors()));
  const std::string text = write_graph(*graph);
  Result<Graph> again = load_graph(text_named("written.json", text));
  REQUIRE_MESSAGE(again.ok(), render(again.ok() ? Diagnostics{} : again.errors()));
  CHECK(write_graph(*again) == text);
  CHECK(again->composites.size() <= graph->composites.size());
  for (const Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused})
    for (const auto& [seq, cache] : {std::pair(17, 0), std::pair(1, 1023), std::pair(5, 40)}) {
      const std::string before = analysis_of(*graph, set, seq, cache, mode);
      CHECK(before == analysis_of(*again, set, seq, cache, mode));
      CHECK(before.find('\n') != std::string::npos);
    }
}

}  // namespace

TEST_CASE("a graph that is written loads as the same graph") {
  const std::vector<std::string> sizes = {"hidden_size=64",
                                          "num_attention_heads=4",
                                          "num_key_value_heads=2",
                                          "num_hidden_layers=3",
                                          "intermediate_size=96",
                                          "vocab_size=128",
                                          "n_embd=64",
                                          "n_head=4",
                                          "n_layer=3",
                                          "n_inner=null",
                                          "n_positions=256",
                                          "head_dim=16",
                                          "tie_word_embeddings=true",
                                          "num_heads=4",
                                          "num_elements=77",
                                          "output_size=8",
                                          "has_bias=1",
                                          "activation_function=gelu_new",
                                          "hidden_act=silu",
                                          "attention_bias=false",
                                          "mlp_bias=false"};
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/graphs")) {
    const std::string path = entry.path().string();
    if (path.ends_with(".json") && !path.ends_with(".schema.json")) check_law(path, "", sizes);
  }
  const std::string costs = kSource + "/tests/inputs/costs/gpt2-attention";
  for (const char* root : {"GPT2Attention", "GPT2AttentionBatched", "GPT2AttentionFullCache"})
    check_law(costs, root, sizes);
  // Its models are called by their ids, which have slashes; neither has sizes.
  check_law(kSource + "/tests/inputs/lm-predictor/models/model_representation_examples.json", "",
            {});
  const std::string modules = kSource + "/tests/inputs/lm-predictor/modules";
  for (const char* root :
       {"torch.nn.modules.linear.Linear", "transformers.activations.NewGELUActivation",
        "transformers.models.gpt2.modeling_gpt2.GPT2Attention"})
    check_law(modules, root, sizes);
}

TEST_CASE("composites of one name that differ get numbers") {
  const Result<Graph> graph = load_graph(text_named("t.json", R"({
"kernel_name": "m.Model", "kernel_type": "composite", "sub_kernels": [
{"kernel_name": "m.Norm", "kernel_type": "composite", "sub_kernels": [
  {"kernel_name": "torch.add", "kernel_type": "atomic", "bindings": {"num_elements": 2}}]},
{"kernel_name": "m.Norm", "kernel_type": "composite", "sub_kernels": [
  {"kernel_name": "torch.add", "kernel_type": "atomic", "bindings": {"num_elements": 3}}]},
{"kernel_name": "m.Norm", "kernel_type": "composite", "sub_kernels": [
  {"kernel_name": "torch.add", "kernel_type": "atomic", "bindings": {"num_elements": 2}}]}]})"));
  REQUIRE(graph.ok());
  const Result<Graph> again = load_graph(text_named("g.json", write_graph(*graph)));
  REQUIRE(again.ok());
  std::string names;
  for (const Composite& composite : again->composites) names.append(composite.name).append(" ");
  CHECK(names == "m.Model m.Norm m.Norm#2 ");
  std::string called;
  for (const Call& call : again->calls) called.append(call.kernel).append(" ");
  CHECK(called == "m.Norm m.Norm#2 m.Norm torch.add torch.add ");
}

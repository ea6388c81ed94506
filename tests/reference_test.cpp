// Against PyTorch itself: what transformers' model classes executed operator by operator, recorded
// by tools/reference/record.py, must equal the analysis of our graphs: calls, FLOPs of the matrix
// products and bytes of every group of operators. tests/reference/mapping.json says which kernels
// stand for which operators, and why where the two differ on purpose.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "load/json.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kFolder = LMHOST_SOURCE_DIR "/tests/reference";

struct Sums {
  Number calls, flops, bytes_read, bytes_written;

  void add(const Sums& other) {
    calls = calls + other.calls;
    flops = flops + other.flops;
    bytes_read = bytes_read + other.bytes_read;
    bytes_written = bytes_written + other.bytes_written;
  }
  std::string text() const {
    return "calls " + to_string(calls) + ", matmul_flops " + to_string(flops) + ", read " +
           to_string(bytes_read) + ", written " + to_string(bytes_written);
  }
};

JsonDocument document(const std::string& path) {
  Result<JsonDocument> read = JsonDocument::read(path);
  REQUIRE_MESSAGE(read.ok(), render(read.ok() ? Diagnostics{} : read.errors()));
  return std::move(read).value();
}

std::vector<std::string> recorded_cases() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json" && entry.path().filename() != "mapping.json")
      paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::map<std::string, Sums, std::less<>> recorded_operators(JsonValue recording) {
  std::map<std::string, Sums, std::less<>> operators;
  for (JsonValue row : recording.find("operators").elements()) {
    operators[std::string(row.find("op").string())].add(
        {row.find("calls").number(), row.find("flops").number(), row.find("bytes_read").number(),
         row.find("bytes_written").number()});
  }
  return operators;
}

// The graph of the recorded architecture with the recorded config, at the recorded point.
CostTree analyzed(JsonValue recording) {
  const JsonValue use = recording.find("case");
  const Result<Config> config = Config::from_json(recording.find("config"));
  REQUIRE(config.ok());
  const std::string file =
      config->architecture() == "GPT2LMHeadModel" ? "/graphs/gpt2.json" : "/graphs/llama.json";
  Result<Graph> graph = load_graph_file(LMHOST_SOURCE_DIR + file);
  REQUIRE(graph.ok());
  ResolveOptions options;
  options.mode = *mode_named(use.find("attention").string());
  const auto plan = resolve(std::make_shared<const Graph>(std::move(*graph)), first_party_catalog(),
                            std::make_shared<const Conventions>(), *config, options);
  REQUIRE_MESSAGE(plan.ok(), render(plan.ok() ? Diagnostics{} : plan.errors()));
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = use.find("batch_size").number();
  point[RuntimeVariable::kSeqLen] = use.find("seq_len").number();
  point[RuntimeVariable::kCacheLen] = use.find("cache_len").number();
  Result<Evaluation> evaluation = evaluate_plan(**plan, make_schedule(**plan), point);
  REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
  return build_cost_tree(*plan, point, std::move(*evaluation));
}

// By canonical kernel name; calls that move no byte are left out, as views are in the recording.
std::map<std::string, Sums, std::less<>> executed_kernels(const CostTree& tree) {
  std::map<std::string, Sums, std::less<>> kernels;
  for (const CostNode& node : tree.nodes) {
    const Instance& instance = tree.instance(node);
    if (instance.kernel == nullptr) continue;
    const Costs total = tree.total(node);
    if (total.bytes_read().is_zero() && total.bytes_written().is_zero()) continue;
    kernels[instance.kernel->name].add(
        {node.times, total[Quantity::kMatmulFlops], total.bytes_read(), total.bytes_written()});
  }
  return kernels;
}

}  // namespace

TEST_CASE("every operator group of every recording equals the analysis") {
  const JsonDocument mapping = document(kFolder + "/mapping.json");
  const std::vector<std::string> paths = recorded_cases();
  REQUIRE(paths.size() >= 16);
  for (const std::string& path : paths) {
    CAPTURE(path);
    const JsonDocument recording = document(path);
    auto operators = recorded_operators(recording.root());
    const CostTree tree = analyzed(recording.root());
    auto kernels = executed_kernels(tree);
    for (JsonValue group : mapping.root().find("groups").elements()) {
      Sums recorded, computed;
      std::string names;
      for (JsonValue op : group.find("ops").elements()) {
        names += std::string(op.string()) + " ";
        if (const auto found = operators.find(op.string()); found != operators.end()) {
          recorded.add(found->second);
          operators.erase(found);
        }
      }
      for (JsonValue kernel : group.find("kernels").elements()) {
        const auto found = kernels.find(kernel.string());
        if (found == kernels.end()) continue;
        const JsonValue factors = group.find("operators_per_call");
        const JsonValue factor = factors.exists() ? factors.find(kernel.string()) : JsonValue();
        if (factor.exists()) found->second.calls = found->second.calls * factor.number();
        computed.add(found->second);
        kernels.erase(found);
      }
      CAPTURE(names);
      CHECK(computed.text() == recorded.text());
    }
    // Nothing on either side is left without a counterpart.
    for (const auto& [name, sums] : operators)
      FAIL_CHECK("operator without a kernel: " << name << " " << sums.text());
    for (const auto& [name, sums] : kernels)
      FAIL_CHECK("kernel without an operator: " << name << " " << sums.text());
  }
}

TEST_CASE("totals and what stays resident equal the recordings") {
  for (const std::string& path : recorded_cases()) {
    CAPTURE(path);
    const JsonDocument recording = document(path);
    const CostTree tree = analyzed(recording.root());
    const Costs total = tree.total(tree.nodes.front());
    const JsonValue totals = recording.root().find("totals"),
                    stored = recording.root().find("stored");
    CHECK(to_string(total[Quantity::kMatmulFlops]) == to_string(totals.find("flops").number()));
    CHECK(to_string(total.bytes_read()) == to_string(totals.find("bytes_read").number()));
    CHECK(to_string(total.bytes_written()) == to_string(totals.find("bytes_written").number()));
    CHECK(to_string(total[Quantity::kParameters]) == to_string(stored.find("parameters").number()));
    CHECK(to_string(total[Quantity::kStoredBytesWeight]) ==
          to_string(stored.find("weight_bytes").number()));
    CHECK(to_string(total[Quantity::kStoredBytesKvCache]) ==
          to_string(stored.find("kv_cache_bytes").number()));
  }
}

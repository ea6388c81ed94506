// A generation is the sum of its passes: closed forms against single analyses, node by node and
// quantity by quantity.
#include <map>
#include <random>

#include "study/generation.hpp"
#include "study/range_values.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

using V = RuntimeVariable;

// What reports say of a node.
struct NodeCosts {
  Costs costs;
  Number times;
};
using CostsByPath = std::map<std::string, NodeCosts>;

CostsByPath by_path(const CostTree& tree) {
  CostsByPath result;
  for (const CostNode& node : tree.nodes) {
    // Siblings of one name are told apart by their order.
    std::string path = tree.path(node);
    while (result.contains(path)) path += "'";
    result[path] = {tree.total(node), node.times};
  }
  return result;
}

// The passes one by one, each analysed by itself.
CostsByPath summed_passes(const std::shared_ptr<const Plan>& plan, RuntimePoint point,
                          std::int64_t prompt, std::int64_t generated) {
  CostsByPath sum;
  const Schedule schedule = make_schedule(*plan);
  const auto add_pass = [&](std::int64_t seq_len, std::int64_t cache_len) {
    point[V::kSeqLen] = Number(seq_len);
    point[V::kCacheLen] = Number(cache_len);
    Result<Evaluation> evaluation = evaluate_plan(*plan, schedule, point);
    REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
    const CostsByPath pass = by_path(build_cost_tree(plan, point, std::move(*evaluation)));
    for (auto& [path, node] : sum)
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        if (is_stored(static_cast<Quantity>(q))) node.costs.values[q] = Number(0);
    for (const auto& [path, node] : pass) {
      NodeCosts& total = sum[path];
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        total.costs.values[q] = total.costs.values[q] + node.costs.values[q];
      total.times = total.times + node.times;
    }
  };
  add_pass(prompt, 0);
  for (std::int64_t t = 0; t + 1 < generated; ++t) add_pass(1, prompt + t);
  return sum;
}

Generation generate_plan(const std::shared_ptr<const Plan>& plan, const RuntimePoint& point,
                         std::int64_t prompt, std::int64_t generated,
                         const GenerationOptions& options = {}) {
  Analysis analysis;
  analysis.plan = plan;
  analysis.point = point;
  Result<Generation> result =
      generate(std::move(analysis), Number(prompt), Number(generated), 1u, options);
  REQUIRE_MESSAGE(result.ok(), render(result.ok() ? Diagnostics{} : result.errors()));
  return std::move(*result);
}

void check_same(const CostsByPath& got, const CostsByPath& expected) {
  REQUIRE(got.size() == expected.size());
  for (const auto& row : expected) {
    const auto& [path, node] = row;
    CAPTURE(row.first);
    REQUIRE(got.contains(path));
    CHECK(to_string(got.at(path).times) == to_string(node.times));
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      const Number &a = got.at(path).costs.values[q], &b = node.costs.values[q];
      CAPTURE(name_of(static_cast<Quantity>(q)));
      if (a.is_exact() || b.is_exact())
        CHECK(to_string(a) == to_string(b));
      else  // a sum of rounded numbers depends on its order
        CHECK(a.to_double() == doctest::Approx(b.to_double()).epsilon(1e-12));
    }
  }
}

std::shared_ptr<const Plan> plan_of_model(const std::string& model, Mode mode,
                                          std::vector<std::string> set, RuntimePoint* point) {
  Workload workload;
  workload.model = model;
  workload.mode = mode;
  workload.set = std::move(set);
  const Result<Analysis> analysis = built_host().plan(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  *point = analysis->point;
  return analysis->plan;
}

// Polynomials with corners: a window that fills, a call that begins late, a product that changes.
constexpr const char* kCorners = R"json({"schema": "lmhost.graph/1", "root": "R", "kernels": {
 "R": {"sub_kernels": [
  {"name": "window", "kernel": "lmhost.sliding_window_attention",
   "bindings": {"B": "batch_size", "H": "2", "S_q": "seq_len", "S_kv": "cache_len + seq_len",
                "D": "4", "window": "37"}},
  {"name": "late", "kernel": "torch.mm", "when": "cache_len > 50",
   "bindings": {"M": "seq_len", "K": "cache_len*cache_len", "N": "2"}},
  {"name": "early", "kernel": "torch.mm", "when": "cache_len < 61",
   "bindings": {"M": "1", "K": "cache_len + 1", "N": "max(cache_len, 55)"}},
  {"name": "loop", "kernel": "S", "multiplier": "cache_len + 2"}]},
 "S": {"sub_kernels": [
  {"name": "body", "kernel": "torch.mm", "multiplier": "3",
   "bindings": {"M": "2", "K": "cache_len", "N": "batch_size"}}]}}})json";

// No polynomial on any range: pages, an expectation.
constexpr const char* kSteps = R"json({"schema": "lmhost.graph/1", "root": "R", "kernels": {
 "R": {"sub_kernels": [
  {"name": "pages", "kernel": "torch.mm",
   "bindings": {"M": "seq_len", "K": "ceil_div(cache_len + seq_len, 16)", "N": "3"}},
  {"name": "experts", "kernel": "torch.mm",
   "bindings": {"M": "floor(distinct(8, 2, cache_len + 1))", "K": "2", "N": "2"}}]}}})json";

}  // namespace

TEST_CASE("sums of powers are Faulhaber's") {
  std::mt19937 random(7);
  for (const std::int64_t steps : {1, 2, 3, 17, 1000}) {
    for (int i = 0; i < 20; ++i) {
      RangeValue value;
      for (unsigned k = 0; k < 1 + random() % 5; ++k)
        value.push_back(Number::ratio(static_cast<int>(random() % 19) - 9, 1 + random() % 4));
      Number sum = 0;
      for (std::int64_t x = 0; x < steps; ++x) {
        Number power = 1;
        for (const Number& coefficient : value) {
          sum = sum + coefficient * power;
          power = power * Number(x);
        }
      }
      CHECK(to_string(sum_over(value, steps)) == to_string(sum));
    }
  }
}

TEST_CASE("a generation is the sum of its passes, in every model and mode") {
  std::mt19937 random(11);
  for (const std::string model : {"llama-3.1-8b", "gpt2"}) {
    for (const Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
      CAPTURE(model);
      CAPTURE(name_of(mode));
      RuntimePoint point;
      const auto plan = plan_of_model(
          model, mode, {model == "gpt2" ? "n_layer=2" : "num_hidden_layers=3"}, &point);
      point[V::kBatchSize] = Number(static_cast<int>(1 + random() % 3));
      point[V::kWeightBits] = Number::ratio(33, 8);
      for (const int generated : {1, 2, 18, 40}) {
        const int prompt = 1 + static_cast<int>(random() % 50);
        CAPTURE(prompt);
        CAPTURE(generated);
        const Generation generation = generate_plan(plan, point, prompt, generated);
        check_same(by_path(*generation.analysis.tree),
                   summed_passes(plan, point, prompt, generated));
        CHECK(generation.closed_steps + generation.plain_steps == generated - 1);
        // The models of the tree are polynomials in cache_len throughout.
        if (generated > 17) CHECK(generation.closed_steps == generated - 1);
      }
    }
  }
}

TEST_CASE("what is no polynomial is summed pass by pass, and the ranges between in closed form") {
  const RuntimePoint point = point_at(3, 1, 0);
  for (const char* const graph : {kCorners, kSteps})
    for (const auto& row : {std::pair{1, 150}, {20, 90}, {36, 2}, {49, 40}}) {
      const auto& [prompt, generated] = row;
      CAPTURE(row.first);
      const std::shared_ptr<const Plan> plan = plan_of(graph);
      const CostsByPath expected = summed_passes(plan, point, prompt, generated);
      const Generation generation = generate_plan(plan, point, prompt, generated);
      check_same(by_path(*generation.analysis.tree), expected);
      CHECK((generation.closed_steps > 0) == (graph == kCorners && generated > 17));
      const Generation plain =
          generate_plan(plan, point, prompt, generated, {.closed_form = false});
      CHECK(plain.closed_steps == 0);
      check_same(by_path(*plain.analysis.tree), expected);
    }
}

TEST_CASE("every composite is the sum of its calls") {
  RuntimePoint point;
  const auto plan = plan_of_model("llama-3.1-8b", Mode::kSdpa, {}, &point);
  const Generation generation = generate_plan(plan, point, 100, 1000);
  const CostTree& tree = *generation.analysis.tree;
  std::vector<Costs> sums(tree.nodes.size());
  for (std::size_t i = tree.nodes.size(); i-- > 1;) {
    const Costs total = tree.total(tree.nodes[i]);
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      Number& sum = sums[tree.nodes[i].parent].values[q];
      sum = sum + total.values[q];
    }
  }
  for (std::size_t i = 0; i < tree.nodes.size(); ++i)
    if (tree.nodes[i].descendants != 0) CHECK(tree.total(tree.nodes[i]) == sums[i]);
}

TEST_CASE("Llama-2-7B: the cache that 127 decode steps read") {
  RuntimePoint point;
  const auto plan = plan_of_model("llama-2-7b", Mode::kFused, {}, &point);
  // Step t attends to 512 + t + 1 tokens of 2*32*32*128*2 = 524,288 bytes: K and V, 32 layers and
  // heads of 128, 16 bit. Sum over t = 0..126 of 513 + t = 127*513 + 127*126/2 = 73,152 tokens.
  const Generation generation = generate_plan(plan, point, 512, 128);
  const Number read = generation.decode[Quantity::kBytesReadKvCache];
  CHECK(to_string(read) == to_string(Number(std::int64_t{524'288}) * Number(73'152)));
  // The last token is never fed back: 512 + 127 tokens are resident.
  CHECK(generation.decode[Quantity::kStoredBytesKvCache] == Number(std::int64_t{524'288} * 639));
  CHECK(generation.closed_steps == 127);
  // A million tokens cost no more work than a hundred, and are exact.
  const Generation more = generate_plan(plan, point, 512, 1'000'001);
  const Number tokens =
      Number(1'000'000) * Number(513) + divide(Number(1'000'000) * Number(999'999), Number(2));
  CHECK(more.decode[Quantity::kBytesReadKvCache] == Number(std::int64_t{524'288}) * tokens);
  CHECK(more.plain_steps == 0);
}

TEST_CASE("what cannot be generated") {
  RuntimePoint point;
  const auto plan = plan_of_model("gpt2", Mode::kSdpa, {}, &point);
  const auto errors = [&](const Number& prompt, const Number& generated) {
    Analysis analysis;
    analysis.plan = plan;
    analysis.point = point;
    const Result<Generation> result = generate(std::move(analysis), prompt, generated);
    return result.ok() ? "" : render(result.errors());
  };
  CHECK(errors(5, 0) ==
        "lmhost: error: the number of generated tokens must be a whole number of at least 1, not 0 "
        "[E601]\n");
  CHECK(errors(0, 5) ==
        "lmhost: error: the prompt's length must be a whole number of at least 1, not 0 [E601]\n");
  CHECK(errors(Number::ratio(1, 2), 5) ==
        "lmhost: error: the prompt's length must be a whole number of at least 1, not 0.5 "
        "[E601]\n");
  // A step that fails says so, with its call, whichever of them it is.
  const std::shared_ptr<const Plan> failing = plan_of(R"json({
    "schema": "lmhost.graph/1", "root": "R", "kernels": {"R": {"sub_kernels": [
     {"name": "a", "kernel": "torch.mm",
      "bindings": {"M": "1", "K": "12 // (70 - cache_len)", "N": "1"}}]}}})json");
  Analysis analysis;
  analysis.plan = failing;
  const Result<Generation> result = generate(std::move(analysis), 40, 100);
  REQUIRE_FALSE(result.ok());
  CHECK(render(result.errors()).find("division by zero") != std::string::npos);
}

// Sweeps against as many analyses: every graph, every mode, lengths at which 64 bits end, and graphs that
// are no polynomials.
#include <doctest/doctest.h>

#include <random>

#include "load/model.hpp"
#include "study/magnitude.hpp"
#include "study/sweep.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

CostWeights all_of(Quantity quantity) {
  CostWeights weights{};
  weights[static_cast<std::size_t>(quantity)] = 1;
  return weights;
}

// Costs of the node at a point as an analysis has them; nothing when the point is an error.
std::optional<Costs> analyzed(const std::shared_ptr<const Plan>& plan, const RuntimePoint& point,
                              const std::string& path) {
  Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
  if (!evaluation) return std::nullopt;
  const CostTree tree = build_cost_tree(plan, point, std::move(*evaluation));
  for (const CostNode& node : tree.nodes)
    if (tree.path(node) == path) return tree.total(node);
  return Costs();  // absent: nothing
}

SweepAxis axis(RuntimeVariable variable, std::vector<Number> values) {
  SweepAxis axis;
  axis.name = std::string(name_of(variable));
  axis.variables = {variable};
  axis.numbers = std::move(values);
  for (const Number& value : axis.numbers) axis.labels.push_back(to_string(value));
  return axis;
}

std::vector<Number> numbers(std::initializer_list<std::int64_t> list) {
  std::vector<Number> result;
  for (std::int64_t value : list) result.emplace_back(value);
  return result;
}

Planner planner_of(std::shared_ptr<const Plan> plan, RuntimePoint point) {
  return [plan = std::move(plan), point](const PlanVariant&) -> Result<SweepPlan> {
    return SweepPlan{plan, point};
  };
}

// Every output of every point of the sweep, in pieces of `piece`, equals the analysis of that point.
void check_sweep(const Sweep& sweep, const std::vector<SweepOutput>& outputs, std::size_t piece) {
  SweepBlock block;
  for (std::size_t first = 0; first < sweep.size(); first += piece) {
    const std::size_t count = std::min(piece, sweep.size() - first);
    const std::optional<GridFailure> failure = sweep.evaluate(first, count, block);
    REQUIRE_MESSAGE(!failure, render(failure ? failure->errors : Diagnostics{}));
    for (std::size_t i = 0; i < count; ++i) {
      const Result<SweepPlan> at = sweep.planned(first + i);
      REQUIRE(at.ok());
      for (std::size_t o = 0; o < outputs.size(); ++o) {
        const std::optional<Costs> costs = analyzed(at->plan, at->point, outputs[o].node);
        REQUIRE(costs.has_value());
        const Number expected = weighted(*costs, outputs[o].weights);
        const Number got = block.at(o, i);
        CHECK_MESSAGE(got == expected, outputs[o].node << " point " << first + i << ": "
                                                       << to_string(got) << " instead of "
                                                       << to_string(expected));
      }
    }
  }
}

std::unique_ptr<Sweep> sweep_of(std::vector<SweepAxis> axes,
                                const std::vector<SweepOutput>& outputs, const Planner& planner) {
  Result<std::unique_ptr<Sweep>> sweep = Sweep::make(std::move(axes), outputs, planner);
  REQUIRE_MESSAGE(sweep.ok(), render(sweep.ok() ? Diagnostics{} : sweep.errors()));
  return std::move(*sweep);
}

// Windows, floors, conditions and a remainder: nothing of it is a polynomial in the lengths.
constexpr std::string_view kOpaqueGraph = R"json({
  "schema": "lmhost.graph/1", "root": "o.Root",
  "variables": {"visible": "min(cache_len + seq_len, 64)", "tiles": "ceil_div(seq_len, 16)"},
  "kernels": {"o.Root": {"sub_kernels": [
    {"name": "windowed", "kernel": "torch.nn.Linear",
     "bindings": {"M": "window_pairs(seq_len, cache_len, 64)", "K": "batch_size", "N": "3"}},
    {"name": "visible", "kernel": "torch.nn.functional.silu", "multiplier": "tiles",
     "bindings": {"num_elements": "batch_size*visible*16"}},
    {"name": "sometimes", "kernel": "torch.nn.functional.silu", "multiplier": "2 if cache_len > 10 else 0",
     "bindings": {"num_elements": "seq_len // 3 + cache_len % 7 + max(seq_len - cache_len, 0)"}},
    {"name": "late", "kernel": "torch.nn.functional.silu", "when": "seq_len > 1 and cache_len > 0",
     "bindings": {"num_elements": "batch_size*seq_len*(cache_len + seq_len)"}},
    {"name": "refused", "kernel": "torch.nn.functional.silu", "when": "cache_len >= 0",
     "bindings": {"num_elements": "1000000000 - batch_size*seq_len"}}
  ]}}})json";

}  // namespace

TEST_CASE("a sweep equals as many analyses, for every graph and mode") {
  std::mt19937 random(7);
  std::vector<std::string> models = built_host().model_names();
  models.push_back(LMHOST_SOURCE_DIR "/graphs/tiny.json");
  // Around 1 and 0, where conditions turn, and where FLOPs and bytes leave 64 bits.
  const std::vector<Number> batches = numbers({1, 2, 3, 64, 9604}),
                            lengths = numbers({1, 2, 7, 2048, 129790}),
                            caches = numbers({0, 1, 5, 4096, 100287});
  const auto some = [&](std::vector<Number> values) {
    std::shuffle(values.begin(), values.end(), random);
    values.resize(3);
    return values;
  };
  for (const std::string& model : models) {
    for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
      Workload workload;
      workload.model = model;
      workload.mode = mode;
      const Result<Analysis> analysis = built_host().plan(workload);
      REQUIRE(analysis.ok());
      const CostTree structure = structure_of(analysis->plan);
      std::vector<SweepOutput> outputs;
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        outputs.push_back({"", all_of(static_cast<Quantity>(q))});
      for (int i = 0; i < 5; ++i)
        outputs.push_back({structure.path(structure.nodes[random() % structure.nodes.size()]),
                           all_of(static_cast<Quantity>(random() % kQuantityCount))});
      const Number odd_bits = Number::ratio(33, 8);
      std::vector<SweepAxis> axes = {axis(RuntimeVariable::kSeqLen, some(lengths)),
                                     axis(RuntimeVariable::kWeightBits, {Number(16), odd_bits}),
                                     axis(RuntimeVariable::kCacheLen, some(caches)),
                                     axis(RuntimeVariable::kBatchSize, some(batches))};
      std::shuffle(axes.begin(), axes.end(), random);
      CAPTURE(model);
      const auto sweep = sweep_of(axes, outputs, planner_of(analysis->plan, analysis->point));
      check_sweep(*sweep, outputs, 1 + random() % 60);
    }
  }
}

TEST_CASE(
    "the graphs of the tree are columns, not analyses, and leave 64 bits only where they must") {
  Workload workload;
  workload.model = "llama-2-7b";
  const Result<Analysis> analysis = built_host().plan(workload);
  REQUIRE(analysis.ok());
  const auto grid_of = [&](std::int64_t batch, std::int64_t seq, std::int64_t cache) {
    const auto one = [](RuntimeVariable variable, std::int64_t value) {
      return GridAxis{2, {{input_name(variable), {Number(value / 2), Number(value)}}}};
    };
    return GridProgram(*analysis->plan, analysis->point,
                       {one(RuntimeVariable::kBatchSize, batch), one(RuntimeVariable::kSeqLen, seq),
                        one(RuntimeVariable::kCacheLen, cache)},
                       {{NodePath(), all_of(Quantity::kFlops)}},
                       [](std::size_t) -> Result<std::vector<Number>> {
                         FAIL("no point of this grid needs an analysis");
                         return std::vector<Number>{Number(0)};
                       });
  };
  const auto form_of = [](const GridProgram& grid) {
    std::vector<std::int64_t> cells(grid.size());
    std::vector<GridColumn> columns(1);
    columns[0].whole64 = cells.data();
    GridProgram::Scratch scratch;
    CHECK(!grid.evaluate(0, grid.size(), columns, scratch));
    return columns[0].form;
  };
  // 530432*S*(S+C)*B + ... FLOPs: 2e15 at the first grid, 1.5e21 at the second (2^63 is 9.2e18).
  CHECK(form_of(grid_of(2, 2048, 4096)) == GridColumn::Form::kWhole64);
  CHECK(form_of(grid_of(9604, 129790, 100287)) == GridColumn::Form::kWhole128);
}

TEST_CASE("what leaves 128 bits is an error that names the call") {
  Workload workload;
  workload.model = "llama-2-7b";
  const Result<Analysis> analysis = built_host().plan(workload);
  REQUIRE(analysis.ok());
  const std::vector<SweepOutput> outputs = {{"", all_of(Quantity::kFlops)}};
  const auto sweep = sweep_of({axis(RuntimeVariable::kBatchSize, {Number(1), Number(INT64_MAX)}),
                               axis(RuntimeVariable::kSeqLen, {Number(1), Number(INT64_MAX)})},
                              outputs, planner_of(analysis->plan, analysis->point));
  SweepBlock block;
  const std::optional<GridFailure> failure = sweep->evaluate(0, 4, block);
  REQUIRE(failure.has_value());
  // Either alone still fits, or fails as an analysis fails there.
  const Result<SweepPlan> at = sweep->planned(failure->point);
  REQUIRE(at.ok());
  const Result<Evaluation> evaluation =
      evaluate_plan(*at->plan, make_schedule(*at->plan), at->point);
  REQUIRE(!evaluation.ok());
  CHECK(render(failure->errors) == render(evaluation.errors()));
  CHECK(failure->errors.front().code == "E305");
  for (std::size_t i = 0; i < failure->point; ++i)
    CHECK(block.at(0, i) ==
          weighted(*analyzed(sweep->planned(i)->plan, sweep->planned(i)->point, ""),
                   outputs[0].weights));
}

TEST_CASE("windows, floors and conditions are computed once over the axes they depend on") {
  const std::shared_ptr<const Plan> plan = plan_of(kOpaqueGraph);
  std::vector<SweepOutput> outputs;
  for (const char* node : {"", "windowed", "visible", "sometimes", "late", "refused"})
    for (Quantity quantity : {Quantity::kFlops, Quantity::kBytesReadActivation})
      outputs.push_back({node, all_of(quantity)});
  std::vector<Number> lengths, caches;
  for (int i = 1; i < 90; i += 4) lengths.emplace_back(i);
  for (int i = 0; i < 90; i += 3) caches.emplace_back(i);
  const std::vector<SweepAxis> axes = {axis(RuntimeVariable::kBatchSize, numbers({1, 4})),
                                       axis(RuntimeVariable::kSeqLen, lengths),
                                       axis(RuntimeVariable::kCacheLen, caches)};
  check_sweep(*sweep_of(axes, outputs, planner_of(plan, RuntimePoint())), outputs, 333);

  // "refused" is negative from batch 10^6 x seq 10^3 on: there, and only there, the sweep ends.
  const auto sweep = sweep_of({axis(RuntimeVariable::kBatchSize, numbers({1'000'000})),
                               axis(RuntimeVariable::kSeqLen, numbers({999, 1000, 1001}))},
                              outputs, planner_of(plan, RuntimePoint()));
  SweepBlock block;
  const std::optional<GridFailure> failure = sweep->evaluate(0, 3, block);
  REQUIRE(failure.has_value());
  CHECK(failure->point == 2);
  CHECK(failure->errors.front().code == "E308");
}

TEST_CASE("config values: one program where formulas can stay symbolic, a plan a value elsewhere") {
  Workload workload;
  workload.model = "llama-2-7b";
  const Result<Model> model = built_host().load(workload);
  REQUIRE(model.ok());
  int planned = 0;
  const Planner planner = [&](const PlanVariant& variant) -> Result<SweepPlan> {
    ++planned;
    ModelRequest request;
    request.set = variant.set;
    Result<Model> configured = configure_model(*model, request);
    if (!configured) return std::move(configured).errors();
    for (const std::string& name : variant.open)
      if (Result<bool> opened = configured->config.leave_open(name); !opened)
        return std::move(opened).errors();
    Workload how = workload;
    if (variant.mode) how.mode = *variant.mode;
    const Result<Analysis> analysis = built_host().plan(*configured, how);
    if (!analysis) return analysis.errors();
    return SweepPlan{analysis->plan, analysis->point};
  };
  const auto config = [](std::string name, std::vector<Number> values) {
    SweepAxis axis;
    axis.name = axis.config = std::move(name);
    axis.numbers = std::move(values);
    for (const Number& value : axis.numbers) axis.labels.push_back(to_string(value));
    return axis;
  };
  std::vector<SweepOutput> outputs;
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    outputs.push_back({"", all_of(static_cast<Quantity>(q))});
  outputs.push_back({"model.layers.mlp.gate_proj", all_of(Quantity::kFlops)});

  const auto layers = sweep_of({config("num_hidden_layers", numbers({1, 2, 32})),
                                axis(RuntimeVariable::kBatchSize, numbers({1, 3})),
                                config("hidden_size", numbers({4096, 5120}))},
                               outputs, planner);
  const int before = planned;
  SweepBlock block;
  CHECK(!layers->evaluate(0, layers->size(), block));
  CHECK(planned == before);  // the program that was made already has all of it
  check_sweep(*layers, outputs, 5);

  SweepAxis tied;
  tied.name = tied.config = "tie_word_embeddings";
  tied.labels = {"true", "false"};
  SweepAxis mode;
  mode.name = "mode";
  mode.labels = {"eager", "fused"};
  mode.modes = {Mode::kEager, Mode::kFused};
  check_sweep(*sweep_of({axis(RuntimeVariable::kCacheLen, numbers({0, 9})), tied, mode,
                         config("num_hidden_layers", numbers({1, 4}))},
                        outputs, planner),
              outputs, 3);

  // 7 key/value heads do not divide 32 heads: an error there, as in an analysis, and only there.
  const auto broken = sweep_of({config("num_key_value_heads", numbers({32, 7}))}, outputs, planner);
  const std::optional<GridFailure> failure = broken->evaluate(0, 2, block);
  const Result<SweepPlan> second = broken->planned(1);
  REQUIRE(failure.has_value());
  CHECK(failure->point == 1);
  REQUIRE(!second.ok());
  CHECK(render(failure->errors) == render(second.errors()));
}

TEST_CASE("expectations are computed as an analysis computes them, to the last bit") {
  const std::shared_ptr<const Plan> plan = plan_of(R"json({
    "schema": "lmhost.graph/1", "root": "m.Root", "kernels": {"m.Root": {"sub_kernels": [
      {"name": "experts", "kernel": "torch.nn.functional.silu", "multiplier": "distinct(64, 6, batch_size*seq_len)",
       "bindings": {"num_elements": "seq_len*7"}}]}}})json");
  const std::vector<SweepOutput> outputs = {{"", all_of(Quantity::kFlops)},
                                            {"experts", all_of(Quantity::kBytesReadActivation)}};
  check_sweep(*sweep_of({axis(RuntimeVariable::kBatchSize, numbers({1, 2, 5})),
                         axis(RuntimeVariable::kSeqLen, numbers({1, 3, 100}))},
                        outputs, planner_of(plan, RuntimePoint())),
              outputs, 4);
}

TEST_CASE("the proof that nothing leaves 128 bits knows where it ends") {
  const std::shared_ptr<const Plan> plan = plan_of(kOpaqueGraph);
  const auto fits = [&](double length) {
    return surely_fits(*plan, [&](InputName) { return Magnitude{length, 1}; });
  };
  CHECK(fits(1e5));
  CHECK(!fits(1e30));
}

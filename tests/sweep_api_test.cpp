// Plan::sweep of the public C++ API: every cell is what analyze() says there.
#include "api_support.hpp"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace lmhost::test;
using lmhost::Costs;
using lmhost::Number;
using lmhost::Quantity;
using lmhost::RuntimePoint;
using lmhost::SweepAxis;
using lmhost::SweepColumn;
using V = lmhost::RuntimeVariable;

namespace {

const std::vector<SweepColumn> kColumns = {
    {"", {Quantity::kFlops}},
    {"",
     {Quantity::kBytesReadWeight, Quantity::kBytesReadActivation, Quantity::kBytesReadKvCache,
      Quantity::kBytesReadIndex}},
    {"model.layers.mlp", {Quantity::kFlops}},
    {"model.layers.self_attn", {Quantity::kIntermediateBytes, Quantity::kStoredBytesKvCache}}};

// The runtime point at a place of the grid, the last axis varying fastest.
RuntimePoint point_of(const lmhost::Plan& plan, const std::vector<SweepAxis>& axes,
                      std::size_t index) {
  RuntimePoint point = plan.default_point();
  for (std::size_t axis = axes.size(); axis-- > 0;) {
    const std::vector<Number>& values = axes[axis].values;
    for (const V variable : axes[axis].variables) point[variable] = values[index % values.size()];
    index /= values.size();
  }
  return point;
}

Number expected(const lmhost::Report& report, const SweepColumn& column) {
  const std::optional<std::size_t> node = report.find(column.node);
  REQUIRE(node.has_value());
  const Costs costs = report.node(*node).total;
  Number sum = 0;
  for (const Quantity quantity : column.quantities) sum = sum + costs[quantity];
  return sum;
}

// Every cell against the analysis of its point.
void check(const lmhost::Plan& plan, const std::vector<SweepAxis>& axes,
           const lmhost::RunOptions& options = {}) {
  const lmhost::Sweep sweep = must(plan.sweep(axes, kColumns, options));
  REQUIRE(sweep.columns() == kColumns.size());
  for (std::size_t i = 0; i < sweep.points(); ++i) {
    const lmhost::Report report = must(plan.analyze(point_of(plan, axes, i)));
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
      CAPTURE(i);
      CAPTURE(c);
      CHECK(sweep.at(c, i) == expected(report, kColumns[c]));
      if (sweep.whole(c) != nullptr) CHECK(Number(sweep.whole(c)[i]) == sweep.at(c, i));
    }
  }
}

}  // namespace

TEST_CASE("cells are what analyses say") {
  const lmhost::Plan plan = plan_of("llama-3.1-8b");
  const std::vector<SweepAxis> axes = {
      {{V::kBatchSize}, {1, 3}}, {{V::kSeqLen}, {1, 2, 17}}, {{V::kCacheLen}, {0, 5, 100'287}}};
  check(plan, axes);
  const lmhost::Sweep sweep = must(plan.sweep(axes, kColumns));
  CHECK(sweep.points() == 18);
  for (std::size_t c = 0; c < kColumns.size(); ++c) CHECK(sweep.whole(c) != nullptr);

  // A type varies several precisions; a fraction is no 64-bit integer where its bytes are none.
  check(plan,
        {{{V::kWeightBits, V::kActivationBits, V::kKvBits}, {8, 16}}, {{V::kSeqLen}, {1, 9}}});
  check(plan, {{{V::kWeightBits}, {Number::ratio(33, 8), 16}}, {{V::kBatchSize}, {1, 2}}});
}

// 2^63 is 9.2e18: 9,604 * 129,790 tokens are about 1.3e9, of some 1.6e10 FLOP and more each.
TEST_CASE("what leaves 64 bits is exact as well") {
  const lmhost::Plan plan = plan_of("llama-2-7b");
  const std::vector<SweepAxis> axes = {{{V::kBatchSize}, {1, 9'604}}, {{V::kSeqLen}, {1, 129'790}}};
  check(plan, axes);
  const lmhost::Sweep sweep = must(plan.sweep(axes, kColumns));
  CHECK(sweep.whole(0) == nullptr);
  CHECK(compare(sweep.at(0, 3), Number(INT64_MAX)).value() == 1);
  CHECK(sweep.whole(1) != nullptr);
}

TEST_CASE("threads, progress and cancellation of a sweep") {
  const lmhost::Plan plan = plan_of("llama-2-7b");
  // 640,000 cells: more than the caches hold, so they are written past them.
  constexpr int kLength = 400;
  SweepAxis batches{{V::kBatchSize}, {}}, lengths{{V::kSeqLen}, {}};
  for (int i = 1; i <= kLength; ++i) {
    batches.values.emplace_back(i);
    lengths.values.emplace_back(7 * i);
  }
  const std::vector<SweepAxis> axes = {batches, lengths};
  const lmhost::Sweep serial = must(plan.sweep(axes, kColumns));
  lmhost::RunOptions two;
  two.threads = 2;
  std::size_t last = 0, whole = 1;
  two.progress = [&](std::size_t done, std::size_t total) {
    last = done;
    whole = total;
  };
  const lmhost::Sweep parallel = must(plan.sweep(axes, kColumns, two));
  CHECK(last == whole);
  std::size_t differences = 0;
  for (std::size_t c = 0; c < kColumns.size(); ++c)
    for (std::size_t i = 0; i < serial.points(); ++i)
      if (serial.whole(c)[i] != parallel.whole(c)[i]) ++differences;
  CHECK(differences == 0);
  // A point in the middle, against its analysis.
  const std::size_t point = 123 * kLength + 45;
  const lmhost::Report report = must(plan.analyze(point_of(plan, axes, point)));
  CHECK(serial.at(0, point) == report.totals()[Quantity::kFlops]);

  std::atomic<bool> stop{true};
  two.cancelled = &stop;
  CHECK(code_of(plan.sweep(axes, kColumns, two)) == "E603");

  // One plan, eight threads.
  RuntimePoint last_point = plan.default_point();
  last_point[V::kBatchSize] = kLength;
  const Number of_the_last = must(plan.totals(last_point))[Quantity::kFlops];
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      const auto again = plan.sweep({batches}, kColumns);
      if (!again.ok() || again->at(0, kLength - 1) != of_the_last) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("what a sweep refuses") {
  const lmhost::Plan plan = plan_of("llama-2-7b");
  const auto error = [&](const std::vector<SweepAxis>& axes,
                         const std::vector<SweepColumn>& columns = kColumns) {
    const auto sweep = plan.sweep(axes, columns);
    return sweep.ok() ? "ok" : lmhost::to_text(sweep.errors());
  };
  CHECK(error({}) == "lmhost: error: a sweep needs an axis [E604]\n");
  CHECK(error({{{V::kBatchSize}, {}}}) ==
        "lmhost: error: axis 0 of the sweep has no value [E604]\n");
  CHECK(error({{{}, {1}}}) == "lmhost: error: axis 0 of the sweep varies nothing [E604]\n");
  CHECK(error({{{V::kBatchSize}, {1}}, {{V::kSeqLen, V::kBatchSize}, {2}}}) ==
        "lmhost: error: axis 1 of the sweep varies 'batch_size', which is varied already [E604]\n");
  // As analyze() says it, once an axis.
  RuntimePoint point = plan.default_point();
  point[V::kSeqLen] = -1;
  CHECK(error({{{V::kSeqLen}, {1, -1, -2}}}) == lmhost::to_text(plan.analyze(point).errors()));
  CHECK(error({{{V::kBatchSize}, {1}}}, {{"model.layers.mpl", {Quantity::kFlops}}}) ==
        "lmhost: error: no node 'model.layers.mpl' in this model [E602]\n"
        "  did you mean 'model.layers.mlp'?\n");
  std::vector<SweepAxis> huge;
  for (const V variable : {V::kBatchSize, V::kSeqLen, V::kCacheLen, V::kIndexBits})
    huge.push_back({{variable}, std::vector<Number>(100'000, Number(1))});
  CHECK(error(huge) == "lmhost: error: the grid has more cells than memory has addresses [E605]\n");
}

// Half a call where seq_len is odd: the first such point is named, with the words of its analysis.
TEST_CASE("the first point that fails") {
  const lmhost::Plan plan = must(built_host().resolve(must(built_host().parse(graph_text(
      R"({"name": "a", "kernel": "torch.relu", "multiplier": "seq_len / 2",
          "bindings": {"num_elements": "batch_size"}})")))));
  const std::vector<SweepColumn> flops = {{"", {Quantity::kFlops}}};
  const auto even = must(plan.sweep({{{V::kBatchSize}, {5, 7}}, {{V::kSeqLen}, {2, 4}}}, flops));
  CHECK(even.at(0, 3) == Number(2 * 7));
  const auto failed = plan.sweep({{{V::kBatchSize}, {5, 7}}, {{V::kSeqLen}, {2, 3, 4, 5}}}, flops);
  REQUIRE_FALSE(failed.ok());
  RuntimePoint point = plan.default_point();
  point[V::kBatchSize] = 5;
  point[V::kSeqLen] = 3;
  lmhost::Diagnostics wanted = plan.analyze(point).errors();
  for (lmhost::Diagnostic& diagnostic : wanted)
    diagnostic.message += " (at batch_size=5, seq_len=3)";
  CHECK(lmhost::to_text(failed.errors()) == lmhost::to_text(wanted));
}

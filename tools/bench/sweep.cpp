// Sweeps: columns of costs into memory, and beside each the time that storing as many bytes takes.
//   sweep_totals/T   flops, bytes read, bytes written and intermediates of Llama over batch x seq x cache, T threads
//   store_totals/T   streaming stores of one value over those columns, the fastest that memory can be written
//   sweep_nodes/T    the same four quantities of every node of Llama, a column each
//   store_nodes/T    the same of those
//   sweep_wide/T     as sweep_totals where FLOPs leave 64 bits: 128-bit columns
//   sweep_compile    from a plan to the column program
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "host.hpp"
#include "study/grid_table.hpp"
#include "study/streaming_store.hpp"

namespace {

using namespace lmhost;

struct Llama {
  Host host;
  Analysis analysis;
};

const Llama& llama() {
  static const Llama* const loaded = [] {
    HostOptions options;
    options.prefix = LMHOST_BINARY_DIR;
    Result<Host> host = Host::open(options);
    if (!host) std::abort();
    Workload workload;
    workload.model = "llama-2-7b";
    Result<Analysis> analysis = host->plan(workload);
    if (!analysis) std::abort();
    return new Llama{std::move(*host), std::move(*analysis)};
  }();
  return *loaded;
}

CostWeights only(std::initializer_list<Quantity> quantities) {
  CostWeights weights{};
  for (Quantity quantity : quantities) weights[static_cast<std::size_t>(quantity)] = 1;
  return weights;
}

std::vector<GridOutput> outputs_of(const NodePath& node) {
  using Q = Quantity;
  return {{node, only({Q::kFlops})},
          {node, only({Q::kBytesReadWeight, Q::kBytesReadActivation, Q::kBytesReadKvCache,
                       Q::kBytesReadIndex})},
          {node, only({Q::kBytesWrittenWeight, Q::kBytesWrittenActivation, Q::kBytesWrittenKvCache,
                       Q::kBytesWrittenIndex})},
          {node, only({Q::kIntermediateBytes})}};
}

std::vector<GridOutput> outputs_of_all_nodes() {
  const CostTree structure = structure_of(llama().analysis.plan);
  std::vector<GridOutput> all;
  for (std::uint32_t i = 0; i < structure.nodes.size(); ++i)
    for (GridOutput& output : outputs_of(path_to(structure, i))) all.push_back(std::move(output));
  return all;
}

GridAxis axis(RuntimeVariable variable, std::size_t length, std::int64_t step) {
  GridAxis axis{length, {{input_name(variable), {}}}};
  for (std::size_t i = 1; i <= length; ++i)
    axis.inputs[0].values.emplace_back(static_cast<std::int64_t>(i) * step);
  return axis;
}

std::vector<GridAxis> axes(std::size_t batch, std::size_t seq, std::size_t cache,
                           std::int64_t step) {
  return {axis(RuntimeVariable::kBatchSize, batch, step), axis(RuntimeVariable::kSeqLen, seq, step),
          axis(RuntimeVariable::kCacheLen, cache, step)};
}

GridProgram program(std::vector<GridAxis> axes, std::vector<GridOutput> outputs) {
  return GridProgram(*llama().analysis.plan, llama().analysis.point, std::move(axes),
                     std::move(outputs), [](std::size_t) -> Result<std::vector<Number>> {
                       std::fputs("a point was referred\n", stderr);
                       std::abort();
                     });
}

void run(const GridProgram& grid, GridTable& table, unsigned threads) {
  if (table.fill(grid, Execution(threads))) std::abort();
}

void store(std::vector<std::int64_t>& cells, unsigned threads) {
  constexpr std::size_t kPiece = std::size_t{1} << 17;
  for_each_range(cells.size(), kPiece, Execution(threads), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) StreamingStore::put(cells.data() + i, 1);
    StreamingStore::finish();
  });
}

// Every page is touched before the clock runs.
void measure(benchmark::State& state, const GridProgram& grid, std::size_t outputs, bool sweeps) {
  const auto threads = static_cast<unsigned>(state.range(0));
  const std::size_t cells = grid.size() * outputs;
  if (sweeps) {
    GridTable table(grid.size(), outputs);
    run(grid, table, threads);
    for (auto _ : state) run(grid, table, threads);
  } else {
    std::vector<std::int64_t> columns(cells);
    for (auto _ : state) store(columns, threads);
  }
  const auto points = static_cast<double>(grid.size());
  using benchmark::Counter;
  state.counters["points/s"] = Counter(points, Counter::kIsIterationInvariantRate);
  state.counters["stored"] = Counter(static_cast<double>(cells * sizeof(std::int64_t)),
                                     Counter::kIsIterationInvariantRate, Counter::kIs1000);
}

void totals(benchmark::State& state, bool sweeps) {
  const GridProgram grid = program(axes(100, 100, 1000, 1), outputs_of(NodePath()));
  measure(state, grid, 4, sweeps);
}
void nodes(benchmark::State& state, bool sweeps) {
  const std::vector<GridOutput> outputs = outputs_of_all_nodes();
  const GridProgram grid = program(axes(10, 10, 1000, 1), outputs);
  measure(state, grid, outputs.size(), sweeps);
}
void sweep_totals(benchmark::State& state) { totals(state, true); }
void store_totals(benchmark::State& state) { totals(state, false); }
void sweep_nodes(benchmark::State& state) { nodes(state, true); }
void store_nodes(benchmark::State& state) { nodes(state, false); }
void sweep_wide(benchmark::State& state) {
  const GridProgram grid = program(axes(100, 100, 100, 1200), outputs_of(NodePath()));
  measure(state, grid, 4, true);
}
void sweep_compile(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(program(axes(10, 10, 10, 1), outputs_of(NodePath())));
}

BENCHMARK(sweep_totals)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(store_totals)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(sweep_nodes)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(store_nodes)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(sweep_wide)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(sweep_compile)->Unit(benchmark::kMicrosecond);

}  // namespace

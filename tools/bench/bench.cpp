// The speeds that the project promises, side by side in one run. Numbers of one machine; nothing is compared with a
// limit.
//   whole_process     `lmhost analyze llama-2-7b -o json`, from exec to exit, all plugins loaded
//   open_host         what of it is loading plugins
//   plan              what of it is reading and resolving the graph
//   new_point         a resolved plan at another runtime point: every quantity of every node
//   new_point_totals  the same, only the totals of the graph
//   evaluate/N/T      the plan of such a graph at a new point, by T threads: where threads start to pay
//   synthetic/N       a graph of N calls, a tenth of them distinct, from text to report
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "aggregate/totals_program.hpp"
#include "host.hpp"
#include "load/catalog.hpp"
#include "load/conventions.hpp"
#include "load/graph.hpp"
#include "report/summary.hpp"
#include "resolve/plan.hpp"
#include "tools/bench/synthetic.hpp"

namespace {

using namespace lmhost;

HostOptions installation() {
  HostOptions options;
  options.prefix = LMHOST_BINARY_DIR;
  return options;
}

// A benchmark that cannot run is a bug of the tree, not a slow result.
template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  for (const Diagnostic& error : result.errors())
    std::fprintf(stderr, "%s\n", error.message.c_str());
  std::abort();
}

Workload llama() {
  Workload workload;
  workload.model = "llama-2-7b";
  workload.seq_len = Number(2048);
  return workload;
}

void whole_process(benchmark::State& state) {
  std::string program = LMHOST_BINARY_DIR "/bin/lmhost";
  std::string words[] = {program, "analyze", "llama-2-7b", "--seq-len", "2048", "-o", "json"};
  char* arguments[8] = {};
  for (int i = 0; i < 7; ++i) arguments[i] = words[i].data();
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  for (auto _ : state) {
    pid_t child = 0;
    int status = 1;
    if (posix_spawn(&child, program.c_str(), &quiet, nullptr, arguments, environ) != 0)
      std::abort();
    waitpid(child, &status, 0);
    if (status != 0) state.SkipWithError("lmhost failed");
  }
  posix_spawn_file_actions_destroy(&quiet);
}
BENCHMARK(whole_process)->UseRealTime()->Unit(benchmark::kMillisecond);

void open_host(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(must(Host::open(installation())));
}
BENCHMARK(open_host)->Unit(benchmark::kMillisecond);

void plan(benchmark::State& state) {
  const Host host = must(Host::open(installation()));
  for (auto _ : state) benchmark::DoNotOptimize(must(host.plan(llama())));
}
BENCHMARK(plan)->Unit(benchmark::kMillisecond);

void new_point(benchmark::State& state) {
  const Host host = must(Host::open(installation()));
  const Analysis analysis = must(host.plan(llama()));
  const Schedule schedule = make_schedule(*analysis.plan);
  RuntimePoint point = analysis.point;
  std::int64_t length = 0;
  for (auto _ : state) {
    point[RuntimeVariable::kSeqLen] = Number(1 + ++length % 4096);
    benchmark::DoNotOptimize(must(evaluate_plan(*analysis.plan, schedule, point)));
  }
}
BENCHMARK(new_point)->Unit(benchmark::kMicrosecond);

void new_point_totals(benchmark::State& state) {
  const Host host = must(Host::open(installation()));
  const Analysis analysis = must(host.plan(llama()));
  TotalsProgram totals(*analysis.plan, make_schedule(*analysis.plan));
  TotalsProgram::Scratch scratch;
  RuntimePoint point = analysis.point;
  std::int64_t length = 0;
  for (auto _ : state) {
    point[RuntimeVariable::kSeqLen] = Number(1 + ++length % 4096);
    benchmark::DoNotOptimize(totals.evaluate(point, scratch));
  }
}
BENCHMARK(new_point_totals)->Unit(benchmark::kMicrosecond);

std::shared_ptr<const Plan> plan_of(const Host& host, const std::string& text) {
  const std::shared_ptr<const Catalog> catalog(std::shared_ptr<const Catalog>(), &host.catalog());
  const auto source = std::make_shared<const SourceText>(SourceText{"synthetic.json", text});
  return must(resolve(std::make_shared<const Graph>(must(load_graph(source))), catalog,
                      std::make_shared<const Conventions>(), Config()));
}

std::string synthetic_text(const benchmark::State& state) {
  return bench::synthetic_graph(static_cast<std::size_t>(state.range(0)));
}

void evaluate(benchmark::State& state) {
  const Host host = must(Host::open(installation()));
  const auto plan = plan_of(host, synthetic_text(state));
  const Schedule schedule = make_schedule(*plan, 0);
  const auto threads = static_cast<unsigned>(state.range(1));
  RuntimePoint point;
  for (auto _ : state) {
    benchmark::DoNotOptimize(must(evaluate_plan(*plan, schedule, point, threads)));
  }
  state.counters["work"] = static_cast<double>(plan->program.size() + plan->edges.size());
}
BENCHMARK(evaluate)
    ->ArgsProduct({{1000, 10'000, 30'000, 100'000, 1'000'000}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void synthetic(benchmark::State& state) {
  const Host host = must(Host::open(installation()));
  const std::string text = synthetic_text(state);
  for (auto _ : state) {
    Analysis analysis;
    analysis.model_name = "synthetic";
    analysis.plan = plan_of(host, text);
    const Schedule schedule = make_schedule(*analysis.plan);
    Evaluation evaluation = must(evaluate_plan(*analysis.plan, schedule, analysis.point, 0));
    analysis.tree = std::make_shared<const CostTree>(
        build_cost_tree(analysis.plan, analysis.point, std::move(evaluation)));
    benchmark::DoNotOptimize(summarize(analysis));
  }
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["time_per_call"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(synthetic)
    ->RangeMultiplier(10)
    ->Range(1000, 1'000'000)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

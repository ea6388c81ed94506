// A scheduler that asks lmhost before it decides. Given what waits, which batch should run next?
//
// It asks 10,000 what-if questions, (sequences, tokens each) on top of a cache of 1,024 tokens, and
// takes the step with the least time per token on a device of so many FLOP/s and bytes/s.
//   scheduler [MODEL]
#include <chrono>
#include <cstdio>

#include <lmhost/lmhost.hpp>

namespace {

constexpr double kFlopsPerSecond = 312e12;
constexpr double kBytesPerSecond = 1.6e12;
constexpr double kMostSeconds = 0.5;  // of one step: others wait

struct Step {
  int sequences;
  int tokens;
};

// What the slower of arithmetic and memory takes.
double seconds_of(const lmhost::Costs& costs) {
  const double compute = costs[lmhost::Quantity::kFlops].to_double() / kFlopsPerSecond;
  const double memory = (costs.bytes_read() + costs.bytes_written()).to_double() / kBytesPerSecond;
  return compute > memory ? compute : memory;
}

int fail(const lmhost::Diagnostics& errors) {
  std::fputs(lmhost::to_text(errors).c_str(), stderr);
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const lmhost::Result<lmhost::Host> host = lmhost::Host::open();
  if (!host) return fail(host.errors());
  const auto graph = host->load(count > 1 ? arguments[1] : "llama-2-7b");
  if (!graph) return fail(graph.errors());
  const auto plan = host->resolve(*graph);
  if (!plan) return fail(plan.errors());

  Step best = {};
  double least = 0;
  int questions = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int sequences = 1; sequences <= 100; ++sequences) {
    for (int tokens = 1; tokens <= 100; ++tokens, ++questions) {
      lmhost::RuntimePoint point = plan->default_point();
      point[lmhost::RuntimeVariable::kBatchSize] = sequences;
      point[lmhost::RuntimeVariable::kSeqLen] = tokens;
      point[lmhost::RuntimeVariable::kCacheLen] = 1024;
      const lmhost::Result<lmhost::Costs> costs = plan->totals(point);
      if (!costs) return fail(costs.errors());
      const double seconds = seconds_of(*costs);
      const double per_token = seconds / (sequences * tokens);
      if (seconds > kMostSeconds || (least != 0 && per_token >= least)) continue;
      least = per_token;
      best = {sequences, tokens};
    }
  }
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  std::printf("run %d sequences x %d tokens next: %.2f us per token\n", best.sequences, best.tokens,
              least * 1e6);
  std::printf("%d questions, %.2f us each\n", questions, taken.count() / questions);
}

// Costs of a whole grid at once: for every length of cache, the most sequences that fit beside the
// weights, and the bytes that one decode step of them reads for each token it makes.
//   sweep [MODEL]
#include <cstdio>

#include <lmhost/lmhost.hpp>

namespace {

constexpr double kDeviceBytes = 80e9;
constexpr int kMostSequences = 256;

int fail(const lmhost::Diagnostics& errors) {
  std::fputs(lmhost::to_text(errors).c_str(), stderr);
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  using lmhost::Quantity;
  using lmhost::RuntimeVariable;
  const lmhost::Result<lmhost::Host> host = lmhost::Host::open();
  if (!host) return fail(host.errors());
  const auto graph = host->load(count > 1 ? arguments[1] : "llama-2-7b");
  if (!graph) return fail(graph.errors());
  lmhost::PlanOptions how;
  how.mode = lmhost::Mode::kFused;
  const auto plan = host->resolve(*graph, how);
  if (!plan) return fail(plan.errors());

  lmhost::SweepAxis lengths{{RuntimeVariable::kCacheLen}, {}};
  for (int length = 1023; length < 32768; length += 1024) lengths.values.emplace_back(length);
  lmhost::SweepAxis step{{RuntimeVariable::kSeqLen}, {1}};
  lmhost::SweepAxis batches{{RuntimeVariable::kBatchSize}, {}};
  for (int batch = 1; batch <= kMostSequences; ++batch) batches.values.emplace_back(batch);
  const auto sweep =
      plan->sweep({step, lengths, batches},
                  {{"", {Quantity::kStoredBytesWeight, Quantity::kStoredBytesKvCache}},
                   {"",
                    {Quantity::kBytesReadWeight, Quantity::kBytesReadActivation,
                     Quantity::kBytesReadKvCache, Quantity::kBytesReadIndex}}});
  if (!sweep) return fail(sweep.errors());

  // The last axis, batches, varies fastest.
  std::printf("%10s %10s %14s\n", "context", "sequences", "bytes a token");
  for (std::size_t length = 0; length < lengths.values.size(); ++length) {
    const std::size_t row = length * kMostSequences;
    int fitting = 0;
    while (fitting < kMostSequences &&
           sweep->at(0, row + static_cast<std::size_t>(fitting)).to_double() <= kDeviceBytes)
      ++fitting;
    if (fitting == 0) break;
    const double read = sweep->at(1, row + static_cast<std::size_t>(fitting - 1)).to_double();
    std::printf("%10zu %10d %14.4g\n", (length + 1) * 1024, fitting, read / fitting);
  }
}

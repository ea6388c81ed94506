// The one seam to the thread library: TBB, or std::thread where the build says so (the thread
// sanitizer cannot look into Debian's libtbb).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace lmhost {

using RangeBody = std::function<void(std::size_t begin, std::size_t end)>;
// The caller's own threads: calls body for disjoint ranges that cover [0, count), about `grain`
// long, and returns when all are done.
using ParallelFor =
    std::function<void(std::size_t count, std::size_t grain, const RangeBody& body)>;
using Progress = std::function<void(std::size_t done, std::size_t total)>;

// How one evaluation may use the machine, and how its caller watches and stops it. Refers to what
// the caller owns. A number is a number of threads.
struct Execution {
  Execution(unsigned threads = 1) : threads(threads) {}  // NOLINT: implicit on purpose

  unsigned threads;                           // 0: as many as the machine has; 1: serial
  const ParallelFor* parallel_for = nullptr;  // instead of threads of ours
  const Progress* progress = nullptr;         // called in the thread that evaluates
  const std::atomic<bool>* cancelled = nullptr;

  bool is_serial() const { return threads == 1 && parallel_for == nullptr; }
  bool is_cancelled() const {
    return cancelled != nullptr && cancelled->load(std::memory_order_relaxed);
  }
  void report(std::size_t done, std::size_t total) const {
    if (progress != nullptr) (*progress)(done, total);
  }
};

// Calls body(begin, end) for disjoint ranges that cover [0, count), on as many threads as the
// execution says. Serial when that is one or count is not above `grain`. The ranges may differ from
// run to run, so a body must write only what belongs to its own indices. Once cancelled, ranges are
// left out. [any thread, concurrent]
void for_each_range(std::size_t count, std::size_t grain, const Execution& execution,
                    const RangeBody& body);

}  // namespace lmhost

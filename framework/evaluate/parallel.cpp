#include "evaluate/parallel.hpp"

#include <algorithm>

#if defined(LMHOST_THREADING_STD)
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace lmhost {
namespace {

#if defined(LMHOST_THREADING_STD)

void run_on_threads(std::size_t count, std::size_t grain, unsigned threads, const RangeBody& body) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    while (true) {
      const std::size_t begin = next.fetch_add(grain);
      if (begin >= count) return;
      body(begin, std::min(begin + grain, count));
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
}

#else

void run_on_threads(std::size_t count, std::size_t grain, unsigned threads, const RangeBody& body) {
  const auto run = [&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count, grain),
        [&](const tbb::blocked_range<std::size_t>& range) { body(range.begin(), range.end()); });
  };
  if (threads == 0) {
    run();
  } else {
    // More than the machine has are no use, and TBB would print a warning.
    const int most = tbb::info::default_concurrency();
    tbb::task_arena arena(std::min(static_cast<int>(std::min(threads, 4096u)), most));
    arena.execute(run);
  }
}

#endif

}  // namespace

void for_each_range(std::size_t count, std::size_t grain, const Execution& execution,
                    const RangeBody& body) {
  const auto work = [&](std::size_t begin, std::size_t end) {
    while (begin < end && !execution.is_cancelled()) {
      const std::size_t next = std::min(end, begin + grain);
      body(begin, next);
      begin = next;
    }
  };
  if (execution.is_serial() || count <= grain)
    work(0, count);
  else if (execution.parallel_for != nullptr)
    (*execution.parallel_for)(count, grain, work);
  else
    run_on_threads(count, grain, execution.threads, work);
}

}  // namespace lmhost

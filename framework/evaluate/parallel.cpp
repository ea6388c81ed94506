#include "evaluate/parallel.hpp"

#include <algorithm>

#if defined(LMHOST_THREADING_STD)
#include <atomic>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace lmhost {

#if defined(LMHOST_THREADING_STD)

constexpr unsigned kMostThreads = 64;  // more than the machine has is useful to the sanitizer

void for_each_range(std::size_t count, std::size_t grain, unsigned threads,
                    const std::function<void(std::size_t, std::size_t)>& body) {
  const unsigned most = std::max(1u, std::thread::hardware_concurrency());
  threads = threads == 0 ? most : std::min(threads, kMostThreads);
  if (threads == 1 || count <= grain) {
    if (count > 0) body(0, count);
    return;
  }
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

void for_each_range(std::size_t count, std::size_t grain, unsigned threads,
                    const std::function<void(std::size_t, std::size_t)>& body) {
  if (threads == 1 || count <= grain) {
    if (count > 0) body(0, count);
    return;
  }
  const auto run = [&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count, grain),
        [&](const tbb::blocked_range<std::size_t>& range) { body(range.begin(), range.end()); });
  };
  if (threads == 0) {
    run();
  } else {
    // More than the machine has makes TBB print a warning.
    const auto most = static_cast<unsigned>(tbb::info::default_concurrency());
    tbb::task_arena arena(static_cast<int>(std::min(threads, most)));
    arena.execute(run);
  }
}

#endif

}  // namespace lmhost

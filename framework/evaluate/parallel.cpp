#include "evaluate/parallel.hpp"

#include <algorithm>

#if defined(LMHOST_THREADING_STD)
#include <atomic>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace lmhost {

#if defined(LMHOST_THREADING_STD)

void for_each_range(std::size_t count, std::size_t grain, unsigned threads,
                    const std::function<void(std::size_t, std::size_t)>& body) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
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
    tbb::task_arena arena(static_cast<int>(threads));
    arena.execute(run);
  }
}

#endif

}  // namespace lmhost

// The one seam to the thread library: TBB, or std::thread where the build says so (the thread
// sanitizer cannot look into Debian's libtbb).
#pragma once

#include <cstddef>
#include <functional>

namespace lmhost {

// Calls body(begin, end) for disjoint ranges that cover [0, count), at most `threads` at a time (0:
// as many as the machine has). Serial when threads is 1 or count is not above `grain`. The ranges
// may differ from run to run, so a body must write only what belongs to its own indices. [any
// thread, concurrent]
void for_each_range(std::size_t count, std::size_t grain, unsigned threads,
                    const std::function<void(std::size_t begin, std::size_t end)>& body);

}  // namespace lmhost

// arena [MODEL]: one analysis on the threads of the caller's own TBB arena, and the same again in the calling thread.
// Needs the TBB headers; lmhost's own do not.
#include <lmhost/lmhost.hpp>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <cstdio>

namespace {

int fail(const lmhost::Diagnostics& errors) {
  std::fputs(lmhost::to_text(errors).c_str(), stderr);
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const auto host = lmhost::Host::open();
  if (!host) return fail(host.errors());
  const auto graph = host->load(count > 1 ? arguments[1] : "llama-2-7b");
  if (!graph) return fail(graph.errors());
  const auto plan = host->resolve(*graph);
  if (!plan) return fail(plan.errors());

  tbb::task_arena arena(2);
  lmhost::RunOptions options;
  options.parallel_for = [&](std::size_t size, std::size_t grain, const auto& body) {
    arena.execute([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, size, grain),
                        [&](const auto& range) { body(range.begin(), range.end()); });
    });
  };
  const auto report = plan->analyze(plan->default_point(), options);
  if (!report) return fail(report.errors());
  const auto serial = plan->analyze(plan->default_point());
  if (!serial) return fail(serial.errors());
  const bool is_same = report->to_json() == serial->to_json();
  std::printf("%s\n", is_same ? "the same in both" : "DIFFERENT");
  return is_same ? 0 : 1;
}

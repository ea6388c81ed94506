#include "evaluate/evaluate.hpp"

#include <algorithm>

namespace lmhost {
namespace {

constexpr std::size_t kNodeGrain = 4096;

// Sorts indices by key, stably: counts, prefix sums, one pass.
template <class Index, class Key>
void bucket(std::size_t count, Key key, std::vector<Index>& sorted,
            std::vector<std::uint32_t>& starts) {
  starts.assign(2, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bucket = key(i);
    if (bucket + 2 > starts.size()) starts.resize(bucket + 2, 0);
    ++starts[bucket + 1];
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<std::uint32_t> cursor(starts.begin(), starts.end() - 1);
  sorted.resize(count);
  for (std::size_t i = 0; i < count; ++i) sorted[cursor[key(i)]++] = static_cast<Index>(i);
}

}  // namespace

Schedule make_schedule(const Plan& plan, std::size_t parallel_work) {
  Schedule schedule;
  if (plan.program.size() + plan.edges.size() >= parallel_work) {
    bucket(
        plan.program.size(),
        [&](std::size_t i) { return plan.program.level(static_cast<NodeIndex>(i)); },
        schedule.nodes, schedule.node_levels);
  }
  std::vector<InstanceIndex> composites;
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    if (plan.instances[i].composite != nullptr) composites.push_back(i);
  }
  std::vector<std::uint32_t> order;
  bucket(
      composites.size(), [&](std::size_t i) { return plan.instances[composites[i]].height; }, order,
      schedule.heights);
  for (std::uint32_t i : order) schedule.composites.push_back(composites[i]);
  return schedule;
}

void evaluate_program(const Plan& plan, const Schedule& schedule, const RuntimePoint& point,
                      const Execution& execution, std::vector<Number>& values) {
  const std::vector<ProgramNode>& nodes = plan.program.nodes();
  values.resize(nodes.size());
  Number* const out = values.data();
  const std::size_t steps = schedule.steps(plan);
  if (!schedule.is_parallel() || execution.is_serial()) {
    for (std::size_t begin = 0; begin < nodes.size() && !execution.is_cancelled();) {
      const std::size_t end = std::min(nodes.size(), begin + kNodeGrain);
      for (; begin < end; ++begin) out[begin] = plan.program.compute(nodes[begin], out, point);
      execution.report(end, steps);
    }
    return;
  }
  for (std::size_t level = 0; level + 1 < schedule.node_levels.size(); ++level) {
    const NodeIndex* const first = schedule.nodes.data() + schedule.node_levels[level];
    const std::size_t count = schedule.node_levels[level + 1] - schedule.node_levels[level];
    for_each_range(count, kNodeGrain, execution, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        out[first[i]] = plan.program.compute(nodes[first[i]], out, point);
    });
    if (execution.is_cancelled()) return;
    execution.report(schedule.node_levels[level + 1], steps);
  }
}

}  // namespace lmhost

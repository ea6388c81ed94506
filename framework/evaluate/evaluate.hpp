// A plan at one runtime point: the value of every node of the program, and the costs of every
// composite.
#pragma once

#include <vector>

#include "evaluate/parallel.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

struct Evaluation {
  std::vector<Number> values;          // by NodeIndex
  std::vector<Costs> composite_costs;  // by Instance::composite_index; of one execution
};

// In which order a plan is computed. Made once per plan.
struct Schedule {
  std::vector<InstanceIndex> composites;  // by height: children before parents
  std::vector<std::uint32_t> heights;     // where each height starts in composites, and the end
  // Only where threads pay: nodes by level, and where each level starts, and the end. Empty: serial.
  std::vector<NodeIndex> nodes;
  std::vector<std::uint32_t> node_levels;

  bool is_parallel() const { return !nodes.empty(); }
  // What progress counts: nodes of the program and composites.
  std::size_t steps(const Plan& plan) const { return plan.program.size() + composites.size(); }
};

// Nodes and edges from which on two threads beat one (framework/README.md has the measurement).
inline constexpr std::size_t kParallelWork = 100'000;

Schedule make_schedule(const Plan& plan, std::size_t parallel_work = kParallelWork);

// The value of every node. Errors are values here: a node that failed holds an error number. Once
// cancelled, values are missing.
void evaluate_program(const Plan& plan, const Schedule& schedule, const RuntimePoint& point,
                      const Execution& execution, std::vector<Number>& values);

}  // namespace lmhost

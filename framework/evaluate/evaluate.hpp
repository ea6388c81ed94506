// A plan at one runtime point: the value of every node of the program, and the costs of every
// composite.
#pragma once

#include <vector>

#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

struct Evaluation {
  std::vector<Number> values;          // by NodeIndex
  std::vector<Costs> composite_costs;  // by Instance::composite_index; of one execution
};

// In which order a plan is computed: levels of independent nodes and composites. Made once per
// plan.
struct Schedule {
  std::vector<NodeIndex> nodes;            // by level
  std::vector<std::uint32_t> node_levels;  // where each level starts in nodes, and the end
  std::vector<InstanceIndex> composites;   // by height
  std::vector<std::uint32_t> heights;      // where each height starts in composites, and the end
};

// Below this many nodes or composites, threads cost more than they give (measured:
// framework/README.md).
inline constexpr std::size_t kParallelThreshold = 50'000;

Schedule make_schedule(const Plan& plan);

// The value of every node. Errors are values here: a node that failed holds an error number.
void evaluate_program(const Plan& plan, const Schedule& schedule, const RuntimePoint& point,
                      unsigned threads, std::vector<Number>& values);

}  // namespace lmhost

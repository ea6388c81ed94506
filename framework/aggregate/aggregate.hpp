// From the values of the program to the costs of every composite: a composite is exactly the sum of
// count * child, in every quantity.
#pragma once

#include "evaluate/evaluate.hpp"

namespace lmhost {

// The costs of one execution of an instance, atomic or composite.
Costs costs_of(const Plan& plan, const Evaluation& evaluation, InstanceIndex instance);

// Fills evaluation.composite_costs bottom up. REQUIRES: evaluation.values is complete.
void aggregate(const Plan& plan, const Schedule& schedule, const Execution& execution,
               Evaluation& evaluation);

// Both steps and the judgement: an error for every reachable call whose costs could not be computed
// (overflow, division by zero), whose count is negative or fractional, or whose cost is negative;
// with path, formula and values. Once cancelled: one error [E603].
Result<Evaluation> evaluate_plan(const Plan& plan, const Schedule& schedule,
                                 const RuntimePoint& point, const Execution& execution = 1u);

// What a cancelled evaluation ends with.
Diagnostic cancelled_error();

}  // namespace lmhost

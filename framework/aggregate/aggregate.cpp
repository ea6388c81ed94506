#include "aggregate/aggregate.hpp"

#include <algorithm>

#include "aggregate/failure.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kCompositeGrain = 64;

void add(Costs& sum, Quantity quantity, const Number& value, const Number& count,
         const Number& stored_count) {
  Number& slot = sum[quantity];
  slot = slot + value * (is_stored(quantity) ? stored_count : count);
}

void aggregate_composite(const Plan& plan, const Instance& instance, Evaluation& evaluation) {
  Costs sum;
  for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
    const Edge& edge = plan.edges[instance.edges.first + i];
    const Number& count = evaluation.values[edge.count];
    const Number& stored_count = evaluation.values[edge.stored_count];
    // An absent call costs nothing, even where its formulas would fail.
    if (count.is_zero()) continue;
    const Instance& child = plan.instances[edge.child];
    if (child.composite != nullptr) {
      const Costs& costs = evaluation.composite_costs[child.composite_index];
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        if (costs.values[q].is_exact() && costs.values[q].is_zero()) continue;
        add(sum, static_cast<Quantity>(q), costs.values[q], count, stored_count);
      }
    } else {
      for (std::uint32_t k = 0; k < child.terms.count; ++k) {
        const Term& term = plan.terms[child.terms.first + k];
        add(sum, term.quantity, evaluation.values[term.node], count, stored_count);
      }
    }
  }
  evaluation.composite_costs[instance.composite_index] = sum;
}

}  // namespace

Costs costs_of(const Plan& plan, const Evaluation& evaluation, InstanceIndex index) {
  const Instance& instance = plan.instances[index];
  if (instance.composite != nullptr) return evaluation.composite_costs[instance.composite_index];
  Costs costs;
  for (std::uint32_t k = 0; k < instance.terms.count; ++k) {
    const Term& term = plan.terms[instance.terms.first + k];
    costs[term.quantity] = evaluation.values[term.node];
  }
  return costs;
}

void aggregate(const Plan& plan, const Schedule& schedule, const Execution& execution,
               Evaluation& evaluation) {
  evaluation.composite_costs.resize(schedule.composites.size());
  // A small plan stays in this thread.
  Execution here = execution;
  if (!schedule.is_parallel()) {
    here.threads = 1;
    here.parallel_for = nullptr;
  }
  for (std::size_t height = 0; height + 1 < schedule.heights.size(); ++height) {
    const InstanceIndex* const first = schedule.composites.data() + schedule.heights[height];
    const std::size_t count = schedule.heights[height + 1] - schedule.heights[height];
    for_each_range(count, kCompositeGrain, here, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        aggregate_composite(plan, plan.instances[first[i]], evaluation);
    });
    if (execution.is_cancelled()) return;
    execution.report(plan.program.size() + schedule.heights[height + 1], schedule.steps(plan));
  }
}

Result<Evaluation> evaluate_plan(const Plan& plan, const Schedule& schedule,
                                 const RuntimePoint& point, const Execution& execution) {
  Evaluation evaluation;
  evaluate_program(plan, schedule, point, execution, evaluation.values);
  if (!execution.is_cancelled()) aggregate(plan, schedule, execution, evaluation);
  if (execution.is_cancelled()) return cancelled_error();
  if (has_suspects(plan, evaluation)) {
    Diagnostics failures = find_failures(plan, point, evaluation);
    if (!failures.empty()) return failures;
  }
  return evaluation;
}

Diagnostic cancelled_error() {
  return plain_error(ErrorKind::kUsage, codes::kCancelled, "the caller cancelled the analysis");
}

}  // namespace lmhost

// A plan along a range of cache lengths, all else fixed: every value as a polynomial in the position
// within the range.
//
// Narrower than PolynomialForm, and therefore further reaching: on a range most conditions, minima
// and windows are decided, so that what is opaque in general is a polynomial here. What is not
// decided is unknown; whoever asks halves the range, or evaluates it point by point.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/runtime.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

// A polynomial in x = 0, 1, ..., steps - 1: coefficients by power. One coefficient is a constant of
// any kind, an error included; more are exact. None: unknown.
using RangeValue = std::vector<Number>;

inline bool is_constant(const RangeValue& value) { return value.size() == 1; }

// Unknown when a coefficient does not fit.
RangeValue range_sum(const RangeValue& a, const RangeValue& b);
RangeValue range_product(const RangeValue& a, const RangeValue& b);
// The sum over all x of the range, by Faulhaber's formula.
Number sum_over(const RangeValue& value, std::int64_t steps);

struct RangeCosts {
  std::array<RangeValue, kQuantityCount> values;
};

class RangeValues {
 public:
  // `first` is the point of x = 0; each step is one token of cache more. REQUIRES: plan outlives
  // this; steps >= 1.
  RangeValues(const Plan& plan, const Schedule& schedule, const RuntimePoint& first,
              std::int64_t steps);

  // Every count and cost is known and surely what it must be at each point: whole, not negative.
  bool is_decided() const { return is_decided_; }
  // REQUIRES: is_decided(), and of an instance or edge that a call with a count above 0 reaches.
  const RangeValue& count(const Edge& edge) const { return values_[edge.count]; }
  RangeCosts costs(InstanceIndex instance) const;

 private:
  struct Bounds {
    Number low, high;
  };
  // Of a polynomial that only grows or only falls; else nothing.
  std::optional<Bounds> bounds(const RangeValue& value) const;
  bool surely(const Check& check) const;
  bool is_never_negative(const RangeValue& value) const;

  RangeValue value_of(NodeIndex index) const;
  RangeValue unary(ProgramOp op, const RangeValue& a) const;
  RangeValue binary(ProgramOp op, const RangeValue& a, const RangeValue& b) const;
  RangeValue compared(ProgramOp op, const RangeValue& a, const RangeValue& b) const;
  RangeValue pairs(const RangeValue& new_tokens, const RangeValue& past) const;
  RangeValue window_pairs(const RangeValue& new_tokens, const RangeValue& past,
                          const RangeValue& window) const;
  bool add_composite(const Instance& instance);

  const Plan& plan_;
  RuntimePoint first_;
  std::int64_t steps_;
  std::vector<RangeValue> values_;      // by NodeIndex
  std::vector<Number> constants_;       // the same where constant, for Program::compute
  std::vector<RangeCosts> composites_;  // by Instance::composite_index
  bool is_decided_ = true;
};

}  // namespace lmhost

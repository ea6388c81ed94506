// The totals of a whole graph as polynomials in the runtime variables: a second evaluator, for
// asking the same plan thousands of times a second. Always equal to the root of evaluate_plan().
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "aggregate/aggregate.hpp"
#include "formula/polynomial.hpp"

namespace lmhost {

class TotalsProgram {
 public:
  struct Scratch {
    std::vector<Number> node_values;  // by NodeIndex, of the cone only
    std::vector<Number> values;
  };

  // REQUIRES: plan outlives this.
  TotalsProgram(const Plan& plan, const Schedule& schedule);

  // The costs of the root at a point; nothing when any part fails there (evaluate_plan() says why),
  // even an absent one, when the point has a negative or fractional length, or when the graph's
  // polynomials are too large to be worth expanding. Thread safe: all that changes is in
  // `scratch`, which is worth keeping between calls of one thread.
  std::optional<Costs> evaluate(const RuntimePoint& point, Scratch& scratch) const;
  std::optional<Costs> evaluate(const RuntimePoint& point) const;

  std::size_t monomial_count() const { return monomials_.size(); }

 private:
  // values_[i + atoms] = values_[left] * values_[right]: every monomial is one product of earlier
  // ones.
  struct Product {
    std::uint32_t left;
    std::uint32_t right;
  };
  struct ScaledMonomial {
    Number coefficient;  // whole
    std::uint32_t value;
  };
  struct Sum {
    Quantity quantity;
    Number denominator;  // common to the coefficients
    Number constant;
    std::uint32_t first;
    std::uint32_t count;
  };

  void add_guards(const NodeFacts& facts);
  void compile(const std::array<Polynomial, kQuantityCount>& totals);
  void make_cone();
  std::uint32_t value_of(const Monomial& monomial);
  void add_sum(Quantity quantity, const Polynomial& polynomial);

  const Plan& plan_;
  bool fits_ = true;              // every polynomial could be expanded
  std::vector<Check> guards_;     // what some points break
  std::vector<NodeIndex> cone_;   // nodes that atoms and guards are computed from, operands first
  std::vector<NodeIndex> atoms_;  // values_[0 .. atoms): sorted
  std::map<Monomial, std::uint32_t> monomials_;
  std::vector<Product> products_;
  std::vector<ScaledMonomial> terms_;
  std::vector<Sum> sums_;
};

}  // namespace lmhost

#include "aggregate/totals_program.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace lmhost {
namespace {

bool is_not_negative(const Number& cost) { return !cost.is_error() && !cost.is_negative(); }

using Totals = std::array<Polynomial, kQuantityCount>;

// Beyond this a full evaluation is the faster way.
constexpr std::size_t kMaximumMonomials = 4096;

void add_scaled(Polynomial& sum, const Polynomial& costs, const Polynomial& count,
                SymbolicBudget& budget, bool& fits) {
  const std::optional<Polynomial> scaled = product(costs, count, kMaximumMonomials, budget);
  fits = fits && scaled.has_value();
  if (scaled) add_to(sum, *scaled, Number(1));
}

// An error when it does not fit.
Number least_common_multiple(Int128 a, std::int64_t b) {
  Int128 x = a, y = b;
  while (y != 0) x = std::exchange(y, x % y);
  return Number(a / x) * Number(b);
}

bool is_valid(const RuntimePoint& point) {
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    const Number& value = point[variable];
    const bool is_length = variable < RuntimeVariable::kWeightBits;
    if (!value.is_exact() || value.is_negative() || (is_length && !value.is_integer()))
      return false;
  }
  return true;
}

}  // namespace

TotalsProgram::TotalsProgram(const Plan& plan, const Schedule& schedule) : plan_(plan) {
  const NodeFacts facts(plan.program);
  SymbolicBudget budget;
  PolynomialForm form(plan.program, facts, budget);
  std::vector<Totals> composites(schedule.composites.size());
  for (InstanceIndex index : schedule.composites) {
    const Instance& instance = plan.instances[index];
    Totals& totals = composites[instance.composite_index];
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const Edge& edge = plan.edges[instance.edges.first + i];
      const Polynomial count = form.of(edge.count), stored_count = form.of(edge.stored_count);
      const auto add = [&](Quantity quantity, const Polynomial& costs) {
        add_scaled(totals[static_cast<std::size_t>(quantity)], costs,
                   is_stored(quantity) ? stored_count : count, budget, fits_);
      };
      const Instance& child = plan.instances[edge.child];
      if (child.composite != nullptr) {
        for (std::size_t q = 0; q < kQuantityCount; ++q)
          add(static_cast<Quantity>(q), composites[child.composite_index][q]);
      } else {
        for (std::uint32_t k = 0; k < child.terms.count; ++k) {
          const Term& term = plan.terms[child.terms.first + k];
          add(term.quantity, form.of(term.node));
        }
      }
    }
  }
  add_guards(facts);
  if (fits_) compile(composites.back());
}

// What evaluate_plan() judges at every point, less what is sure at all of them.
void TotalsProgram::add_guards(const NodeFacts& facts) {
  for (const Check& check : plan_.checks) {
    const bool is_sure = check.holds == is_count   ? facts.is_length(check.node)
                         : check.holds == is_whole ? facts.is_whole(check.node)
                                                   : facts.is_truth(check.node);
    if (!is_sure || !facts.never_fails(check.node)) guards_.push_back(check);
  }
  for (const Term& term : plan_.terms) {
    // A form may lose a term that fails: x - x is 0 whatever x is.
    if (!facts.is_never_negative(term.node) || !facts.never_fails(term.node))
      guards_.push_back({term.node, is_not_negative});
  }
}

void TotalsProgram::compile(const std::array<Polynomial, kQuantityCount>& totals) {
  std::set<NodeIndex> atoms;
  for (const Polynomial& polynomial : totals) {
    for (const auto& [monomial, coefficient] : polynomial) {
      for (const Factor& factor : monomial) atoms.insert(factor.atom);
    }
  }
  atoms_.assign(atoms.begin(), atoms.end());
  make_cone();
  for (std::uint32_t i = 0; i < atoms_.size(); ++i) monomials_[{{atoms_[i], 1}}] = i;
  for (std::size_t q = 0; q < kQuantityCount; ++q) add_sum(static_cast<Quantity>(q), totals[q]);
}

void TotalsProgram::make_cone() {
  std::set<NodeIndex> needed(atoms_.begin(), atoms_.end());
  for (const Check& guard : guards_) needed.insert(guard.node);
  // Operands have smaller indices than their users, so one pass from the top reaches everything.
  for (auto node = needed.rbegin(); node != needed.rend(); ++node) {
    for (NodeIndex operand : plan_.program.operands(plan_.program.node(*node)))
      needed.insert(operand);
  }
  cone_.assign(needed.begin(), needed.end());
}

std::uint32_t TotalsProgram::value_of(const Monomial& monomial) {
  if (const auto found = monomials_.find(monomial); found != monomials_.end()) return found->second;
  Monomial prefix = monomial;
  const NodeIndex last = prefix.back().atom;
  if (--prefix.back().exponent == 0) prefix.pop_back();
  const std::uint32_t left = value_of(prefix);
  const std::uint32_t right = monomials_.at({{last, 1}});
  products_.push_back({left, right});
  return monomials_[monomial] = static_cast<std::uint32_t>(atoms_.size() + products_.size() - 1);
}

void TotalsProgram::add_sum(Quantity quantity, const Polynomial& polynomial) {
  if (polynomial.empty()) return;
  Number denominator = 1;
  for (const auto& [monomial, coefficient] : polynomial) {
    if (coefficient.is_exact())
      denominator = least_common_multiple(denominator.numerator(), coefficient.denominator());
    fits_ = fits_ && coefficient.is_exact() && denominator.is_exact();
    if (!fits_) return;
  }
  Sum sum{quantity, denominator, Number(0), static_cast<std::uint32_t>(terms_.size()), 0};
  for (const auto& [monomial, coefficient] : polynomial) {
    const Number whole = coefficient * sum.denominator;
    if (!whole.is_exact()) fits_ = false;
    if (monomial.empty()) {
      sum.constant = whole;
    } else {
      terms_.push_back({whole, value_of(monomial)});
    }
  }
  sum.count = static_cast<std::uint32_t>(terms_.size()) - sum.first;
  sums_.push_back(sum);
}

std::optional<Costs> TotalsProgram::evaluate(const RuntimePoint& point) const {
  Scratch scratch;
  return evaluate(point, scratch);
}

std::optional<Costs> TotalsProgram::evaluate(const RuntimePoint& point, Scratch& scratch) const {
  if (!fits_ || !is_valid(point)) return std::nullopt;
  const std::vector<ProgramNode>& nodes = plan_.program.nodes();
  // Of nodes only those up to the last of the cone are ever read.
  scratch.node_values.resize(cone_.empty() ? 0 : cone_.back() + std::size_t{1});
  scratch.values.resize(atoms_.size() + products_.size());
  Number* const node_values = scratch.node_values.data();
  Number* const values = scratch.values.data();
  for (NodeIndex node : cone_)
    node_values[node] = plan_.program.compute(nodes[node], node_values, point);
  for (const Check& guard : guards_) {
    if (!guard.holds(node_values[guard.node])) return std::nullopt;
  }
  std::size_t next = 0;
  for (NodeIndex atom : atoms_) values[next++] = node_values[atom];
  for (const Product& product : products_)
    values[next++] = values[product.left] * values[product.right];
  Costs costs;
  for (const Sum& sum : sums_) {
    Number total = sum.constant;
    for (std::uint32_t i = 0; i < sum.count; ++i) {
      const ScaledMonomial& term = terms_[sum.first + i];
      total = total + term.coefficient * values[term.value];
    }
    total = sum.denominator == Number(1) ? total : divide(total, sum.denominator);
    if (total.is_error() || total.is_negative()) return std::nullopt;
    costs[sum.quantity] = total;
  }
  return costs;
}

}  // namespace lmhost

#include "aggregate/totals_program.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

namespace lmhost {
namespace {

using Totals = std::array<Polynomial, kQuantityCount>;

// Beyond this a full evaluation is the faster way.
constexpr std::size_t kMaximumMonomials = 4096;

void add_scaled(Polynomial& sum, const Polynomial& costs, const Polynomial& count, bool& fits) {
  const std::optional<Polynomial> scaled = product(costs, count, kMaximumMonomials);
  fits = fits && scaled.has_value();
  if (scaled) add_to(sum, *scaled, Number(1));
}

Int128 least_common_multiple(Int128 a, std::int64_t b) {
  Int128 x = a, y = b;
  while (y != 0) x = std::exchange(y, x % y);
  return a / x * b;
}

}  // namespace

TotalsProgram::TotalsProgram(const Plan& plan, const Schedule& schedule) : plan_(plan) {
  PolynomialForm form(plan.program);
  std::vector<Totals> composites(schedule.composites.size());
  for (InstanceIndex index : schedule.composites) {
    const Instance& instance = plan.instances[index];
    Totals& totals = composites[instance.composite_index];
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const Edge& edge = plan.edges[instance.edges.first + i];
      const Polynomial count = form.of(edge.count), stored_count = form.of(edge.stored_count);
      const auto add = [&](Quantity quantity, const Polynomial& costs) {
        add_scaled(totals[static_cast<std::size_t>(quantity)], costs,
                   is_stored(quantity) ? stored_count : count, fits_);
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
  if (!fits_) return;
  add_guards(form);
  compile(composites.back());
}

// What evaluate_plan() judges at every point; what always holds is left out.
void TotalsProgram::add_guards(PolynomialForm& form) {
  for (const Term& term : plan_.terms) guard(form, term.node, false, true);
  for (const Check& check : plan_.checks) guard(form, check.node, true, check.is_count);
  std::sort(guards_.begin(), guards_.end(), [](const Guard& a, const Guard& b) {
    return std::tie(a.node, a.is_whole, a.is_not_negative) <
           std::tie(b.node, b.is_whole, b.is_not_negative);
  });
  const auto same = [](const Guard& a, const Guard& b) {
    return a.node == b.node && a.is_whole == b.is_whole && a.is_not_negative == b.is_not_negative;
  };
  guards_.erase(std::unique(guards_.begin(), guards_.end(), same), guards_.end());
}

void TotalsProgram::guard(PolynomialForm& form, NodeIndex node, bool is_whole,
                          bool is_not_negative) {
  const auto holds = [&](const Polynomial::value_type& term) {
    const auto& [monomial, coefficient] = term;
    if (is_not_negative && coefficient.is_negative()) return false;
    if (is_whole && !coefficient.is_integer()) return false;
    return std::all_of(monomial.begin(), monomial.end(), [&](const Factor& factor) {
      const ProgramNode& atom = plan_.program.node(factor.atom);
      // Runtime variables are never negative, and lengths are whole numbers.
      return atom.op == ProgramOp::kInput &&
             (!is_whole || atom.operands[0] <= static_cast<NodeIndex>(RuntimeVariable::kCacheLen));
    });
  };
  const Polynomial& polynomial = form.of(node);
  if (!std::all_of(polynomial.begin(), polynomial.end(), holds))
    guards_.push_back({node, is_whole, is_not_negative});
}

bool TotalsProgram::guards_hold(const Number* node_values) const {
  return std::all_of(guards_.begin(), guards_.end(), [&](const Guard& guard) {
    const Number& value = node_values[guard.node];
    if (value.is_error()) return false;
    if (guard.is_not_negative && value.is_negative()) return false;
    return !guard.is_whole || value.is_integer() || value.is_inexact();
  });
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
  for (const Guard& guard : guards_) needed.insert(guard.node);
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
  Int128 denominator = 1;
  for (const auto& [monomial, coefficient] : polynomial) {
    denominator = least_common_multiple(denominator, coefficient.denominator());
  }
  Sum sum{quantity, Number(denominator), Number(0), static_cast<std::uint32_t>(terms_.size()), 0};
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
  if (!fits_) return std::nullopt;
  const std::vector<ProgramNode>& nodes = plan_.program.nodes();
  // Of nodes only those up to the last of the cone are ever read.
  scratch.node_values.resize(cone_.empty() ? 0 : cone_.back() + std::size_t{1});
  scratch.values.resize(atoms_.size() + products_.size());
  Number* const node_values = scratch.node_values.data();
  Number* const values = scratch.values.data();
  for (NodeIndex node : cone_)
    node_values[node] = plan_.program.compute(nodes[node], node_values, point);
  if (!guards_hold(node_values)) return std::nullopt;
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

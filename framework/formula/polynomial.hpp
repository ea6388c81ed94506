// The canonical polynomial form of program nodes: sum of coefficient * product of atoms. Atoms are
// runtime variables and whatever is opaque to algebra (min, floor, conditionals, a precision over
// 8).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "formula/node_facts.hpp"
#include "formula/program.hpp"
#include "formula/symbolic_budget.hpp"

namespace lmhost {

// Beyond this degree no value above 1 fits 128 bits, and forms could grow without end: squares of
// squares.
inline constexpr std::uint32_t kMaximumDegree = 127;

struct Factor {
  NodeIndex atom;
  std::uint32_t exponent;
  friend auto operator<=>(const Factor&, const Factor&) = default;
};

using Monomial = std::vector<Factor>;           // sorted by atom; empty: the constant 1
using Polynomial = std::map<Monomial, Number>;  // no zero coefficients; all exact

// Its terms and their factors: what it costs to keep and to look at.
std::size_t weight_of(const Polynomial& polynomial);

// Why there is no polynomial.
enum class NoPolynomial {
  kTerms,     // too many
  kDegree,    // one that no 128-bit value has
  kOverflow,  // a coefficient leaves 128 bits
  kBudget
};

Polynomial constant_polynomial(const Number& value);
// False when a coefficient leaves 128 bits.
bool add_to(Polynomial& sum, const Polynomial& term, const Number& factor);
// Nothing, and why, when the product would have more than `limit` monomials or cost more than there is.
std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b, std::size_t limit,
                                  SymbolicBudget& budget, NoPolynomial* why = nullptr);

// Expands nodes, remembering each.
class PolynomialForm {
 public:
  static constexpr std::size_t kMaximumMonomials = 256;

  // Of `a if c else b` with c 0 or 1: kKeep leaves it whole unless b is 0, kExpand makes it
  // c*a + (1-c)*b. Once the budget is exhausted nodes are atoms. REQUIRES: all outlive this.
  enum class Conditionals { kKeep, kExpand };
  PolynomialForm(const Program& program, const NodeFacts& facts, SymbolicBudget& budget,
                 Conditionals conditionals = Conditionals::kKeep)
      : program_(program), facts_(facts), budget_(budget), conditionals_(conditionals) {}
  const Polynomial& of(NodeIndex node);
  // The same polynomial, where a power of what is 0 or 1 is that itself.
  Polynomial reduced(Polynomial polynomial) const;
  SymbolicBudget& budget() const { return budget_; }

 private:
  std::optional<Polynomial> expand(NodeIndex node) const;
  std::optional<Polynomial> product_of(const Polynomial& a, const Polynomial& b) const {
    return product(a, b, kMaximumMonomials, budget_);
  }
  const Polynomial& known(NodeIndex node) const { return forms_.at(node); }
  bool is_implied(const Monomial& monomial, NodeIndex atom) const;
  std::optional<Polynomial> select(const ProgramNode& node) const;
  std::optional<Polynomial> quotient(const ProgramNode& node) const;
  std::optional<Polynomial> pairs(NodeIndex new_tokens, NodeIndex past) const;

  const Program& program_;
  const NodeFacts& facts_;
  SymbolicBudget& budget_;
  Conditionals conditionals_;
  std::unordered_map<NodeIndex, Polynomial> forms_;
};

}  // namespace lmhost

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

namespace lmhost {

struct Factor {
  NodeIndex atom;
  std::uint32_t exponent;
  friend auto operator<=>(const Factor&, const Factor&) = default;
};

using Monomial = std::vector<Factor>;           // sorted by atom; empty: the constant 1
using Polynomial = std::map<Monomial, Number>;  // no zero coefficients; all exact

Polynomial constant_polynomial(const Number& value);
void add_to(Polynomial& sum, const Polynomial& term, const Number& factor);
// Nothing when the product would have more than `limit` monomials, an inexact or overflowing
// coefficient, or a degree that no 128-bit value has.
std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b, std::size_t limit);

// Expands nodes, remembering each.
class PolynomialForm {
 public:
  static constexpr std::size_t kMaximumMonomials = 256;

  // Of `a if c else b` with c 0 or 1: kKeep leaves it whole unless b is 0, kExpand makes it
  // c*a + (1-c)*b. REQUIRES: both outlive this.
  enum class Conditionals { kKeep, kExpand };
  PolynomialForm(const Program& program, const NodeFacts& facts,
                 Conditionals conditionals = Conditionals::kKeep)
      : program_(program), facts_(facts), conditionals_(conditionals) {}
  const Polynomial& of(NodeIndex node);
  // The same polynomial, where a power of what is 0 or 1 is that itself.
  Polynomial reduced(Polynomial polynomial) const;

 private:
  std::optional<Polynomial> expand(NodeIndex node) const;
  const Polynomial& known(NodeIndex node) const { return forms_.at(node); }
  bool is_implied(const Monomial& monomial, NodeIndex atom) const;
  std::optional<Polynomial> select(const ProgramNode& node) const;
  std::optional<Polynomial> quotient(const ProgramNode& node) const;
  std::optional<Polynomial> pairs(NodeIndex new_tokens, NodeIndex past) const;

  const Program& program_;
  const NodeFacts& facts_;
  Conditionals conditionals_;
  std::unordered_map<NodeIndex, Polynomial> forms_;
};

}  // namespace lmhost

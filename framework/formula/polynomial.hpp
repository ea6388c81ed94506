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

  // REQUIRES: both outlive this.
  PolynomialForm(const Program& program, const NodeFacts& facts)
      : program_(program), facts_(facts) {}
  const Polynomial& of(NodeIndex node);

 private:
  std::optional<Polynomial> expand(NodeIndex node) const;
  const Polynomial& known(NodeIndex node) const { return forms_.at(node); }
  std::optional<Polynomial> pairs(NodeIndex new_tokens, NodeIndex past) const;

  const Program& program_;
  const NodeFacts& facts_;
  std::unordered_map<NodeIndex, Polynomial> forms_;
};

}  // namespace lmhost

#include "formula/polynomial.hpp"

#include <algorithm>

namespace lmhost {
namespace {

// Beyond this degree no value above 1 fits 128 bits, and forms could grow without end: squares of
// squares.
constexpr std::uint32_t kMaximumDegree = 127;

std::uint32_t degree(const Monomial& monomial) {
  std::uint32_t sum = 0;
  for (const Factor& factor : monomial) sum += factor.exponent;
  return sum;
}

Polynomial atom(NodeIndex node) { return {{Monomial{{node, 1}}, Number(1)}}; }

Monomial multiply(const Monomial& a, const Monomial& b) {
  Monomial result;
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && x->atom < y->atom)) {
      result.push_back(*x++);
    } else if (x == a.end() || y->atom < x->atom) {
      result.push_back(*y++);
    } else {
      result.push_back({x->atom, x->exponent + y->exponent});
      ++x, ++y;
    }
  }
  return result;
}

bool is_usable(const Polynomial& polynomial) {
  return polynomial.size() <= PolynomialForm::kMaximumMonomials &&
         std::all_of(polynomial.begin(), polynomial.end(),
                     [](const auto& term) { return term.second.is_exact(); });
}

}  // namespace

Polynomial constant_polynomial(const Number& value) {
  return value.is_zero() ? Polynomial{} : Polynomial{{Monomial{}, value}};
}

void add_to(Polynomial& sum, const Polynomial& term, const Number& factor) {
  for (const auto& [monomial, coefficient] : term) {
    const auto [slot, is_new] = sum.try_emplace(monomial, 0);
    slot->second = slot->second + coefficient * factor;
    if (slot->second.is_zero()) sum.erase(slot);
  }
}

std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b, std::size_t limit) {
  Polynomial result;
  for (const auto& [x, p] : a) {
    for (const auto& [y, q] : b) {
      if (degree(x) + degree(y) > kMaximumDegree) return std::nullopt;
      const auto [slot, is_new] = result.try_emplace(multiply(x, y), 0);
      slot->second = slot->second + p * q;
      if (!slot->second.is_exact() || result.size() > limit) return std::nullopt;
    }
  }
  std::erase_if(result, [](const auto& term) { return term.second.is_zero(); });
  return result;
}

const Polynomial& PolynomialForm::of(NodeIndex node) {
  // Post-order over the operands with an explicit stack.
  std::vector<NodeIndex> pending = {node};
  while (!pending.empty()) {
    const NodeIndex current = pending.back();
    const ProgramNode& row = program_.node(current);
    bool ready = true;
    if (!forms_.contains(current)) {
      for (NodeIndex operand : program_.operands(row)) {
        if (!forms_.contains(operand)) pending.push_back(operand), ready = false;
      }
    }
    if (!ready) continue;
    pending.pop_back();
    if (forms_.contains(current)) continue;
    std::optional<Polynomial> form = expand(current);
    forms_.emplace(current, form && is_usable(*form) ? std::move(*form) : atom(current));
  }
  return forms_.at(node);
}

std::optional<Polynomial> PolynomialForm::expand(NodeIndex node) const {
  const ProgramNode& row = program_.node(node);
  switch (row.op) {
    case ProgramOp::kConstant: {
      const Number& value = program_.constant_value(node)->number;
      const bool number =
          program_.constant_value(node)->kind == Value::Kind::kNumber && value.is_exact();
      return number ? std::optional(constant_polynomial(value)) : std::nullopt;
    }
    case ProgramOp::kAdd:
    case ProgramOp::kSubtract: {
      Polynomial sum = known(row.operands[0]);
      add_to(sum, known(row.operands[1]), Number(row.op == ProgramOp::kAdd ? 1 : -1));
      return sum;
    }
    case ProgramOp::kMultiply:
      return product(known(row.operands[0]), known(row.operands[1]), kMaximumMonomials);
    case ProgramOp::kDivide: {
      // A precision over 8 stays an atom: the sums around it keep whole coefficients.
      const Value* divisor = program_.constant_value(row.operands[1]);
      if (divisor == nullptr || divisor->number.is_zero() || !divisor->number.is_exact())
        return std::nullopt;
      if (program_.node(row.operands[0]).op == ProgramOp::kInput) return std::nullopt;
      Polynomial scaled;
      add_to(scaled, known(row.operands[0]), divide(Number(1), divisor->number));
      return scaled;
    }
    case ProgramOp::kPower: {
      const Value* exponent = program_.constant_value(row.operands[1]);
      const auto steps = exponent == nullptr ? std::nullopt : exponent->number.to_int64();
      if (!steps || *steps < 0 || *steps > 4) return std::nullopt;
      std::optional<Polynomial> result = constant_polynomial(Number(1));
      for (std::int64_t i = 0; i < *steps && result; ++i)
        result = product(*result, known(row.operands[0]), kMaximumMonomials);
      return result;
    }
    case ProgramOp::kCausalPairs:
      return pairs(row.operands[0], row.operands[1]);
    default:
      return std::nullopt;
  }
}

// S*C + S*(S+1)/2, where both are surely lengths.
std::optional<Polynomial> PolynomialForm::pairs(NodeIndex new_tokens, NodeIndex past) const {
  if (!facts_.is_length(new_tokens) || !facts_.is_length(past)) return std::nullopt;
  const Polynomial &s = known(new_tokens), &c = known(past);
  Polynomial next = s;
  add_to(next, constant_polynomial(Number(1)), Number(1));
  const auto triangle = product(s, next, kMaximumMonomials);
  auto result = product(s, c, kMaximumMonomials);
  if (!triangle || !result) return std::nullopt;
  add_to(*result, *triangle, Number::ratio(1, 2));
  return result;
}

}  // namespace lmhost

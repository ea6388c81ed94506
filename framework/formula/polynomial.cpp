#include "formula/polynomial.hpp"

#include <algorithm>

namespace lmhost {
namespace {

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

std::size_t weight_of(const Polynomial& polynomial) {
  std::size_t weight = polynomial.size();
  for (const auto& [monomial, coefficient] : polynomial) weight += monomial.size();
  return weight;
}

Polynomial constant_polynomial(const Number& value) {
  return value.is_zero() ? Polynomial{} : Polynomial{{Monomial{}, value}};
}

bool add_to(Polynomial& sum, const Polynomial& term, const Number& factor) {
  bool fits = true;
  for (const auto& [monomial, coefficient] : term) {
    const auto [slot, is_new] = sum.try_emplace(monomial, 0);
    slot->second = slot->second + coefficient * factor;
    fits = fits && slot->second.is_exact();
    if (slot->second.is_zero()) sum.erase(slot);
  }
  return fits;
}

std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b, std::size_t limit,
                                  SymbolicBudget& budget, NoPolynomial* why) {
  const auto nothing = [why](NoPolynomial reason) {
    if (why != nullptr) *why = reason;
    return std::nullopt;
  };
  if (!budget.spend(weight_of(a) * b.size() + a.size() * weight_of(b)))
    return nothing(NoPolynomial::kBudget);
  Polynomial result;
  for (const auto& [x, p] : a) {
    for (const auto& [y, q] : b) {
      if (degree(x) + degree(y) > kMaximumDegree) return nothing(NoPolynomial::kDegree);
      const auto [slot, is_new] = result.try_emplace(multiply(x, y), 0);
      slot->second = slot->second + p * q;
      if (!slot->second.is_exact()) return nothing(NoPolynomial::kOverflow);
      if (result.size() > limit) return nothing(NoPolynomial::kTerms);
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
    std::optional<Polynomial> form;
    if (!budget_.is_exhausted()) form = expand(current);
    if (form) *form = reduced(std::move(*form));
    if (!form || !is_usable(*form)) form = atom(current);
    budget_.keep(weight_of(*form));
    forms_.emplace(current, std::move(*form));
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
      const std::size_t weight =
          weight_of(known(row.operands[0])) + weight_of(known(row.operands[1]));
      if (!budget_.spend(weight)) return std::nullopt;
      Polynomial sum = known(row.operands[0]);
      add_to(sum, known(row.operands[1]), Number(row.op == ProgramOp::kAdd ? 1 : -1));
      return sum;
    }
    case ProgramOp::kMultiply:
      return product_of(known(row.operands[0]), known(row.operands[1]));
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
        result = product_of(*result, known(row.operands[0]));
      return result;
    }
    case ProgramOp::kFloorDivide:
    case ProgramOp::kCeilDivide:
      return quotient(row);
    case ProgramOp::kSelect:
      return select(row);
    case ProgramOp::kNot: {
      if (!facts_.is_truth(row.operands[0])) return std::nullopt;
      Polynomial negated = constant_polynomial(Number(1));
      add_to(negated, known(row.operands[0]), Number(-1));
      return negated;
    }
    case ProgramOp::kCausalPairs:
      return pairs(row.operands[0], row.operands[1]);
    default:
      return std::nullopt;
  }
}

// x * (0 < x) is x, where x is never negative.
bool PolynomialForm::is_implied(const Monomial& monomial, NodeIndex atom) const {
  const ProgramNode& node = program_.node(atom);
  if (node.op != ProgramOp::kLess) return false;
  const Value* zero = program_.constant_value(node.operands[0]);
  const NodeIndex x = node.operands[1];
  return zero != nullptr && zero->number == Number(0) && facts_.is_never_negative(x) &&
         std::any_of(monomial.begin(), monomial.end(),
                     [&](const Factor& factor) { return factor.atom == x; });
}

Polynomial PolynomialForm::reduced(Polynomial polynomial) const {
  const auto is_reducible = [&](const Monomial& monomial, const Factor& factor) {
    return facts_.is_truth(factor.atom) &&
           (factor.exponent > 1 || is_implied(monomial, factor.atom));
  };
  const bool is_reduced = std::none_of(polynomial.begin(), polynomial.end(), [&](const auto& term) {
    return std::any_of(term.first.begin(), term.first.end(),
                       [&](const Factor& factor) { return is_reducible(term.first, factor); });
  });
  if (is_reduced) return polynomial;
  Polynomial result;
  for (const auto& [monomial, coefficient] : polynomial) {
    Monomial simple;
    for (const Factor& factor : monomial) {
      if (is_implied(monomial, factor.atom)) continue;
      simple.push_back({factor.atom, facts_.is_truth(factor.atom) ? 1 : factor.exponent});
    }
    add_to(result, {{simple, coefficient}}, Number(1));
  }
  return result;
}

// x // c and ceil_div(x, c) where c divides every coefficient and every atom is whole.
std::optional<Polynomial> PolynomialForm::quotient(const ProgramNode& node) const {
  const Value* divisor = program_.constant_value(node.operands[1]);
  if (divisor == nullptr || !divisor->number.is_integer() || divisor->number.is_zero())
    return std::nullopt;
  Polynomial result;
  for (const auto& [monomial, coefficient] : known(node.operands[0])) {
    const Number part = divide(coefficient, divisor->number);
    const bool is_whole =
        part.is_integer() && std::all_of(monomial.begin(), monomial.end(),
                                         [&](const Factor& f) { return facts_.is_whole(f.atom); });
    if (!is_whole) return std::nullopt;
    result.emplace(monomial, part);
  }
  return result;
}

std::optional<Polynomial> PolynomialForm::select(const ProgramNode& node) const {
  const auto& [condition, then, otherwise] = node.operands;
  // Both branches count here, so neither may fail.
  if (!facts_.is_truth(condition) || !facts_.never_fails(then) || !facts_.never_fails(otherwise))
    return std::nullopt;
  const Polynomial& other = known(otherwise);
  if (conditionals_ == Conditionals::kKeep && !other.empty()) return std::nullopt;
  Polynomial difference = known(then);
  add_to(difference, other, Number(-1));
  std::optional<Polynomial> result = product_of(known(condition), difference);
  if (result) add_to(*result, other, Number(1));
  return result;
}

// S*C + S*(S+1)/2, where both are surely lengths.
std::optional<Polynomial> PolynomialForm::pairs(NodeIndex new_tokens, NodeIndex past) const {
  if (!facts_.is_length(new_tokens) || !facts_.is_length(past)) return std::nullopt;
  const Polynomial &s = known(new_tokens), &c = known(past);
  Polynomial next = s;
  add_to(next, constant_polynomial(Number(1)), Number(1));
  const auto triangle = product_of(s, next);
  auto result = product_of(s, c);
  if (!triangle || !result) return std::nullopt;
  add_to(*result, *triangle, Number::ratio(1, 2));
  return result;
}

}  // namespace lmhost

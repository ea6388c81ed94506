#include "study/magnitude.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "formula/node_facts.hpp"

namespace lmhost {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();
// Below 2^126 and 2^62: doubles round, and a bound must not.
constexpr double kLargestNumerator = 8e37;
constexpr double kLargestDenominator = 4e18;

Magnitude of_number(const Number& number) {
  if (!number.is_exact()) return {number.is_error() ? 0.0 : kUnknown, 1};
  return {std::fabs(number.to_double()), static_cast<double>(number.denominator())};
}

bool fits(const Magnitude& m) {
  return m.value * m.denominator < kLargestNumerator && m.denominator < kLargestDenominator;
}

// Of what sums to it is reduced to, one being a multiple of the other in all that graphs compute.
double common_denominator(double a, double b) {
  const double larger = std::max(a, b), smaller = std::min(a, b);
  return std::fmod(larger, smaller) == 0 ? larger : larger * smaller;
}

class Bounds {
 public:
  Bounds(const Program& program, const std::function<Magnitude(InputName)>& inputs)
      : program_(program), facts_(program) {
    known_.reserve(program.size());
    for (NodeIndex i = 0; i < program.size(); ++i) known_.push_back(of_node(i, inputs));
  }
  const Magnitude& operator[](NodeIndex node) const { return known_[node]; }

 private:
  Magnitude of_node(NodeIndex index, const std::function<Magnitude(InputName)>& inputs) const {
    const ProgramNode& node = program_.node(index);
    switch (node.op) {
      case ProgramOp::kConstant: {
        const Value& value = *program_.constant_value(index);
        return value.kind == Value::Kind::kNumber ? of_number(value.number) : Magnitude();
      }
      case ProgramOp::kInput:
        return inputs({false, node.operands[0]});
      case ProgramOp::kSymbol:
        return inputs({true, node.operands[0]});
      case ProgramOp::kScalar:
        return {kUnknown, 1};
      default:
        return of_operator(node);
    }
  }

  Magnitude of_operator(const ProgramNode& node) const {
    const std::size_t count = program_.operands(node).size();
    const Magnitude a = known_[node.operands[0]];
    const Magnitude b = count > 1 ? known_[node.operands[1]] : Magnitude();
    const Magnitude c = count > 2 ? known_[node.operands[2]] : Magnitude();
    const double common = common_denominator(a.denominator, b.denominator);
    switch (node.op) {
      case ProgramOp::kNot:
      case ProgramOp::kLess:
      case ProgramOp::kLessEqual:
      case ProgramOp::kEqual:
      case ProgramOp::kNotEqual:
        return {1, common};
      case ProgramOp::kAbs:
        return a;
      case ProgramOp::kFloor:
      case ProgramOp::kCeil:
        return {a.value + 1, 1};
      case ProgramOp::kAdd:
      case ProgramOp::kSubtract:
        return {a.value + b.value, common};
      case ProgramOp::kMultiply:
        return {a.value * b.value, a.denominator * b.denominator};
      case ProgramOp::kDivide:
      case ProgramOp::kFloorDivide:
      case ProgramOp::kCeilDivide:
      case ProgramOp::kModulo:
        return quotient(node, a, b);
      case ProgramOp::kPower:
        return facts_.is_length(node.operands[1])
                   ? Magnitude{std::pow(std::max(a.value, 1.0), b.value),
                               std::pow(a.denominator, b.value)}
                   : Magnitude{kUnknown, 1};
      case ProgramOp::kMinimum:
      case ProgramOp::kMaximum:
        return {std::max(a.value, b.value), common};
      case ProgramOp::kCausalPairs:
        return {(a.value + 1) * (a.value + b.value + 1), 1};  // of lengths
      case ProgramOp::kWindowPairs:
        return {(a.value + 1) * (a.value + b.value + c.value + 1), 1};
      case ProgramOp::kSumRange:
        return {(a.value + b.value + 1) * (a.value + b.value + 1), 1};
      case ProgramOp::kSelect:
        return {std::max(b.value, c.value), common_denominator(b.denominator, c.denominator)};
      default:  // inexact: log2, distinct
        return {kUnknown, 1};
    }
  }

  Magnitude quotient(const ProgramNode& node, const Magnitude& a, const Magnitude& b) const {
    // The smallest magnitude of a divisor that is not 0, which is an error and checked elsewhere.
    const Value* constant = program_.constant_value(node.operands[1]);
    double least = 0, numerator = b.value * b.denominator;
    if (constant != nullptr && constant->kind == Value::Kind::kNumber &&
        constant->number.is_exact())
      least = std::fabs(constant->number.to_double());
    else if (facts_.is_whole(node.operands[1]))
      least = 1;
    if (least == 0) return {kUnknown, 1};
    if (node.op == ProgramOp::kModulo) return {a.value + b.value, a.denominator * b.denominator};
    const double value = a.value / least * (1 + 1e-9) + 1;
    return {value, a.denominator * std::max(numerator, 1.0)};
  }

  const Program& program_;
  NodeFacts facts_;
  std::vector<Magnitude> known_;
};

using Sums = std::array<Magnitude, kQuantityCount>;

bool add(Magnitude& sum, const Magnitude& cost, const Magnitude& count) {
  const Magnitude product = {cost.value * count.value, cost.denominator * count.denominator};
  // Numbers are added over the product of their denominators before they are reduced.
  const double unreduced = sum.denominator * product.denominator;
  sum = {sum.value + product.value, common_denominator(sum.denominator, product.denominator)};
  return fits(product) && fits({sum.value, unreduced});
}

}  // namespace

bool surely_fits(const Plan& plan, const std::function<Magnitude(InputName)>& inputs) {
  const Bounds bounds(plan.program, inputs);
  std::vector<bool> used(plan.program.size(), false);
  for (const Term& term : plan.terms) used[term.node] = true;
  for (const Check& check : plan.checks) used[check.node] = true;
  for (const Edge& edge : plan.edges) used[edge.count] = used[edge.stored_count] = true;
  for (NodeIndex i = static_cast<NodeIndex>(plan.program.size()); i-- > 0;) {
    if (!used[i]) continue;
    if (!fits(bounds[i])) return false;
    for (NodeIndex operand : plan.program.operands(plan.program.node(i))) used[operand] = true;
  }
  std::vector<Sums> composites(plan.instances.size());
  for (std::size_t index = 0; index < plan.instances.size(); ++index) {
    const Instance& instance = plan.instances[index];
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const Edge& edge = plan.edges[instance.edges.first + i];
      const Instance& child = plan.instances[edge.child];
      const auto count = [&](Quantity quantity) {
        return bounds[is_stored(quantity) ? edge.stored_count : edge.count];
      };
      for (std::uint32_t k = 0; k < child.terms.count; ++k) {
        const Term& term = plan.terms[child.terms.first + k];
        Magnitude& sum = composites[index][static_cast<std::size_t>(term.quantity)];
        if (!add(sum, bounds[term.node], count(term.quantity))) return false;
      }
      for (std::size_t q = 0; child.composite != nullptr && q < kQuantityCount; ++q) {
        const Magnitude& cost = composites[edge.child][q];
        if (!add(composites[index][q], cost, count(static_cast<Quantity>(q)))) return false;
      }
    }
  }
  return true;
}

}  // namespace lmhost

#include "formula/node_facts.hpp"

namespace lmhost {

NodeFacts::NodeFacts(const Program& program) {
  facts_.reserve(program.size());
  for (const ProgramNode& node : program.nodes()) facts_.push_back(facts_of(program, node));
}

NodeFacts::Facts NodeFacts::facts_of(const Program& program, const ProgramNode& node) const {
  if (node.op == ProgramOp::kConstant) {
    const Number value = program.compute(node, nullptr, RuntimePoint());
    return {!value.is_error() && !value.is_negative(), value.is_integer(), !value.is_error()};
  }
  if (node.op == ProgramOp::kInput) {
    const auto variable = static_cast<RuntimeVariable>(node.operands[0]);
    return {true, variable < RuntimeVariable::kWeightBits, true};
  }
  if (node.op == ProgramOp::kOpen) {
    const bool is_length = program.open_inputs()[node.operands[0]].is_length;
    return {is_length, is_length, true};
  }
  if (node.op == ProgramOp::kScalar) return {};
  Facts facts = value_of(node);
  facts.never_fails = never_fails(program, node);
  return facts;
}

// What is sure of the value of an operator, if it has one.
NodeFacts::Facts NodeFacts::value_of(const ProgramNode& node) const {
  const Facts a = facts_[node.operands[0]], b = facts_[node.operands[1]],
              c = facts_[node.operands[2]];  // those that the operator has
  const Facts both = {a.never_negative && b.never_negative, a.whole && b.whole};
  switch (node.op) {
    case ProgramOp::kNot:
    case ProgramOp::kLess:
    case ProgramOp::kLessEqual:
    case ProgramOp::kEqual:
    case ProgramOp::kNotEqual:
    case ProgramOp::kCausalPairs:
    case ProgramOp::kWindowPairs:
      return {true, true};
    case ProgramOp::kAbs:
      return {true, a.whole};
    case ProgramOp::kAdd:
    case ProgramOp::kMultiply:
    case ProgramOp::kMinimum:
      return both;
    case ProgramOp::kMaximum:
      return {a.never_negative || b.never_negative, both.whole};
    case ProgramOp::kSubtract:
      return {false, both.whole};
    case ProgramOp::kDivide:
    case ProgramOp::kFloorDivide:
    case ProgramOp::kCeilDivide:
    case ProgramOp::kModulo:
      return {both.never_negative, node.op != ProgramOp::kDivide && both.whole};
    case ProgramOp::kPower:
      return {a.never_negative, both.whole && both.never_negative};
    case ProgramOp::kFloor:
    case ProgramOp::kCeil:
      return a;  // of an inexact number the result is inexact too, so whole only if `a` is
    case ProgramOp::kSelect:
      return {b.never_negative && c.never_negative, b.whole && c.whole};
    case ProgramOp::kDistinct:
      return {true, false};
    case ProgramOp::kSumRange:
      return {a.never_negative, true};
    default:
      return {};
  }
}

// Overflow aside, which no form of a sum hides.
bool NodeFacts::never_fails(const Program& program, const ProgramNode& node) const {
  for (NodeIndex operand : program.operands(node)) {
    if (!facts_[operand].never_fails) return false;
  }
  const auto is_nonzero = [&](NodeIndex operand) {
    const Value* value = program.constant_value(operand);
    return value != nullptr && !value->number.is_zero();
  };
  const auto& [a, b, c] = node.operands;
  switch (node.op) {
    case ProgramOp::kDivide:
    case ProgramOp::kFloorDivide:
    case ProgramOp::kModulo:
    case ProgramOp::kCeilDivide:
      return is_nonzero(b);
    case ProgramOp::kPower:
      return is_length(b);
    case ProgramOp::kCausalPairs:
      return is_length(a) && is_length(b);
    case ProgramOp::kWindowPairs:
      return is_length(a) && is_length(b) && is_length(c) && is_nonzero(c);
    case ProgramOp::kSumRange:
      return facts_[a].whole && facts_[b].whole;
    case ProgramOp::kLog2:
    case ProgramOp::kDistinct:
      return false;
    default:
      return true;
  }
}

}  // namespace lmhost

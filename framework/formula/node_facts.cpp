#include "formula/node_facts.hpp"

#include <utility>

namespace lmhost {

NodeFacts::NodeFacts(const Program& program, IsPositive is_positive)
    : program_(program), is_positive_(std::move(is_positive)) {
  facts_.reserve(program.size());
  extend();
}

void NodeFacts::extend() {
  while (facts_.size() < program_.size())
    facts_.push_back(facts_of(program_.node(static_cast<NodeIndex>(facts_.size()))));
}

NodeFacts::Facts NodeFacts::input_facts(const ProgramNode& node) const {
  const InputName name = {node.op == ProgramOp::kSymbol, node.operands[0]};
  Facts facts;
  facts.never_fails = true;
  facts.positive = is_positive_ && is_positive_(name);
  if (name.is_open) {
    facts.whole = facts.never_negative = program_.symbols()[name.index].is_length;
  } else {
    const bool is_bits = static_cast<RuntimeVariable>(name.index) >= RuntimeVariable::kWeightBits;
    facts.never_negative = true;
    facts.whole = !is_bits;
    facts.positive = facts.positive || is_bits;
  }
  facts.never_negative = facts.never_negative || facts.positive;
  return facts;
}

NodeFacts::Facts NodeFacts::facts_of(const ProgramNode& node) const {
  if (node.op == ProgramOp::kConstant) {
    const Number value = program_.compute(node, nullptr, RuntimePoint());
    const bool is_sure = value.is_exact();
    Facts facts = {!value.is_error() && !value.is_negative(), value.is_integer(),
                   !value.is_error()};
    facts.positive = is_sure && !value.is_negative() && !value.is_zero();
    facts.truth = value == Number(0) || value == Number(1);
    return facts;
  }
  if (node.op == ProgramOp::kInput || node.op == ProgramOp::kSymbol) return input_facts(node);
  if (node.op == ProgramOp::kScalar) return {};
  Facts facts = value_of(node);
  facts.never_fails = never_fails(node);
  facts.positive = is_positive(node);
  facts.truth = is_truth(node);
  if (facts.truth) facts.whole = true;
  if (facts.truth || facts.positive) facts.never_negative = true;
  return facts;
}

// Surely above 0, if it has a value.
bool NodeFacts::is_positive(const ProgramNode& node) const {
  const Facts &a = facts_[node.operands[0]], &b = facts_[node.operands[1]],
              &c = facts_[node.operands[2]];
  switch (node.op) {
    case ProgramOp::kAdd:
      return (a.positive && b.never_negative) || (b.positive && a.never_negative);
    case ProgramOp::kMaximum:
      return a.positive || b.positive;
    case ProgramOp::kMultiply:
    case ProgramOp::kDivide:
    case ProgramOp::kCeilDivide:
    case ProgramOp::kMinimum:
      return a.positive && b.positive;
    case ProgramOp::kAbs:
    case ProgramOp::kPower:
      return a.positive;
    case ProgramOp::kSelect:
      return b.positive && c.positive;
    default:
      return false;
  }
}

// Surely 0 or 1, if it has a value.
bool NodeFacts::is_truth(const ProgramNode& node) const {
  const Facts &a = facts_[node.operands[0]], &b = facts_[node.operands[1]],
              &c = facts_[node.operands[2]];
  switch (node.op) {
    case ProgramOp::kNot:
    case ProgramOp::kLess:
    case ProgramOp::kLessEqual:
    case ProgramOp::kEqual:
    case ProgramOp::kNotEqual:
      return true;
    case ProgramOp::kMultiply:
    case ProgramOp::kMinimum:
    case ProgramOp::kMaximum:
      return a.truth && b.truth;
    case ProgramOp::kSubtract: {
      const Value* constant = program_.constant_value(node.operands[0]);
      return constant != nullptr && constant->number == Number(1) && b.truth;
    }
    case ProgramOp::kSelect:
      return b.truth && c.truth;
    default:
      return false;
  }
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
bool NodeFacts::never_fails(const ProgramNode& node) const {
  for (NodeIndex operand : program_.operands(node)) {
    if (!facts_[operand].never_fails) return false;
  }
  const auto is_nonzero = [&](NodeIndex operand) {
    const Value* value = program_.constant_value(operand);
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

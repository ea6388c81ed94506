#include "formula/specialize.hpp"

#include <unordered_map>

#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

// A constant of another program. An error keeps its explanation, which is that program's.
NodeIndex copy_constant(const Program& from, const Value& value, Program& to) {
  if (value.kind != Value::Kind::kNumber) return to.constant(value);
  if (const ProgramError* error = from.error_of(value.number))
    return to.error(error->reason, error->text);
  return to.constant(value.number);
}

class Specialization {
 public:
  Specialization(const Program& from, Program& to, const NodeFacts::IsPositive& is_positive)
      : from_(from), to_(to), facts_(to, is_positive) {}

  NodeIndex copy(NodeIndex index, const std::vector<NodeIndex>& operands) {
    const ProgramNode& node = from_.node(index);
    if (node.op == ProgramOp::kConstant)
      return copy_constant(from_, *from_.constant_value(index), to_);
    if (node.op == ProgramOp::kScalar)
      return to_.scalar(*from_.scalar_call(node).function, operands);
    if (operands.size() == 1) return negation(node.op, operands[0]);
    if (operands.size() == 2) return binary(node.op, operands[0], operands[1]);
    if (node.op == ProgramOp::kSelect) return select(operands[0], operands[1], operands[2]);
    return to_.ternary(node.op, operands[0], operands[1], operands[2]);
  }

 private:
  const NodeFacts& facts() {
    facts_.extend();
    return facts_;
  }
  NodeIndex number(int value) { return to_.constant(Number(value)); }
  bool is_number(NodeIndex node, int value) const {
    const Value* constant = to_.constant_value(node);
    return constant != nullptr && constant->kind == Value::Kind::kNumber &&
           constant->number == Number(value);
  }
  const ProgramNode* operator_of(NodeIndex node, ProgramOp op) const {
    return to_.node(node).op == op ? &to_.node(node) : nullptr;
  }

  NodeIndex negation(ProgramOp op, NodeIndex a) {
    if (op == ProgramOp::kNot && facts().is_truth(a))
      return to_.binary(ProgramOp::kSubtract, number(1), a);
    return to_.unary(op, a);
  }

  NodeIndex binary(ProgramOp op, NodeIndex a, NodeIndex b) {
    if (a == b && facts().never_fails(a)) {
      if (op == ProgramOp::kLess || op == ProgramOp::kNotEqual) return number(0);
      if (op == ProgramOp::kLessEqual || op == ProgramOp::kEqual) return number(1);
      if (op == ProgramOp::kMinimum || op == ProgramOp::kMaximum) return a;
    }
    if (op == ProgramOp::kLess && is_number(a, 0)) return is_positive(b);
    // (x + y) - x, as the past is written from the whole and the new.
    const ProgramNode* sum = op == ProgramOp::kSubtract ? operator_of(a, ProgramOp::kAdd) : nullptr;
    if (sum != nullptr && facts().never_fails(b)) {
      const auto [x, y, unused] = sum->operands;
      if (x == b) return y;
      if (y == b) return x;
    }
    return to_.binary(op, a, b);
  }

  // 0 < x. What x is made of decides more often than x itself.
  NodeIndex is_positive(NodeIndex x) {
    const auto known = positive_.find(x);
    if (known != positive_.end()) return known->second;
    const NodeIndex result = positive_part(x);
    positive_.emplace(x, result);
    return result;
  }

  NodeIndex positive_part(NodeIndex x) {
    if (depth_ == kMaximumDepth || !facts().never_fails(x))
      return to_.binary(ProgramOp::kLess, number(0), x);
    if (facts().is_positive(x)) return number(1);
    if (facts().is_truth(x)) return x;
    const ProgramNode node = to_.node(x);
    const auto& [a, b, c] = node.operands;
    ++depth_;
    NodeIndex result = x;
    if (node.op == ProgramOp::kMultiply && facts().is_never_negative(a) &&
        facts().is_never_negative(b)) {
      const NodeIndex left = is_positive(a);
      result = both(left, is_positive(b));
    } else if (node.op == ProgramOp::kSelect) {
      const NodeIndex then = is_positive(b);
      result = select(a, then, is_positive(c));
    } else {
      result = to_.binary(ProgramOp::kLess, number(0), x);
    }
    --depth_;
    return result;
  }

  NodeIndex both(NodeIndex a, NodeIndex b) {
    return a == b ? a : to_.binary(ProgramOp::kMultiply, a, b);
  }

  NodeIndex select(NodeIndex condition, NodeIndex then, NodeIndex otherwise) {
    if (!facts().is_truth(condition) || !facts().never_fails(condition))
      return to_.ternary(ProgramOp::kSelect, condition, then, otherwise);
    // Where a branch is taken, the condition is known in it.
    if (then == condition) then = number(1);
    if (otherwise == condition) otherwise = number(0);
    if (is_number(then, 1) && is_number(otherwise, 0)) return condition;
    if (is_number(then, 0) && is_number(otherwise, 1))
      return to_.binary(ProgramOp::kSubtract, number(1), condition);
    if (is_number(otherwise, 0) && facts().is_truth(then) && facts().never_fails(then))
      return both(condition, then);
    return to_.ternary(ProgramOp::kSelect, condition, then, otherwise);
  }

  static constexpr int kMaximumDepth = 32;

  const Program& from_;
  Program& to_;
  NodeFacts facts_;
  std::unordered_map<NodeIndex, NodeIndex> positive_;  // of a node: 0 < it
  int depth_ = 0;
};

}  // namespace

SpecializedProgram specialize(const Program& program,
                              const std::function<std::optional<Number>(InputName)>& value,
                              const NodeFacts::IsPositive& is_positive) {
  SpecializedProgram result;
  Program& to = result.program;
  for (const Symbol& input : program.symbols()) to.symbol(input);
  Specialization specialization(program, to, is_positive);
  result.nodes.reserve(program.size());
  for (NodeIndex index = 0; index < program.size(); ++index) {
    const ProgramNode& node = program.node(index);
    if (node.op == ProgramOp::kInput || node.op == ProgramOp::kSymbol) {
      const InputName name = {node.op == ProgramOp::kSymbol, node.operands[0]};
      const std::optional<Number> fixed = value(name);
      result.nodes.push_back(fixed          ? to.constant(*fixed)
                             : name.is_open ? to.symbol(program.symbols()[name.index])
                                            : to.input(static_cast<RuntimeVariable>(name.index)));
      continue;
    }
    std::vector<NodeIndex> operands;
    for (NodeIndex operand : program.operands(node)) operands.push_back(result.nodes[operand]);
    result.nodes.push_back(specialization.copy(index, operands));
  }
  return result;
}

}  // namespace lmhost

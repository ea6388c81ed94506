#include "formula/program.hpp"

#include <algorithm>

#include "formula/functions.hpp"
#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

constexpr NodeIndex kEmptySlot = 0xFFFFFFFF;

std::size_t hash_of(const ProgramNode& node) {
  std::uint64_t mixed =
      (static_cast<std::uint64_t>(node.operands[0]) << 32 | node.operands[1]) * 0x9E3779B97F4A7C15u;
  mixed ^=
      (static_cast<std::uint64_t>(node.operands[2]) << 8 | static_cast<std::uint64_t>(node.op)) *
      0xBF58476D1CE4E5B9u;
  return static_cast<std::size_t>(mixed ^ (mixed >> 31));
}

unsigned operand_count(ProgramOp op) {
  if (op <= ProgramOp::kSymbol || op == ProgramOp::kScalar) return 0;
  if (op <= ProgramOp::kLength) return 1;
  return op <= ProgramOp::kCount ? 2 : 3;
}

bool is_commutative(ProgramOp op) {
  switch (op) {
    case ProgramOp::kAdd:
    case ProgramOp::kMultiply:
    case ProgramOp::kEqual:
    case ProgramOp::kNotEqual:
    case ProgramOp::kMinimum:
    case ProgramOp::kMaximum:
      return true;
    default:
      return false;
  }
}

// May give an error or an inexact number although no operand is one (overflow aside, which only a
// huge point reaches).
bool may_fail(ProgramOp op, bool divisor_is_constant) {
  switch (op) {
    case ProgramOp::kDivide:
    case ProgramOp::kFloorDivide:
    case ProgramOp::kModulo:
    case ProgramOp::kCeilDivide:
      return !divisor_is_constant;
    case ProgramOp::kPower:
    case ProgramOp::kLog2:
    case ProgramOp::kCausalPairs:
    case ProgramOp::kWindowPairs:
    case ProgramOp::kDistinct:
    case ProgramOp::kSumRange:
    case ProgramOp::kScalar:
      return true;
    default:
      return false;
  }
}

}  // namespace

Program::Program() : table_(1024, kEmptySlot) {}

NodeIndex Program::constant(const Value& value) {
  if (value.kind == Value::Kind::kNumber) return constant(value.number);
  const std::string key = to_string(value);
  const auto [found, is_new] = text_constants_.try_emplace(key, 0);
  if (!is_new && constants_[nodes_[found->second].operands[0]] == value) return found->second;
  errors_.push_back({ArithmeticError::kNotANumber, key});
  const auto index = static_cast<NodeIndex>(constants_.size());
  constants_.push_back(value);
  constant_numbers_.push_back(
      Number::error(ArithmeticError::kNotANumber, static_cast<std::uint32_t>(errors_.size())));
  return found->second = intern({ProgramOp::kConstant, {index, 0, 0}});
}

NodeIndex Program::constant(const Number& number) {
  const auto [found, is_new] = number_constants_.try_emplace(number, 0);
  if (!is_new) return found->second;
  const auto index = static_cast<NodeIndex>(constants_.size());
  constants_.push_back(Value::of(number));
  constant_numbers_.push_back(number);
  return found->second = intern({ProgramOp::kConstant, {index, 0, 0}});
}

NodeIndex Program::input(RuntimeVariable variable) {
  return intern({ProgramOp::kInput, {static_cast<NodeIndex>(variable), 0, 0}});
}

NodeIndex Program::symbol(const Symbol& symbol) {
  const auto next = static_cast<std::uint32_t>(symbols_.size());
  const auto [found, is_new] = symbol_indices_.try_emplace(symbol.name, next);
  if (is_new) symbols_.push_back(symbol);
  return intern({ProgramOp::kSymbol, {found->second, 0, 0}});
}

NodeIndex Program::error(ArithmeticError reason, std::string text) {
  const std::string key = static_cast<char>('0' + static_cast<int>(reason)) + text;
  const auto [found, is_new] =
      error_indices_.try_emplace(key, static_cast<std::uint32_t>(errors_.size() + 1));
  if (is_new) errors_.push_back({reason, std::move(text)});
  return constant(Number::error(reason, found->second));
}

NodeIndex Program::unary(ProgramOp op, NodeIndex a) {
  if (is_constant(a)) return fold({op, {a, 0, 0}});
  return intern({op, {a, 0, 0}});
}

NodeIndex Program::binary(ProgramOp op, NodeIndex a, NodeIndex b) {
  if (is_constant(a) && is_constant(b)) return fold({op, {a, b, 0}});
  switch (op) {
    case ProgramOp::kAdd:
      if (is_number(a, 0)) return b;
      if (is_number(b, 0)) return a;
      break;
    case ProgramOp::kSubtract:
      if (is_number(b, 0)) return a;
      if (a == b && !may_fail_[a]) return constant(Number(0));
      break;
    case ProgramOp::kMultiply:
      if (is_number(a, 1)) return b;
      if (is_number(b, 1)) return a;
      // A factor that may fail keeps its say: 0 * (1 // 0) is an error, as the plain walk finds.
      if (is_number(a, 0) && !may_fail_[b]) return a;
      if (is_number(b, 0) && !may_fail_[a]) return b;
      break;
    case ProgramOp::kDivide:
      if (is_number(b, 1)) return a;
      break;
    default:
      break;
  }
  if (is_commutative(op) && a > b) std::swap(a, b);
  return intern({op, {a, b, 0}});
}

NodeIndex Program::ternary(ProgramOp op, NodeIndex a, NodeIndex b, NodeIndex c) {
  if (op == ProgramOp::kSelect) {
    if (is_constant(a)) {
      const Number& condition = constant_numbers_[nodes_[a].operands[0]];
      return condition.is_error() ? a : (condition.is_zero() ? c : b);
    }
    if (b == c && !may_fail_[a]) return b;
  } else if (is_constant(a) && is_constant(b) && is_constant(c)) {
    return fold({op, {a, b, c}});
  }
  return intern({op, {a, b, c}});
}

NodeIndex Program::scalar(const PluginFunction& function, std::vector<NodeIndex> arguments) {
  const auto next = static_cast<NodeIndex>(scalars_.size());
  const auto [found, is_new] =
      scalar_indices_.try_emplace(ScalarCall{&function, std::move(arguments)}, next);
  if (is_new) scalars_.push_back(found->first);
  return intern({ProgramOp::kScalar, {found->second, 0, 0}});
}

const Value* Program::constant_value(NodeIndex node) const {
  return is_constant(node) ? &constants_[nodes_[node].operands[0]] : nullptr;
}

const ProgramError* Program::error_of(const Number& error) const {
  if (!error.is_error()) return nullptr;
  const std::uint32_t index = error.error_detail();
  return index == 0 || index > errors_.size() ? nullptr : &errors_[index - 1];
}

Number Program::compute(const ProgramNode& node, const Number* values,
                        const RuntimePoint& point) const {
  switch (node.op) {
    case ProgramOp::kConstant:
      return constant_numbers_[node.operands[0]];
    case ProgramOp::kInput:
      return point.values[node.operands[0]];
    case ProgramOp::kAdd:
      return values[node.operands[0]] + values[node.operands[1]];
    case ProgramOp::kMultiply:
      return values[node.operands[0]] * values[node.operands[1]];
    case ProgramOp::kSymbol:
      return symbols_[node.operands[0]].value.value_or(Number::error(ArithmeticError::kUnbound));
    case ProgramOp::kScalar:
      break;
    default:
      return apply(node.op, values[node.operands[0]], values[node.operands[1]],
                   values[node.operands[2]]);
  }
  const ScalarCall& call = scalars_[node.operands[0]];
  std::vector<double> arguments;
  for (NodeIndex argument : call.arguments) {
    if (values[argument].is_error()) return values[argument];
    arguments.push_back(values[argument].to_double());
  }
  const Result<double> result = call.function->evaluate(arguments);
  return result ? Number::inexact(*result) : Number::error(ArithmeticError::kFunction);
}

NodeIndex Program::intern(const ProgramNode& node) {
  if (nodes_.size() * 2 >= table_.size()) grow();
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = hash_of(node) & mask;
  while (table_[slot] != kEmptySlot) {
    if (nodes_[table_[slot]] == node) return table_[slot];
    slot = (slot + 1) & mask;
  }
  const auto index = static_cast<NodeIndex>(nodes_.size());
  table_[slot] = index;
  nodes_.push_back(node);
  may_fail_.push_back(can_fail(node));
  const std::span<const NodeIndex> list = operands(node);
  symbolic_.push_back(
      (node.op == ProgramOp::kSymbol && !symbols_[node.operands[0]].value) ||
      std::any_of(list.begin(), list.end(), [&](NodeIndex operand) { return symbolic_[operand]; }));
  levels_.push_back(level_of(node));
  return index;
}

void Program::grow() {
  std::vector<NodeIndex> larger(table_.size() * 2, kEmptySlot);
  const std::size_t mask = larger.size() - 1;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    std::size_t slot = hash_of(nodes_[index]) & mask;
    while (larger[slot] != kEmptySlot) slot = (slot + 1) & mask;
    larger[slot] = index;
  }
  table_ = std::move(larger);
}

bool Program::can_fail(const ProgramNode& node) const {
  if (node.op == ProgramOp::kConstant) return !constant_numbers_[node.operands[0]].is_exact();
  const std::span<const NodeIndex> list = operands(node);
  if (std::any_of(list.begin(), list.end(), [&](NodeIndex operand) { return may_fail_[operand]; }))
    return true;
  const bool safe_divisor = operand_count(node.op) == 2 && is_constant(node.operands[1]) &&
                            !constant_numbers_[nodes_[node.operands[1]].operands[0]].is_zero();
  return may_fail(node.op, safe_divisor);
}

std::uint32_t Program::level_of(const ProgramNode& node) const {
  std::uint32_t level = 0;
  for (NodeIndex operand : operands(node)) level = std::max(level, levels_[operand] + 1);
  return level;
}

std::span<const NodeIndex> Program::operands(const ProgramNode& node) const {
  if (node.op == ProgramOp::kScalar) return scalars_[node.operands[0]].arguments;
  return {node.operands.data(), operand_count(node.op)};
}

NodeIndex Program::fold(const ProgramNode& node) {
  const auto value = [&](NodeIndex operand) {
    return constant_numbers_[nodes_[operand].operands[0]];
  };
  const unsigned count = operand_count(node.op);
  return constant(apply(node.op, value(node.operands[0]),
                        count > 1 ? value(node.operands[1]) : Number(),
                        count > 2 ? value(node.operands[2]) : Number()));
}

bool Program::is_number(NodeIndex node, int value) const {
  return is_constant(node) && constant_numbers_[nodes_[node].operands[0]] == Number(value);
}

}  // namespace lmhost

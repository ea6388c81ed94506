#include "formula/tree_builder.hpp"

#include <utility>

#include "formula/print.hpp"

namespace lmhost {

void TreeBuilder::add(const Expression& from) {
  for (const ExpressionNode& node : from.nodes) add(from, node);
}

void TreeBuilder::add(const Expression& from, const ExpressionNode& node) {
  switch (node.op) {
    case Op::kConstant:
      return constant(from.constants[node.argument]);
    case Op::kName:
      return name(from.names[node.argument]);
    case Op::kCall:
      return call(from.functions[node.argument], node.count);
    default:
      return operation(node.op, node.count);
  }
}

void TreeBuilder::constant(Value value) {
  built_.nodes.push_back(
      {Op::kConstant, 0, static_cast<std::uint32_t>(built_.constants.size()), 0});
  built_.constants.push_back(std::move(value));
}

void TreeBuilder::number(const Number& number) {
  const Number negated = -number;
  const bool is_negative = number.is_exact() && number.is_negative() && negated.is_exact();
  const Number& positive = is_negative ? negated : number;
  const bool is_literal = !positive.is_exact() || parse_number(to_string(positive)) == positive;
  if (is_literal) {
    constant(Value::of(positive));
  } else {
    constant(Value::of(Number(positive.numerator())));
    constant(Value::of(Number(positive.denominator())));
    operation(Op::kDivide, 2);
  }
  if (is_negative) operation(Op::kNegate, 1);
}

void TreeBuilder::name(const std::string& word) {
  built_.nodes.push_back({Op::kName, 0, index_of(word, names_, built_.names), 0});
}

void TreeBuilder::call(const std::string& function, std::uint8_t count) {
  built_.nodes.push_back({Op::kCall, count, index_of(function, functions_, built_.functions), 0});
}

void TreeBuilder::operation(Op op, std::uint8_t count) {
  built_.nodes.push_back({op, count, 0, 0});
}

Expression TreeBuilder::finish() {
  built_.text = print_with_places(built_);
  return std::move(built_);
}

std::uint32_t TreeBuilder::index_of(const std::string& word, Words& known,
                                    std::vector<std::string>& list) {
  const auto next = static_cast<std::uint32_t>(list.size());
  const auto [found, is_new] = known.try_emplace(word, next);
  if (is_new) list.push_back(word);
  return found->second;
}

}  // namespace lmhost

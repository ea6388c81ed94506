// Postfix lists make most of this a copy: a subtree is a range of nodes that ends with its root, so
// replacing a name is appending another range.
#include "formula/rewrite.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "formula/evaluate.hpp"
#include "formula/tree_builder.hpp"

namespace lmhost {
namespace {

void add_value(const Value& value, TreeBuilder& tree) {
  if (value.kind == Value::Kind::kNumber && !value.is_boolean) {
    tree.number(value.number);
  } else {
    tree.constant(value);
  }
}

// What each of an expression's names is replaced by.
std::vector<const Expression*> replacements_of(const Expression& expression,
                                               const Replacement& replacement) {
  std::vector<const Expression*> list;
  for (const std::string& name : expression.names) list.push_back(replacement(name));
  return list;
}

Expression joined(Op op, std::span<const Expression> parts, int neutral) {
  if (parts.empty()) return constant_expression(Number(neutral));
  TreeBuilder tree;
  tree.add(parts[0]);
  for (const Expression& part : parts.subspan(1)) {
    tree.add(part);
    tree.operation(op, 2);
  }
  return tree.finish();
}

// Folding: the output list so far, and for each operand on the stack where it starts, its value when
// it is a constant, and whether it may fail although its names have values.
class Folding {
 public:
  explicit Folding(const Expression& from) : from_(from) {}

  Expression run() {
    for (const ExpressionNode& node : from_.nodes) step(node);
    TreeBuilder tree;
    for (const Item& item : items_) {
      if (item.value) {
        add_value(*item.value, tree);
      } else {
        tree.add(from_, item.node);
      }
    }
    return tree.finish();
  }

 private:
  struct Item {
    ExpressionNode node;
    std::optional<Value> value;  // a constant, instead of the node
  };
  struct Part {
    std::size_t first;  // into items_
    bool may_fail;
  };

  const Value* constant(const Part& part, std::size_t end) const {
    const Item& item = items_[part.first];
    return end - part.first == 1 && item.value ? &*item.value : nullptr;
  }
  static bool is_number(const Value* value, int number) {
    return value != nullptr && value->kind == Value::Kind::kNumber &&
           value->number == Number(number);
  }
  void keep(const Part& part) { parts_.push_back(part); }
  void erase(std::size_t first, std::size_t end) {
    using Distance = std::vector<Item>::difference_type;
    items_.erase(items_.begin() + static_cast<Distance>(first),
                 items_.begin() + static_cast<Distance>(end));
  }

  void step(const ExpressionNode& node) {
    if (node.op == Op::kConstant || node.op == Op::kName) {
      keep({items_.size(), false});
      items_.push_back({node, std::nullopt});
      if (node.op == Op::kName) return;
      items_.back().value = from_.constants[node.argument];
      parts_.back().may_fail = items_.back().value->kind != Value::Kind::kNumber;
      return;
    }
    const std::vector<Part> operands(parts_.end() - node.count, parts_.end());
    parts_.resize(parts_.size() - node.count);
    if (fold_all(node, operands) || choose_branch(node, operands) || simplify(node, operands)) {
      return;
    }
    const bool is_safe = node.op == Op::kAdd || node.op == Op::kSubtract ||
                         node.op == Op::kMultiply || node.op == Op::kNegate;
    Part whole{operands.empty() ? items_.size() : operands[0].first, !is_safe};
    for (const Part& part : operands) whole.may_fail = whole.may_fail || part.may_fail;
    items_.push_back({node, std::nullopt});
    keep(whole);
  }

  std::size_t end_of(const std::vector<Part>& operands, std::size_t i) const {
    return i + 1 < operands.size() ? operands[i + 1].first : items_.size();
  }

  // All operands constant: the plain walk itself computes the result.
  bool fold_all(const ExpressionNode& node, const std::vector<Part>& operands) {
    if (operands.empty()) return false;
    Expression small;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Value* value = constant(operands[i], end_of(operands, i));
      if (value == nullptr) return false;
      small.nodes.push_back({Op::kConstant, 0, static_cast<std::uint32_t>(i), 0});
      small.constants.push_back(*value);
    }
    small.nodes.push_back({node.op, node.count, 0, 0});
    if (node.op == Op::kCall) small.functions.push_back(from_.functions[node.argument]);
    const FormulaValue result =
        evaluate_formula(small, {[](std::string_view) { return nullptr; }, {}});
    if (!result.ok() || result.value.number.is_inexact()) return false;
    erase(operands[0].first, items_.size());
    keep({items_.size(), false});
    items_.push_back({node, result.value});
    return true;
  }

  static bool is_true(const Value& value) {
    Expression small;
    small.constants.push_back(value);
    small.nodes = {{Op::kConstant, 0, 0, 0}, {Op::kNot, 1, 0, 0}};
    const FormulaValue result =
        evaluate_formula(small, {[](std::string_view) { return nullptr; }, {}});
    return result.value.number.is_zero();
  }

  bool choose_branch(const ExpressionNode& node, const std::vector<Part>& operands) {
    if (node.op == Op::kConditional) {
      const Value* condition = constant(operands[1], operands[2].first);
      if (condition == nullptr) return false;
      keep_only(operands, is_true(*condition) ? 0 : 2);
      return true;
    }
    if (node.op != Op::kAnd && node.op != Op::kOr) return false;
    const Value* first = constant(operands[0], operands[1].first);
    if (first == nullptr) return false;
    keep_only(operands, is_true(*first) == (node.op == Op::kOr) ? 0 : 1);
    return true;
  }

  void keep_only(const std::vector<Part>& operands, std::size_t chosen) {
    erase(end_of(operands, chosen), items_.size());
    erase(operands[0].first, operands[chosen].first);
    keep({operands[0].first, operands[chosen].may_fail});
  }

  bool simplify(const ExpressionNode& node, const std::vector<Part>& operands) {
    if (operands.size() != 2 || node.op == Op::kCall) return false;
    const Value* a = constant(operands[0], operands[1].first);
    const Value* b = constant(operands[1], items_.size());
    const bool adds = node.op == Op::kAdd, multiplies = node.op == Op::kMultiply;
    if ((adds && is_number(a, 0)) || (multiplies && is_number(a, 1)) ||
        (multiplies && is_number(b, 0) && !operands[0].may_fail)) {
      keep_only(operands, 1);
      return true;
    }
    if ((adds && is_number(b, 0)) || (node.op == Op::kSubtract && is_number(b, 0)) ||
        (multiplies && is_number(b, 1)) || (node.op == Op::kDivide && is_number(b, 1)) ||
        (multiplies && is_number(a, 0) && !operands[1].may_fail)) {
      keep_only(operands, 0);
      return true;
    }
    return false;
  }

  const Expression& from_;
  std::vector<Item> items_;
  std::vector<Part> parts_;
};

}  // namespace

Expression substitute(const Expression& expression, const Replacement& replacement) {
  const std::vector<const Expression*> list = replacements_of(expression, replacement);
  TreeBuilder tree;
  for (const ExpressionNode& node : expression.nodes) {
    if (node.op == Op::kName && list[node.argument] != nullptr) {
      tree.add(*list[node.argument]);
    } else {
      tree.add(expression, node);
    }
  }
  return tree.finish();
}

std::size_t substituted_size(const Expression& expression, const Replacement& replacement) {
  const std::vector<const Expression*> list = replacements_of(expression, replacement);
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  std::size_t size = 0;
  for (const ExpressionNode& node : expression.nodes) {
    const bool is_replaced = node.op == Op::kName && list[node.argument] != nullptr;
    const std::size_t part = is_replaced ? list[node.argument]->nodes.size() : 1;
    size = part > kMost - size ? kMost : size + part;
  }
  return size;
}

bool is_same_tree(const Expression& a, const Expression& b) {
  const auto same_node = [&](const ExpressionNode& x, const ExpressionNode& y) {
    if (x.op != y.op || x.count != y.count) return false;
    switch (x.op) {
      case Op::kConstant:
        return a.constants[x.argument] == b.constants[y.argument] &&
               a.constants[x.argument].is_boolean == b.constants[y.argument].is_boolean;
      case Op::kName:
        return a.names[x.argument] == b.names[y.argument];
      case Op::kCall:
        return a.functions[x.argument] == b.functions[y.argument];
      default:
        return true;
    }
  };
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), same_node);
}

Expression constant_expression(const Number& number) {
  TreeBuilder tree;
  tree.number(number);
  return tree.finish();
}

Expression constant_expression(const Value& value) {
  TreeBuilder tree;
  add_value(value, tree);
  return tree.finish();
}

Expression name_expression(std::string_view name) {
  TreeBuilder tree;
  tree.name(std::string(name));
  return tree.finish();
}

Expression operation(Op op, std::span<const Expression* const> operands) {
  TreeBuilder tree;
  for (const Expression* operand : operands) tree.add(*operand);
  tree.operation(op, static_cast<std::uint8_t>(operands.size()));
  return tree.finish();
}

Expression operation(Op op, const Expression& a) {
  const Expression* const operands[] = {&a};
  return operation(op, operands);
}

Expression operation(Op op, const Expression& a, const Expression& b) {
  const Expression* const operands[] = {&a, &b};
  return operation(op, operands);
}

Expression conditional(const Expression& condition, const Expression& then,
                       const Expression& otherwise) {
  const Expression* const operands[] = {&then, &condition, &otherwise};
  return operation(Op::kConditional, operands);
}

Expression call_expression(std::string_view function, std::span<const Expression> arguments) {
  TreeBuilder tree;
  for (const Expression& argument : arguments) tree.add(argument);
  tree.call(std::string(function), static_cast<std::uint8_t>(arguments.size()));
  return tree.finish();
}

Expression sum_of(std::span<const Expression> terms) { return joined(Op::kAdd, terms, 0); }
Expression product_of(std::span<const Expression> factors) {
  return joined(Op::kMultiply, factors, 1);
}

Expression fold_constants(const Expression& expression) { return Folding(expression).run(); }

}  // namespace lmhost

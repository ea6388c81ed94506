// An explicit stack of what is still to be written: words, and subtrees with the precedence that
// their place demands. A subtree that binds looser gets parentheses. The table of precedences is the
// parser's.
#include "formula/print.hpp"

#include <string_view>
#include <vector>

#include "formula/rewrite.hpp"

namespace lmhost {
namespace {

constexpr int kConditional = 0, kOr = 1, kAnd = 2, kNot = 3, kComparison = 4, kSum = 5,
              kProduct = 6, kSign = 7, kPower = 8, kAtom = 9;

struct Shape {
  int precedence;
  int left;   // what the first operand must bind at least as tightly as
  int right;  // and the last
  std::string_view spelling;
};

Shape shape_of(Op op) {
  switch (op) {
    case Op::kConditional:
      return {kConditional, kOr, kConditional, {}};
    case Op::kOr:
      return {kOr, kOr, kAnd, " or "};
    case Op::kAnd:
      return {kAnd, kAnd, kNot, " and "};
    case Op::kNot:
      return {kNot, kNot, kNot, "not "};
    case Op::kLess:
      return {kComparison, kSum, kSum, " < "};
    case Op::kLessEqual:
      return {kComparison, kSum, kSum, " <= "};
    case Op::kGreater:
      return {kComparison, kSum, kSum, " > "};
    case Op::kGreaterEqual:
      return {kComparison, kSum, kSum, " >= "};
    case Op::kEqual:
      return {kComparison, kSum, kSum, " == "};
    case Op::kNotEqual:
      return {kComparison, kSum, kSum, " != "};
    case Op::kAdd:
      return {kSum, kSum, kProduct, " + "};
    case Op::kSubtract:
      return {kSum, kSum, kProduct, " - "};
    case Op::kMultiply:
      return {kProduct, kProduct, kSign, "*"};
    case Op::kDivide:
      return {kProduct, kProduct, kSign, "/"};
    case Op::kFloorDivide:
      return {kProduct, kProduct, kSign, " // "};
    case Op::kModulo:
      return {kProduct, kProduct, kSign, " % "};
    case Op::kNegate:
      return {kSign, kSign, kSign, "-"};
    case Op::kPower:
      return {kPower, kAtom, kSign, "**"};
    case Op::kConstant:
    case Op::kName:
    case Op::kCall:
      break;
  }
  return {kAtom, 0, 0, {}};
}

std::string spelled(const Value& value) {
  const bool has_quote =
      value.kind == Value::Kind::kString && value.string.find('\'') != std::string::npos;
  return has_quote ? '"' + value.string + '"' : to_string(value);
}

// A constant that no literal spells looks like the operation that gives it.
int precedence_of(const Value& value, std::string_view text) {
  if (value.kind != Value::Kind::kNumber || value.is_boolean) return kAtom;
  if (text.find('/') != std::string_view::npos) return kProduct;
  return text.starts_with('-') ? kSign : kAtom;
}

class Printer {
 public:
  explicit Printer(const Expression& expression) : expression_(expression), first_(first_nodes()) {}

  // `places` receives each node's offset; may be nullptr.
  std::string run(std::vector<std::uint32_t>* places) {
    places_ = places;
    if (expression_.nodes.empty()) return {};
    push_tree(expression_.nodes.size() - 1, kConditional);
    while (!stack_.empty()) {
      const Item item = stack_.back();
      stack_.pop_back();
      if (item.is_tree) {
        tree(item.node, item.precedence);
      } else {
        if (item.node != kNoNode) place(item.node, item.word.find_first_not_of(' '));
        text_ += item.word;
      }
    }
    return std::move(text_);
  }

 private:
  static constexpr std::size_t kNoNode = static_cast<std::size_t>(-1);
  struct Item {
    bool is_tree;
    std::size_t node;  // of a word: the node whose place it is, or kNoNode
    int precedence;
    std::string_view word;
  };

  // Of every node, where its subtree begins.
  std::vector<std::size_t> first_nodes() const {
    std::vector<std::size_t> first, open;
    for (std::size_t i = 0; i < expression_.nodes.size(); ++i) {
      const std::size_t count = expression_.nodes[i].count;
      first.push_back(count == 0 ? i : open[open.size() - count]);
      open.resize(open.size() - count);
      open.push_back(first.back());
    }
    return first;
  }

  void push_tree(std::size_t node, int precedence) {
    stack_.push_back({true, node, precedence, {}});
  }
  void push_word(std::string_view word, std::size_t node = kNoNode) {
    stack_.push_back({false, node, 0, word});
  }
  void place(std::size_t node, std::size_t ahead) {
    if (places_ != nullptr) (*places_)[node] = static_cast<std::uint32_t>(text_.size() + ahead);
  }

  // Pushes what the subtree consists of, last part first.
  void tree(std::size_t at, int wanted) {
    const ExpressionNode& node = expression_.nodes[at];
    switch (node.op) {
      case Op::kConstant:
        return constant(at, wanted);
      case Op::kName:
        place(at, 0);
        text_ += expression_.names[node.argument];
        return;
      case Op::kCall:
        place(at, 0);
        text_ += expression_.functions[node.argument];
        text_ += '(';
        return arguments(at);
      default:
        return operation(at, wanted);
    }
  }

  void constant(std::size_t at, int wanted) {
    const Value& value = expression_.constants[expression_.nodes[at].argument];
    const std::string text = spelled(value);
    const bool enclosed = precedence_of(value, text) < wanted;
    place(at, enclosed ? 1 : 0);
    text_ += enclosed ? "(" + text + ")" : text;
  }

  void arguments(std::size_t at) {
    push_word(")");
    std::size_t last = at - 1;
    for (unsigned left = expression_.nodes[at].count; left > 0; --left) {
      push_tree(last, kConditional);
      if (left > 1) push_word(", ");
      last = first_[last] - 1;
    }
  }

  void operation(std::size_t at, int wanted) {
    const ExpressionNode& node = expression_.nodes[at];
    const Shape shape = shape_of(node.op);
    if (shape.precedence < wanted) {
      text_ += '(';
      push_word(")");
    }
    const std::size_t last = at - 1;
    push_tree(last, shape.right);
    if (node.count == 1) return push_word(shape.spelling, at);
    const std::size_t middle = first_[last] - 1;
    if (node.op != Op::kConditional) {
      push_word(shape.spelling, at);
      return push_tree(middle, shape.left);
    }
    push_word(" else ");
    push_tree(middle, shape.left);
    push_word(" if ", at);
    push_tree(first_[middle] - 1, shape.left);
  }

  const Expression& expression_;
  std::vector<std::size_t> first_;
  std::vector<Item> stack_;
  std::string text_;
  std::vector<std::uint32_t>* places_ = nullptr;
};

}  // namespace

std::string print(const Expression& expression) { return Printer(expression).run(nullptr); }

std::string print_with_places(Expression& expression) {
  std::vector<std::uint32_t> places(expression.nodes.size());
  std::string text = Printer(expression).run(&places);
  for (std::size_t i = 0; i < places.size(); ++i) expression.nodes[i].offset = places[i];
  return text;
}

}  // namespace lmhost

// All expressions of a plan as one hash-consed program: every distinct sub-expression is computed
// once per point.
//
// Nodes are in topological order (operands before users). Building a node folds constants, so
// whatever depends only on the config is gone before the first evaluation. Errors are values: a
// node that fails holds an error number, and a conditional passes on only the branch it takes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formula/expression.hpp"
#include "formula/value.hpp"
#include "lmhost/runtime.hpp"

namespace lmhost {

struct PluginFunction;

using NodeIndex = std::uint32_t;

enum class ProgramOp : std::uint8_t {
  kConstant,  // index into constants
  kInput,     // RuntimeVariable
  kSymbol,    // index into symbols: a name that stays a name
  // unary
  kNot,
  kAbs,
  kFloor,
  kCeil,
  kLog2,
  kDefined,  // of symbols, like the next and kCount: calls that stay calls
  kLength,
  // binary
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,
  kLess,
  kLessEqual,
  kEqual,
  kNotEqual,
  kMinimum,
  kMaximum,
  kCeilDivide,
  kCausalPairs,
  kSumRange,
  kCount,
  // ternary
  kSelect,  // operand 0 != 0 ? operand 1 : operand 2
  kWindowPairs,
  kDistinct,
  kScalar  // index into scalars
};

struct ProgramNode {
  ProgramOp op = ProgramOp::kConstant;
  std::array<NodeIndex, 3> operands =
      {};  // or, of leaves and scalars, operands[0] is an index (see ProgramOp)
  friend bool operator==(const ProgramNode&, const ProgramNode&) = default;
};

// A call of a plugin's scalar function.
struct ScalarCall {
  const PluginFunction* function = nullptr;
  std::vector<NodeIndex> arguments;
  friend auto operator<=>(const ScalarCall&, const ScalarCall&) = default;
};

// Why a constant is an error: kept beside it for the message.
struct ProgramError {
  ArithmeticError reason = ArithmeticError::kUnbound;
  std::string
      text;  // kUnbound: the name; kNotANumber: the value as written; kFunction: what it said
};

// A name other than a runtime variable that stays a name in a program.
struct Symbol {
  std::string name;  // "num_hidden_layers"
  // What compute() takes for it: an input like a runtime variable. Without one the program is for
  // printing only, and computing what depends on it is an error.
  std::optional<Number> value;
  bool is_length = false;  // whole and >= 0, whatever its value is
};

class Program {
 public:
  Program();

  NodeIndex constant(const Number& number);
  NodeIndex constant(const Value& value);
  NodeIndex input(RuntimeVariable variable);
  // One node a name; the value first given stays.
  NodeIndex symbol(const Symbol& symbol);
  NodeIndex error(ArithmeticError reason, std::string text);
  NodeIndex unary(ProgramOp op, NodeIndex a);
  NodeIndex binary(ProgramOp op, NodeIndex a, NodeIndex b);
  NodeIndex ternary(ProgramOp op, NodeIndex a, NodeIndex b, NodeIndex c);
  NodeIndex scalar(const PluginFunction& function, std::vector<NodeIndex> arguments);

  // The node's value when it depends on no runtime variable, else nullptr. Valid until the next
  // node is made.
  const Value* constant_value(NodeIndex node) const;
  // The message behind an error number, or nullptr for a plain arithmetic error.
  const ProgramError* error_of(const Number& error) const;
  bool is_constant(NodeIndex node) const { return nodes_[node].op == ProgramOp::kConstant; }
  // Of symbols without a value.
  bool depends_on_symbol(NodeIndex node) const { return symbolic_[node]; }
  const std::vector<Symbol>& symbols() const { return symbols_; }  // each once
  const ScalarCall& scalar_call(const ProgramNode& node) const {
    return scalars_[node.operands[0]];
  }

  std::size_t size() const { return nodes_.size(); }
  // 0 for constants and inputs, else one more than the highest operand: nodes of one level do not
  // depend on each other.
  std::uint32_t level(NodeIndex node) const { return levels_[node]; }
  const ProgramNode& node(NodeIndex index) const { return nodes_[index]; }
  const std::vector<ProgramNode>& nodes() const { return nodes_; }
  // The nodes that a node is computed from.
  std::span<const NodeIndex> operands(const ProgramNode& node) const;

  // The value of one node from the values of its operands. REQUIRES: values holds every operand.
  Number compute(const ProgramNode& node, const Number* values, const RuntimePoint& point) const;

 private:
  struct NumberHash {
    std::size_t operator()(const Number& number) const { return number.hash(); }
  };

  NodeIndex intern(const ProgramNode& node);
  void grow();
  NodeIndex fold(const ProgramNode& node);
  bool can_fail(const ProgramNode& node) const;
  std::uint32_t level_of(const ProgramNode& node) const;
  bool is_number(NodeIndex node, int value) const;

  std::vector<ProgramNode> nodes_;
  std::vector<bool> may_fail_;  // at some runtime point the node is an error, or inexact
  std::vector<bool> symbolic_;  // depends on a symbol
  std::vector<std::uint32_t> levels_;
  std::vector<Value> constants_;
  std::vector<Number>
      constant_numbers_;  // the numeric view of constants_, an error number for the others
  std::vector<ScalarCall> scalars_;
  std::vector<ProgramError> errors_;
  std::vector<Symbol> symbols_;
  std::vector<NodeIndex> table_;  // open addressing over nodes_, size a power of two
  std::unordered_map<Number, NodeIndex, NumberHash> number_constants_;
  std::unordered_map<std::string, NodeIndex>
      text_constants_;  // strings, lists, None, by their spelling
  std::unordered_map<std::string, std::uint32_t> error_indices_, symbol_indices_;
  std::map<ScalarCall, NodeIndex> scalar_indices_;
};

}  // namespace lmhost

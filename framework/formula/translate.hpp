// From an expression to a node of a program: binding happens here, on the syntax tree, never by
// text.
#pragma once

#include <string_view>

#include "formula/expression.hpp"
#include "formula/program.hpp"

namespace lmhost {

struct PluginFunction;

// What the names of an expression stand for.
class SymbolScope {
 public:
  virtual ~SymbolScope() = default;
  // The node of a name; an error node (ArithmeticError::kUnbound) when it has no value.
  virtual NodeIndex find(std::string_view name) = 0;
  // A function of the formula's plugin, or nullptr.
  virtual const PluginFunction* function(std::string_view name) const;
};

NodeIndex translate(const Expression& expression, SymbolScope& scope, Program& program);

// A node that a kSelect can test, with Python's truth: a string, list or object that is not empty
// is 1, an empty one and None are 0; a number stays itself.
NodeIndex truth(NodeIndex node, Program& program);

}  // namespace lmhost

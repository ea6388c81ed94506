// The plain walk: one formula, values for its names, one result. The reference that the program
// must agree with; used for worked examples, for single kernels, and to say which operation of a
// formula failed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "formula/expression.hpp"
#include "formula/value.hpp"

namespace lmhost {

struct PluginFunction;

struct FormulaScope {
  // The value of a name, or nullptr when it has none.
  std::function<const Value*(std::string_view)> value;
  // A function of the formula's plugin, or nullptr. May be empty.
  std::function<const PluginFunction*(std::string_view)> function;
};

struct FormulaValue {
  Value value;                   // an error number when the formula failed
  std::size_t error_offset = 0;  // of the operation that failed, in the formula's text
  std::string error_text;  // "division by zero", "'S' has no value"; empty when it did not fail

  bool ok() const { return error_text.empty(); }
};

// What a macro receives: strings without their quotes, everything else as the language spells it.
std::vector<std::string> macro_arguments(const std::vector<Value>& arguments);

FormulaValue evaluate_formula(const Expression& expression, const FormulaScope& scope);

}  // namespace lmhost

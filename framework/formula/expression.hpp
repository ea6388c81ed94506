// A compiled formula: the text of an expression as a flat list of nodes in evaluation order.
//
// The language is a subset of Python expressions (framework/README.md has the grammar). Parsing
// uses an explicit stack and limits, so that hostile text costs bounded time and memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/value.hpp"

namespace lmhost {

enum class Op : std::uint8_t {
  // leaves
  kConstant,  // argument: index into constants
  kName,      // argument: index into names
  // unary
  kNegate,
  kNot,
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
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kAnd,
  kOr,
  // a if c else b: operands in evaluation order a, c, b
  kConditional,
  // call: argument is the index of the function in functions, count the number of arguments
  kCall
};

struct ExpressionNode {
  Op op;
  std::uint8_t count = 0;      // operands on the stack
  std::uint32_t argument = 0;  // see Op
  std::uint32_t offset = 0;    // into the text, for errors
};

struct Expression {
  std::string text;
  std::vector<ExpressionNode> nodes;  // postfix
  std::vector<Value> constants;
  std::vector<std::string> names;      // free variables, each once, in order of first use; dotted
  std::vector<std::string> functions;  // called functions, each once
};

// A name that a formula can use: letters, digits and '_', no word of the formula language.
bool is_identifier(std::string_view text);

struct FormulaLimits {
  std::size_t length = 64 * 1024;  // bytes of one formula
  std::size_t depth = 256;         // open parentheses and pending operators
  bool caret_is_power = false;     // "x^2", as the first module databases have it
};

// Parses `text`. Errors point into `source` at `base_offset` + the place in the text; for a formula
// inside a JSON file `source` is the file. REQUIRES: [base_offset, base_offset + text.size()) lies
// in source.text.
Result<Expression> parse_expression(std::string_view text, const SourceText& source,
                                    std::size_t base_offset, const FormulaLimits& limits = {});
// The same for a text of its own, named in errors as `name`.
Result<Expression> parse_expression(std::string_view text, std::string_view name,
                                    const FormulaLimits& limits = {});

}  // namespace lmhost

// The built-in functions of the formula language, and the arithmetic behind them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formula/program.hpp"
#include "formula/value.hpp"

namespace lmhost {

enum class Builtin : std::uint8_t {
  kMin,
  kMax,
  kAbs,
  kFloor,
  kCeil,
  kCeilDivide,
  kLog2,
  kLen,
  kCount,
  kSumRange,
  kDefined,
  kCausalPairs,
  kWindowPairs,
  kDistinct,
  kUnknown
};

struct BuiltinFunction {
  std::string_view name;
  Builtin id;
  std::uint8_t least;  // arguments
  std::uint8_t most;
  std::string_view signature;  // "ceil_div(a, b)"
  std::string_view doc;
};

std::span<const BuiltinFunction> builtin_functions();
const BuiltinFunction* builtin_named(std::string_view name);  // nullptr when there is none
// The function that spells an operator of the program, or "".
std::string_view function_name(ProgramOp op);

// Why unknown('reason') has no value: "the cost is not known: 'reason'".
inline constexpr std::string_view kUnknownText = "the cost is not known: ";
std::string unknown_text(const Value& reason);

// Query-key pairs of causal attention: sum over i = 1..new_tokens of (past + i).
Number causal_pairs(const Number& new_tokens, const Number& past);
// The same where a query sees at most `window` keys, itself included: sum of min(past + i, window).
Number window_pairs(const Number& new_tokens, const Number& past, const Number& window);
// Expected number of distinct experts hit when `tokens` tokens each choose `chosen` of `experts` at
// random: experts * (1 - (1 - chosen/experts)^tokens). Inexact.
Number distinct(const Number& experts, const Number& chosen, const Number& tokens);
Number sum_range(const Number& first, const Number& end);  // first + ... + (end - 1); 0 when empty
Number ceil_divide(const Number& a, const Number& b);

// One operator on numbers; the meaning that both evaluators share. REQUIRES: op is unary, binary or
// ternary.
Number apply(ProgramOp op, const Number& a, const Number& b = Number(), const Number& c = Number());

}  // namespace lmhost

#include "formula/functions.hpp"

#include <algorithm>
#include <cmath>

namespace lmhost {
namespace {

constexpr BuiltinFunction kBuiltins[] = {
    {"min", Builtin::kMin, 2, 255, "min(a, b, ...)", "the smallest argument"},
    {"max", Builtin::kMax, 2, 255, "max(a, b, ...)", "the largest argument"},
    {"abs", Builtin::kAbs, 1, 1, "abs(a)", "the absolute value"},
    {"floor", Builtin::kFloor, 1, 1, "floor(a)", "the largest integer not above a"},
    {"ceil", Builtin::kCeil, 1, 1, "ceil(a)", "the smallest integer not below a"},
    {"ceil_div", Builtin::kCeilDivide, 2, 2, "ceil_div(a, b)", "ceil(a / b)"},
    {"log2", Builtin::kLog2, 1, 1, "log2(a)",
     "the binary logarithm; exact for powers of two, else inexact"},
    {"len", Builtin::kLen, 1, 1, "len(list)", "the number of elements of a config list"},
    {"count", Builtin::kCount, 2, 2, "count(list, value)",
     "how many elements of a config list equal the value"},
    {"sum_range", Builtin::kSumRange, 2, 2, "sum_range(a, b)",
     "a + (a+1) + ... + (b-1); 0 when b <= a"},
    {"defined", Builtin::kDefined, 1, 1, "defined(name)",
     "True when the name has a value that is not null"},
    {"causal_pairs", Builtin::kCausalPairs, 2, 2, "causal_pairs(S, C)",
     "query-key pairs of S new tokens after C cached ones: S*C + S*(S+1)/2"},
    {"window_pairs", Builtin::kWindowPairs, 3, 3, "window_pairs(S, C, W)",
     "the same when a query sees at most W keys, itself included: sum of min(C+i, W) for i = 1..S"},
    {"distinct", Builtin::kDistinct, 3, 3, "distinct(E, k, T)",
     "expected distinct experts hit by T tokens choosing k of E: E*(1-(1-k/E)**T); inexact"},
    {"unknown", Builtin::kUnknown, 1, 1, "unknown('reason')",
     "no value: a cost that its author left open; an error where it is needed"}};

bool is_count(const Number& number) { return number.is_integer() && !number.is_negative(); }

Number domain_error() { return Number::error(ArithmeticError::kDomain); }

Number truth(bool value) { return Number(value ? 1 : 0); }

// a relation b, where `holds` judges the sign of the comparison.
template <class Holds>
Number relation(const Number& a, const Number& b, Holds holds) {
  const std::optional<int> order = compare(a, b);
  if (!order) return a.is_error() ? a : b;
  return truth(holds(*order));
}

}  // namespace

std::span<const BuiltinFunction> builtin_functions() { return kBuiltins; }

const BuiltinFunction* builtin_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(kBuiltins), std::end(kBuiltins),
                                   [&](const BuiltinFunction& row) { return row.name == name; });
  return found == std::end(kBuiltins) ? nullptr : found;
}

std::string_view function_name(ProgramOp op) {
  switch (op) {
    case ProgramOp::kAbs:
      return "abs";
    case ProgramOp::kFloor:
      return "floor";
    case ProgramOp::kCeil:
      return "ceil";
    case ProgramOp::kLog2:
      return "log2";
    case ProgramOp::kDefined:
      return "defined";
    case ProgramOp::kLength:
      return "len";
    case ProgramOp::kCount:
      return "count";
    case ProgramOp::kMinimum:
      return "min";
    case ProgramOp::kMaximum:
      return "max";
    case ProgramOp::kCeilDivide:
      return "ceil_div";
    case ProgramOp::kCausalPairs:
      return "causal_pairs";
    case ProgramOp::kSumRange:
      return "sum_range";
    case ProgramOp::kWindowPairs:
      return "window_pairs";
    case ProgramOp::kDistinct:
      return "distinct";
    default:
      return {};
  }
}

std::string unknown_text(const Value& reason) {
  return std::string(kUnknownText) + to_string(reason);
}

Number causal_pairs(const Number& new_tokens, const Number& past) {
  if (new_tokens.is_error()) return new_tokens;
  if (past.is_error()) return past;
  if (!is_count(new_tokens) || !is_count(past)) return domain_error();
  return new_tokens * past + divide(new_tokens * (new_tokens + Number(1)), Number(2));
}

Number window_pairs(const Number& new_tokens, const Number& past, const Number& window) {
  for (const Number* argument : {&new_tokens, &past, &window}) {
    if (argument->is_error()) return *argument;
    if (!is_count(*argument)) return domain_error();
  }
  if (window.is_zero()) return domain_error();
  // The first queries still see everything before them, the others exactly `window` keys.
  const Number growing = minimum(new_tokens, maximum(window - past, Number(0)));
  return causal_pairs(growing, past) + (new_tokens - growing) * window;
}

Number distinct(const Number& experts, const Number& chosen, const Number& tokens) {
  for (const Number* argument : {&experts, &chosen, &tokens}) {
    if (argument->is_error()) return *argument;
    if (argument->is_negative()) return domain_error();
  }
  const double e = experts.to_double(), k = chosen.to_double(), t = tokens.to_double();
  if (k > e) return domain_error();
  if (t == 0 || k == 0) return Number::inexact(0);
  // log1p and expm1 keep the digits that 1 - (1 - x)^t would cancel for small x.
  return Number::inexact(k == e ? e : -e * std::expm1(t * std::log1p(-k / e)));
}

Number sum_range(const Number& first, const Number& end) {
  if (first.is_error()) return first;
  if (end.is_error()) return end;
  if (!first.is_integer() || !end.is_integer()) return domain_error();
  if (first.numerator() >= end.numerator()) return Number(0);
  return divide((end - first) * (first + end - Number(1)), Number(2));
}

Number ceil_divide(const Number& a, const Number& b) {
  // Integers never meet the 64-bit limit of a quotient's denominator this way.
  if (a.is_integer() && b.is_integer()) return -floor_divide(-a, b);
  return ceil(divide(a, b));
}

Number apply(ProgramOp op, const Number& a, const Number& b, const Number& c) {
  switch (op) {
    case ProgramOp::kNot:
      return a.is_error() ? a : truth(a.is_zero());
    case ProgramOp::kAbs:
      return a.is_negative() ? -a : a;
    case ProgramOp::kFloor:
      return floor(a);
    case ProgramOp::kCeil:
      return ceil(a);
    case ProgramOp::kLog2:
      return log2(a);
    case ProgramOp::kAdd:
      return a + b;
    case ProgramOp::kSubtract:
      return a - b;
    case ProgramOp::kMultiply:
      return a * b;
    case ProgramOp::kDivide:
      return divide(a, b);
    case ProgramOp::kFloorDivide:
      return floor_divide(a, b);
    case ProgramOp::kModulo:
      return modulo(a, b);
    case ProgramOp::kPower:
      return power(a, b);
    case ProgramOp::kLess:
      return relation(a, b, [](int order) { return order < 0; });
    case ProgramOp::kLessEqual:
      return relation(a, b, [](int order) { return order <= 0; });
    case ProgramOp::kEqual:
      return relation(a, b, [](int order) { return order == 0; });
    case ProgramOp::kNotEqual:
      return relation(a, b, [](int order) { return order != 0; });
    case ProgramOp::kMinimum:
      return minimum(a, b);
    case ProgramOp::kMaximum:
      return maximum(a, b);
    case ProgramOp::kCeilDivide:
      return ceil_divide(a, b);
    case ProgramOp::kCausalPairs:
      return causal_pairs(a, b);
    case ProgramOp::kSumRange:
      return sum_range(a, b);
    case ProgramOp::kSelect:
      return a.is_error() ? a : (a.is_zero() ? c : b);
    case ProgramOp::kWindowPairs:
      return window_pairs(a, b, c);
    case ProgramOp::kDistinct:
      return distinct(a, b, c);
    case ProgramOp::kConstant:
    case ProgramOp::kInput:
    case ProgramOp::kSymbol:
    case ProgramOp::kDefined:
    case ProgramOp::kLength:
    case ProgramOp::kCount:
    case ProgramOp::kScalar:
      break;
  }
  return Number::error(ArithmeticError::kFunction);
}

}  // namespace lmhost

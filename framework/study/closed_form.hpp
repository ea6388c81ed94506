// A polynomial as a person would write it: common factors pulled out, like terms collected, opaque
// parts (min, floor, conditionals) as calls. A tree that every language prints in its own way.
//
// The order is that of the symbols' ranks, not of the program's nodes: factors are a number, symbols by
// rank, opaque parts, sums; terms stand by falling degree, and of one degree as in a polynomial written
// out, the highest power of the first symbol first. Opaque parts are ordered by what they are made of.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "formula/polynomial.hpp"

namespace lmhost {

enum class FormOp { kInteger, kNumber, kSymbol, kSum, kProduct, kPower, kQuotient, kCall };

struct FormNode {
  FormOp op = FormOp::kInteger;
  Int128 integer = 0;                   // kInteger; of kQuotient the divisor
  Number number;                        // kNumber: what is no integer
  std::string name;                     // kSymbol; of a kCall of a plugin's function its name
  std::size_t rank = 0;                 // kSymbol
  ProgramOp call = ProgramOp::kScalar;  // kCall
  std::uint32_t exponent = 0;           // kPower
  std::vector<std::uint32_t> children;
  // Of kQuotient: the quotient is whole wherever the symbols are.
  bool is_whole = false;
};

struct ClosedForm {
  std::vector<FormNode> nodes;  // children before parents; the last is the value
  bool is_inexact = false;      // a part is an expectation
};

// An input in formulas: "batch_size", and how many of the others stand before it.
struct InputSymbol {
  std::string name;
  std::size_t rank = 0;
};
using InputSymbols = std::function<InputSymbol(InputName)>;

// REQUIRES: the polynomial is over atoms of the program; forms and facts are those of the program.
ClosedForm closed_form(const Polynomial& polynomial, const Program& program, PolynomialForm& forms,
                       const NodeFacts& facts, const InputSymbols& symbols);
// numerator / denominator.
ClosedForm closed_ratio(const Polynomial& numerator, const Polynomial& denominator,
                        const Program& program, PolynomialForm& forms, const NodeFacts& facts,
                        const InputSymbols& symbols);

}  // namespace lmhost

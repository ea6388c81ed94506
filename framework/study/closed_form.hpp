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
#include "lmhost/result.hpp"

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
  bool may_fail = false;  // it or a child: a division by what may be 0
};

struct ClosedForm {
  std::vector<FormNode> nodes;  // each distinct one once; children before parents
  std::uint32_t value = 0;      // the node that the form is of
  bool is_inexact = false;      // a part is an expectation
  std::map<std::uint32_t, std::string>
      parts;  // nodes with a name, "t1": written once, in this order
};

// An input in formulas: "batch_size", and how many of the others stand before it.
struct InputSymbol {
  std::string name;
  std::size_t rank = 0;
};
using InputSymbols = std::function<InputSymbol(InputName)>;

// Every form is made within the budget of `forms`. Errors: the limit (E107), or a common denominator
// that is too large (E305). REQUIRES: the polynomial is over atoms of the program; forms and facts are
// those of the program.
Result<ClosedForm> closed_form(const Polynomial& polynomial, const Program& program,
                               PolynomialForm& forms, const NodeFacts& facts,
                               const InputSymbols& symbols);
// numerator / denominator.
Result<ClosedForm> closed_ratio(const Polynomial& numerator, const Polynomial& denominator,
                                const Program& program, PolynomialForm& forms,
                                const NodeFacts& facts, const InputSymbols& symbols);

// Names the parts of a form that is too long or too deep to be written whole, by names that no symbol
// has. Errors: E107, of a form that is too long all the same.
Result<bool> name_parts(ClosedForm& form, const std::vector<std::string>& symbols,
                        SymbolicBudget& budget);

}  // namespace lmhost

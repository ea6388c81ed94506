// Formulas as trees to build from: names bound to other formulas, sums and products of formulas,
// constants folded, and the text that parses back to the same tree.
//
// Binding happens on the tree, never in the text: (M - K) with K = a + b is M - (a + b), and M -> K,
// K -> M at once swaps the two. What comes out has its own canonical text, print(), and the places of
// its nodes are places in that text. No recursion; time and memory are linear in what comes out.
// Thread safety: plain functions of their arguments.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "formula/expression.hpp"

namespace lmhost {

// What a name stands for, or nullptr: the name stays. What is returned must live until the call of
// substitute() returns. Asked once for each distinct name.
using Replacement = std::function<const Expression*(std::string_view name)>;

// All names at once: names inside a replacement are not replaced again.
Expression substitute(const Expression& expression, const Replacement& replacement);
// The nodes that substitute() would give: to refuse a chain of doublings (a = b+b, b = c+c, ...)
// before it is built. Saturates.
std::size_t substituted_size(const Expression& expression, const Replacement& replacement);

// The same formula: equal operators, names, constants, functions. Places and the order in which words
// are listed do not matter; True is not 1 here.
bool is_same_tree(const Expression& a, const Expression& b);

// The canonical text: as few parentheses as Python's precedences allow, `2*M*K + N // 2`. Parsing it
// gives the same tree whenever the tree is one that the parser or a function of this header made and
// the text stays within FormulaLimits. Constants that no literal spells are approximated for reading:
// lists and objects as to_string() has them, an inexact number by its shortest decimal.
std::string print(const Expression& expression);

// 3, 0.5, 1/3 (a division), -2 (a negation), True, 'text', None: a tree that the parser makes too.
// REQUIRES: a number is exact; a value is neither list nor object, a string has not both quotes.
Expression constant_expression(const Number& number);
Expression constant_expression(const Value& value);
Expression name_expression(std::string_view name);
// REQUIRES: `op` takes as many operands; of kConditional they are then, condition, otherwise.
Expression operation(Op op, std::span<const Expression* const> operands);
Expression operation(Op op, const Expression& a);
Expression operation(Op op, const Expression& a, const Expression& b);
Expression conditional(const Expression& condition, const Expression& then,
                       const Expression& otherwise);
// REQUIRES: at most 255 arguments
Expression call_expression(std::string_view function, std::span<const Expression> arguments);
Expression sum_of(std::span<const Expression> terms);        // 0 when there are none
Expression product_of(std::span<const Expression> factors);  // 1 when there are none

// The same value with less to compute: parts without names evaluated (those that fail or are inexact
// stay), branches that cannot be taken dropped, and x*1, x+0, x-0, x/1, 0*x rewritten. Names are
// taken to have values; 0*x goes only where x cannot fail (names, constants, + - *).
Expression fold_constants(const Expression& expression);

}  // namespace lmhost

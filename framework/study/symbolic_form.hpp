// Nodes of a program as formulas that people read: sums of products with equal terms collected.
//
// A form is a sum of terms, a term a coefficient times atoms. Atoms are names and whatever algebra
// does not look into: min, floor, conditionals, sums inside products. Products of sums stay products,
// so that the form of a model keeps the shape of the model; only numbers are multiplied into sums.
//
// The value is the node's, exactly: an operation that may be inexact keeps its operands and their
// order, everything else is exact arithmetic, in which order means nothing. Forms and atoms are
// shared, so building is linear; the text is not, which is why its size is known before, and why parts
// of long ones can be named. What is beyond the budget is built as 0: who asks looks at the budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formula/expression.hpp"
#include "formula/program.hpp"
#include "formula/symbolic_budget.hpp"

namespace lmhost {

using FormId = std::uint32_t;

class SymbolicForms {
 public:
  using Names = std::set<std::string, std::less<>>;

  // `undefined`: symbols that have no value in the config at hand, or nothing when there is none.
  // defined() is decided by it, and what reads such a symbol is not computed where the call that
  // needs it is absent. REQUIRES: program and budget outlive this.
  SymbolicForms(const Program& program, std::optional<Names> undefined, SymbolicBudget& budget);

  FormId of(NodeIndex node);
  FormId zero() const { return kZero; }
  FormId add(FormId a, FormId b);
  FormId multiply(FormId a, FormId b);
  // What `count` executions of something that costs `costs` cost; nothing when count is 0, although
  // `costs` may then have no value. `count_node` is the node of `count`.
  FormId repeated(NodeIndex count_node, FormId costs);
  FormId sum(std::span<const FormId> parts);
  // The first part with which a coefficient of the sum leaves 128 bits, so that sum() only lists it
  // and what follows; nothing when all fit.
  std::optional<std::size_t> overflow_in(std::span<const FormId> parts) const;
  // Whether such a coefficient was left a product since the last time somebody asked.
  bool take_overflow() { return std::exchange(has_overflow_, false); }

  bool is_zero(FormId form) const { return forms_[form].terms.empty(); }
  // Whether the formula is better written with names for its parts.
  bool is_long(FormId form) const {
    return forms_[form].length > budget_.limits().whole ||
           forms_[form].depth > budget_.limits().nesting;
  }
  // Characters below which no naming of parts brings the formula.
  std::size_t least_length(FormId form) const { return 4 * forms_[form].terms.size(); }
  // Names the shared parts of these formulas, each before its users. Gives the forms with a name.
  std::vector<std::pair<FormId, std::string>> name_parts(std::span<const FormId> roots);
  // Characters of the formula in terms of the names, about; saturates.
  std::size_t length(FormId form) const;
  // In terms of the names; the form itself is written out. REQUIRES: memory can hold the length
  Expression expression(FormId form) const;

 private:
  using AtomId = std::uint32_t;
  struct Term {
    Number coefficient;
    std::vector<AtomId> factors;  // sorted by rank and age; repeated for powers
  };
  // What is true of a value whatever the runtime point.
  struct Traits {
    bool is_exact = true;
    bool may_fail = false;    // or be inexact, or read an undefined symbol
    bool is_runtime = false;  // depends on a runtime variable
    bool is_truth = false;    // 0 or 1
  };
  struct Form {
    std::vector<Term> terms;
    Traits traits;
    std::size_t length = 1;
    std::uint32_t depth = 1;
  };
  enum class AtomKind : std::uint8_t { kName, kConstant, kOperation, kCall, kSum };
  struct Atom {
    AtomKind kind;
    std::uint8_t rank = 2;  // lengths, config, everything else, precision, quotients
    Op op = Op::kCall;
    std::string word;  // of a name or a call
    Value value;       // of a constant
    std::vector<FormId> operands;
    Traits traits;
    std::size_t length = 1;
    std::uint32_t depth = 1;
  };
  class Accumulator;
  class Emitter;
  class Namer;

  static constexpr FormId kZero = 0;

  FormId build(NodeIndex index);
  FormId build_constant(const Value& value);
  FormId build_operator(NodeIndex index);
  FormId build_select(const ProgramNode& node);
  FormId build_defined(const ProgramNode& node);
  FormId relation(ProgramOp op, FormId a, FormId b);
  // The value of an operator whose operands are all known, or nothing.
  std::optional<FormId> folded(const ProgramNode& node);
  std::optional<Value> known_value(FormId form) const;
  const Atom* single_atom(FormId form) const;  // of a form that is one
  FormId name(std::string word, std::uint8_t rank, Traits traits);
  FormId number(const Number& number);
  FormId operation(Op op, std::vector<FormId> operands);
  FormId call(std::string_view function, std::vector<FormId> operands);
  FormId conditional(FormId condition, FormId then, FormId otherwise);
  FormId subtract(FormId a, FormId b);
  FormId divide(NodeIndex a, NodeIndex b);
  FormId scaled(FormId form, const Number& factor);
  FormId power(NodeIndex base, NodeIndex exponent);
  FormId quotient(Op op, NodeIndex a, NodeIndex b);
  Traits traits_of(std::span<const FormId> operands) const;
  bool is_safe_divisor(FormId form) const;
  FormId form_of(Atom atom);
  AtomId sum_atom(FormId form);
  AtomId intern(Atom atom);
  FormId intern(std::vector<Term> terms);
  const Number* constant(FormId form) const;  // of a form that is one
  bool before(AtomId a, AtomId b) const;
  // Characters of their own, without those of atoms and operands.
  static std::size_t own_length(const std::vector<Term>& terms);
  static std::size_t own_length(const Atom& atom);

  const Program& program_;
  std::optional<Names> undefined_;
  SymbolicBudget& budget_;
  bool has_overflow_ = false;
  std::deque<Atom> atoms_;
  std::deque<Form> forms_;
  std::unordered_map<std::string, AtomId> atom_ids_;
  std::unordered_map<std::string, FormId> form_ids_;
  std::vector<FormId> of_node_;
  std::unordered_map<FormId, std::string> form_names_;
  std::unordered_map<AtomId, std::string> atom_names_;
  std::unordered_map<FormId, std::size_t> lengths_;  // with the names, of what they are for
};

}  // namespace lmhost

// A form as an expression, to be printed.
#include <algorithm>

#include "formula/tree_builder.hpp"
#include "study/symbolic_form.hpp"

namespace lmhost {

// Postfix: what is emitted last is pushed first.
class SymbolicForms::Emitter {
 public:
  explicit Emitter(const SymbolicForms& forms) : forms_(forms) {}

  Expression run(FormId form) {
    // What a name stands for is not the name.
    begin(form);
    std::reverse(stack_.begin(), stack_.end());
    while (!stack_.empty()) {
      const Task task = stack_.back();
      stack_.pop_back();
      const std::size_t begin = stack_.size();
      step(task);
      // step() pushed in reading order.
      std::reverse(stack_.begin() + static_cast<std::ptrdiff_t>(begin), stack_.end());
    }
    return tree_.finish();
  }

 private:
  void begin(FormId id) {
    const std::vector<Term>& terms = forms_.forms_[id].terms;
    if (forms_.single_atom(id) != nullptr)
      atom(terms[0].factors[0]);
    else
      form(forms_.forms_[id]);
  }

  struct Task {
    enum Kind { kForm, kAtom, kNumber, kOperation, kCall } kind;
    std::uint32_t id = 0;  // of a form or an atom; of a call: its atom
    Number number = Number();
    Op op = Op::kAdd;
  };

  void step(const Task& task) {
    switch (task.kind) {
      case Task::kForm: {
        const auto name = forms_.form_names_.find(task.id);
        return name != forms_.form_names_.end() ? tree_.name(name->second)
                                                : form(forms_.forms_[task.id]);
      }
      case Task::kAtom: {
        const auto name = forms_.atom_names_.find(task.id);
        return name != forms_.atom_names_.end() ? tree_.name(name->second) : atom(task.id);
      }
      case Task::kNumber:
        return tree_.number(task.number);
      case Task::kOperation: {
        const bool is_unary = task.op == Op::kNegate || task.op == Op::kNot;
        return tree_.operation(task.op, task.op == Op::kConditional ? 3 : (is_unary ? 1 : 2));
      }
      case Task::kCall: {
        const Atom& atom = forms_.atoms_[task.id];
        return tree_.call(atom.word, static_cast<std::uint8_t>(atom.operands.size()));
      }
    }
  }

  void push(Op op) { stack_.push_back({Task::kOperation, 0, Number(), op}); }
  void push(const Number& number) { stack_.push_back({Task::kNumber, 0, number}); }

  void form(const Form& form) {
    if (form.terms.empty()) return push(Number(0));
    for (std::size_t i = 0; i < form.terms.size(); ++i) {
      const Term& row = form.terms[i];
      const bool is_negative = row.coefficient.is_negative();
      term(row, i == 0 && is_negative);
      if (i > 0) push(is_negative ? Op::kSubtract : Op::kAdd);
    }
  }

  // |coefficient| times the factors, or minus that.
  void term(const Term& term, bool is_negated) {
    const Int128 top = term.coefficient.numerator();
    const Number numerator(top < 0 ? -top : top);
    bool is_first = true;
    const auto join = [&] {
      if (is_first && is_negated) push(Op::kNegate);
      if (!is_first) push(Op::kMultiply);
      is_first = false;
    };
    if (numerator != Number(1) || term.factors.empty()) {
      push(numerator);
      join();
    }
    for (std::size_t i = 0; i < term.factors.size();) {
      std::size_t end = i;
      while (end < term.factors.size() && term.factors[end] == term.factors[i]) ++end;
      stack_.push_back({Task::kAtom, term.factors[i]});
      if (end - i > 1) {
        push(Number(static_cast<std::uint64_t>(end - i)));
        push(Op::kPower);
      }
      join();
      i = end;
    }
    if (term.coefficient.denominator() != 1) {
      push(Number(term.coefficient.denominator()));
      push(Op::kDivide);
    }
  }

  void atom(AtomId id) {
    const Atom& atom = forms_.atoms_[id];
    if (atom.kind == AtomKind::kName) return tree_.name(atom.word);
    if (atom.kind == AtomKind::kConstant) return tree_.constant(atom.value);
    for (FormId operand : atom.operands) stack_.push_back({Task::kForm, operand});
    if (atom.kind == AtomKind::kOperation) push(atom.op);
    if (atom.kind == AtomKind::kCall) stack_.push_back({Task::kCall, id});
  }

  const SymbolicForms& forms_;
  TreeBuilder tree_;
  std::vector<Task> stack_;
};

Expression SymbolicForms::expression(FormId form) const { return Emitter(*this).run(form); }

}  // namespace lmhost

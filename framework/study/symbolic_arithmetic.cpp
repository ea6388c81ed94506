// Arithmetic of forms, what is known of their values, and the sharing of equal ones.
#include <algorithm>
#include <limits>
#include <utility>

#include "formula/polynomial.hpp"
#include "study/symbolic_form.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

std::size_t saturated(std::size_t a, std::size_t b) { return a > kMost - b ? kMost : a + b; }

void append(std::string& key, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(number >> shift);
}

}  // namespace

// Terms with equal factors become one, at the place of the first.
class SymbolicForms::Accumulator {
 public:
  explicit Accumulator(SymbolicBudget& budget) : budget_(budget) {}

  // False when a coefficient does not fit.
  bool add(const std::vector<Term>& terms, const Number& factor) {
    for (const Term& term : terms) {
      if (!budget_.spend(1 + term.factors.size())) return true;  // what is left is not looked at
      std::string key;
      for (AtomId atom : term.factors) append(key, atom);
      const Number coefficient = term.coefficient * factor;
      const auto [found, is_new] = places_.try_emplace(std::move(key), terms_.size());
      if (is_new) {
        terms_.push_back({coefficient, term.factors});
      } else {
        Number& sum = terms_[found->second].coefficient;
        sum = sum + coefficient;
      }
      if (!terms_[found->second].coefficient.is_exact()) return false;
    }
    return true;
  }

  std::vector<Term> take() {
    std::erase_if(terms_, [](const Term& term) { return term.coefficient.is_zero(); });
    return std::move(terms_);
  }

 private:
  SymbolicBudget& budget_;
  std::vector<Term> terms_;
  std::unordered_map<std::string, std::size_t> places_;
};

FormId SymbolicForms::add(FormId a, FormId b) {
  if (a == kZero) return b;
  if (b == kZero) return a;
  const FormId parts[] = {a, b};
  return sum(parts);
}

FormId SymbolicForms::sum(std::span<const FormId> parts) {
  // What is exact comes together; from the first inexact part on the order given stays, since a
  // rounded sum depends on it.
  std::size_t exact = 0;
  while (exact < parts.size() && forms_[parts[exact]].traits.is_exact) ++exact;
  Accumulator terms(budget_);
  FormId total = kZero;
  std::size_t next = 0;
  const std::span<const FormId> first = parts.first(exact);
  if (std::all_of(first.begin(), first.end(),
                  [&](FormId part) { return terms.add(forms_[part].terms, Number(1)); })) {
    total = intern(terms.take());
    next = exact;
  } else {
    has_overflow_ = true;
  }
  for (; next < parts.size(); ++next) {
    if (parts[next] == kZero) continue;
    total = total == kZero ? parts[next] : operation(Op::kAdd, {total, parts[next]});
  }
  return total;
}

std::optional<std::size_t> SymbolicForms::overflow_in(std::span<const FormId> parts) const {
  Accumulator terms(budget_);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Form& form = forms_[parts[i]];
    if (!form.traits.is_exact) break;
    if (!terms.add(form.terms, Number(1))) return i;
  }
  return std::nullopt;
}

FormId SymbolicForms::subtract(FormId a, FormId b) {
  Accumulator terms(budget_);
  const bool is_exact = forms_[a].traits.is_exact && forms_[b].traits.is_exact;
  if (is_exact && terms.add(forms_[a].terms, Number(1)) && terms.add(forms_[b].terms, Number(-1)))
    return intern(terms.take());
  return operation(Op::kSubtract, {a, b});
}

FormId SymbolicForms::scaled(FormId form, const Number& factor) {
  if (factor == Number(1)) return form;
  Accumulator terms(budget_);
  if (forms_[form].traits.is_exact) {
    if (terms.add(forms_[form].terms, factor)) return intern(terms.take());
    has_overflow_ = true;
  }
  return operation(Op::kMultiply, {number(factor), form});
}

FormId SymbolicForms::multiply(FormId a, FormId b) {
  if (a == kZero && !forms_[b].traits.may_fail) return kZero;
  if (b == kZero && !forms_[a].traits.may_fail) return kZero;
  if (a == kZero || b == kZero) return operation(Op::kMultiply, {a, b});
  if (const Number* factor = constant(a)) return scaled(b, *factor);
  if (const Number* factor = constant(b)) return scaled(a, *factor);
  if (!forms_[a].traits.is_exact || !forms_[b].traits.is_exact)
    return operation(Op::kMultiply, {a, b});
  Term product{Number(1), {}};
  for (FormId form : {a, b}) {
    if (forms_[form].terms.size() != 1) {
      product.factors.push_back(sum_atom(form));
      continue;
    }
    const Term& term = forms_[form].terms[0];
    product.coefficient = product.coefficient * term.coefficient;
    product.factors.insert(product.factors.end(), term.factors.begin(), term.factors.end());
  }
  has_overflow_ = has_overflow_ || !product.coefficient.is_exact();
  if (!product.coefficient.is_exact() || product.factors.size() > kMaximumDegree)
    return operation(Op::kMultiply, {a, b});
  std::stable_sort(product.factors.begin(), product.factors.end(),
                   [this](AtomId x, AtomId y) { return before(x, y); });
  return intern({std::move(product)});
}

FormId SymbolicForms::divide(NodeIndex a, NodeIndex b) {
  const FormId top = of_node_[a], bottom = of_node_[b];
  const Number* divisor = constant(bottom);
  const ProgramNode& dividend = program_.node(a);
  if (dividend.op == ProgramOp::kInput && divisor != nullptr && *divisor == Number(8)) {
    // "w_bits" over 8 is "w_bytes".
    std::string word(name_of(static_cast<RuntimeVariable>(dividend.operands[0])));
    if (word.ends_with("_bits"))
      return name(word.substr(0, word.size() - 4) + "bytes", 3, {true, false, true});
  }
  if (divisor != nullptr && forms_[top].traits.is_exact) {
    const Number inverse = lmhost::divide(Number(1), *divisor);
    if (inverse.is_exact()) return scaled(top, inverse);
  }
  return quotient(Op::kDivide, a, b);
}

FormId SymbolicForms::quotient(Op op, NodeIndex a, NodeIndex b) {
  // Last among factors, so that it keeps its parentheses: a_bytes*(n // 2), not n // 2*a_bytes.
  Atom atom{.kind = AtomKind::kOperation, .rank = 4, .op = op};
  atom.operands = {of_node_[a], of_node_[b]};
  atom.traits = traits_of(atom.operands);
  atom.traits.may_fail = atom.traits.may_fail || !is_safe_divisor(of_node_[b]);
  return form_of(std::move(atom));
}

FormId SymbolicForms::power(NodeIndex base, NodeIndex exponent) {
  constexpr int kLongest = 16;  // factors written out, to meet their like
  const Form& form = forms_[of_node_[base]];
  const Number* number = constant(of_node_[exponent]);
  // -1: no whole number of times.
  const std::int64_t times = number == nullptr ? -1 : number->to_int64().value_or(-1);
  const bool is_product = form.terms.size() == 1 && form.traits.is_exact;
  if (is_product && times > 0 && times <= kLongest &&
      form.terms[0].factors.size() * static_cast<std::size_t>(times) <= kMaximumDegree) {
    FormId result = of_node_[base];
    for (std::int64_t i = 1; i < times; ++i) result = multiply(result, of_node_[base]);
    return result;
  }
  Atom atom{.kind = AtomKind::kOperation, .op = Op::kPower};
  atom.operands = {of_node_[base], of_node_[exponent]};
  atom.traits = traits_of(atom.operands);
  const bool is_whole = times >= 0;
  atom.traits.is_exact = atom.traits.is_exact && is_whole;
  atom.traits.may_fail = atom.traits.may_fail || !is_whole;
  return form_of(std::move(atom));
}

FormId SymbolicForms::repeated(NodeIndex count_node, FormId costs) {
  if (costs == kZero) return kZero;
  const FormId count = of(count_node);
  const ProgramNode& node = program_.node(count_node);
  if (count == kZero) return kZero;
  const bool had_overflow = has_overflow_;
  const bool is_choice = node.op == ProgramOp::kSelect && of(node.operands[2]) == kZero &&
                         !known_value(of(node.operands[0]));
  if (is_choice) {
    const FormId product = multiply(of(node.operands[1]), costs);
    has_overflow_ = had_overflow;  // it happens only where the choice falls on it
    return conditional(of(node.operands[0]), product, kZero);
  }
  const FormId product = multiply(count, costs);
  const bool needs_guard = forms_[costs].traits.may_fail && constant(count) == nullptr;
  return needs_guard ? conditional(count, product, kZero) : product;
}

// ---- what is known of a value ----

SymbolicForms::Traits SymbolicForms::traits_of(std::span<const FormId> operands) const {
  Traits all;
  for (FormId operand : operands) {
    const Traits& traits = forms_[operand].traits;
    all.is_exact = all.is_exact && traits.is_exact;
    all.may_fail = all.may_fail || traits.may_fail;
    all.is_runtime = all.is_runtime || traits.is_runtime;
  }
  return all;
}

// A length may be 0; a config that divides by its own 0 has no costs at all.
bool SymbolicForms::is_safe_divisor(FormId form) const {
  return form != kZero && !forms_[form].traits.is_runtime && !forms_[form].traits.may_fail;
}

const Number* SymbolicForms::constant(FormId form) const {
  const std::vector<Term>& terms = forms_[form].terms;
  return terms.size() == 1 && terms[0].factors.empty() ? &terms[0].coefficient : nullptr;
}

bool SymbolicForms::before(AtomId a, AtomId b) const {
  return atoms_[a].rank != atoms_[b].rank ? atoms_[a].rank < atoms_[b].rank : a < b;
}

// ---- sharing ----

FormId SymbolicForms::form_of(Atom atom) {
  const AtomId id = intern(std::move(atom));
  return intern(std::vector<Term>{{Number(1), {id}}});
}

SymbolicForms::AtomId SymbolicForms::sum_atom(FormId form) {
  Atom atom{.kind = AtomKind::kSum};
  atom.operands = {form};
  atom.traits = forms_[form].traits;
  return intern(std::move(atom));
}

SymbolicForms::AtomId SymbolicForms::intern(Atom atom) {
  std::string key;
  key += static_cast<char>('a' + static_cast<int>(atom.kind));
  key += static_cast<char>('A' + static_cast<int>(atom.op));
  for (FormId operand : atom.operands) append(key, operand);
  key += atom.kind == AtomKind::kConstant ? to_string(atom.value) : atom.word;
  const auto [found, is_new] =
      atom_ids_.try_emplace(std::move(key), static_cast<AtomId>(atoms_.size()));
  if (is_new) {
    budget_.keep(2 + atom.operands.size());
    atom.length = own_length(atom);
    for (FormId operand : atom.operands) {
      atom.length = saturated(atom.length, forms_[operand].length);
      atom.depth = std::max(atom.depth, forms_[operand].depth + 1);
    }
    atoms_.push_back(std::move(atom));
  }
  return found->second;
}

FormId SymbolicForms::intern(std::vector<Term> terms) {
  std::string key;
  for (const Term& term : terms) {
    budget_.spend(1 + term.factors.size());
    key += to_string(term.coefficient);
    for (AtomId atom : term.factors) append(key += '*', atom);
    key += '+';
  }
  const auto [found, is_new] =
      form_ids_.try_emplace(std::move(key), static_cast<FormId>(forms_.size()));
  if (!is_new) return found->second;
  Form form;
  form.length = own_length(terms);
  form.terms = std::move(terms);
  for (const Term& term : form.terms) {
    budget_.keep(1 + term.factors.size());
    for (AtomId atom : term.factors) {
      const Traits& traits = atoms_[atom].traits;
      form.traits.is_exact = form.traits.is_exact && traits.is_exact;
      form.traits.may_fail = form.traits.may_fail || traits.may_fail;
      form.traits.is_runtime = form.traits.is_runtime || traits.is_runtime;
      form.length = saturated(form.length, atoms_[atom].length);
      form.depth = std::max(form.depth, atoms_[atom].depth + 1);
    }
  }
  const FormId id = found->second;
  forms_.push_back(std::move(form));
  if (const Atom* atom = single_atom(id)) forms_.back().traits.is_truth = atom->traits.is_truth;
  return id;
}

// ---- how long they are ----

std::size_t SymbolicForms::own_length(const std::vector<Term>& terms) {
  if (terms.empty()) return 1;
  std::size_t length = 3 * (terms.size() - 1);  // " + "
  for (const Term& term : terms) {
    const bool is_one = term.coefficient == Number(1) && !term.factors.empty();
    if (!is_one) length += to_string(term.coefficient).size();
    length += term.factors.size();
  }
  return length;
}

std::size_t SymbolicForms::own_length(const Atom& atom) {
  switch (atom.kind) {
    case AtomKind::kName:
      return atom.word.size();
    case AtomKind::kConstant:
      return to_string(atom.value).size();
    case AtomKind::kOperation:
      return 4 * (atom.operands.size() - 1);
    case AtomKind::kCall:
      return atom.word.size() + 2 * atom.operands.size();
    case AtomKind::kSum:
      break;
  }
  return 2;
}

}  // namespace lmhost

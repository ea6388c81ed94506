#include "study/symbolic_form.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "formula/functions.hpp"
#include "formula/plugin_function.hpp"
#include "formula/tree_builder.hpp"

namespace lmhost {
namespace {

constexpr FormId kNoForm = 0xFFFFFFFF;
constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

std::size_t saturated(std::size_t a, std::size_t b) { return a > kMost - b ? kMost : a + b; }

void append(std::string& key, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(number >> shift);
}

// A reason that fits between quotes.
std::string quotable(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return text;
}

}  // namespace

// Terms with equal factors become one, at the place of the first.
class SymbolicForms::Accumulator {
 public:
  // False when a coefficient does not fit.
  bool add(const std::vector<Term>& terms, const Number& factor) {
    for (const Term& term : terms) {
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
  std::vector<Term> terms_;
  std::unordered_map<std::string, std::size_t> places_;
};

SymbolicForms::SymbolicForms(const Program& program, std::optional<Names> undefined)
    : program_(program), undefined_(std::move(undefined)) {
  intern(std::vector<Term>());  // kZero
}

// ---- building ----

// Operands have smaller indices than their users, so everything below `node` is built by going up.
FormId SymbolicForms::of(NodeIndex node) {
  for (auto next = static_cast<NodeIndex>(of_node_.size()); next <= node; ++next)
    of_node_.push_back(build(next));
  return of_node_[node];
}

FormId SymbolicForms::build(NodeIndex index) {
  const ProgramNode& node = program_.node(index);
  const auto& [a, b, c] = node.operands;
  switch (node.op) {
    case ProgramOp::kConstant:
      return build_constant(*program_.constant_value(index));
    case ProgramOp::kInput: {
      const auto variable = static_cast<RuntimeVariable>(a);
      const bool is_length = variable < RuntimeVariable::kWeightBits;
      return name(std::string(name_of(variable)), is_length ? 0 : 3, {true, false, true});
    }
    case ProgramOp::kSymbol: {
      const std::string& word = program_.symbols()[a].name;
      return name(word, 1, {true, undefined_ && undefined_->count(word) != 0, false});
    }
    case ProgramOp::kAdd:
      return add(of_node_[a], of_node_[b]);
    case ProgramOp::kSubtract:
      return subtract(of_node_[a], of_node_[b]);
    case ProgramOp::kMultiply:
      return multiply(of_node_[a], of_node_[b]);
    case ProgramOp::kDivide:
      return divide(a, b);
    case ProgramOp::kPower:
      return power(a, b);
    default:
      return build_operator(index);
  }
}

FormId SymbolicForms::build_constant(const Value& value) {
  if (value.kind == Value::Kind::kNumber && value.number.is_exact()) return number(value.number);
  if (value.kind == Value::Kind::kNumber && value.number.is_inexact()) {
    // The expected distinct experts of as many tokens as there are, all chosen: the language's
    // spelling of an inexact number.
    const Number exact = parse_number(to_string(value.number)).value_or(Number(0));
    const bool has_spelling = !exact.is_negative() && exact.to_double() == value.number.to_double();
    if (has_spelling) return call("distinct", {number(exact), number(exact), number(1)});
  }
  if (value.kind == Value::Kind::kNumber && value.number.is_error()) {
    const ProgramError* error = program_.error_of(value.number);
    if (error != nullptr && error->reason == ArithmeticError::kUnbound)
      return name(error->text, 1, {true, true, false});
    const std::string text = error != nullptr ? error->text : to_string(value.number);
    return call("unknown", {build_constant(Value::of(quotable(text)))});
  }
  const bool has_literal =
      value.kind == Value::Kind::kNone ||
      (value.kind == Value::Kind::kString && value.string.find('\'') == std::string::npos);
  if (!has_literal) return call("unknown", {build_constant(Value::of(quotable(to_string(value))))});
  Atom atom{.kind = AtomKind::kConstant, .value = value};
  return form_of(std::move(atom));
}

FormId SymbolicForms::build_operator(NodeIndex index) {
  const ProgramNode& node = program_.node(index);
  const auto& [a, b, c] = node.operands;
  if (const std::optional<FormId> known = folded(node)) return *known;
  switch (node.op) {
    case ProgramOp::kFloorDivide:
      return quotient(Op::kFloorDivide, a, b);
    case ProgramOp::kModulo:
      return quotient(Op::kModulo, a, b);
    case ProgramOp::kNot:
      return operation(Op::kNot, {of_node_[a]});
    case ProgramOp::kLess:
    case ProgramOp::kLessEqual:
    case ProgramOp::kEqual:
    case ProgramOp::kNotEqual:
      return relation(node.op, of_node_[a], of_node_[b]);
    case ProgramOp::kSelect:
      return build_select(node);
    case ProgramOp::kDefined:
      return build_defined(node);
    case ProgramOp::kScalar: {
      const ScalarCall& scalar = program_.scalar_call(node);
      std::vector<FormId> arguments;
      for (NodeIndex argument : scalar.arguments) arguments.push_back(of_node_[argument]);
      return call(scalar.function->name, std::move(arguments));
    }
    default:
      break;
  }
  std::vector<FormId> operands;
  for (NodeIndex operand : program_.operands(node)) operands.push_back(of_node_[operand]);
  return call(function_name(node.op), std::move(operands));
}

FormId SymbolicForms::build_select(const ProgramNode& node) {
  const auto& [a, b, c] = node.operands;
  const FormId condition = of_node_[a], then = of_node_[b], otherwise = of_node_[c];
  if (const std::optional<Value> value = known_value(condition)) {
    const bool is_true =
        value->kind == Value::Kind::kNumber ? !value->number.is_zero() : !value->string.empty();
    return is_true ? then : otherwise;
  }
  const bool is_sure = forms_[condition].traits.is_truth && !forms_[condition].traits.may_fail;
  if (a == c) return then == kZero && is_sure ? kZero : operation(Op::kAnd, {condition, then});
  if (a == b) return operation(Op::kOr, {condition, otherwise});
  if (then == otherwise && !forms_[condition].traits.may_fail) return then;
  return conditional(condition, then, otherwise);
}

// With a config at hand a name either has a value or has not.
FormId SymbolicForms::build_defined(const ProgramNode& node) {
  const ProgramNode& operand = program_.node(node.operands[0]);
  if (undefined_ && operand.op == ProgramOp::kSymbol)
    return number(
        Number(undefined_->count(program_.symbols()[operand.operands[0]].name) == 0 ? 1 : 0));
  return call("defined", {of_node_[node.operands[0]]});
}

// Constants stand on the right, as people write them.
FormId SymbolicForms::relation(ProgramOp op, FormId a, FormId b) {
  const bool is_sure = forms_[a].traits.is_exact && !forms_[a].traits.may_fail;
  if (a == b && is_sure)
    return number(Number(op == ProgramOp::kLessEqual || op == ProgramOp::kEqual ? 1 : 0));
  const bool turns = known_value(a).has_value();
  const std::vector<FormId> operands =
      turns ? std::vector<FormId>{b, a} : std::vector<FormId>{a, b};
  switch (op) {
    case ProgramOp::kLess:
      return operation(turns ? Op::kGreater : Op::kLess, operands);
    case ProgramOp::kLessEqual:
      return operation(turns ? Op::kGreaterEqual : Op::kLessEqual, operands);
    case ProgramOp::kEqual:
      return operation(Op::kEqual, operands);
    default:
      return operation(Op::kNotEqual, operands);
  }
}

std::optional<Value> SymbolicForms::known_value(FormId form) const {
  if (form == kZero) return Value::of(Number(0));
  if (const Number* number = constant(form)) return Value::of(*number);
  const Atom* const atom = single_atom(form);
  if (atom == nullptr || atom->kind != AtomKind::kConstant) return std::nullopt;
  return atom->value;
}

const SymbolicForms::Atom* SymbolicForms::single_atom(FormId form) const {
  const std::vector<Term>& terms = forms_[form].terms;
  const bool is_atom =
      terms.size() == 1 && terms[0].factors.size() == 1 && terms[0].coefficient == Number(1);
  return is_atom ? &atoms_[terms[0].factors[0]] : nullptr;
}

std::optional<FormId> SymbolicForms::folded(const ProgramNode& node) {
  if (node.op == ProgramOp::kScalar || node.op == ProgramOp::kSelect) return std::nullopt;
  std::vector<Value> values;
  for (NodeIndex operand : program_.operands(node)) {
    const std::optional<Value> value = known_value(of_node_[operand]);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  const bool all_numbers = std::all_of(values.begin(), values.end(), [](const Value& value) {
    return value.kind == Value::Kind::kNumber;
  });
  if (!all_numbers) {
    const bool is_equality = node.op == ProgramOp::kEqual || node.op == ProgramOp::kNotEqual;
    if (!is_equality) return std::nullopt;
    return number(Number((values[0] == values[1]) == (node.op == ProgramOp::kEqual) ? 1 : 0));
  }
  values.resize(3, Value::of(Number(0)));
  const Number result = apply(node.op, values[0].number, values[1].number, values[2].number);
  if (!result.is_exact()) return std::nullopt;
  return number(result);
}

FormId SymbolicForms::name(std::string word, std::uint8_t rank, Traits traits) {
  return form_of(
      {.kind = AtomKind::kName, .rank = rank, .word = std::move(word), .traits = traits});
}

FormId SymbolicForms::number(const Number& number) {
  if (number.is_zero()) return kZero;
  return intern(std::vector<Term>{{number, {}}});
}

FormId SymbolicForms::operation(Op op, std::vector<FormId> operands) {
  Traits traits = traits_of(operands);
  const bool is_relation = op >= Op::kLess && op <= Op::kNotEqual;
  const bool joins_truths = (op == Op::kAnd || op == Op::kOr) &&
                            std::all_of(operands.begin(), operands.end(), [this](FormId operand) {
                              return forms_[operand].traits.is_truth;
                            });
  traits.is_truth = op == Op::kNot || is_relation || joins_truths;
  return form_of(
      {.kind = AtomKind::kOperation, .op = op, .operands = std::move(operands), .traits = traits});
}

FormId SymbolicForms::call(std::string_view function, std::vector<FormId> operands) {
  Traits traits = traits_of(operands);
  if (function == "defined") traits = {true, false, traits.is_runtime, true};
  if (function == "ceil_div" && !is_safe_divisor(operands[1])) traits.may_fail = true;
  const bool is_arithmetic = builtin_named(function) != nullptr;
  if (!is_arithmetic || function == "distinct" || function == "log2") {
    traits.is_exact = false;
    traits.may_fail = true;
  }
  return form_of({.kind = AtomKind::kCall,
                  .word = std::string(function),
                  .operands = std::move(operands),
                  .traits = traits});
}

FormId SymbolicForms::conditional(FormId condition, FormId then, FormId otherwise) {
  Atom atom{.kind = AtomKind::kOperation, .op = Op::kConditional};
  atom.operands = {then, condition, otherwise};
  atom.traits = traits_of(atom.operands);
  // `x if defined(x) else y` reads x only where it is.
  const Atom* const tested = single_atom(condition);
  if (tested != nullptr && tested->word == "defined" && tested->operands[0] == then)
    atom.traits.may_fail = forms_[otherwise].traits.may_fail;
  return form_of(std::move(atom));
}

// ---- arithmetic ----

FormId SymbolicForms::add(FormId a, FormId b) {
  if (a == kZero) return b;
  if (b == kZero) return a;
  const FormId parts[] = {a, b};
  return sum(parts);
}

FormId SymbolicForms::sum(std::span<const FormId> parts) {
  Accumulator terms;
  bool is_exact = true;
  for (FormId part : parts) {
    const Form& form = forms_[part];
    is_exact = is_exact && form.traits.is_exact && terms.add(form.terms, Number(1));
  }
  if (is_exact) return intern(terms.take());
  // In the order given: a rounded sum depends on it.
  FormId total = kZero;
  for (FormId part : parts) {
    if (part == kZero) continue;
    const bool can_collect =
        total == kZero || (forms_[total].traits.is_exact && forms_[part].traits.is_exact);
    if (total == kZero) {
      total = part;
    } else if (can_collect) {
      total = add(total, part);
    } else {
      total = operation(Op::kAdd, {total, part});
    }
  }
  return total;
}

FormId SymbolicForms::subtract(FormId a, FormId b) {
  Accumulator terms;
  const bool is_exact = forms_[a].traits.is_exact && forms_[b].traits.is_exact;
  if (is_exact && terms.add(forms_[a].terms, Number(1)) && terms.add(forms_[b].terms, Number(-1)))
    return intern(terms.take());
  return operation(Op::kSubtract, {a, b});
}

FormId SymbolicForms::scaled(FormId form, const Number& factor) {
  if (factor == Number(1)) return form;
  Accumulator terms;
  if (forms_[form].traits.is_exact && terms.add(forms_[form].terms, factor))
    return intern(terms.take());
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
  if (!product.coefficient.is_exact()) return operation(Op::kMultiply, {a, b});
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
  if (is_product && times > 0 && times <= kLongest) {
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
  const bool is_choice = node.op == ProgramOp::kSelect && of(node.operands[2]) == kZero &&
                         !known_value(of(node.operands[0]));
  if (is_choice)
    return conditional(of(node.operands[0]), multiply(of(node.operands[1]), costs), kZero);
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
    for (FormId operand : atom.operands) atom.size = saturated(atom.size, forms_[operand].size);
    atoms_.push_back(std::move(atom));
  }
  return found->second;
}

FormId SymbolicForms::intern(std::vector<Term> terms) {
  std::string key;
  for (const Term& term : terms) {
    key += to_string(term.coefficient);
    for (AtomId atom : term.factors) append(key += '*', atom);
    key += '+';
  }
  const auto [found, is_new] =
      form_ids_.try_emplace(std::move(key), static_cast<FormId>(forms_.size()));
  if (!is_new) return found->second;
  constexpr std::size_t kCoefficient = 5;  // p, sign, q, two operators
  Form form;
  form.terms = std::move(terms);
  for (const Term& term : form.terms) {
    form.size = saturated(form.size, kCoefficient);
    for (AtomId atom : term.factors) {
      const Traits& traits = atoms_[atom].traits;
      form.traits.is_exact = form.traits.is_exact && traits.is_exact;
      form.traits.may_fail = form.traits.may_fail || traits.may_fail;
      form.traits.is_runtime = form.traits.is_runtime || traits.is_runtime;
      form.size = saturated(form.size, saturated(atoms_[atom].size, 1));
    }
  }
  const FormId id = found->second;
  forms_.push_back(std::move(form));
  if (const Atom* atom = single_atom(id)) forms_.back().traits.is_truth = atom->traits.is_truth;
  return id;
}

// ---- writing ----

// Postfix: what is emitted last is pushed first.
class SymbolicForms::Emitter {
 public:
  explicit Emitter(const SymbolicForms& forms) : forms_(forms) {}

  Expression run(FormId form) {
    stack_.push_back({Task::kForm, form});
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
  struct Task {
    enum Kind { kForm, kAtom, kNumber, kOperation, kCall } kind;
    std::uint32_t id = 0;  // of a form or an atom; of a call: its atom
    Number number = Number();
    Op op = Op::kAdd;
  };

  void step(const Task& task) {
    switch (task.kind) {
      case Task::kForm:
        return form(forms_.forms_[task.id]);
      case Task::kAtom:
        return atom(task.id);
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

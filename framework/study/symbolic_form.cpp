// From the nodes of a program to forms.
#include "study/symbolic_form.hpp"

#include <algorithm>
#include <utility>

#include "formula/functions.hpp"
#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

// A reason that fits between quotes.
std::string quotable(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return text;
}

}  // namespace

SymbolicForms::SymbolicForms(const Program& program, std::optional<Names> undefined,
                             SymbolicBudget& budget)
    : program_(program), undefined_(std::move(undefined)), budget_(budget) {
  intern(std::vector<Term>());  // kZero
}

// Operands have smaller indices than their users, so everything below `node` is built by going up.
FormId SymbolicForms::of(NodeIndex node) {
  for (auto next = static_cast<NodeIndex>(of_node_.size()); next <= node; ++next)
    of_node_.push_back(budget_.is_exhausted() ? kZero : build(next));
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

}  // namespace lmhost

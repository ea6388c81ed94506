// A loop over the postfix nodes with a stack of values. Errors are values that carry the index of
// the node where they arose, so the branch that a conditional does not take cannot fail the
// formula.
#include "formula/evaluate.hpp"

#include <algorithm>
#include <utility>

#include "formula/functions.hpp"
#include "formula/operators.hpp"
#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

class Walk {
 public:
  Walk(const Expression& expression, const FormulaScope& scope)
      : expression_(expression), scope_(scope) {}

  FormulaValue run() {
    for (current_ = 0; current_ < expression_.nodes.size(); ++current_)
      step(expression_.nodes[current_]);
    FormulaValue result{std::move(stack_.back()), 0, {}};
    if (result.value.kind == Value::Kind::kNumber && result.value.number.is_error())
      explain(result);
    return result;
  }

 private:
  Value error(ArithmeticError reason) const {
    return Value::of(Number::error(reason, static_cast<std::uint32_t>(current_)));
  }

  // Marks a fresh error with this node; an error that came in through an operand keeps its own.
  Value marked(const Number& result, std::initializer_list<const Number*> operands) const {
    const bool inherited = std::any_of(operands.begin(), operands.end(),
                                       [](const Number* operand) { return operand->is_error(); });
    return result.is_error() && !inherited ? error(result.error_reason()) : Value::of(result);
  }

  Value pop() {
    Value value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }

  // A number, or the error of using something else as one.
  Number numeric(const Value& value) const {
    return value.kind == Value::Kind::kNumber ? value.number
                                              : error(ArithmeticError::kNotANumber).number;
  }

  static bool is_true(const Value& value) {
    switch (value.kind) {
      case Value::Kind::kNumber:
        return !value.number.is_zero();
      case Value::Kind::kString:
        return !value.string.empty();
      case Value::Kind::kList:
        return !value.list.empty();
      case Value::Kind::kObject:
        return true;
      case Value::Kind::kNone:
        break;
    }
    return false;
  }
  static bool failed(const Value& value) {
    return value.kind == Value::Kind::kNumber && value.number.is_error();
  }

  void step(const ExpressionNode& node) {
    switch (node.op) {
      case Op::kConstant:
        stack_.push_back(expression_.constants[node.argument]);
        return;
      case Op::kName: {
        // A value that failed where it was computed is no value here: its own index means another
        // formula's node.
        const Value* value = scope_.value(expression_.names[node.argument]);
        stack_.push_back(value == nullptr || failed(*value) ? error(ArithmeticError::kUnbound)
                                                            : *value);
        return;
      }
      case Op::kNegate: {
        const Number a = numeric(pop());
        stack_.push_back(marked(-a, {&a}));
        return;
      }
      case Op::kNot: {
        const Value a = pop();
        stack_.push_back(failed(a) ? a : Value::boolean(!is_true(a)));
        return;
      }
      case Op::kAnd:
      case Op::kOr: {
        Value b = pop(), a = pop();
        const bool keep_first = failed(a) || is_true(a) == (node.op == Op::kOr);
        stack_.push_back(keep_first ? std::move(a) : std::move(b));
        return;
      }
      case Op::kConditional: {
        Value otherwise = pop(), condition = pop(), then = pop();
        if (failed(condition)) {
          stack_.push_back(std::move(condition));
        } else {
          stack_.push_back(is_true(condition) ? std::move(then) : std::move(otherwise));
        }
        return;
      }
      case Op::kCall:
        call(node);
        return;
      default:
        binary(*mapped_operator(node.op));
        return;
    }
  }

  void binary(MappedOperator op) {
    Value b = pop(), a = pop();
    const bool equality = op.op == ProgramOp::kEqual || op.op == ProgramOp::kNotEqual;
    if (equality && (a.kind != Value::Kind::kNumber || b.kind != Value::Kind::kNumber)) {
      if (failed(a) || failed(b)) {
        stack_.push_back(failed(a) ? std::move(a) : std::move(b));
      } else {
        stack_.push_back(Value::boolean((a == b) == (op.op == ProgramOp::kEqual)));
      }
      return;
    }
    if (op.swapped) std::swap(a, b);
    const Number x = numeric(a), y = numeric(b);
    stack_.push_back(marked(apply(op.op, x, y), {&x, &y}));
  }

  void call(const ExpressionNode& node) {
    std::vector<Value> arguments(node.count);
    for (std::size_t i = node.count; i-- > 0;) arguments[i] = pop();
    const std::string& name = expression_.functions[node.argument];
    if (const BuiltinFunction* builtin = builtin_named(name)) {
      stack_.push_back(arguments.size() < builtin->least || arguments.size() > builtin->most
                           ? failure(name + "() takes " + std::string(builtin->signature))
                           : call_builtin(builtin->id, arguments));
      return;
    }
    const PluginFunction* function = scope_.function ? scope_.function(name) : nullptr;
    stack_.push_back(function == nullptr ? failure("unknown function '" + name + "'")
                                         : call_plugin(*function, arguments));
  }

  Value failure(std::string text) {
    failures_.emplace_back(current_, std::move(text));
    return error(ArithmeticError::kFunction);
  }

  Value call_builtin(Builtin id, const std::vector<Value>& arguments) {
    if (id == Builtin::kDefined) {
      const Value& a = arguments[0];
      const bool unbound = failed(a) && a.number.error_reason() == ArithmeticError::kUnbound;
      return failed(a) && !unbound ? a : Value::boolean(!unbound && a.kind != Value::Kind::kNone);
    }
    for (const Value& argument : arguments) {
      if (failed(argument)) return argument;
    }
    if (id == Builtin::kUnknown) return failure(unknown_text(arguments[0]));
    if (id == Builtin::kLen || id == Builtin::kCount) {
      const Value& list = arguments[0];
      if (list.kind != Value::Kind::kList) return error(ArithmeticError::kNotANumber);
      if (id == Builtin::kLen)
        return Value::of(Number(static_cast<std::int64_t>(list.list.size())));
      return Value::of(Number(
          static_cast<std::int64_t>(std::count(list.list.begin(), list.list.end(), arguments[1]))));
    }
    std::vector<Number> numbers;
    for (const Value& argument : arguments) numbers.push_back(numeric(argument));
    numbers.resize(std::max<std::size_t>(numbers.size(), 3));
    const ProgramOp op = *mapped_builtin(id);
    Number result = apply(op, numbers[0], numbers[1], numbers[2]);
    for (std::size_t i = 2; i < arguments.size() && (id == Builtin::kMin || id == Builtin::kMax);
         ++i) {
      result = apply(op, result, numbers[i]);
    }
    return marked(result, {&numbers[0], &numbers[1], &numbers[2]});
  }

  Value call_plugin(const PluginFunction& function, const std::vector<Value>& arguments) {
    for (const Value& argument : arguments) {
      if (failed(argument)) return argument;
    }
    if (function.is_macro) return expand(function, arguments);
    std::vector<double> numbers;
    for (const Value& argument : arguments) {
      if (argument.kind != Value::Kind::kNumber) return error(ArithmeticError::kNotANumber);
      numbers.push_back(argument.number.to_double());
    }
    const Result<double> result = function.evaluate(numbers);
    return result ? marked(Number::inexact(*result), {}) : failure(result.errors().front().message);
  }

  // The text that a macro gives is a formula in the same scope. Macros do not nest: its calls are
  // built-ins.
  Value expand(const PluginFunction& function, const std::vector<Value>& arguments) {
    const Result<std::string> text = function.expand(macro_arguments(arguments));
    if (!text) return failure(text.errors().front().message);
    const Result<Expression> inner =
        parse_expression(*text, "expansion of " + function.name + "()");
    if (!inner) return failure("'" + *text + "': " + inner.errors().front().message);
    const FormulaValue value = evaluate_formula(*inner, FormulaScope{scope_.value, {}});
    return value.ok() ? value.value : failure("'" + *text + "': " + value.error_text);
  }

  void explain(FormulaValue& result) const {
    const Number& number = result.value.number;
    const ExpressionNode& node = expression_.nodes[number.error_detail()];
    result.error_offset = node.offset;
    switch (number.error_reason()) {
      case ArithmeticError::kUnbound:
        result.error_text = "'" + expression_.names[node.argument] + "' has no value";
        break;
      case ArithmeticError::kFunction:
        for (const auto& [at, text] : failures_) {
          if (at == number.error_detail()) result.error_text = text;
        }
        break;
      default:
        result.error_text = describe(number.error_reason());
        break;
    }
  }

  const Expression& expression_;
  const FormulaScope& scope_;
  std::vector<Value> stack_;
  std::size_t current_ = 0;
  std::vector<std::pair<std::size_t, std::string>> failures_;  // of functions, by their node
};

}  // namespace

std::vector<std::string> macro_arguments(const std::vector<Value>& arguments) {
  std::vector<std::string> texts;
  for (const Value& argument : arguments) {
    texts.push_back(argument.kind == Value::Kind::kString ? argument.string : to_string(argument));
  }
  return texts;
}

FormulaValue evaluate_formula(const Expression& expression, const FormulaScope& scope) {
  return Walk(expression, scope).run();
}

}  // namespace lmhost

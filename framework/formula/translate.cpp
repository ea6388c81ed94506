#include "formula/translate.hpp"

#include <algorithm>
#include <utility>

#include "formula/evaluate.hpp"
#include "formula/functions.hpp"
#include "formula/operators.hpp"
#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

class Translation {
 public:
  Translation(const Expression& expression, SymbolScope& scope, Program& program)
      : expression_(expression), scope_(scope), program_(program) {}

  NodeIndex run() {
    for (const ExpressionNode& node : expression_.nodes) step(node);
    return stack_.back();
  }

 private:
  NodeIndex pop() {
    const NodeIndex node = stack_.back();
    stack_.pop_back();
    return node;
  }

  // The text, list, object or None behind a node, or nullptr when it is a number (known or not).
  const Value* not_a_number(NodeIndex node) const {
    const Value* value = program_.constant_value(node);
    return value != nullptr && value->kind != Value::Kind::kNumber ? value : nullptr;
  }

  void step(const ExpressionNode& node) {
    switch (node.op) {
      case Op::kConstant:
        stack_.push_back(program_.constant(expression_.constants[node.argument]));
        return;
      case Op::kName:
        stack_.push_back(scope_.find(expression_.names[node.argument]));
        return;
      case Op::kNegate:
        stack_.push_back(
            program_.binary(ProgramOp::kSubtract, program_.constant(Number(0)), pop()));
        return;
      case Op::kNot:
        stack_.push_back(program_.unary(ProgramOp::kNot, truth(pop(), program_)));
        return;
      case Op::kAnd:
      case Op::kOr: {
        const NodeIndex b = pop(), a = pop();
        const NodeIndex condition = truth(a, program_);
        stack_.push_back(node.op == Op::kAnd
                             ? program_.ternary(ProgramOp::kSelect, condition, b, a)
                             : program_.ternary(ProgramOp::kSelect, condition, a, b));
        return;
      }
      case Op::kConditional: {
        const NodeIndex otherwise = pop(), condition = pop(), then = pop();
        stack_.push_back(
            program_.ternary(ProgramOp::kSelect, truth(condition, program_), then, otherwise));
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
    NodeIndex b = pop(), a = pop();
    if (op.op == ProgramOp::kEqual || op.op == ProgramOp::kNotEqual) {
      const Value* x = not_a_number(a);
      const Value* y = not_a_number(b);
      const bool is_open = program_.depends_on_symbol(a) || program_.depends_on_symbol(b);
      if ((x != nullptr || y != nullptr) && !is_open && !is_error(a) && !is_error(b)) {
        const bool equal = x != nullptr && y != nullptr && *x == *y;
        stack_.push_back(program_.constant(Number(equal == (op.op == ProgramOp::kEqual) ? 1 : 0)));
        return;
      }
    }
    if (op.swapped) std::swap(a, b);
    stack_.push_back(program_.binary(op.op, a, b));
  }

  bool is_error(NodeIndex node) const {
    const Value* value = program_.constant_value(node);
    return value != nullptr && value->kind == Value::Kind::kNumber && value->number.is_error();
  }

  void call(const ExpressionNode& node) {
    std::vector<NodeIndex> arguments(node.count);
    for (std::size_t i = node.count; i-- > 0;) arguments[i] = pop();
    const std::string& name = expression_.functions[node.argument];
    const BuiltinFunction* builtin = builtin_named(name);
    if (builtin != nullptr) {
      const bool fits = arguments.size() >= builtin->least && arguments.size() <= builtin->most;
      stack_.push_back(fits ? call_builtin(builtin->id, arguments)
                            : failure(name + "() takes " + std::string(builtin->signature)));
      return;
    }
    const PluginFunction* function = scope_.function(name);
    stack_.push_back(function == nullptr ? failure("unknown function '" + name + "'")
                                         : call_plugin(*function, arguments));
  }

  NodeIndex failure(std::string text) {
    return program_.error(ArithmeticError::kFunction, std::move(text));
  }

  NodeIndex call_builtin(Builtin id, const std::vector<NodeIndex>& arguments) {
    const NodeIndex a = arguments[0];
    if (id == Builtin::kDefined) return defined(a);
    if (id == Builtin::kLen || id == Builtin::kCount) return list_function(id, arguments);
    if (id == Builtin::kUnknown) return unknown(a);
    const ProgramOp op = *mapped_builtin(id);
    switch (arguments.size()) {
      case 1:
        return program_.unary(op, a);
      case 3:
        if (id != Builtin::kMin && id != Builtin::kMax)
          return program_.ternary(op, a, arguments[1], arguments[2]);
        break;
      default:
        break;
    }
    NodeIndex result = program_.binary(op, a, arguments[1]);
    for (std::size_t i = 2; i < arguments.size(); ++i)
      result = program_.binary(op, result, arguments[i]);
    return result;
  }

  NodeIndex defined(NodeIndex a) {
    if (program_.depends_on_symbol(a)) return program_.unary(ProgramOp::kDefined, a);
    const Value* value = program_.constant_value(a);
    bool has_value = true;
    if (value != nullptr && is_error(a)) {
      if (value->number.error_reason() != ArithmeticError::kUnbound) return a;
      has_value = false;
    } else if (value != nullptr) {
      has_value = value->kind != Value::Kind::kNone;
    }
    return program_.constant(Number(has_value ? 1 : 0));
  }

  NodeIndex unknown(NodeIndex reason) {
    if (is_error(reason)) return reason;
    const Value* value = program_.constant_value(reason);
    return failure(unknown_text(value == nullptr ? Value::of(std::string("?")) : *value));
  }

  NodeIndex list_function(Builtin id, const std::vector<NodeIndex>& arguments) {
    for (NodeIndex argument : arguments) {
      if (is_error(argument)) return argument;
    }
    if (program_.depends_on_symbol(arguments[0])) {
      return id == Builtin::kLen ? program_.unary(ProgramOp::kLength, arguments[0])
                                 : program_.binary(ProgramOp::kCount, arguments[0], arguments[1]);
    }
    const Value* list = not_a_number(arguments[0]);
    if (list == nullptr || list->kind != Value::Kind::kList) {
      return failure(std::string(id == Builtin::kLen ? "len" : "count") +
                     "() needs a list of the config");
    }
    if (id == Builtin::kLen)
      return program_.constant(Number(static_cast<std::int64_t>(list->list.size())));
    const Value* wanted = program_.constant_value(arguments[1]);
    if (wanted == nullptr) return failure("count() needs a value that no runtime variable changes");
    const auto count = std::count(list->list.begin(), list->list.end(), *wanted);
    return program_.constant(Number(static_cast<std::int64_t>(count)));
  }

  NodeIndex call_plugin(const PluginFunction& function, std::vector<NodeIndex>& arguments) {
    for (NodeIndex argument : arguments) {
      if (is_error(argument)) return argument;
    }
    if (!function.is_macro) return program_.scalar(function, std::move(arguments));
    std::vector<Value> values;
    for (NodeIndex argument : arguments) {
      const Value* value = program_.constant_value(argument);
      if (value == nullptr)
        return failure(
            function.name + "() needs arguments that no " +
            (program_.depends_on_symbol(argument) ? "name of the config" : "runtime variable") +
            " changes");
      values.push_back(*value);
    }
    const Result<std::string> text = function.expand(macro_arguments(values));
    if (!text) return failure(text.errors().front().message);
    const Result<Expression> inner =
        parse_expression(*text, "expansion of " + function.name + "()");
    if (!inner) return failure("'" + *text + "': " + inner.errors().front().message);
    BuiltinsOnly scope(scope_);
    return translate(*inner, scope, program_);
  }

  // The scope of a macro's text: the same names, but no further macros, so that expansion ends.
  class BuiltinsOnly : public SymbolScope {
   public:
    explicit BuiltinsOnly(SymbolScope& outer) : outer_(outer) {}
    NodeIndex find(std::string_view name) override { return outer_.find(name); }

   private:
    SymbolScope& outer_;
  };

  const Expression& expression_;
  SymbolScope& scope_;
  Program& program_;
  std::vector<NodeIndex> stack_;
};

}  // namespace

const PluginFunction* SymbolScope::function(std::string_view) const { return nullptr; }

NodeIndex truth(NodeIndex node, Program& program) {
  const Value* value = program.constant_value(node);
  if (value == nullptr || value->kind == Value::Kind::kNumber) return node;
  const bool is_true =
      value->kind == Value::Kind::kObject || !value->string.empty() || !value->list.empty();
  return program.constant(Number(is_true ? 1 : 0));
}

NodeIndex translate(const Expression& expression, SymbolScope& scope, Program& program) {
  return Translation(expression, scope, program).run();
}

}  // namespace lmhost

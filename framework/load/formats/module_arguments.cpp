#include "load/formats/module_arguments.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/rewrite.hpp"
#include "load/formats/seed_names.hpp"

namespace lmhost {
namespace {

const KernelParameter* parameter_named(const Kernel& kernel, std::string_view name) {
  for (const KernelParameter& parameter : kernel.parameters)
    if (parameter.name == name) return &parameter;
  return nullptr;
}

std::string_view name_of(ParameterType type) {
  switch (type) {
    case ParameterType::kInt:
      return "an int";
    case ParameterType::kFloat:
      return "a float";
    case ParameterType::kBool:
      return "a bool";
    case ParameterType::kString:
      break;
  }
  return "a str";
}

bool can_be(ParameterType type, const Value& value) {
  if (type == ParameterType::kString) return value.kind == Value::Kind::kString;
  if (value.kind != Value::Kind::kNumber) return false;
  if (type == ParameterType::kInt) return value.number.is_integer();
  return type != ParameterType::kBool || value.number == Number(0) || value.number == Number(1);
}

// Why an argument cannot be of that type, or "". What depends on the runtime point is judged there.
std::string mismatch(ParameterType type, const Expression& argument, const Kernel& caller) {
  const ExpressionNode& last = argument.nodes.back();
  if (argument.nodes.size() == 1 && last.op == Op::kConstant) {
    const Value& value = argument.constants[last.argument];
    return can_be(type, value) ? "" : to_string(value);
  }
  ParameterType given = ParameterType::kFloat;
  if (argument.nodes.size() == 1 && last.op == Op::kName) {
    const KernelParameter* own = parameter_named(caller, argument.names[last.argument]);
    if (own != nullptr) given = own->type;
  }
  const bool is_text = given == ParameterType::kString;
  if (is_text == (type == ParameterType::kString)) return "";
  return is_text ? "a str" : "a number";
}

class ArgumentBinder {
 public:
  ArgumentBinder(const ModuleCall& call, const CalleeParameters& callee, const Kernel& caller,
                 JsonValue formula)
      : call_(call), kernel_(*callee.kernel), caller_(caller), formula_(formula) {
    if (callee.order != nullptr)
      order_.assign(callee.order->begin(), callee.order->end());
    else
      for (const KernelParameter& parameter : kernel_.parameters) order_.push_back(parameter.name);
    bound_.values.resize(kernel_.parameters.size(), nullptr);
  }

  BoundArguments bind() {
    if (call_.metric != ModuleMetric::kOfContext)
      bind_same_names();
    else
      bind_written();
    inherit_widths();
    check_covered();
    return std::move(bound_);
  }

 private:
  void fail(std::size_t offset, std::size_t length, std::string_view code, std::string message,
            std::string hint = {}) {
    bound_.errors.push_back(
        error_in(formula_, offset, length, code, std::move(message), std::move(hint)));
  }

  std::string takes() const {
    std::string text = "it takes (";
    for (std::size_t i = 0; i < order_.size(); ++i)
      text += (i == 0 ? "" : ", ") + std::string(order_[i]);
    return text + ")";
  }

  void bind_same_names() {
    for (const std::string_view name : order_) {
      if (!has_parameter(caller_, name)) continue;
      value_of(name) = made_name(name);
    }
  }

  void bind_written() {
    for (std::size_t i = 0; i < call_.arguments.size(); ++i) {
      const ModuleArgument& argument = call_.arguments[i];
      const std::size_t length = argument.expression.text.size();
      std::string_view name = argument.name;
      if (name.empty() && i >= order_.size())
        return fail(argument.offset, length, codes::kModuleArguments,
                    quoted(call_.module) + " is called with " +
                        std::to_string(call_.arguments.size()) + " arguments",
                    takes());
      if (name.empty()) name = order_[i];
      const KernelParameter* const parameter = parameter_named(kernel_, name);
      if (parameter == nullptr) {
        std::string hint = did_you_mean(name, order_);
        fail(argument.offset, length, codes::kUnknownParameter,
             quoted(call_.module) + " has no parameter " + quoted(name),
             hint.empty() ? takes() : hint);
        continue;
      }
      if (value_of(name) != nullptr) {
        fail(argument.offset, length, codes::kDuplicateName,
             "parameter " + quoted(name) + " of " + quoted(call_.module) + " is given twice");
        continue;
      }
      value_of(name) = &argument.expression;
      const std::string given = mismatch(parameter->type, argument.expression, caller_);
      if (!given.empty())
        fail(argument.offset, length, codes::kWrongArgument,
             "parameter " + quoted(name) + " of " + quoted(call_.module) + " is " +
                 std::string(name_of(parameter->type)) + ", not " + given);
    }
  }

  // A byte width that the call leaves out is the caller's own, if it has that one.
  void inherit_widths() {
    for (const std::string_view name : order_) {
      if (value_of(name) != nullptr || byte_width_named(name) == nullptr) continue;
      if (has_parameter(caller_, name)) value_of(name) = made_name(name);
    }
  }

  const Expression* made_name(std::string_view name) {
    bound_.made.push_back(std::make_shared<const Expression>(name_expression(name)));
    return bound_.made.back().get();
  }

  void check_covered() {
    if (!bound_.errors.empty()) return;
    std::string missing;
    for (const std::string_view name : order_) {
      const KernelParameter& parameter = *parameter_named(kernel_, name);
      if (value_of(name) != nullptr || parameter.default_value != nullptr || parameter.optional)
        continue;
      missing += (missing.empty() ? "" : ", ") + quoted(name);
    }
    if (!missing.empty())
      fail(call_.offset, call_.length, codes::kUnboundParameter,
           "the call gives " + quoted(call_.module) + " no " + missing, takes());
  }

  const Expression*& value_of(std::string_view name) {
    for (std::size_t i = 0; i < kernel_.parameters.size(); ++i)
      if (kernel_.parameters[i].name == name) return bound_.values[i];
    return bound_.values.front();  // not reached: `order` lists parameters of the kernel
  }

  const ModuleCall& call_;
  const Kernel& kernel_;
  const Kernel& caller_;
  JsonValue formula_;
  std::vector<std::string_view> order_;
  BoundArguments bound_;
};

}  // namespace

BoundArguments bind_arguments(const ModuleCall& call, const CalleeParameters& callee,
                              const Kernel& caller, JsonValue formula) {
  return ArgumentBinder(call, callee, caller, formula).bind();
}

bool has_parameter(const Kernel& kernel, std::string_view name) {
  return parameter_named(kernel, name) != nullptr;
}

SamplePoint::SamplePoint(const Kernel& kernel, int seed) {
  // Different primes: a product of wrong factors is another number.
  constexpr int kPrimes[] = {7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
  int next = seed * 5;
  for (const KernelParameter& parameter : kernel.parameters) {
    const int prime = kPrimes[next++ % 12];
    Value value = Value::of(Number(prime));
    if (parameter.type == ParameterType::kBool) value = Value::boolean((seed & 1) == 0);
    if (parameter.type == ParameterType::kString) value = Value::of(std::string("x"));
    values_.emplace_back(parameter.name, std::move(value));
  }
}

FormulaScope SamplePoint::scope() const {
  return {[this](std::string_view name) -> const Value* {
            for (const auto& [known, value] : values_)
              if (known == name) return &value;
            return nullptr;
          },
          {}};
}

std::string SamplePoint::text() const {
  std::string text;
  for (const auto& [name, value] : values_)
    text += (text.empty() ? "" : ", ") + name + "=" + to_string(value);
  return text;
}

}  // namespace lmhost

#include "resolve/atom.hpp"

#include <array>
#include <optional>
#include <utility>

#include "base/codes.hpp"
#include "formula/functions.hpp"
#include "formula/translate.hpp"
#include "resolve/names.hpp"

namespace lmhost {
namespace {

std::string_view type_name(ParameterType type) {
  switch (type) {
    case ParameterType::kInt:
      return "an int";
    case ParameterType::kFloat:
      return "a float";
    case ParameterType::kBool:
      return "a bool";
    case ParameterType::kString:
      return "a string";
  }
  return "";
}

// The names a kernel's formulas may use: parameters, lets, the plugin's constants, precision.
class KernelScope : public SymbolScope {
 public:
  KernelScope(Plan& plan, const Plugin& plugin) : plan_(plan), plugin_(plugin) {}

  void add(std::string_view name, NodeIndex node) { locals_.emplace_back(name, node); }

  NodeIndex find(std::string_view name) override {
    for (const auto& [local, node] : locals_) {
      if (local == name) return node;
    }
    for (const PluginConstant& constant : plugin_.constants) {
      if (constant.name != name) continue;
      const Number* override = plan_.conventions->find(plugin_.id, name);
      return plan_.program.constant(override == nullptr ? constant.value : *override);
    }
    if (is_precision_name(name)) return *precision_node(name, plan_.program);
    return plan_.program.error(ArithmeticError::kUnbound, std::string(name));
  }

  const PluginFunction* function(std::string_view name) const override {
    for (const PluginFunction& function : plugin_.functions) {
      if (function.name == name) return &function;
    }
    return nullptr;
  }

 private:
  Plan& plan_;
  const Plugin& plugin_;
  std::vector<std::pair<std::string_view, NodeIndex>> locals_;
};

class AtomBuilder {
 public:
  AtomBuilder(Plan& plan, const AtomRequest& request, const ReportProblem& report)
      : plan_(plan),
        program_(plan.program),
        request_(request),
        kernel_(*request.kernel),
        report_(report),
        scope_(plan, plan.catalog->plugin_of(kernel_)) {
    sum_.fill(kNotBound);
  }

  InstanceIndex build() {
    instance_.kernel = &kernel_;
    instance_.name = kernel_.name;
    parameters();
    lets();
    quantities();
    operands();
    for (std::size_t i = 0; i < kQuantityCount; ++i) add_term(static_cast<Quantity>(i));
    instance_.terms.count = static_cast<std::uint32_t>(plan_.terms.size()) - instance_.terms.first;
    plan_.instances.push_back(instance_);
    return plan_.root();
  }

 private:
  void parameters() {
    instance_.parameters = {static_cast<std::uint32_t>(plan_.parameters.size()),
                            static_cast<std::uint32_t>(kernel_.parameters.size())};
    for (std::size_t i = 0; i < kernel_.parameters.size(); ++i) {
      const KernelParameter& parameter = kernel_.parameters[i];
      BoundParameter bound{parameter.name, request_.arguments[i].node,
                           request_.arguments[i].expression, Origin::kCall};
      if (bound.node == kNotBound && parameter.default_value != nullptr) {
        bound.node = translate(*parameter.default_value, scope_, program_);
        bound.origin = Origin::kDefault;
      } else if (bound.node == kNotBound) {
        bound.node = program_.error(ArithmeticError::kUnbound, parameter.name);
        bound.origin = Origin::kUnbound;
        if (!parameter.optional) {
          report_(codes::kUnboundParameter, "parameter " + quoted(parameter.name) + " of " +
                                                quoted(kernel_.name) + " is not bound");
        }
      }
      if (bound.origin == Origin::kCall) check_type(parameter, bound.node);
      if (bound.origin != Origin::kDefault && !parameter.optional)
        has_failed_ = has_failed_ || failed_number(program_, bound.node) != nullptr;
      scope_.add(parameter.name, bound.node);
      plan_.parameters.push_back(bound);
    }
  }

  void check_type(const KernelParameter& parameter, NodeIndex node) {
    const Value* value = program_.constant_value(node);
    if (value == nullptr) {
      if (parameter.type == ParameterType::kInt) plan_.checks.push_back({node, is_whole});
      if (parameter.type == ParameterType::kBool) plan_.checks.push_back({node, is_truth});
      return;
    }
    if (failed_number(program_, node) != nullptr) return;  // reported where the binding stands
    if (!fits(parameter.type, *value)) {
      report_(codes::kWrongArgument,
              "parameter " + quoted(parameter.name) + " of " + quoted(kernel_.name) + " is " +
                  std::string(type_name(parameter.type)) + ", not " + to_string(*value));
    }
  }

  void lets() {
    instance_.lets = {static_cast<std::uint32_t>(plan_.lets.size()),
                      static_cast<std::uint32_t>(kernel_.lets.size())};
    for (const KernelFormula& let : kernel_.lets) {
      const NodeIndex node = translate(*let.expression, scope_, program_);
      scope_.add(let.name, node);
      plan_.lets.push_back({let.name, node, kNoExpression, Origin::kDefault});
    }
  }

  void quantities() {
    instance_.terms.first = static_cast<std::uint32_t>(plan_.terms.size());
    NodeIndex flops = program_.constant(Number(0));
    std::optional<NodeIndex> useful;
    Backward backward;
    for (const KernelFormula& formula : kernel_.quantities) {
      const NodeIndex node = checked(translate(*formula.expression, scope_, program_), formula.name,
                                     *formula.expression);
      if (formula.name == "flops") flops = node;
      if (formula.name == "matmul_flops") plus(Quantity::kMatmulFlops, node);
      if (formula.name == "useful_flops") useful = node;
      if (formula.name == "backward_flops") backward.flops = node;
      if (formula.name == "backward_matmul_flops") backward.matmul_flops = node;
    }
    if (backward.flops != kNotDeclared || backward.matmul_flops != kNotDeclared) {
      instance_.backward = static_cast<std::uint32_t>(plan_.backwards.size());
      plan_.backwards.push_back(backward);
    }
    plus(Quantity::kFlops, flops);
    plus(Quantity::kUsefulFlops, useful.value_or(flops));
  }

  void operands() {
    instance_.operands = {static_cast<std::uint32_t>(plan_.operands.size()),
                          static_cast<std::uint32_t>(kernel_.operands.size())};
    for (std::size_t i = 0; i < kernel_.operands.size(); ++i)
      add_operand(kernel_.operands[i], request_.roles[i]);
  }

  void add_operand(const KernelOperand& operand, Role role) {
    const NodeIndex elements =
        checked(translate(*operand.elements, scope_, program_), operand.name, *operand.elements);
    const NodeIndex bits =
        operand.bits == nullptr
            ? program_.input(bits_of(role))
            : checked(translate(*operand.bits, scope_, program_), operand.name, *operand.bits);
    // Bits over 8 first: the same sub-expression for every operand of that precision.
    const NodeIndex width = program_.binary(ProgramOp::kDivide, bits, program_.constant(Number(8)));
    const NodeIndex bytes = program_.binary(ProgramOp::kMultiply, elements, width);
    NodeIndex stored = program_.constant(Number(0));
    if (operand.stored_elements != nullptr) {
      stored = checked(translate(*operand.stored_elements, scope_, program_), operand.name,
                       *operand.stored_elements);
    } else if (stores_elements(operand.direction, role)) {
      stored = elements;
    }
    const NodeIndex stored_bytes = program_.binary(ProgramOp::kMultiply, stored, width);
    for_each_quantity(operand.direction, role, [&](Quantity quantity, OperandPart part) {
      plus(quantity, part == OperandPart::kBytes         ? bytes
                     : part == OperandPart::kStoredBytes ? stored_bytes
                                                         : stored);
    });
    plan_.operands.push_back({&operand, role, elements, bits, bytes, stored_bytes});
  }

  // A formula that fails whatever the runtime point is reported here, with the formula and the
  // constants in it.
  NodeIndex checked(NodeIndex node, std::string_view what, const Expression& expression) {
    const Value* value = program_.constant_value(node);
    if (value == nullptr || (value->kind == Value::Kind::kNumber && !value->number.is_error()))
      return node;
    // One cause, one report: without its arguments no formula of the kernel can be computed.
    if (has_failed_) return node;
    const Number problem = value->kind == Value::Kind::kNumber ? value->number : Number();
    const ProgramError* error = program_.error_of(problem);
    std::string reason = value->kind == Value::Kind::kNumber
                             ? std::string(describe(problem.error_reason()))
                             : to_string(*value) + " is not a number";
    if (error != nullptr && error->reason == ArithmeticError::kUnbound)
      reason = quoted(error->text) + " has no value";
    if (error != nullptr && error->reason == ArithmeticError::kFunction) reason = error->text;
    if (error != nullptr && error->reason == ArithmeticError::kNotANumber)
      reason = error->text + " is not a number";
    const std::string values = constant_parameters(plan_, instance_);
    const bool is_open = error != nullptr && error->reason == ArithmeticError::kFunction &&
                         reason.starts_with(kUnknownText);
    report_(is_open ? codes::kUnknownCost : codes::kArithmetic,
            reason + " in " + std::string(what) + " of " + quoted(kernel_.name) + ": " +
                expression.text + (values.empty() ? "" : ", where " + values));
    return node;
  }

  void plus(Quantity quantity, NodeIndex node) {
    NodeIndex& sum = sum_[static_cast<std::size_t>(quantity)];
    sum = sum == kNotBound ? node : program_.binary(ProgramOp::kAdd, sum, node);
  }

  void add_term(Quantity quantity) {
    const NodeIndex node = sum_[static_cast<std::size_t>(quantity)];
    if (node == kNotBound) return;
    const Value* value = program_.constant_value(node);
    if (value != nullptr && value->kind == Value::Kind::kNumber && value->number.is_zero()) return;
    plan_.terms.push_back({quantity, node});
  }

  Plan& plan_;
  Program& program_;
  const AtomRequest& request_;
  const Kernel& kernel_;
  const ReportProblem& report_;
  KernelScope scope_;
  Instance instance_;
  bool has_failed_ = false;  // an argument is missing or could not be computed
  std::array<NodeIndex, kQuantityCount> sum_;
};

}  // namespace

RuntimeVariable bits_of(Role role) {
  switch (role) {
    case Role::kWeight:
      return RuntimeVariable::kWeightBits;
    case Role::kActivation:
      return RuntimeVariable::kActivationBits;
    case Role::kKvCache:
      return RuntimeVariable::kKvBits;
    case Role::kIndex:
      break;
  }
  return RuntimeVariable::kIndexBits;
}

void for_each_quantity(Direction direction, Role role,
                       const std::function<void(Quantity, OperandPart)>& body) {
  switch (direction) {
    case Direction::kRead:
      body(bytes_read(role), OperandPart::kBytes);
      break;
    case Direction::kWrite:
      body(bytes_written(role), OperandPart::kBytes);
      break;
    case Direction::kScratch:
      body(Quantity::kIntermediateBytes, OperandPart::kBytes);
      break;
  }
  if (role == Role::kWeight) {
    body(Quantity::kStoredBytesWeight, OperandPart::kStoredBytes);
    body(Quantity::kParameters, OperandPart::kStoredElements);
  } else if (role == Role::kKvCache) {
    body(Quantity::kStoredBytesKvCache, OperandPart::kStoredBytes);
  }
}

bool stores_elements(Direction direction, Role role) {
  return role == Role::kWeight && direction == Direction::kRead;
}

bool fits(ParameterType type, const Value& value) {
  if (type == ParameterType::kString) return value.kind == Value::Kind::kString;
  if (value.kind != Value::Kind::kNumber) return false;
  if (type == ParameterType::kInt) return is_whole(value.number);
  return type != ParameterType::kBool || is_truth(value.number);
}

InstanceIndex append_atom(Plan& plan, const AtomRequest& request, const ReportProblem& report) {
  return AtomBuilder(plan, request, report).build();
}

std::string constant_parameters(const Plan& plan, const Instance& instance) {
  std::string text;
  for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
    if (instance.parameters.first + i >= plan.parameters.size()) break;
    const BoundParameter& parameter = plan.parameters[instance.parameters.first + i];
    const Value* value = plan.program.constant_value(parameter.node);
    if (value == nullptr || parameter.origin != Origin::kCall) continue;
    if (!text.empty()) text += ", ";
    text += std::string(parameter.name) + "=" + to_string(*value);
  }
  return text;
}

}  // namespace lmhost

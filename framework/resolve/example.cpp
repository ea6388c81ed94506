#include "resolve/example.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "formula/evaluate.hpp"
#include "formula/functions.hpp"
#include "resolve/assignments.hpp"
#include "resolve/atom.hpp"
#include "resolve/names.hpp"

namespace lmhost {
namespace {

std::string_view spelled(ParameterType type) {
  switch (type) {
    case ParameterType::kInt:
      return "an integer";
    case ParameterType::kFloat:
      return "a number";
    case ParameterType::kBool:
      return "True or False";
    case ParameterType::kString:
      return "a string in quotes";
  }
  return "";
}

class KernelEvaluator {
 public:
  KernelEvaluator(const Catalog& catalog, const Conventions& conventions, const Kernel& kernel,
                  const KernelBindings& bindings)
      : plugin_(catalog.plugin_of(kernel)), kernel_(kernel), bindings_(bindings) {
    point_[RuntimeVariable::kWeightBits] = bindings.w_bits;
    point_[RuntimeVariable::kActivationBits] = bindings.a_bits;
    point_[RuntimeVariable::kKvBits] = bindings.kv_bits;
    point_[RuntimeVariable::kIndexBits] = bindings.index_bits;
    for (const std::string_view name : precision_names())
      add(name, Value::of(*precision_value(name, point_)));
    for (const PluginConstant& constant : plugin_.constants) {
      const Number* override = conventions.find(plugin_.id, constant.name);
      add(constant.name, Value::of(override == nullptr ? constant.value : *override));
    }
    scope_.value = [this](std::string_view name) { return find(name); };
    scope_.function = [this](std::string_view name) -> const PluginFunction* {
      for (const PluginFunction& function : plugin_.functions)
        if (function.name == name) return &function;
      return nullptr;
    };
  }

  Result<KernelCosts> run() {
    check_names();
    parameters();
    if (!errors_.empty()) return std::move(errors_);
    for (const KernelFormula& let : kernel_.lets) {
      result_.lets.push_back({&let, evaluate(*let.expression, "let", let.name)});
      add(let.name, result_.lets.back().value);
    }
    if (!errors_.empty()) return std::move(errors_);
    quantities();
    for (std::size_t i = 0; i < kernel_.operands.size(); ++i) {
      const KernelOperand& operand = kernel_.operands[i];
      add_operand(operand, bindings_.roles.empty() ? operand.role : bindings_.roles[i]);
    }
    check_sums();
    if (!errors_.empty()) return std::move(errors_);
    return std::move(result_);
  }

 private:
  void add(std::string_view name, Value value) { names_.emplace_back(name, std::move(value)); }

  // The last one declared wins: lets and parameters hide constants.
  const Value* find(std::string_view name) const {
    for (auto at = names_.rbegin(); at != names_.rend(); ++at)
      if (at->first == name) return &at->second;
    return nullptr;
  }

  void error(std::string_view code, std::string message, std::string hint = {}) {
    errors_.push_back(plain_error(ErrorKind::kInput, code, std::move(message), std::move(hint)));
  }

  void check_names() {
    for (const auto& [name, value] : bindings_.parameters) {
      std::vector<std::string_view> known;
      for (const KernelParameter& parameter : kernel_.parameters) known.push_back(parameter.name);
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::string hint = did_you_mean(name, known);
        if (hint.empty()) {
          hint = "its parameters are";
          for (const std::string_view parameter : known)
            hint.append(parameter == known.front() ? " " : ", ").append(parameter);
        }
        error(codes::kUnknownParameter, quoted(kernel_.name) + " has no parameter " + quoted(name),
              std::move(hint));
      }
    }
  }

  void parameters() {
    for (const KernelParameter& parameter : kernel_.parameters) {
      EvaluatedParameter& row = result_.parameters.emplace_back();
      row.parameter = &parameter;
      const auto given =
          std::find_if(bindings_.parameters.begin(), bindings_.parameters.end(),
                       [&](const auto& pair) { return pair.first == parameter.name; });
      if (given != bindings_.parameters.end()) {
        row.value = given->second;
      } else if (parameter.default_value != nullptr) {
        row.value = evaluate(*parameter.default_value, "default of parameter", parameter.name);
        row.is_default = true;
      } else {
        row.is_bound = false;
        if (!parameter.optional) {
          error(codes::kUnboundParameter, "parameter " + quoted(parameter.name) + " of " +
                                              quoted(kernel_.name) + " is not bound");
        }
        continue;
      }
      if (!is_failed(row.value) && !fits(parameter.type, row.value)) {
        error(codes::kWrongArgument,
              "parameter " + quoted(parameter.name) + " of " + quoted(kernel_.name) + " must be " +
                  std::string(spelled(parameter.type)) + ", not " + to_string(row.value));
      }
      add(parameter.name, row.value);
    }
  }

  static bool is_failed(const Value& value) {
    return value.kind == Value::Kind::kNumber && value.number.is_error();
  }

  Value evaluate(const Expression& expression, const char* what, std::string_view item = {}) {
    FormulaValue result = evaluate_formula(expression, scope_);
    if (!result.ok()) {
      fail(expression, place(what, item), result.error_offset, result.error_text);
      return Value::of(Number::error(ArithmeticError::kUnbound));
    }
    return std::move(result.value);
  }

  Number number(const Expression& expression, const char* what, std::string_view item = {}) {
    const Value value = evaluate(expression, what, item);
    if (value.kind != Value::Kind::kNumber) {
      fail(expression, place(what, item), 0, "a number is needed, not " + to_string(value));
      return 0;
    }
    if (value.number.is_error()) return 0;  // reported
    if (value.number.is_negative()) {
      error(codes::kNegativeCost,
            place(what, item) + " is negative: " + to_string(value.number) + values_of(expression));
      return 0;
    }
    return value.number;
  }

  std::string place(const char* what, std::string_view item) const {
    std::string text = what;
    if (!item.empty()) text += " " + quoted(item);
    return text + " of " + quoted(kernel_.name);
  }

  void fail(const Expression& expression, const std::string& where, std::size_t offset,
            const std::string& problem) {
    const SourceText source{plugin_.path + ": " + where, expression.text};
    const bool is_open = problem.starts_with(kUnknownText);
    errors_.push_back(error_at(source, offset, 1,
                               is_open ? codes::kUnknownCost : codes::kArithmetic,
                               problem + values_of(expression)));
  }

  // " with M=1, K=0": the values that the formula saw.
  std::string values_of(const Expression& expression) const {
    std::string text;
    for (const std::string& name : expression.names) {
      const Value* value = find(name);
      if (value != nullptr && !is_failed(*value))
        text += (text.empty() ? " with " : ", ") + name + "=" + to_string(*value);
    }
    return text;
  }

  void quantities() {
    Costs& costs = result_.costs;
    bool has_useful = false;
    std::optional<Number> backward, backward_matmul;
    for (const KernelFormula& row : kernel_.quantities) {
      const Number value = number(*row.expression, row.name.c_str());
      if (row.name == "flops") costs[Quantity::kFlops] = value;
      if (row.name == "matmul_flops") costs[Quantity::kMatmulFlops] = value;
      if (row.name == "useful_flops") {
        costs[Quantity::kUsefulFlops] = value;
        has_useful = true;
      }
      if (row.name == "backward_flops") backward = value;
      if (row.name == "backward_matmul_flops") backward_matmul = value;
    }
    result_.backward_flops = backward.value_or(Number(2) * costs[Quantity::kFlops]);
    result_.backward_matmul_flops =
        backward_matmul.value_or(Number(2) * costs[Quantity::kMatmulFlops]);
    if (!has_useful) costs[Quantity::kUsefulFlops] = costs[Quantity::kFlops];
  }

  void add_operand(const KernelOperand& operand, Role role) {
    EvaluatedOperand row;
    row.operand = &operand;
    row.role = role;
    row.elements = number(*operand.elements, "elements of operand", operand.name);
    row.bits = operand.bits == nullptr ? point_[bits_of(role)]
                                       : number(*operand.bits, "bits of operand", operand.name);
    if (operand.stored_elements != nullptr) {
      row.stored_elements =
          number(*operand.stored_elements, "stored elements of operand", operand.name);
    } else if (stores_elements(operand.direction, role)) {
      row.stored_elements = row.elements;
    }
    row.bytes = divide(row.elements * row.bits, Number(8));
    row.stored_bytes = divide(row.stored_elements * row.bits, Number(8));
    if (row.bytes.is_error() || row.stored_bytes.is_error())
      error(codes::kArithmetic, "the bytes of operand " + quoted(operand.name) + " of " +
                                    quoted(kernel_.name) + " overflow 128 bits");
    for_each_quantity(operand.direction, role, [&](Quantity quantity, OperandPart part) {
      Number& sum = result_.costs[quantity];
      sum = sum + (part == OperandPart::kBytes         ? row.bytes
                   : part == OperandPart::kStoredBytes ? row.stored_bytes
                                                       : row.stored_elements);
    });
    result_.operands.push_back(row);
  }

  // The bytes of each operand fit, and yet their sum may not.
  void check_sums() {
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      const Number& sum = result_.costs.values[q];
      if (errors_.empty() && sum.is_error())
        error(codes::kArithmetic, std::string(describe(sum.error_reason())) + " in " +
                                      std::string(name_of(static_cast<Quantity>(q))) + " of " +
                                      quoted(kernel_.name));
    }
  }

  const Plugin& plugin_;
  const Kernel& kernel_;
  const KernelBindings& bindings_;
  RuntimePoint point_;  // of the precision
  FormulaScope scope_;
  std::vector<std::pair<std::string_view, Value>> names_;
  KernelCosts result_;
  Diagnostics errors_;
};

}  // namespace

bool assign(KernelBindings& bindings, std::string_view name, const Value& value,
            const Kernel* kernel) {
  struct PrecisionName {
    std::string_view name;
    std::initializer_list<Number KernelBindings::*> bits;
    int scale;  // from the value to bits
  };
  using B = KernelBindings;
  static const PrecisionName kNames[] = {{"w_bits", {&B::w_bits}, 1},
                                         {"a_bits", {&B::a_bits}, 1},
                                         {"kv_bits", {&B::kv_bits}, 1},
                                         {"index_bits", {&B::index_bits}, 1},
                                         {"bytes", {&B::w_bits, &B::a_bits, &B::kv_bits}, 8},
                                         {"w_bytes", {&B::w_bits}, 8},
                                         {"a_bytes", {&B::a_bits}, 8},
                                         {"kv_bytes", {&B::kv_bits}, 8},
                                         {"index_bytes", {&B::index_bits}, 8},
                                         // The ancestor's names.
                                         {"dtype_bytes", {&B::w_bits, &B::a_bits, &B::kv_bits}, 8},
                                         {"w_dtype_bytes", {&B::w_bits}, 8},
                                         {"a_dtype_bytes", {&B::a_bits}, 8},
                                         {"index_dtype_bytes", {&B::index_bits}, 8}};
  const auto* const row =
      std::find_if(std::begin(kNames), std::end(kNames),
                   [&](const PrecisionName& known) { return known.name == name; });
  const bool is_parameter =
      kernel != nullptr &&
      std::any_of(kernel->parameters.begin(), kernel->parameters.end(),
                  [&](const KernelParameter& parameter) { return parameter.name == name; });
  if (row == std::end(kNames) || is_parameter) {
    bindings.parameters.emplace_back(std::string(name), value);
    return true;
  }
  const Number& number = value.number;
  if (value.kind != Value::Kind::kNumber || !number.is_exact() || number.is_negative())
    return false;
  for (Number KernelBindings::*const bits : row->bits) bindings.*bits = number * Number(row->scale);
  return true;
}

Result<KernelBindings> parse_bindings(std::string_view text, const std::string& source,
                                      const Kernel* kernel) {
  const SourceText input{source, std::string(text)};
  Result<std::vector<Assignment>> assignments = parse_assignments(input);
  if (!assignments) return std::move(assignments).errors();
  KernelBindings bindings;
  Diagnostics errors;
  for (const Assignment& row : *assignments) {
    if (!assign(bindings, row.name, row.value, kernel)) {
      errors.push_back(error_at(input, row.offset, row.name.size(), codes::kBadValue,
                                quoted(row.name) + " must be an exact number of 0 or more"));
    }
  }
  if (!errors.empty()) return errors;
  return bindings;
}

Result<KernelCosts> evaluate_kernel(const Catalog& catalog, const Conventions& conventions,
                                    const Kernel& kernel, const KernelBindings& bindings) {
  return KernelEvaluator(catalog, conventions, kernel, bindings).run();
}

}  // namespace lmhost

#include "resolve/names.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kConfigPrefix = "config.";
constexpr int kMaximumDepth = 100;  // of variables that use variables: the only recursion here

struct ByteName {
  std::string_view name;
  RuntimeVariable bits;
};
constexpr ByteName kByteNames[] = {{"bytes", RuntimeVariable::kActivationBits},
                                   {"a_bytes", RuntimeVariable::kActivationBits},
                                   {"w_bytes", RuntimeVariable::kWeightBits},
                                   {"kv_bytes", RuntimeVariable::kKvBits},
                                   {"index_bytes", RuntimeVariable::kIndexBits}};

}  // namespace

std::optional<NodeIndex> precision_node(std::string_view name, Program& program) {
  if (const auto variable = runtime_variable_named(name)) return program.input(*variable);
  for (const ByteName& row : kByteNames) {
    if (row.name == name) {
      return program.binary(ProgramOp::kDivide, program.input(row.bits),
                            program.constant(Number(8)));
    }
  }
  return std::nullopt;
}

std::optional<Number> precision_value(std::string_view name, const RuntimePoint& point) {
  if (const auto variable = runtime_variable_named(name)) return point[*variable];
  for (const ByteName& row : kByteNames) {
    if (row.name == name) return divide(point[row.bits], Number(8));
  }
  return std::nullopt;
}

std::vector<std::string_view> precision_names() {
  std::vector<std::string_view> names;
  for (const ByteName& row : kByteNames) names.push_back(row.name);
  for (auto i = static_cast<std::size_t>(RuntimeVariable::kWeightBits); i < kRuntimeVariableCount;
       ++i)
    names.push_back(name_of(static_cast<RuntimeVariable>(i)));
  return names;
}

bool is_precision_name(std::string_view name) {
  for (const ByteName& row : kByteNames) {
    if (row.name == name) return true;
  }
  const auto variable = runtime_variable_named(name);
  return variable && *variable >= RuntimeVariable::kWeightBits;
}

GraphNames::GraphNames(const Graph& graph, const Config& config, Program& program, bool keep_config)
    : graph_(graph), config_(config), program_(program), keep_config_(keep_config) {
  for (const CompositeVariable& variable : graph.variables) {
    variables_.try_emplace(variable.name, Variable{&variable, Variable::kNew, 0});
  }
}

const CompositeVariable* GraphNames::variable(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : found->second.declaration;
}

const Config::Entry* GraphNames::config_entry(std::string_view name) const {
  return config_.find(name.substr(kConfigPrefix.size()));
}

std::optional<NodeIndex> GraphNames::lookup(std::string_view name) {
  if (name.starts_with(kConfigPrefix)) {
    const Config::Entry* entry = config_entry(name);
    if (keep_config_) {
      const bool is_choice = entry != nullptr &&
                             (entry->value.kind != Value::Kind::kNumber || entry->value.is_boolean);
      return is_choice ? program_.constant(entry->value)
                       : program_.symbol({std::string(name), {}, false});
    }
    if (entry == nullptr) return program_.error(ArithmeticError::kUnbound, std::string(name));
    if (entry->is_open) {
      const Number& value = entry->value.number;
      return program_.symbol({std::string(name.substr(kConfigPrefix.size())), value,
                              value.is_integer() && !value.is_negative()});
    }
    return program_.constant(entry->value);
  }
  const auto found = variables_.find(name);
  if (found == variables_.end()) return precision_node(name, program_);
  Variable& variable = found->second;
  if (variable.state == Variable::kActive) {
    return program_.error(ArithmeticError::kFunction,
                          "variable '" + std::string(name) + "' refers to itself");
  }
  if (variable.state == Variable::kNew) {
    if (depth_ == kMaximumDepth) {
      return program_.error(ArithmeticError::kFunction,
                            "variables refer to each other more than 100 levels deep");
    }
    ++depth_;
    variable.state = Variable::kActive;
    variable.node =
        translate(graph_.expressions[variable.declaration->expression], *this, program_);
    variable.state = Variable::kDone;
    --depth_;
  }
  return variable.node;
}

NodeIndex GraphNames::find(std::string_view name) {
  const std::optional<NodeIndex> node = lookup(name);
  return node ? *node : program_.error(ArithmeticError::kUnbound, std::string(name));
}

std::vector<std::string_view> GraphNames::names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i)
    names.push_back(name_of(static_cast<RuntimeVariable>(i)));
  for (const ByteName& row : kByteNames) names.push_back(row.name);
  for (const auto& [name, variable] : variables_) names.push_back(name);
  return names;
}

}  // namespace lmhost

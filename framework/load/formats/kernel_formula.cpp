#include "load/formats/kernel_formula.hpp"

#include <map>
#include <utility>
#include <vector>

#include "formula/functions.hpp"
#include "formula/rewrite.hpp"

namespace lmhost {
namespace {

std::string_view bytes_of(Role role) {
  switch (role) {
    case Role::kWeight:
      return "w_bytes";
    case Role::kActivation:
      return "a_bytes";
    case Role::kKvCache:
      return "kv_bytes";
    case Role::kIndex:
      break;
  }
  return "index_bytes";
}

Direction direction_of(ModuleMetric metric) {
  if (metric == ModuleMetric::kReads) return Direction::kRead;
  return metric == ModuleMetric::kWrites ? Direction::kWrite : Direction::kScratch;
}

Expression bytes_of(const KernelOperand& operand) {
  if (operand.bits == nullptr)
    return operation(Op::kMultiply, *operand.elements, name_expression(bytes_of(operand.role)));
  const Expression width = operation(Op::kDivide, *operand.bits, constant_expression(Number(8)));
  return operation(Op::kMultiply, *operand.elements, width);
}

}  // namespace

KernelFormulaResult formula_of(const Plugin& plugin, const Kernel& kernel, ModuleMetric metric) {
  // Lets see the constants, the parameters and the lets before them.
  std::map<std::string, Expression, std::less<>> meaning;
  for (const PluginConstant& constant : plugin.constants) {
    if (!constant.value.is_exact()) return {{}, "its constant '" + constant.name + "' is inexact"};
    meaning.emplace(constant.name, constant_expression(constant.value));
  }
  for (const KernelParameter& parameter : kernel.parameters) meaning.erase(parameter.name);
  const auto bound = [&](std::string_view name) -> const Expression* {
    const auto found = meaning.find(name);
    return found == meaning.end() ? nullptr : &found->second;
  };
  for (const KernelFormula& let : kernel.lets)
    meaning.insert_or_assign(let.name, substitute(*let.expression, bound));

  std::vector<Expression> terms;
  if (metric == ModuleMetric::kFlops) {
    for (const KernelFormula& quantity : kernel.quantities)
      if (quantity.name == "flops") terms.push_back(substitute(*quantity.expression, bound));
  } else {
    for (const KernelOperand& operand : kernel.operands)
      if (operand.direction == direction_of(metric))
        terms.push_back(substitute(bytes_of(operand), bound));
  }
  KernelFormulaResult result{sum_of(terms), {}};
  for (const std::string& function : result.expression.functions)
    if (builtin_named(function) == nullptr)
      result.failure = "it calls '" + function + "', a function of its plugin";
  return result;
}

}  // namespace lmhost

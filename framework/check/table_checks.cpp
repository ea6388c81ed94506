// What well-formed tables may still lack.
#include <algorithm>
#include <set>

#include "base/diagnostic.hpp"
#include "check/stages.hpp"

namespace lmhost {
namespace {

template <class Use>
void for_each_expression(const Kernel& kernel, Use use) {
  const auto maybe = [&](const Expression* expression) {
    if (expression != nullptr) use(*expression);
  };
  for (const KernelParameter& parameter : kernel.parameters) maybe(parameter.default_value);
  for (const KernelFormula& let : kernel.lets) maybe(let.expression);
  for (const KernelFormula& quantity : kernel.quantities) maybe(quantity.expression);
  for (const KernelOperand& operand : kernel.operands) {
    maybe(operand.elements);
    maybe(operand.stored_elements);
    maybe(operand.bits);
  }
}

// A macro gets texts and may name any parameter in its answer.
bool calls_macro(const Plugin& plugin, const Expression& expression) {
  return std::any_of(plugin.functions.begin(), plugin.functions.end(), [&](const auto& function) {
    return function.is_macro && std::find(expression.functions.begin(), expression.functions.end(),
                                          function.name) != expression.functions.end();
  });
}

}  // namespace

void check_tables(const Plugin& plugin, CheckReport& report) {
  if (plugin.doc.empty()) report.add("table.documented", "the plugin has no description");
  for (const Kernel& kernel : plugin.kernels) {
    if (kernel.doc.empty())
      report.add("table.documented", quoted(kernel.name) + " has no description");
    if (kernel.source.empty())
      report.add("table.documented", quoted(kernel.name) + " has no source");

    std::set<std::string_view> used;
    bool has_macro = false;
    for_each_expression(kernel, [&](const Expression& expression) {
      used.insert(expression.names.begin(), expression.names.end());
      has_macro = has_macro || calls_macro(plugin, expression);
    });
    for (const KernelParameter& parameter : kernel.parameters)
      if (!has_macro && !parameter.optional && used.count(parameter.name) == 0)
        report.add("table.no_unused_parameters",
                   "no formula of " + quoted(kernel.name) + " uses " + quoted(parameter.name));
  }
}

}  // namespace lmhost

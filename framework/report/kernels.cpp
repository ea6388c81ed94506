#include "report/kernels.hpp"

#include <algorithm>
#include <set>

#include "load/kernel_catalog.hpp"
#include "report/columns.hpp"
#include "report/provenance.hpp"
#include "report/rows.hpp"

namespace lmhost {
namespace {

// The first sentence, cut to the room that a list has.
std::string brief(std::string_view text, std::size_t room, const TextStyle& style) {
  text = text.substr(0, text.find('\n'));
  if (const std::size_t stop = text.find(". "); stop != std::string_view::npos)
    text = text.substr(0, stop);
  std::string result(text);
  if (display_width(result) <= room) return result;
  while (!result.empty() && display_width(result) + 2 > room) {
    const std::size_t blank = result.rfind(' ');
    result.resize(blank == std::string::npos ? 0 : blank);
  }
  return result + " " + std::string(Signs(style).ellipsis());
}

Text section(std::string_view title, const TextStyle& style) {
  return Text("\n") + painted(title, Ink::kBold, style) + "\n";
}

Text parameters_text(const Kernel& kernel, const TextStyle& style) {
  if (kernel.parameters.empty()) return "";
  Table table({{"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kDim}});
  for (const KernelParameter& parameter : kernel.parameters) {
    const std::string given = parameter.default_value != nullptr
                                  ? "= " + parameter.default_value->text
                              : parameter.optional ? "optional"
                                                   : "required";
    table.add({parameter.name, std::string(name_of(parameter.type)), given, parameter.doc});
  }
  return section("parameters", style) + table.text(style, "  ");
}

Text formulas_text(std::string_view title, const std::vector<KernelFormula>& formulas,
                   const TextStyle& style) {
  if (formulas.empty()) return "";
  Table table({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}, {"", true, Ink::kDim}});
  for (const KernelFormula& formula : formulas)
    table.add({formula.name, "= " + formula.expression->text, formula.doc});
  return section(title, style) + table.text(style, "  ");
}

Text operands_text(const Kernel& kernel, const TextStyle& style) {
  if (kernel.operands.empty()) return "";
  Table table({{"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"role", true, Ink::kPlain},
               {"elements", true, Ink::kPlain},
               {"bits", true, Ink::kPlain},
               {"stored", true, Ink::kPlain},
               {"", true, Ink::kDim}});
  for (const KernelOperand& operand : kernel.operands)
    table.add(
        {std::string(name_of(operand.direction)), operand.name, std::string(name_of(operand.role)),
         operand.elements->text, operand.bits == nullptr ? "" : operand.bits->text,
         operand.stored_elements == nullptr ? "" : operand.stored_elements->text, operand.doc});
  return section("operands", style) + table.text(style, "  ");
}

Text constants_text(const Plugin& plugin, const Kernel& kernel, const Conventions& conventions,
                    const TextStyle& style) {
  std::set<std::string_view> names;
  auto use = [&](const Expression* formula) {
    if (formula != nullptr) names.insert(formula->names.begin(), formula->names.end());
  };
  for (const KernelFormula& formula : kernel.lets) use(formula.expression);
  for (const KernelFormula& formula : kernel.quantities) use(formula.expression);
  for (const KernelOperand& operand : kernel.operands) use(operand.elements);
  Table table({{"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kDim}});
  bool any = false;
  for (const PluginConstant& constant : plugin.constants) {
    if (names.find(constant.name) == names.end()) continue;
    any = true;
    const Number* override_value = conventions.find(plugin.id, constant.name);
    std::string value =
        "= " + to_string(override_value == nullptr ? constant.value : *override_value);
    if (override_value != nullptr) value += " (" + conventions.name + ")";
    table.add({plugin.id + "." + constant.name, value, constant.doc, constant.source});
  }
  return any ? section("constants (conventions " + conventions.name + ")", style) +
                   table.text(style, "  ")
             : "";
}

// "matmul/torch.mm", the name under which it is meant.
std::string spelled_name(const Catalog& catalog, const Kernel& kernel, std::string_view name) {
  return catalog.plugin_of(kernel).id + "/" + std::string(name);
}

Text pairs_text(std::string_view title,
                const std::vector<std::pair<std::string, std::string>>& pairs,
                const TextStyle& style) {
  if (pairs.empty()) return "";
  Table table({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}});
  for (const auto& [name, formula] : pairs) table.add({name, "= " + formula});
  return section(title, style) + table.text(style, "  ");
}

// What an analysis says besides its formulas.
Text reasoning_text(const Kernel& kernel, const TextStyle& style) {
  Text text = pairs_text("as written", kernel.written, style);
  if (kernel.provenance == nullptr) return text;
  text += pairs_text("breakdown of flops", kernel.provenance->breakdown, style);
  if (kernel.provenance->reasoning.empty()) return text;
  text += section("reasoning", style);
  constexpr std::size_t kIndent = 2;
  std::string_view rest = kernel.provenance->reasoning;
  while (!rest.empty()) {
    const std::string_view paragraph = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(paragraph.size() + 1, rest.size()));
    for (const std::string& line : wrapped(paragraph, style.width - kIndent))
      text += Text("  ") + line + "\n";
  }
  return text;
}

Text examples_text(const Kernel& kernel, const TextStyle& style) {
  if (kernel.examples.empty()) return "";
  Text text = section("examples", style);
  for (const KernelExample& example : kernel.examples)
    text += Text("  ") + example.bindings + "  ->  " + example.expected + "\n";
  return text;
}

Text costs_text(const Costs& costs, const TextStyle& style) {
  Table quantities({{"", true, Ink::kPlain}, {"", false, Ink::kPlain}, {"", true, Ink::kPlain}});
  for (const Column& column : all_columns()) {
    const bool is_sum =
        column.key.substr(0, 11) != "bytes_read_" && column.key.substr(0, 14) != "bytes_written_";
    if (!column.is_cost() || column.kind == ColumnKind::kRatio || column.key == "bytes_moved" ||
        !is_sum)
      continue;
    const Number value = column.value(costs);
    if (value.is_zero() && column.key != "flops") continue;
    const std::string_view unit = column.kind == ColumnKind::kFlop    ? "FLOP"
                                  : column.kind == ColumnKind::kCount ? ""
                                                                      : "B";
    quantities.add({std::string(column.key),
                    (value.is_inexact() ? "~" : "") + to_grouped_string(value), std::string(unit)});
  }
  return section("costs", style) + quantities.text(style, "  ");
}

}  // namespace

std::vector<const Kernel*> matching_kernels(const Catalog& catalog, std::string_view pattern) {
  std::vector<const Kernel*> kernels = catalog.kernels();
  kernels.erase(std::remove_if(kernels.begin(), kernels.end(),
                               [&](const Kernel* kernel) {
                                 if (matches_pattern(pattern, kernel->name)) return false;
                                 return std::none_of(kernel->aliases.begin(), kernel->aliases.end(),
                                                     [&](const std::string& alias) {
                                                       return matches_pattern(pattern, alias);
                                                     });
                               }),
                kernels.end());
  return kernels;
}

Text write_kernel_list(const Catalog& catalog, const std::vector<const Kernel*>& kernels,
                       const TextStyle& style) {
  std::size_t taken = 0;
  for (const Kernel* kernel : kernels)
    taken = std::max(taken, kernel->name.size() + catalog.plugin_of(*kernel).id.size() + 4);
  const std::size_t room = style.width > taken + 20 ? style.width - taken : 20;
  Table table(
      {{"KERNEL", true, Ink::kPlain}, {"PLUGIN", true, Ink::kPlain}, {"", true, Ink::kDim}});
  for (const Kernel* kernel : kernels)
    table.add({kernel->name, catalog.plugin_of(*kernel).id, brief(kernel->doc, room, style)});
  return table.text(style);
}

Text write_kernel(const Catalog& catalog, const Kernel& kernel, const Conventions& conventions,
                  const TextStyle& style) {
  const Plugin& plugin = catalog.plugin_of(kernel);
  Text text = painted(kernel.name, Ink::kBold, style) + "\n";
  Table table({{"", true, Ink::kDim}, {"", true, Ink::kPlain}});
  constexpr std::size_t kNameRoom = 14;
  auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    for (std::string& line : wrapped(value, style.width - kNameRoom)) {
      table.add({std::string(name), std::move(line)});
      name = "";
    }
  };
  add("doc", kernel.doc);
  if (plugin.is_data)
    add("catalogue", plugin.id + (plugin.version.empty() ? "" : " " + plugin.version) + " (" +
                         plugin.path + ")");
  else
    add("plugin",
        plugin.id + " " + plugin.version + ", revision " + std::to_string(kernel.revision));
  if (!is_told_by_code(kernel.source, kernel.provenance.get())) add("source", kernel.source);
  if (kernel.provenance != nullptr) {
    add("code", code_text(*kernel.provenance));
    add("validated", validation_text(*kernel.provenance));
  }
  for (const HiddenName& entry : catalog.hidden()) {
    if (entry.owner == &kernel)
      for (const Kernel* hidden : entry.hidden)
        add("hides", spelled_name(catalog, *hidden, entry.name));
    if (std::find(entry.hidden.begin(), entry.hidden.end(), &kernel) != entry.hidden.end())
      add("hidden by", spelled_name(catalog, *entry.owner, entry.name));
  }
  std::string title = "aliases";
  for (const std::string& alias : kernel.aliases) {
    add(title, alias);
    title = " ";
  }
  text += table.text(style, "  ");
  text += parameters_text(kernel, style);
  text += formulas_text("definitions", kernel.lets, style);
  text += formulas_text("formulas", kernel.quantities, style);
  text += operands_text(kernel, style);
  text += constants_text(plugin, kernel, conventions, style);
  text += examples_text(kernel, style);
  text += reasoning_text(kernel, style);
  return text;
}

Text write_kernel_costs(const Catalog& catalog, const Kernel& kernel, const KernelCosts& costs,
                        const TextStyle& style) {
  const Plugin& plugin = catalog.plugin_of(kernel);
  Text text = painted(kernel.name, Ink::kBold, style) + " (plugin " + plugin.id + " " +
              plugin.version + ")\n";

  text += section("parameters", style);
  Table parameters({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}, {"", true, Ink::kDim}});
  for (const EvaluatedParameter& parameter : costs.parameters) {
    if (!parameter.is_bound) continue;
    const bool from_formula = parameter.is_default && parameter.parameter->default_value != nullptr;
    parameters.add({parameter.parameter->name, "= " + to_string(parameter.value),
                    from_formula ? "default " + parameter.parameter->default_value->text : ""});
  }
  text += parameters.text(style, "  ");

  if (!costs.lets.empty()) {
    text += section("definitions", style);
    Table lets({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}, {"", true, Ink::kDim}});
    for (const EvaluatedLet& let : costs.lets)
      lets.add({let.let->name, "= " + to_string(let.value), let.let->expression->text});
    text += lets.text(style, "  ");
  }

  text += costs_text(costs.costs, style);

  if (costs.operands.empty()) return text;
  text += section("operands", style);
  Table operands({{"", true, Ink::kPlain},
                  {"", true, Ink::kPlain},
                  {"role", true, Ink::kPlain},
                  {"elements", false, Ink::kPlain},
                  {"bits", false, Ink::kPlain},
                  {"bytes", false, Ink::kPlain},
                  {"stored", false, Ink::kPlain},
                  {"formula", true, Ink::kDim}});
  for (const EvaluatedOperand& operand : costs.operands)
    operands.add({std::string(name_of(operand.operand->direction)), operand.operand->name,
                  std::string(name_of(operand.role)), to_grouped_string(operand.elements),
                  to_grouped_string(operand.bits), to_grouped_string(operand.bytes),
                  to_grouped_string(operand.stored_bytes), operand.operand->elements->text});
  return text + operands.text(style, "  ");
}

Text write_composite_costs(const CostTree& tree, const TextStyle& style) {
  const Instance& root = tree.instance(tree.nodes[0]);
  const Graph& graph = *tree.plan->graph;
  Text text = painted(root.name, Ink::kBold, style) + " (" + graph.source->name + ")\n";
  Table parameters({{"", true, Ink::kPlain}, {"", true, Ink::kPlain}});
  for (std::uint32_t i = 0; i < root.parameters.count; ++i) {
    const BoundParameter& parameter = tree.plan->parameters[root.parameters.first + i];
    const Value* constant = tree.plan->program.constant_value(parameter.node);
    parameters.add(
        {std::string(parameter.name),
         "= " + (constant != nullptr ? to_string(*constant)
                                     : to_string(tree.evaluation.values[parameter.node]))});
  }
  for (const RuntimeVariable variable :
       {RuntimeVariable::kBatchSize, RuntimeVariable::kSeqLen, RuntimeVariable::kCacheLen})
    parameters.add({std::string(name_of(variable)), "= " + to_string(tree.point[variable])});
  text += section("parameters", style) + parameters.text(style, "  ");
  return text + costs_text(tree.total(tree.nodes[0]), style);
}

}  // namespace lmhost

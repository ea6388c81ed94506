// An explanation as text.
#include <algorithm>

#include "report/explain.hpp"
#include "report/provenance.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

std::string number_text(const Number& number) {
  return (number.is_inexact() ? "~" : "") + to_grouped_string(number);
}

std::string unit_of(const std::string& key) {
  if (key == "parameters") return "";
  return key.find("bytes") != std::string::npos ? " B" : " FLOP";
}

Text section(std::string_view title, const TextStyle& style) {
  return Text("\n") + painted(title, Ink::kBold, style) + "\n";
}

Text head(const Explanation& node, const Summary& summary, const TextStyle& style) {
  Text text =
      painted(node.path.empty() ? summary.architecture : node.path, Ink::kBold, style) + "\n";
  Table table({{"", true, Ink::kDim}, {"", true, Ink::kPlain}});
  constexpr std::size_t kNameRoom = 14;
  auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    for (std::string& line : wrapped(value, style.width - kNameRoom)) {
      table.add({std::string(name), std::move(line)});
      name = "";
    }
  };
  std::string kernel = node.kernel;
  if (!node.called_as.empty()) kernel += " (called as " + node.called_as + ")";
  add(node.type == "composite" ? "composite" : "kernel", kernel);
  if (node.type == "unknown") add("", "unknown: no plugin declares it, so it costs nothing here");
  add("doc", node.doc);
  if (!node.plugin.empty())
    add(node.catalog.empty() ? "plugin" : "catalogue",
        node.plugin + " (fingerprint " + node.fingerprint.substr(0, 16) +
            (node.catalog.empty() ? "" : ", " + node.catalog) + ")");
  if (!is_told_by_code(node.source, node.provenance.get())) add("source", node.source);
  if (node.provenance != nullptr) {
    add("code", code_text(*node.provenance));
    add("validated", validation_text(*node.provenance));
  }
  add("graph", node.graph_place);
  add("model", node.model_place);
  add("call", node.call_site);

  const std::string times(Signs(style).times());
  std::string factors;
  for (const ExplainedFactor& factor : node.factors) {
    factors += factors.empty() ? "" : " " + times + " ";
    factors += to_grouped_string(factor.count) + " (" + factor.path;
    if (!factor.expression.empty() && factor.expression != to_string(factor.count))
      factors += ": " + factor.expression;
    factors += ")";
  }
  add("executed", node.times == Number(1) ? "once"
                                          : number_text(node.times) + " times" +
                                                (factors.empty() ? "" : " = " + factors));
  return text + table.text(style, "  ");
}

Text quantities_text(const Explanation& node, const TextStyle& style) {
  const std::string times = " " + std::string(Signs(style).times()) + " ";
  Text text = section("costs", style);
  Table table({{"", true, Ink::kPlain},
               {"", false, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kDim}});
  for (const ExplainedQuantity& quantity : node.quantities) {
    const bool is_ratio = quantity.key == "intensity";
    const std::string unit = is_ratio ? " FLOP/B" : unit_of(quantity.key);
    std::string value = node.is_lower_bound ? std::string(Signs(style).at_least()) : "";
    value += is_ratio ? format_fixed(quantity.total.to_double(), 2) : number_text(quantity.total);
    std::string parts;
    if (!is_ratio && !(quantity.times == Number(1)))
      parts = "= " + number_text(quantity.times) + times + number_text(quantity.per_call);
    table.add({quantity.key, value + unit, parts, quantity.formula});
  }
  return text + table.text(style, "  ");
}

std::string value_text(const Value& value) {
  const bool is_plain_number = value.kind == Value::Kind::kNumber && !value.is_boolean;
  return is_plain_number ? number_text(value.number) : to_string(value);
}

Text values_text(std::string_view title, const std::vector<ExplainedValue>& values,
                 const TextStyle& style) {
  if (values.empty()) return "";
  Table table({{"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"", true, Ink::kDim},
               {"", true, Ink::kPlain}});
  for (const ExplainedValue& value : values) {
    const std::string indent(2 * std::size_t{value.depth}, ' ');
    table.add({indent + value.name, value.value ? "= " + value_text(*value.value) : "",
               value.origin, value.doc.empty() ? value.expression : value.doc});
  }
  return section(title, style) + table.text(style, "  ");
}

Text operands_text(const Explanation& node, const TextStyle& style) {
  if (node.operands.empty()) return "";
  Table table({{"", true, Ink::kPlain},
               {"", true, Ink::kPlain},
               {"role", true, Ink::kPlain},
               {"elements", false, Ink::kPlain},
               {"bits", false, Ink::kPlain},
               {"bytes", false, Ink::kPlain},
               {"stored", false, Ink::kPlain},
               {"formula", true, Ink::kDim}});
  for (const ExplainedOperand& operand : node.operands)
    table.add({operand.direction, operand.name, operand.role, number_text(operand.elements),
               number_text(operand.bits), number_text(operand.bytes),
               number_text(operand.stored_bytes), operand.formula});
  return section("operands of one execution", style) + table.text(style, "  ");
}

Text children_text(const Explanation& node, const TextStyle& style) {
  if (node.children.empty()) return "";
  Table table({{"", true, Ink::kPlain},
               {"%FLOP", false, Ink::kPlain},
               {"FLOP", false, Ink::kPlain},
               {"READ", false, Ink::kPlain},
               {"WRITE", false, Ink::kPlain},
               {"INTERM", false, Ink::kPlain},
               {"KERNEL", true, Ink::kDim}});
  Number whole = 0;
  for (const ExplainedChild& child : node.children) whole = whole + child.total[Quantity::kFlops];
  for (const ExplainedChild& child : node.children) {
    std::string name = child.name;
    if (!(child.count == Number(1)))
      name += " " + std::string(Signs(style).times()) + to_grouped_string(child.count);
    const Costs& costs = child.total;
    auto bytes = [&](const Number& number) {
      return style.exact        ? to_grouped_string(number)
             : number.is_zero() ? "0"
                                : format_bytes(number);
    };
    table.add({name, format_percent(costs[Quantity::kFlops], whole),
               style.exact ? to_grouped_string(costs[Quantity::kFlops])
                           : format_count(costs[Quantity::kFlops]),
               bytes(costs.bytes_read()), bytes(costs.bytes_written()),
               bytes(costs[Quantity::kIntermediateBytes]), child.kernel});
  }
  return section("sum of", style) + table.text(style, "  ");
}

}  // namespace

Text write_explanation(const Explanation& explanation, const Summary& summary,
                       const Analysis& analysis, const TextStyle& style) {
  Text text = heading_lines(summary, analysis, style) + "\n";
  text += head(explanation, summary, style);
  text += quantities_text(explanation, style);
  text += values_text("parameters", explanation.parameters, style);
  text += values_text("definitions", explanation.lets, style);
  text += values_text("constants", explanation.constants, style);
  text += operands_text(explanation, style);
  text += children_text(explanation, style);
  return text;
}

}  // namespace lmhost

#include "report/explain.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "formula/evaluate.hpp"
#include "load/config.hpp"
#include "load/kernel_catalog.hpp"
#include "load/plugin_fingerprint.hpp"

namespace lmhost {
namespace {

// How deep the names behind a name are followed: enough for call, composite, graph variable,
// config.
constexpr unsigned kDeepestName = 6;

constexpr std::array<std::string_view, 8> kExplained = {
    "flops",         "matmul_flops",       "useful_flops", "bytes_read",
    "bytes_written", "intermediate_bytes", "stored_bytes", "parameters"};

// Collects what one node's explanation needs. Lives for one call of explain().
class Explainer {
 public:
  Explainer(const Analysis& analysis, std::string_view prefix)
      : analysis_(analysis), tree_(*analysis.tree), plan_(*analysis.plan), prefix_(prefix) {}

  Explanation explain(std::uint32_t index, const Column* metric) {
    const CostNode& node = tree_.nodes[index];
    const Instance& instance = tree_.instance(node);
    Explanation result;
    result.path = tree_.path(node);
    result.kernel = instance.kernel != nullptr ? instance.kernel->name : std::string(instance.name);
    result.type = instance.is_unknown()           ? "unknown"
                  : instance.composite != nullptr ? "composite"
                                                  : "atomic";
    result.times = node.times;
    add_places(node, &result);
    add_factors(index, &result);
    if (instance.kernel != nullptr) add_kernel(*instance.kernel, instance, &result);
    add_parameters(node, instance, &result);
    add_quantities(node, instance, metric, &result);
    add_children(index, &result);
    const std::vector<bool> unknown = instances_with_unknown(tree_);
    result.is_lower_bound = !unknown.empty() && unknown[node.instance];
    return result;
  }

 private:
  const Expression* expression(ExpressionIndex index) const {
    return index == kNoExpression ? nullptr : &plan_.graph->expressions[index];
  }

  Value value_of(NodeIndex node) const {
    // Strings and lists are always constants; the values of a point are numbers only.
    const Value* constant = plan_.program.constant_value(node);
    return constant != nullptr ? *constant : Value::of(tree_.evaluation.values[node]);
  }

  static ExplainedValue named(std::string name, std::optional<Value> value, const Expression* text,
                              std::string origin, unsigned depth) {
    ExplainedValue result;
    result.name = std::move(name);
    result.value = std::move(value);
    if (text != nullptr) result.expression = text->text;
    result.origin = std::move(origin);
    result.depth = depth;
    return result;
  }

  std::string place(std::uint32_t offset) const {
    if (plan_.graph->source == nullptr) return "";
    const SourceFile file = file_at(*plan_.graph->source, offset);
    const LineColumn at = line_column(file.text, offset - file.begin);
    return portable_path(std::string(file.name), prefix_) + ":" + std::to_string(at.line) + ":" +
           std::to_string(at.column);
  }

  void add_places(const CostNode& node, Explanation* result) const {
    const Instance& instance = tree_.instance(node);
    const Composite* owner = nullptr;
    std::string_view lines;
    if (const Call* call = tree_.call(node); call != nullptr) {
      result->graph_place = place(call->offset);
      result->call_site = call->call_site;
      lines = call->lines;
      owner = tree_.instance(tree_.nodes[node.parent]).composite;
      if (call->kernel != result->kernel) result->called_as = call->kernel;
    } else if (instance.composite != nullptr) {
      result->graph_place = place(instance.composite->offset);
      owner = instance.composite;
      lines = owner->lines;
    }
    if (owner != nullptr && !owner->location.empty()) {
      result->model_place = owner->location;
      if (!lines.empty()) result->model_place += ":" + std::string(lines);
    }
    if (instance.composite != nullptr) result->doc = instance.composite->doc;
  }

  void add_factors(std::uint32_t index, Explanation* result) const {
    for (std::uint32_t at = index; at != kNoParent; at = tree_.nodes[at].parent) {
      const CostNode& node = tree_.nodes[at];
      const Call* call = tree_.call(node);
      if (call == nullptr || node.count == Number(1)) continue;
      const Expression* count = expression(call->multiplier);
      result->factors.push_back(
          {tree_.path(node), node.count, count == nullptr ? "" : count->text});
    }
    std::reverse(result->factors.begin(), result->factors.end());
  }

  void add_kernel(const Kernel& kernel, const Instance& instance, Explanation* result) const {
    const Plugin& plugin = plan_.catalog->plugin_of(kernel);
    result->plugin = plugin.id + " " + plugin.version;
    if (plugin.is_data) result->catalog = portable_path(plugin.path, prefix_);
    result->provenance = kernel.provenance;
    result->fingerprint = fingerprint_of(plugin);
    result->doc = kernel.doc;
    result->source = kernel.source;

    std::set<std::string_view> names;
    auto use = [&](const Expression* formula) {
      names.insert(formula->names.begin(), formula->names.end());
    };
    for (std::size_t i = 0; i < kernel.lets.size(); ++i) {
      use(kernel.lets[i].expression);
      if (i < instance.lets.count)
        result->lets.push_back(named(kernel.lets[i].name,
                                     value_of(plan_.lets[instance.lets.first + i].node),
                                     kernel.lets[i].expression, "", 0));
    }
    for (const KernelFormula& quantity : kernel.quantities) use(quantity.expression);
    for (std::uint32_t i = 0; i < instance.operands.count; ++i) {
      const BoundOperand& operand = plan_.operands[instance.operands.first + i];
      use(operand.operand->elements);
      auto number = [&](NodeIndex node) { return tree_.evaluation.values[node]; };
      result->operands.push_back(
          {operand.operand->name, std::string(name_of(operand.operand->direction)),
           std::string(name_of(operand.role)), operand.operand->elements->text,
           number(operand.elements), number(operand.bits), number(operand.bytes),
           number(operand.stored_bytes), operand.operand->doc});
    }
    for (const PluginConstant& constant : plugin.constants) {
      if (names.find(constant.name) == names.end()) continue;
      const Number* override_value = plan_.conventions->find(plugin.id, constant.name);
      const bool is_overridden = override_value != nullptr;
      result->constants.push_back(
          named(constant.name, Value::of(is_overridden ? *override_value : constant.value), nullptr,
                is_overridden ? "conventions " + plan_.conventions->name : constant.source, 0));
      result->constants.back().doc = constant.doc;
    }
  }

  // The parameters of a node, each followed by the names behind its value.
  void add_parameters(const CostNode& node, const Instance& instance, Explanation* result) {
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = plan_.parameters[instance.parameters.first + i];
      ExplainedValue value;
      value.name = parameter.name;
      if (parameter.origin != Origin::kUnbound) value.value = value_of(parameter.node);
      if (parameter.origin != Origin::kCall) {
        const bool is_default = parameter.origin == Origin::kDefault;
        value.origin = is_default ? "default" : "not bound";
        if (is_default) value.expression = default_text(instance, parameter);
        result->parameters.push_back(std::move(value));
        continue;
      }
      const Expression* bound = expression(parameter.expression);
      value.origin = "call";
      if (bound != nullptr) value.expression = bound->text;
      result->parameters.push_back(std::move(value));
      if (bound != nullptr && node.parent != kNoParent)
        add_names(*bound, tree_.nodes[node.parent], 1, &result->parameters);
    }
    if (instance.composite == nullptr) return;
    for (std::uint32_t i = 0; i < instance.lets.count; ++i) {
      const BoundParameter& variable = plan_.lets[instance.lets.first + i];
      const Expression* text = declared_text(instance, variable.name);
      result->lets.push_back(named(std::string(variable.name), value_of(variable.node), text,
                                   "variable of the composite", 0));
    }
  }

  std::string default_text(const Instance& instance, const BoundParameter& parameter) const {
    if (instance.kernel == nullptr) {
      const Expression* text = declared_text(instance, parameter.name);
      return text == nullptr ? "" : text->text;
    }
    for (const KernelParameter& declared : instance.kernel->parameters)
      if (declared.name == parameter.name && declared.default_value != nullptr)
        return declared.default_value->text;
    return "";
  }

  // What a composite itself says of one of its variables or of a parameter's default.
  const Expression* declared_text(const Instance& instance, std::string_view name) const {
    if (instance.composite == nullptr) return nullptr;
    for (const CompositeVariable& variable : instance.composite->variables)
      if (variable.name == name) return expression(variable.expression);
    for (const CompositeParameter& parameter : instance.composite->parameters)
      if (parameter.name == name) return expression(parameter.default_value);
    return nullptr;
  }

  // The names of an expression that stands in the composite of `owner`. What was explained once in
  // this list is not taken apart again.
  void add_names(const Expression& expression, const CostNode& owner, unsigned depth,
                 std::vector<ExplainedValue>* values) {
    if (depth > kDeepestName || !taken_apart_.insert({&expression, owner.instance}).second) return;
    for (const std::string& name : expression.names) add_name(name, owner, depth, values);
  }

  void add_name(const std::string& name, const CostNode& owner, unsigned depth,
                std::vector<ExplainedValue>* values) {
    const Instance& composite = tree_.instance(owner);
    for (const bool is_let : {true, false}) {
      const IndexRange range = is_let ? composite.lets : composite.parameters;
      for (std::uint32_t i = 0; i < range.count; ++i) {
        const BoundParameter& bound = (is_let ? plan_.lets : plan_.parameters)[range.first + i];
        if (bound.name != name) continue;
        const bool is_call = !is_let && bound.origin == Origin::kCall;
        const Expression* text =
            is_call ? expression(bound.expression) : declared_text(composite, name);
        const std::string kind = is_let ? "variable of " : "parameter of ";
        values->push_back(
            named(name, value_of(bound.node), text, kind + std::string(composite.name), depth));
        if (text == nullptr) return;
        if (!is_call)
          add_names(*text, owner, depth + 1, values);
        else if (owner.parent != kNoParent)
          add_names(*text, tree_.nodes[owner.parent], depth + 1, values);
        return;
      }
    }
    for (const CompositeVariable& variable : plan_.graph->variables) {
      if (variable.name != name) continue;
      const Expression* text = expression(variable.expression);
      std::map<std::string, Value, std::less<>> known;
      const Value* value = graph_value(name, 0, &known);
      values->push_back(named(name, value == nullptr ? std::nullopt : std::optional<Value>(*value),
                              text, "graph variable, " + place(variable.offset), depth));
      if (text != nullptr) add_names(*text, owner, depth + 1, values);
      return;
    }
    if (const auto variable = runtime_variable_named(name)) {
      values->push_back(
          named(name, Value::of(analysis_.point[*variable]), nullptr, "runtime", depth));
      return;
    }
    constexpr std::string_view kConfig = "config.";
    if (name.compare(0, kConfig.size(), kConfig) != 0 || analysis_.config == nullptr) return;
    const Config::Entry* entry =
        analysis_.config->find(std::string_view(name).substr(kConfig.size()));
    if (entry != nullptr)
      values->push_back(
          named(name, entry->value, nullptr, portable_path(entry->origin, prefix_), depth));
    else
      values->push_back(named(name, std::nullopt, nullptr, "not in the config", depth));
  }

  // Graph variables are folded into the plan, so their values are computed again here, with the
  // plain walk.
  const Value* graph_value(std::string_view name, unsigned depth,
                           std::map<std::string, Value, std::less<>>* known) const {
    if (const auto found = known->find(name); found != known->end()) return &found->second;
    constexpr std::string_view kConfig = "config.";
    if (name.substr(0, kConfig.size()) == kConfig) {
      const Config::Entry* entry = analysis_.config == nullptr
                                       ? nullptr
                                       : analysis_.config->find(name.substr(kConfig.size()));
      return entry == nullptr ? nullptr : &entry->value;
    }
    if (const auto variable = runtime_variable_named(name))
      return &known->emplace(name, Value::of(analysis_.point[*variable])).first->second;
    for (const CompositeVariable& variable : plan_.graph->variables) {
      if (variable.name != name || depth > kDeepestName) continue;
      const Expression* text = expression(variable.expression);
      if (text == nullptr) return nullptr;
      FormulaScope scope;
      scope.value = [&](std::string_view inner) { return graph_value(inner, depth + 1, known); };
      FormulaValue result = evaluate_formula(*text, scope);
      if (!result.ok()) return nullptr;
      return &known->emplace(name, std::move(result.value)).first->second;
    }
    return nullptr;
  }

  std::string formula_of(const Instance& instance, const Column& column) const {
    if (instance.kernel == nullptr) return "";
    for (const KernelFormula& quantity : instance.kernel->quantities)
      if (quantity.name == column.key) return quantity.expression->text;
    if (column.key == "matmul_flops") return "0";
    if (column.key == "useful_flops") return "flops";
    if (column.key == "intensity") return "flops / (bytes_read + bytes_written)";
    std::string sum;
    for (std::uint32_t i = 0; i < instance.operands.count; ++i) {
      const BoundOperand& operand = plan_.operands[instance.operands.first + i];
      Costs part;
      const Number& bytes = tree_.evaluation.values[operand.bytes];
      const bool is_weight = operand.role == Role::kWeight;
      switch (operand.operand->direction) {
        case Direction::kRead:
          part[bytes_read(operand.role)] = bytes;
          break;
        case Direction::kWrite:
          part[bytes_written(operand.role)] = bytes;
          break;
        case Direction::kScratch:
          part[Quantity::kIntermediateBytes] = bytes;
          break;
      }
      if (is_weight || operand.role == Role::kKvCache)
        part[is_weight ? Quantity::kStoredBytesWeight : Quantity::kStoredBytesKvCache] =
            tree_.evaluation.values[operand.stored_bytes];
      if (is_weight) part[Quantity::kParameters] = tree_.evaluation.values[operand.stored_bytes];
      if (column.value(part).is_zero()) continue;
      sum += (sum.empty() ? "" : " + ") + operand.operand->name;
    }
    return sum;
  }

  void add_quantities(const CostNode& node, const Instance& instance, const Column* metric,
                      Explanation* result) const {
    const Costs total = tree_.total(node);
    const Costs per_call = tree_.per_call(node);
    auto add = [&](const Column& column) {
      const bool is_stored = column.key.substr(0, 6) == "stored" || column.key == "parameters";
      result->quantities.push_back({std::string(column.key), formula_of(instance, column),
                                    is_stored ? node.stored_times : node.times,
                                    column.value(per_call), column.value(total)});
    };
    if (metric != nullptr) return add(*metric);
    for (const std::string_view key : kExplained)
      if (key == "flops" || !column(key).value(total).is_zero()) add(column(key));
  }

  void add_children(std::uint32_t index, Explanation* result) const {
    const std::uint32_t end = index + tree_.nodes[index].descendants + 1;
    for (std::uint32_t child = index + 1; child < end;
         child += tree_.nodes[child].descendants + 1) {
      const CostNode& node = tree_.nodes[child];
      result->children.push_back({std::string(tree_.name(node)),
                                  std::string(tree_.instance(node).name), node.count,
                                  tree_.total(node)});
    }
  }

  const Analysis& analysis_;
  const CostTree& tree_;
  const Plan& plan_;
  std::string_view prefix_;
  // An expression is shared by every place that has its text; its names mean what they mean there.
  std::set<std::pair<const Expression*, InstanceIndex>> taken_apart_;
};

}  // namespace

Explanation explain(const Analysis& analysis, std::uint32_t node, const Column* metric,
                    std::string_view prefix) {
  return Explainer(analysis, prefix).explain(node, metric);
}

}  // namespace lmhost

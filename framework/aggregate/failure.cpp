#include "aggregate/failure.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/evaluate.hpp"
#include "load/count_key.hpp"
#include "resolve/atom.hpp"
#include "resolve/names.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMaximumFailures = 20;

bool is_bad_cost(const Number& cost) { return cost.is_error() || cost.is_negative(); }

// A call reached from the root: its place in the tree of first visits.
struct Visit {
  InstanceIndex instance;
  std::uint32_t edge;    // into Plan::edges; meaningless for the root
  std::uint32_t parent;  // into the list of visits
};

class FailureSearch {
 public:
  FailureSearch(const Plan& plan, const RuntimePoint& point, const Evaluation& evaluation)
      : plan_(plan), point_(point), evaluation_(evaluation) {}

  Diagnostics run() {
    std::vector<bool> seen(plan_.instances.size(), false);
    visits_.push_back({plan_.root(), 0, 0});
    for (std::uint32_t at = 0; at < visits_.size() && failures_.size() < kMaximumFailures; ++at) {
      const Instance& instance = plan_.instances[visits_[at].instance];
      if (instance.kernel != nullptr) check_atom(at, instance);
      for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
        const std::uint32_t index = instance.edges.first + i;
        const Edge& edge = plan_.edges[index];
        if (!check_counts(at, edge) || evaluation_.values[edge.count].is_zero() || seen[edge.child])
          continue;
        seen[edge.child] = true;
        visits_.push_back({edge.child, index, at});
      }
    }
    if (failures_.empty()) check_sums();
    return std::move(failures_);
  }

 private:
  // False when the call's own count is wrong; then nothing below it is looked at.
  bool check_counts(std::uint32_t at, const Edge& edge) {
    for (NodeIndex node : {edge.count, edge.stored_count}) {
      const Number& count = evaluation_.values[node];
      if (is_count(count)) continue;
      const Call& call = plan_.graph->calls[edge.call];
      const ExpressionIndex text = node == edge.count ? call.multiplier : call.stored_count;
      const std::string_view what = node != edge.count ? "stored_count"
                                    : call.multiplier == kNoExpression
                                        ? "count"
                                        : count_key(*plan_.graph, call);
      const std::string shown =
          count.is_error() ? std::string(describe(count.error_reason())) : to_string(count);
      fail(at, call, codes::kBadCount,
           std::string(what) + " of call " + quoted(call.name) +
               " must be a whole number >= 0, not " + shown +
               (text == kNoExpression ? "" : " (" + plan_.graph->expressions[text].text + ")"));
      return false;
    }
    return true;
  }

  void check_atom(std::uint32_t at, const Instance& instance) {
    const Call& call = plan_.graph->calls[plan_.edges[visits_[at].edge].call];
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = plan_.parameters[instance.parameters.first + i];
      const Number& value = evaluation_.values[parameter.node];
      if (parameter.origin != Origin::kCall) continue;
      if (value.is_error() && plan_.program.constant_value(parameter.node) == nullptr) {
        fail_at_binding(at, call, parameter, codes::kArithmetic,
                        std::string(describe(value.error_reason())) + " in");
        return;
      }
      const ParameterType type = instance.kernel->parameters[i].type;
      if (value.is_error() || type == ParameterType::kString || fits(type, Value::of(value)))
        continue;
      fail_at_binding(at, call, parameter, codes::kWrongArgument,
                      "parameter " + quoted(parameter.name) + " of " + quoted(instance.name) +
                          (type == ParameterType::kBool ? " is a bool, not " : " is an int, not ") +
                          to_string(value) + ":");
      return;
    }
    for (std::uint32_t k = 0; k < instance.terms.count; ++k) {
      const Term& term = plan_.terms[instance.terms.first + k];
      const Number& cost = evaluation_.values[term.node];
      if (!is_bad_cost(cost)) continue;
      const std::string where = explain_formula(instance);
      if (cost.is_error()) {
        fail(at, call, codes::kArithmetic,
             where.empty() ? std::string(describe(cost.error_reason())) : where);
      } else {
        fail(at, call, codes::kNegativeCost,
             std::string(name_of(term.quantity)) + " of " + quoted(instance.name) +
                 " is negative: " + to_string(cost) + values_of(instance));
      }
      return;
    }
  }

  // Points at the expression that a call binds to the parameter: "MESSAGE 'seq_len // cache_len',
  // where cache_len=0".
  void fail_at_binding(std::uint32_t at, const Call& call, const BoundParameter& parameter,
                       std::string_view code, std::string message) {
    const Expression& expression = plan_.graph->expressions[parameter.expression];
    message += " " + quoted(expression.text);
    std::string values;
    for (const std::string& name : expression.names) {
      const auto variable = runtime_variable_named(name);
      if (variable)
        values += (values.empty() ? ", where " : ", ") + name + "=" + to_string(point_[*variable]);
    }
    std::size_t offset = call.kernel_offset;
    for (std::uint32_t i = 0; i < call.binding_count; ++i) {
      const Binding& binding = plan_.graph->bindings[call.first_binding + i];
      if (binding.parameter == parameter.name) offset = binding.offset;
    }
    fail_at(at, call, offset, expression.text.size(), code, message + values);
  }

  // Finds the formula that fails by the plain walk, which knows the operation.
  std::string explain_formula(const Instance& instance) const {
    std::vector<std::pair<std::string_view, Value>> known;
    const auto remember = [&](const IndexRange& range, const std::vector<BoundParameter>& list) {
      for (std::uint32_t i = 0; i < range.count; ++i) {
        const BoundParameter& item = list[range.first + i];
        const Value* constant = plan_.program.constant_value(item.node);
        known.emplace_back(
            item.name, constant != nullptr ? *constant : Value::of(evaluation_.values[item.node]));
      }
    };
    // First hit wins, as in the kernel's scope: parameters, lets, constants, precision.
    remember(instance.parameters, plan_.parameters);
    remember(instance.lets, plan_.lets);
    const Plugin& plugin = plan_.catalog->plugin_of(*instance.kernel);
    for (const PluginConstant& constant : plugin.constants) {
      const Number* override = plan_.conventions->find(plugin.id, constant.name);
      known.emplace_back(constant.name, Value::of(override ? *override : constant.value));
    }
    for (const std::string_view name : precision_names())
      known.emplace_back(name, Value::of(*precision_value(name, point_)));
    const FormulaScope scope{[&](std::string_view name) -> const Value* {
                               for (const auto& [known_name, value] : known) {
                                 if (known_name == name) return &value;
                               }
                               return nullptr;
                             },
                             [&](std::string_view name) -> const PluginFunction* {
                               for (const PluginFunction& function : plugin.functions) {
                                 if (function.name == name) return &function;
                               }
                               return nullptr;
                             }};
    const auto attempt = [&](std::string_view what, const Expression& expression) -> std::string {
      const FormulaValue value = evaluate_formula(expression, scope);
      if (value.ok()) return {};
      return value.error_text + " in " + std::string(what) + " of " + quoted(instance.name) + ": " +
             expression.text + values_of(instance);
    };
    const Kernel& kernel = *instance.kernel;
    for (const KernelFormula& let : kernel.lets) {
      if (std::string text = attempt("let " + let.name, *let.expression); !text.empty())
        return text;
    }
    for (const KernelFormula& formula : kernel.quantities) {
      if (std::string text = attempt(formula.name, *formula.expression); !text.empty()) return text;
    }
    for (const KernelOperand& operand : kernel.operands) {
      for (const Expression* part : {operand.elements, operand.bits, operand.stored_elements}) {
        if (part == nullptr) continue;
        if (std::string text = attempt("operand " + operand.name, *part); !text.empty())
          return text;
      }
    }
    return {};
  }

  std::string values_of(const Instance& instance) const {
    std::string text;
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = plan_.parameters[instance.parameters.first + i];
      if (parameter.origin != Origin::kCall) continue;
      const Value* constant = plan_.program.constant_value(parameter.node);
      text += (text.empty() ? ", where " : ", ") + std::string(parameter.name) + "=" +
              (constant != nullptr ? to_string(*constant)
                                   : to_string(evaluation_.values[parameter.node]));
    }
    return text;
  }

  // Every call is fine and yet a sum overflows: names the lowest composite whose sum does.
  void check_sums() {
    for (std::uint32_t at = static_cast<std::uint32_t>(visits_.size()); at-- > 0;) {
      const Instance& instance = plan_.instances[visits_[at].instance];
      if (instance.composite == nullptr) continue;
      const Costs& costs = evaluation_.composite_costs[instance.composite_index];
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        if (!costs.values[q].is_error()) continue;
        Diagnostic error = error_at(
            *plan_.graph->source, instance.composite->offset, 1, codes::kArithmetic,
            std::string(describe(costs.values[q].error_reason())) + " in the sum of " +
                std::string(name_of(static_cast<Quantity>(q))) + " of " + quoted(instance.name));
        error.context = path(at);
        failures_.push_back(std::move(error));
        return;
      }
    }
  }

  std::vector<std::string> path(std::uint32_t at) const {
    std::vector<std::string> names;
    for (; at != 0; at = visits_[at].parent) {
      names.emplace_back(plan_.graph->calls[plan_.edges[visits_[at].edge].call].name);
    }
    const std::string_view root = plan_.instances[plan_.root()].name;
    names.emplace_back(root.substr(root.rfind('.') + 1));
    std::reverse(names.begin(), names.end());
    return names;
  }

  void fail(std::uint32_t at, const Call& call, std::string_view code, std::string message) {
    fail_at(at, call, call.kernel_offset, call.kernel.size() + 2, code, std::move(message));
  }

  void fail_at(std::uint32_t at, const Call& call, std::size_t offset, std::size_t length,
               std::string_view code, std::string message) {
    Diagnostic error = error_at(*plan_.graph->source, offset, length, code, std::move(message));
    error.context = path(at);
    // The walk stands at the caller while it looks at a call's counts.
    if (at == 0 || &plan_.graph->calls[plan_.edges[visits_[at].edge].call] != &call)
      error.context.emplace_back(call.name);
    failures_.push_back(std::move(error));
  }

  const Plan& plan_;
  const RuntimePoint& point_;
  const Evaluation& evaluation_;
  std::vector<Visit> visits_;
  Diagnostics failures_;
};

}  // namespace

bool has_suspects(const Plan& plan, const Evaluation& evaluation) {
  const std::vector<Number>& values = evaluation.values;
  return std::any_of(plan.terms.begin(), plan.terms.end(),
                     [&](const Term& term) { return is_bad_cost(values[term.node]); }) ||
         std::any_of(plan.checks.begin(), plan.checks.end(),
                     [&](const Check& check) {
                       const Number& value = values[check.node];
                       return !value.is_error() && !check.holds(value);
                     }) ||
         std::any_of(plan.edges.begin(), plan.edges.end(),
                     [&](const Edge& edge) {
                       return values[edge.count].is_error() || values[edge.stored_count].is_error();
                     }) ||
         std::any_of(evaluation.composite_costs.back().values.begin(),
                     evaluation.composite_costs.back().values.end(),
                     [](const Number& total) { return total.is_error(); });
}

Diagnostics find_failures(const Plan& plan, const RuntimePoint& point,
                          const Evaluation& evaluation) {
  return FailureSearch(plan, point, evaluation).run();
}

}  // namespace lmhost

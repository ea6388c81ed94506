#include "study/kernel_trace.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "formula/evaluate.hpp"
#include "formula/rewrite.hpp"
#include "resolve/atom.hpp"
#include "resolve/names.hpp"

namespace lmhost {
namespace {

enum class Metric { kFlops, kRead, kWrite, kIntermediates };
constexpr Metric kMetrics[] = {Metric::kFlops, Metric::kRead, Metric::kWrite,
                               Metric::kIntermediates};

std::string_view title_of(Metric metric) {
  switch (metric) {
    case Metric::kFlops:
      return "flops";
    case Metric::kRead:
      return "memory_read";
    case Metric::kWrite:
      return "memory_write";
    case Metric::kIntermediates:
      break;
  }
  return "memory_intermediates";
}

Number value_of(const Costs& costs, Metric metric) {
  switch (metric) {
    case Metric::kFlops:
      return costs[Quantity::kFlops];
    case Metric::kRead:
      return costs.bytes_read();
    case Metric::kWrite:
      return costs.bytes_written();
    case Metric::kIntermediates:
      break;
  }
  return costs[Quantity::kIntermediateBytes];
}

std::optional<Direction> direction_of(Metric metric) {
  switch (metric) {
    case Metric::kFlops:
      break;
    case Metric::kRead:
      return Direction::kRead;
    case Metric::kWrite:
      return Direction::kWrite;
    case Metric::kIntermediates:
      return Direction::kScratch;
  }
  return std::nullopt;
}

RuntimePoint precision_of(const KernelBindings& bindings) {
  RuntimePoint point;
  point[RuntimeVariable::kWeightBits] = bindings.w_bits;
  point[RuntimeVariable::kActivationBits] = bindings.a_bits;
  point[RuntimeVariable::kKvBits] = bindings.kv_bits;
  point[RuntimeVariable::kIndexBits] = bindings.index_bits;
  return point;
}

// One kernel with values for everything that its formulas name.
class EvaluatedKernel {
 public:
  EvaluatedKernel(const Catalog& catalog, const Conventions& conventions, const Kernel& kernel,
                  const KernelBindings& bindings, const KernelCosts& costs)
      : costs_(costs) {
    const Plugin& plugin = catalog.plugin_of(kernel);
    const RuntimePoint point = precision_of(bindings);
    for (const std::string_view name : precision_names())
      set(name, Value::of(*precision_value(name, point)));
    for (const PluginConstant& constant : plugin.constants) {
      const Number* override = conventions.find(plugin.id, constant.name);
      set(constant.name, Value::of(override == nullptr ? constant.value : *override));
    }
    for (const EvaluatedParameter& parameter : costs.parameters)
      if (parameter.is_bound) set(parameter.parameter->name, parameter.value);
    for (const EvaluatedLet& let : costs.lets) set(let.let->name, let.value);
  }

  // The formula with values for its names; "" when that says nothing new.
  std::string substituted(const Expression& formula) const {
    if (formula.names.empty()) return {};
    return substitute(formula,
                      [&](std::string_view name) -> const Expression* {
                        const auto found = values_.find(name);
                        return found == values_.end() ? nullptr : &found->second;
                      })
        .text;
  }

  Value value(const Expression& formula) const {
    const Expression known = substitute(formula, [&](std::string_view name) -> const Expression* {
      const auto found = values_.find(name);
      return found == values_.end() ? nullptr : &found->second;
    });
    return evaluate_formula(known, {[](std::string_view) { return nullptr; }, {}}).value;
  }

  const EvaluatedLet* let(std::string_view name) const {
    for (const EvaluatedLet& row : costs_.lets)
      if (row.let->name == name) return &row;
    return nullptr;
  }

 private:
  void set(std::string_view name, const Value& value) {
    const bool has_literal = value.kind != Value::Kind::kList && value.kind != Value::Kind::kObject;
    if (has_literal) values_.insert_or_assign(std::string(name), constant_expression(value));
  }

  const KernelCosts& costs_;
  std::map<std::string, Expression, std::less<>> values_;
};

std::string arguments_text(const std::vector<EvaluatedParameter>& parameters) {
  std::string text;
  for (const EvaluatedParameter& parameter : parameters) {
    if (!parameter.is_bound || parameter.is_default) continue;
    text +=
        (text.empty() ? "" : ", ") + parameter.parameter->name + "=" + to_string(parameter.value);
  }
  return text;
}

class Tracer {
 public:
  Tracer(const Catalog& catalog, const Conventions& conventions)
      : catalog_(catalog), conventions_(conventions) {}

  KernelTrace take() { return std::move(trace_); }
  bool is_full() const { return trace_.rows.size() >= KernelTrace::kRowLimit; }

  // False when there is no room: the rows end here.
  bool add(TraceRow row) {
    if (is_full()) {
      trace_.is_truncated = true;
      return false;
    }
    trace_.rows.push_back(std::move(row));
    return true;
  }

  // One metric of one kernel: its own row, then what it consists of.
  void add_kernel(const Kernel& kernel, const KernelBindings& bindings, const KernelCosts& costs,
                  Metric metric, TraceRow row) {
    const EvaluatedKernel values(catalog_, conventions_, kernel, bindings, costs);
    row.value = value_of(costs.costs, metric);
    const std::uint32_t depth = row.depth;
    const std::optional<Direction> direction = direction_of(metric);
    if (!direction) {
      const auto flops = std::find_if(kernel.quantities.begin(), kernel.quantities.end(),
                                      [](const KernelFormula& f) { return f.name == "flops"; });
      row.formula = written(kernel, "flops", flops->expression->text);
      row.substituted = values.substituted(*flops->expression);
      add(std::move(row));
      add_lets(values, *flops->expression, depth + 1);
      add_links(kernel, bindings, values, "flops", metric, depth + 1);
      return;
    }
    add(std::move(row));
    for (const EvaluatedOperand& operand : costs.operands) {
      if (operand.operand->direction != *direction || operand.bytes.is_zero()) continue;
      add_operand(kernel, values, operand, depth + 1);
      add_links(kernel, bindings, values, operand.operand->name, metric, depth + 2);
    }
  }

 private:
  // A formula as its author wrote it, with the calls in it.
  static std::string written(const Kernel& kernel, std::string_view formula,
                             const std::string& otherwise) {
    for (const auto& [name, text] : kernel.written)
      if (name == formula) return text;
    return otherwise;
  }

  // The kernels that a formula calls, each with what this call gives it. Links know no cycles: the
  // loader refuses them.
  void add_links(const Kernel& kernel, const KernelBindings& bindings,
                 const EvaluatedKernel& values, std::string_view formula, Metric metric,
                 std::uint32_t depth) {
    constexpr std::uint32_t kDeepest = 64;
    for (const KernelLink& link : kernel.links) {
      const Kernel* callee = link.formula == formula ? catalog_.find(link.kernel) : nullptr;
      if (callee == nullptr || depth > kDeepest || is_full()) continue;
      KernelBindings arguments = bindings;
      arguments.parameters.clear();
      arguments.roles.clear();
      for (const auto& [parameter, expression] : link.arguments)
        arguments.parameters.emplace_back(parameter, values.value(*expression));
      const Result<KernelCosts> costs = evaluate_kernel(catalog_, conventions_, *callee, arguments);
      if (!costs) continue;  // of a parameter that only another formula needs
      TraceRow row;
      row.depth = depth;
      row.title = callee->name + "(" + arguments_text(costs->parameters) + ")";
      add_kernel(*callee, arguments, *costs, metric, std::move(row));
    }
  }

  void add_operand(const Kernel& kernel, const EvaluatedKernel& values,
                   const EvaluatedOperand& operand, std::uint32_t depth) {
    const Expression eight = constant_expression(Number(8));
    const Expression elements = *operand.operand->elements;
    const Expression bits = operand.operand->bits != nullptr
                                ? *operand.operand->bits
                                : name_expression(name_of(bits_of(operand.role)));
    // Elements of a byte each: the formula is the bytes.
    const Expression bytes =
        is_same_tree(bits, eight)
            ? elements
            : operation(Op::kDivide, operation(Op::kMultiply, elements, bits), eight);
    add({depth, operand.operand->name, Number(1),
         written(kernel, operand.operand->name, bytes.text), values.substituted(bytes),
         operand.bytes});
    add_lets(values, elements, depth + 1);
  }

  // The definitions that a formula uses, each followed by those that it uses itself.
  void add_lets(const EvaluatedKernel& values, const Expression& formula, std::uint32_t depth) {
    constexpr std::uint32_t kDeepest = 64;
    if (depth > kDeepest) return;
    for (const std::string& name : formula.names) {
      const EvaluatedLet* let = values.let(name);
      if (let == nullptr) continue;
      const Expression& own = *let->let->expression;
      const bool is_number = let->value.kind == Value::Kind::kNumber;
      if (!add({depth, name, Number(1), own.text, values.substituted(own),
                is_number ? let->value.number : Number()}))
        return;
      add_lets(values, own, depth + 1);
    }
  }

  const Catalog& catalog_;
  const Conventions& conventions_;
  KernelTrace trace_;
};

// What the plan computed for an atomic call, as the arguments of a kernel on its own.
KernelBindings bindings_of(const CostTree& tree, const Instance& instance) {
  const Plan& plan = *tree.plan;
  KernelBindings bindings;
  bindings.w_bits = tree.point[RuntimeVariable::kWeightBits];
  bindings.a_bits = tree.point[RuntimeVariable::kActivationBits];
  bindings.kv_bits = tree.point[RuntimeVariable::kKvBits];
  bindings.index_bits = tree.point[RuntimeVariable::kIndexBits];
  for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
    const BoundParameter& parameter = plan.parameters[instance.parameters.first + i];
    if (parameter.origin != Origin::kCall) continue;
    const Value* constant = plan.program.constant_value(parameter.node);
    bindings.parameters.emplace_back(
        std::string(parameter.name),
        constant != nullptr ? *constant : Value::of(tree.evaluation.values[parameter.node]));
  }
  for (std::uint32_t i = 0; i < instance.operands.count; ++i)
    bindings.roles.push_back(plan.operands[instance.operands.first + i].role);
  return bindings;
}

std::string composite_arguments(const CostTree& tree, const Instance& instance) {
  const Plan& plan = *tree.plan;
  std::string text;
  for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
    const BoundParameter& parameter = plan.parameters[instance.parameters.first + i];
    const Value* constant = plan.program.constant_value(parameter.node);
    text += (text.empty() ? "" : ", ") + std::string(parameter.name) + "=" +
            (constant != nullptr ? to_string(*constant)
                                 : to_string(tree.evaluation.values[parameter.node]));
  }
  return text;
}

}  // namespace

Result<KernelTrace> trace_kernel(const Catalog& catalog, const Conventions& conventions,
                                 const Kernel& kernel, const KernelBindings& bindings) {
  const Result<KernelCosts> costs = evaluate_kernel(catalog, conventions, kernel, bindings);
  if (!costs) return costs.errors();
  Tracer tracer(catalog, conventions);
  for (const Metric metric : kMetrics) {
    if (metric == Metric::kIntermediates && value_of(costs->costs, metric).is_zero()) continue;
    TraceRow row;
    row.title = std::string(title_of(metric)) + " of " + kernel.name + "(" +
                arguments_text(costs->parameters) + ")";
    tracer.add_kernel(kernel, bindings, *costs, metric, std::move(row));
  }
  return tracer.take();
}

KernelTrace trace_composite(const CostTree& tree) {
  const Plan& plan = *tree.plan;
  Tracer tracer(*plan.catalog, *plan.conventions);
  for (const Metric metric : kMetrics) {
    const Costs whole = tree.total(tree.nodes[0]);
    if (metric == Metric::kIntermediates && value_of(whole, metric).is_zero()) continue;
    for (std::size_t at = 0; at < tree.nodes.size() && !tracer.is_full(); ++at) {
      const CostNode& node = tree.nodes[at];
      const Instance& instance = tree.instance(node);
      TraceRow row;
      row.depth = node.depth;
      row.count = node.count;
      row.title = node.parent == kNoParent ? std::string(title_of(metric)) + " of "
                                           : std::string(tree.name(node)) + ": ";
      row.title += std::string(instance.name);
      if (instance.kernel == nullptr) {
        const std::string arguments = composite_arguments(tree, instance);
        if (!arguments.empty()) row.title += "(" + arguments + ")";
        row.value = value_of(tree.per_call(node), metric);
        tracer.add(std::move(row));
        continue;
      }
      const KernelBindings bindings = bindings_of(tree, instance);
      const Result<KernelCosts> costs =
          evaluate_kernel(*plan.catalog, *plan.conventions, *instance.kernel, bindings);
      if (!costs) continue;  // the analysis succeeded, so this does
      row.title += "(" + arguments_text(costs->parameters) + ")";
      tracer.add_kernel(*instance.kernel, bindings, *costs, metric, std::move(row));
    }
  }
  return tracer.take();
}

}  // namespace lmhost

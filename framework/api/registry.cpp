// Kernels by name, without a graph; and one composite of a graph.
#include <set>
#include <string_view>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "api/objects.hpp"
#include "api/planning.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/kernel_names.hpp"
#include "resolve/composite_call.hpp"
#include "resolve/example.hpp"

namespace lmhost::v0 {
namespace {

using NamedValues = std::vector<std::pair<std::string, Value>>;

Result<NamedValues> values_of(const Arguments& arguments) {
  NamedValues values;
  std::set<std::string_view> names;
  for (const auto& [name, value] : arguments) {
    if (!names.insert(name).second)
      return plain_error(ErrorKind::kUsage, codes::kUsage,
                         "argument " + quoted(name) + " is given twice");
    values.emplace_back(name, value.is_text ? Value::of(value.text) : Value::of(value.number));
  }
  return values;
}

bool is_required(const KernelParameter& parameter) {
  return parameter.default_value == nullptr && !parameter.optional;
}

}  // namespace

Result<KernelInfo> Host::kernel(const std::string& name) const {
  const Catalog& catalog = data_->host.catalog();
  const Result<const Kernel*> found = find_spelling(catalog, name);
  if (!found) return found.errors();
  const Kernel& kernel = **found;
  KernelInfo info{kernel.name, catalog.plugin_of(kernel).id, kernel.doc, kernel.aliases, {}};
  for (const KernelParameter& parameter : kernel.parameters)
    info.parameters.push_back(
        {parameter.name, static_cast<ParameterKind>(parameter.type), is_required(parameter),
         parameter.default_value == nullptr ? "" : parameter.default_value->text, parameter.doc});
  return info;
}

Result<std::vector<std::string>> Host::required_parameters(const std::string& name) const {
  const Result<const Kernel*> found = find_spelling(data_->host.catalog(), name);
  if (!found) return found.errors();
  std::vector<std::string> names;
  for (const KernelParameter& parameter : (*found)->parameters)
    if (is_required(parameter)) names.push_back(parameter.name);
  return names;
}

Result<Costs> Host::compute_costs(const std::string& name, const Arguments& arguments) const {
  const lmhost::Host& host = data_->host;
  const Result<const Kernel*> kernel = find_spelling(host.catalog(), name);
  if (!kernel) return kernel.errors();
  const Result<NamedValues> values = values_of(arguments);
  if (!values) return values.errors();
  KernelBindings bindings;
  for (const auto& [parameter, value] : *values)
    if (!assign(bindings, parameter, value, *kernel))
      return plain_error(
          ErrorKind::kInput, codes::kWrongArgument,
          quoted(parameter) + " must be an exact number of 0 or more, not " + to_string(value));
  Result<KernelCosts> costs =
      evaluate_kernel(host.catalog(), host.conventions(), **kernel, bindings);
  if (!costs) return std::move(costs).errors();
  return costs->costs;
}

Result<Number> Host::compute_flops(const std::string& name, const Arguments& arguments) const {
  const Result<Costs> costs = compute_costs(name, arguments);
  if (!costs) return costs.errors();
  return (*costs)[Quantity::kFlops];
}

Result<MemoryCosts> Host::compute_memory(const std::string& name,
                                         const Arguments& arguments) const {
  const Result<Costs> costs = compute_costs(name, arguments);
  if (!costs) return costs.errors();
  return MemoryCosts{costs->bytes_read(), costs->bytes_written(),
                     (*costs)[Quantity::kIntermediateBytes]};
}

Result<Costs> Host::compute_costs(const Graph& graph, const std::string& name,
                                  const Arguments& arguments, const PlanOptions& options) const {
  const lmhost::Host& host = data_->host;
  const Result<Model> model = configured(graph.data_->model, options, host.prefix());
  if (!model) return model.errors();
  const Result<NamedValues> values = values_of(arguments);
  if (!values) return values.errors();
  Result<CompositeCall> call = call_composite(*model, name, *values);
  if (!call) return std::move(call).errors();
  Workload workload;
  workload.mode = static_cast<lmhost::Mode>(options.mode);
  workload.allow_unknown = options.allow_unknown;
  call->set_point(workload);
  const Result<Analysis> analysis = host.plan(call->model, workload);
  if (!analysis) return analysis.errors();
  const lmhost::Plan& plan = *analysis->plan;
  const Result<Evaluation> evaluation = evaluate_plan(plan, make_schedule(plan), analysis->point);
  if (!evaluation) return evaluation.errors();
  return costs_of(plan, *evaluation, plan.root());
}

}  // namespace lmhost::v0

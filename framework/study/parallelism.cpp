#include "study/parallelism.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/codes.hpp"

namespace lmhost {
namespace {

std::int64_t config_number(const Config& config, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    for (const std::string_view prefix : {"", "text_config."})
      if (const Config::Entry* entry = config.find(std::string(prefix) + std::string(name));
          entry != nullptr && entry->value.kind == Value::Kind::kNumber)
        return entry->value.number.to_int64().value_or(0);
  return 0;
}

Diagnostic usage(std::string message, std::string hint) {
  return plain_error(ErrorKind::kUsage, codes::kUsage, std::move(message), std::move(hint));
}

std::string divisors(std::int64_t number) {
  std::string text;
  for (std::int64_t i = 1; i <= number && i <= 256; ++i)
    if (number % i == 0) text += (text.empty() ? "" : ", ") + std::to_string(i);
  return text;
}

}  // namespace

std::int64_t bound_parameter(const Plan& plan, const Evaluation& evaluation,
                             const Instance& instance, std::string_view name) {
  for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
    const BoundParameter& bound = plan.parameters[instance.parameters.first + i];
    if (bound.name == name && bound.origin != Origin::kUnbound)
      return evaluation.values[bound.node].to_int64().value_or(0);
  }
  return 0;
}

std::int64_t bound_parameter(const CostTree& tree, const Instance& instance,
                             std::string_view name) {
  return bound_parameter(*tree.plan, tree.evaluation, instance, name);
}

ModelShape shape_of(const CostTree& tree, const Config& config) {
  ModelShape shape;
  shape.heads = config_number(config, {"num_attention_heads", "n_head", "num_heads"});
  shape.kv_heads = config_number(config, {"num_key_value_heads"});
  shape.head_dim = config_number(config, {"head_dim"});
  shape.experts = config_number(config, {"num_local_experts", "n_routed_experts", "num_experts"});
  shape.layers = config_number(config, {"num_hidden_layers", "n_layer", "num_layers"});
  shape.vocabulary = config_number(config, {"vocab_size"});
  // What the kernels that keep the cache are bound to is what executes.
  for (const CostNode& node : tree.nodes) {
    const Instance& instance = tree.instance(node);
    if (instance.kernel == nullptr) continue;
    if (shape.experts == 0) shape.experts = bound_parameter(tree, instance, "num_experts");
    if (tree.per_call(node)[Quantity::kStoredBytesKvCache].is_zero()) continue;
    if (const std::int64_t heads = bound_parameter(tree, instance, "H_kv"); heads != 0)
      shape.kv_heads = heads;
    if (const std::int64_t size = bound_parameter(tree, instance, "D"); size != 0)
      shape.head_dim = size;
  }
  if (shape.kv_heads == 0) shape.kv_heads = shape.heads;
  return shape;
}

Diagnostics check_parallelism(const Parallelism& parallelism, const ModelShape& shape,
                              std::optional<std::int64_t> devices) {
  Diagnostics errors;
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  const std::int64_t tensor = parallelism.tensor, expert = parallelism.expert;
  const auto divides_heads = [&](std::int64_t ranks) {
    return shape.heads == 0 || shape.heads % ranks == 0;
  };
  const auto divides_kv_heads = [&](std::int64_t ranks) {
    return shape.kv_heads <= 1 || shape.kv_heads % ranks == 0 || ranks % shape.kv_heads == 0;
  };
  const auto has_stages = [&](std::int64_t stages) {
    return shape.layers != 0 && stages <= shape.layers;
  };
  if (devices && *devices != parallelism.devices()) {
    const std::int64_t by_tensor = parallelism.pipeline * parallelism.data;
    const std::int64_t by_stages = tensor * parallelism.data;
    std::string hint = "leave --devices out";
    if (*devices % by_tensor == 0 && divides_heads(*devices / by_tensor) &&
        divides_kv_heads(*devices / by_tensor))
      hint = "with -tp " + text(*devices / by_tensor) + " they are";
    else if (*devices % by_stages == 0 && has_stages(*devices / by_stages))
      hint = "with -pp " + text(*devices / by_stages) + " they are";
    errors.push_back(usage(
        "--tensor-parallel-size " + text(tensor) + " x --pipeline-parallel-size " +
            text(parallelism.pipeline) + " x --data-parallel-size " + text(parallelism.data) +
            " are " + text(parallelism.devices()) + " devices, not --devices " + text(*devices),
        hint));
  }
  const std::string or_stages = parallelism.pipeline == 1 && has_stages(tensor)
                                    ? "; stages of layers need no heads: -tp 1 -pp " + text(tensor)
                                    : "";
  if (!divides_heads(tensor))
    errors.push_back(usage("--tensor-parallel-size " + text(tensor) + " does not divide the " +
                               text(shape.heads) + " attention heads",
                           "one of " + divisors(shape.heads) + or_stages));
  else if (!divides_kv_heads(tensor))
    errors.push_back(usage("--tensor-parallel-size " + text(tensor) + " neither divides the " +
                               text(shape.kv_heads) + " key/value heads nor is a multiple of them",
                           "one of " + divisors(shape.kv_heads) + or_stages));
  if (shape.layers != 0 && parallelism.pipeline > shape.layers)
    errors.push_back(usage("--pipeline-parallel-size " + text(parallelism.pipeline) +
                               " is more than the " + text(shape.layers) + " layers",
                           "at most " + text(shape.layers)));
  if (expert > 1 && shape.experts == 0)
    errors.push_back(usage("--expert-parallel-size " + text(expert) + ": the model has no experts",
                           "leave it out"));
  else if (expert > 1 && expert > shape.experts)
    errors.push_back(usage("--expert-parallel-size " + text(expert) + " is more than the " +
                               text(shape.experts) + " experts",
                           "at most " + text(shape.experts)));
  const std::int64_t ranks = tensor * parallelism.data;
  if (expert > 1 && shape.experts != 0 && ranks % expert != 0)
    errors.push_back(usage("--expert-parallel-size " + text(expert) + " does not divide the " +
                               text(ranks) + " ranks of a stage (tensor x data)",
                           "one of " + divisors(ranks)));
  return errors;
}

Diagnostics parallelism_warnings(const Parallelism& parallelism, const ModelShape& shape) {
  if (shape.kv_heads <= 0 || parallelism.tensor <= shape.kv_heads) return {};
  Diagnostic warning =
      usage("--tensor-parallel-size " + std::to_string(parallelism.tensor) + " is more than the " +
                std::to_string(shape.kv_heads) + " key/value heads: each is held " +
                std::to_string(parallelism.tensor / shape.kv_heads) + " times",
            "the cache of a rank is as large as with -tp " + std::to_string(shape.kv_heads));
  warning.severity = Severity::kWarning;
  return {warning};
}

}  // namespace lmhost

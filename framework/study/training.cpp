#include "study/training.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "study/attention_products.hpp"

namespace lmhost {
namespace {

using Q = Quantity;
constexpr Role kRoles[] = {Role::kWeight, Role::kActivation, Role::kKvCache, Role::kIndex};

constexpr std::string_view kZero =
    "Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054, section 3.1: K = 12 with the master copy";

const Optimizer kOptimizers[] = {
    {"adamw", 8, true, false, "two fp32 moments; an fp32 master copy of weights below 32 bit",
     kZero},
    {"adamw-pure", 2, false, true, "two moments in the weights' own type, no master copy",
     "torch/optim/adamw.py: exp_avg and exp_avg_sq are zeros_like(p)"},
    {"adamw-8bit", Number::ratio(2 * 2048 + 8, 2048), false, false,
     "two 8-bit moments, an fp32 scale for each 2,048 of each",
     "Dettmers et al. 2021, arXiv:2110.02861, section 2"},
    {"sgd-momentum", 4, true, false, "one fp32 momentum; an fp32 master copy as of adamw", kZero},
    {"sgd", 0, false, false, "nothing besides weights and gradients", "torch/optim/sgd.py"},
};

constexpr MfuConvention kConventions[] = {
    {"palm", "6*N*D + 3*A", "Chowdhery et al. 2022, arXiv:2204.02311, appendix B: 6N + 12*L*H*Q*T"},
    {"6nd", "6*N*D", "Kaplan et al. 2020, arXiv:2001.08361, section 2.1, all parameters in N"},
    {"causal", "6*N*D + 3*U", "palm without masked pairs, as flash-attention and maxtext count"},
    {"no-embedding", "3*M",
     "matrix products only: palm with N less the embedding table (torchtitan get_nparams)"},
    {"executed", "matmul_flops",
     "forward and backward as executed, recomputation included: hardware FLOPs utilisation"},
};

// Of one execution of an atomic instance.
Costs backward_of(const Plan& plan, const Evaluation& evaluation, const Instance& instance,
                  const Costs& forward) {
  Costs costs;
  if (instance.kernel == nullptr) return costs;
  const Backward declared =
      instance.backward == kNotDeclared ? Backward() : plan.backwards[instance.backward];
  const auto value = [&](NodeIndex node, const Number& otherwise) {
    return node == kNotDeclared ? Number(2) * otherwise : evaluation.values[node];
  };
  const Number& matmul = forward[Q::kMatmulFlops];
  costs[Q::kFlops] = value(declared.flops, forward[Q::kFlops]);
  costs[Q::kMatmulFlops] = value(declared.matmul_flops, matmul);
  const bool has_share = declares_quantity(*instance.kernel, "useful_flops") && !matmul.is_zero();
  costs[Q::kUsefulFlops] = has_share
                               ? divide(forward[Q::kUsefulFlops] * costs[Q::kMatmulFlops], matmul)
                               : costs[Q::kFlops];
  const bool computes = !forward[Q::kFlops].is_zero();
  const Number products = matmul.is_zero() ? 1 : 2;
  for (const Role role : kRoles) {
    costs[bytes_read(role)] = forward[bytes_written(role)] * products;
    if (computes) costs[bytes_read(role)] = costs[bytes_read(role)] + forward[bytes_read(role)];
    if (role != Role::kIndex) costs[bytes_written(role)] = forward[bytes_read(role)];
  }
  costs[Q::kIntermediateBytes] = forward[Q::kIntermediateBytes];
  return costs;
}

void add(Costs& sum, const Costs& costs, const Number& count) {
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    if (!(costs.values[q] == Number(0))) sum.values[q] = sum.values[q] + costs.values[q] * count;
}

// Of one execution of every instance, children first.
std::vector<Costs> backward_costs(const Plan& plan, const Evaluation& evaluation) {
  std::vector<Costs> backward(plan.instances.size());
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    const Instance& instance = plan.instances[i];
    if (instance.composite == nullptr) {
      backward[i] = backward_of(plan, evaluation, instance, costs_of(plan, evaluation, i));
      continue;
    }
    for (std::uint32_t k = 0; k < instance.edges.count; ++k) {
      const Edge& edge = plan.edges[instance.edges.first + k];
      const Number& count = evaluation.values[edge.count];
      if (!count.is_zero()) add(backward[i], backward[edge.child], count);
    }
  }
  return backward;
}

template <class Row>
const Row* find_named(std::span<const Row> rows, std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

std::span<const Optimizer> optimizers() { return kOptimizers; }
const Optimizer* find_optimizer(std::string_view name) { return find_named(optimizers(), name); }
std::span<const MfuConvention> mfu_conventions() { return kConventions; }
const MfuConvention* find_mfu_convention(std::string_view name) {
  return find_named(mfu_conventions(), name);
}

Number Training::model_flops(const MfuConvention& convention) const {
  const Number parameters = Number(6) * forward[Q::kParameters] * tokens;
  if (convention.name == "6nd") return parameters;
  if (convention.name == "palm") return parameters + Number(3) * attention_matmul;
  if (convention.name == "causal") return parameters + Number(3) * attention_useful;
  if (convention.name == "no-embedding") return Number(3) * forward[Q::kMatmulFlops];
  return forward[Q::kMatmulFlops] + backward[Q::kMatmulFlops];
}

DeviceBounds bound_training(const Analysis& trained, Roof roof) {
  const CostTree& tree = *trained.tree;
  const Plan& plan = *tree.plan;
  DeviceBounds bounds;
  bounds.instances = bound_instances(plan, tree.evaluation, roof);
  std::vector<Bound> backward(plan.instances.size());
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    const Instance& instance = plan.instances[i];
    if (instance.composite == nullptr)
      backward[i] = bound_of(
          backward_of(plan, tree.evaluation, instance, costs_of(plan, tree.evaluation, i)), roof);
    for (std::uint32_t k = 0; k < instance.edges.count; ++k) {
      const Edge& edge = plan.edges[instance.edges.first + k];
      const Number& count = tree.evaluation.values[edge.count];
      if (!count.is_zero()) backward[i] += backward[edge.child].times(count.to_double());
    }
  }
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) bounds.instances[i] += backward[i];
  bounds.nodes = tree.nodes.data();
  for (const CostNode& node : tree.nodes)
    bounds.sums.push_back(bounds.instances[node.instance].times(node.times.to_double()));
  bounds.roof = std::move(roof);
  return bounds;
}

Result<Training> train(Analysis forward, const Optimizer& optimizer) {
  const RuntimePoint& point = forward.point;
  if (!point[RuntimeVariable::kCacheLen].is_zero())
    return plain_error(ErrorKind::kUsage, codes::kPhase,
                       "a training step has no cache: cache_len is " +
                           to_string(point[RuntimeVariable::kCacheLen]));
  const CostTree& before = *forward.tree;
  if (Result<bool> fits = check_sums(before.whole); !fits) return std::move(fits).errors();
  const Plan& plan = *forward.plan;
  const std::vector<Costs> backward = backward_costs(plan, before.evaluation);
  auto tree = std::make_shared<CostTree>(before);
  for (const CostNode& node : before.nodes) {
    tree->sums.push_back(before.total(node));
    add(tree->sums.back(), backward[node.instance], node.times);
  }

  Training result;
  result.forward = before.total(before.nodes[0]);
  result.backward = backward[plan.root()];
  result.tokens = point[RuntimeVariable::kBatchSize] * point[RuntimeVariable::kSeqLen];
  const AttentionProducts attention = attention_products(before, 0);
  result.attention_matmul = attention.dense;
  result.attention_useful = attention.useful;
  const Number& bits = point[RuntimeVariable::kWeightBits];
  const Number& parameters = result.forward[Q::kParameters];
  const Number weight_size = divide(bits, Number(8));
  result.weight_bytes = result.forward[Q::kStoredBytesWeight];
  result.gradient_bytes = parameters * weight_size;
  const Number state =
      optimizer.in_weight_type ? optimizer.state_bytes * weight_size : optimizer.state_bytes;
  result.optimizer_bytes = parameters * state;
  const bool needs_master = optimizer.has_master && compare(bits, Number(32)) < 0;
  result.master_bytes = needs_master ? parameters * Number(4) : Number(0);

  for (const Number& value : tree->sums[0].values)
    if (value.is_error())
      return plain_error(ErrorKind::kInput, codes::kArithmetic,
                         std::string(describe(value.error_reason())) +
                             " in the costs of forward and backward pass together");
  forward.tree = std::move(tree);
  forward.phase = Phase::kTrain;
  result.analysis = std::move(forward);
  return result;
}

}  // namespace lmhost

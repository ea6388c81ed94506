#include "study/cost_forms.hpp"

#include <algorithm>

namespace lmhost {
namespace {

// Counts apply to costs of a call, stored counts to what stays resident.
CostWeights of_kind(const CostWeights& weights, bool stored) {
  CostWeights kept = weights;
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    if (is_stored(static_cast<Quantity>(q)) != stored) kept[q] = 0;
  return kept;
}

bool is_nothing(const CostWeights& weights) {
  return std::all_of(weights.begin(), weights.end(), [](int weight) { return weight == 0; });
}

}  // namespace

Number weighted(const Costs& costs, const CostWeights& weights) {
  Number sum = 0;
  for (std::size_t q = 0; q < kQuantityCount; ++q) {
    if (weights[q] == 1)
      sum = sum + costs.values[q];
    else if (weights[q] != 0)
      sum = sum + costs.values[q] * Number(weights[q]);
  }
  return sum;
}

CostTree structure_of(std::shared_ptr<const Plan> plan, const TreeOptions& wanted) {
  Evaluation everything;
  everything.values.assign(plan->program.size(), Number(1));
  return build_cost_tree(std::move(plan), RuntimePoint(), std::move(everything), wanted);
}

NodePath path_to(const CostTree& tree, std::uint32_t node) {
  NodePath path{tree.path(tree.nodes[node]), {}};
  for (const CostNode* at = &tree.nodes[node]; at->parent != kNoParent;
       at = &tree.nodes[at->parent])
    path.edges.push_back(at->edge);
  std::reverse(path.edges.begin(), path.edges.end());
  return path;
}

CostForms::CostForms(const Plan& plan, const SpecializedProgram& program,
                     const NodeFacts::IsPositive& is_positive,
                     PolynomialForm::Conditionals conditionals)
    : plan_(plan),
      program_(program),
      facts_(program.program, is_positive),
      form_(program.program, facts_, conditionals) {}

InstanceIndex CostForms::instance_of(const NodePath& node) const {
  return node.edges.empty() ? plan_.root() : plan_.edges[node.edges.back()].child;
}

std::optional<Polynomial> CostForms::times(const NodePath& node, bool stored) {
  std::optional<Polynomial> times = constant_polynomial(Number(1));
  for (std::uint32_t index : node.edges) {
    const Edge& edge = plan_.edges[index];
    times = product(*times, of(stored ? edge.stored_count : edge.count), kMaximumMonomials);
    if (!times) return std::nullopt;
  }
  return times;
}

Polynomial CostForms::own_costs(const Instance& atom, const CostWeights& weights) {
  Polynomial sum;
  for (std::uint32_t k = 0; k < atom.terms.count; ++k) {
    const Term& term = plan_.terms[atom.terms.first + k];
    const int weight = weights[static_cast<std::size_t>(term.quantity)];
    if (weight != 0) add_to(sum, of(term.node), Number(weight));
  }
  return sum;
}

std::optional<std::map<const Kernel*, Polynomial>> CostForms::by_kernel(
    const NodePath& node, const CostWeights& weights) {
  std::map<const Kernel*, Polynomial> kernels;
  for (const bool stored : {false, true}) {
    const CostWeights kind = of_kind(weights, stored);
    if (is_nothing(kind)) continue;
    // Parents have larger indices than their children, so one pass from the top reaches all.
    std::map<InstanceIndex, Polynomial, std::greater<>> pending;
    std::optional<Polynomial> first = times(node, stored);
    if (!first) return std::nullopt;
    pending[instance_of(node)] = std::move(*first);
    while (!pending.empty()) {
      const auto [index, count] = *pending.begin();
      pending.erase(pending.begin());
      const Instance& instance = plan_.instances[index];
      if (instance.composite == nullptr) {
        const auto cost = product(own_costs(instance, kind), count, kMaximumMonomials);
        if (!cost) return std::nullopt;
        Polynomial& sum = kernels[instance.kernel];
        add_to(sum, *cost, Number(1));
        if (sum.size() > kMaximumMonomials) return std::nullopt;
      }
      for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
        const Edge& edge = plan_.edges[instance.edges.first + i];
        const auto below =
            product(count, of(stored ? edge.stored_count : edge.count), kMaximumMonomials);
        if (!below) return std::nullopt;
        add_to(pending[edge.child], *below, Number(1));
      }
    }
  }
  return kernels;
}

std::optional<Polynomial> CostForms::total(const NodePath& node, const CostWeights& weights) {
  const auto kernels = by_kernel(node, weights);
  if (!kernels) return std::nullopt;
  Polynomial sum;
  for (const auto& [kernel, polynomial] : *kernels) add_to(sum, polynomial, Number(1));
  sum = form_.reduced(std::move(sum));
  const bool is_exact =
      std::all_of(sum.begin(), sum.end(), [](const auto& term) { return term.second.is_exact(); });
  if (!is_exact || sum.size() > kMaximumMonomials) return std::nullopt;
  return sum;
}

}  // namespace lmhost

#include "study/cost_forms.hpp"

#include <algorithm>

#include "base/codes.hpp"

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

Diagnostic coefficient_overflow(const Plan& plan, std::uint32_t edge, std::string_view what) {
  const Call& call = plan.graph->calls[plan.edges[edge].call];
  return error_at(*plan.graph->source, call.kernel_offset, call.kernel.size() + 2,
                  codes::kArithmetic,
                  std::string(describe(ArithmeticError::kOverflow)) + " in the coefficients of " +
                      std::string(what) + " at call " + quoted(call.name));
}

CostForms::CostForms(const Plan& plan, const SpecializedProgram& program,
                     const NodeFacts::IsPositive& is_positive, SymbolicBudget& budget,
                     PolynomialForm::Conditionals conditionals)
    : plan_(plan),
      program_(program),
      budget_(budget),
      facts_(program.program, is_positive),
      form_(program.program, facts_, budget, conditionals) {}

InstanceIndex CostForms::instance_of(const NodePath& node) const {
  return node.edges.empty() ? plan_.root() : plan_.edges[node.edges.back()].child;
}

std::optional<Polynomial> CostForms::product_at(std::uint32_t edge, const Polynomial& a,
                                                const Polynomial& b) {
  NoPolynomial why = NoPolynomial::kBudget;
  std::optional<Polynomial> result = product(a, b, budget_.limits().terms, budget_, &why);
  if (!result) fail(why, edge);
  return result;
}

bool CostForms::add_at(std::uint32_t edge, Polynomial& sum, const Polynomial& part,
                       const Number& factor) {
  const std::size_t before = sum.size(), weight = weight_of(part);
  if (!budget_.spend(weight)) {
    fail(NoPolynomial::kBudget, edge);
  } else if (!add_to(sum, part, factor)) {
    fail(NoPolynomial::kOverflow, edge);
  } else if (sum.size() > budget_.limits().terms) {
    fail(NoPolynomial::kTerms, edge);
  } else {
    if (sum.size() > before) keep(weight);
    if (!budget_.is_exhausted()) return true;
    fail(NoPolynomial::kBudget, edge);
  }
  return false;
}

std::optional<Polynomial> CostForms::times_edge(const Polynomial& times, std::uint32_t edge,
                                                bool stored) {
  const Edge& row = plan_.edges[edge];
  return product_at(edge, times, of(stored ? row.stored_count : row.count));
}

std::optional<Polynomial> CostForms::times(const NodePath& node, bool stored) {
  std::optional<Polynomial> times = constant_polynomial(Number(1));
  for (std::uint32_t edge : node.edges)
    if (times) times = times_edge(*times, edge, stored);
  return times;
}

std::optional<Polynomial> CostForms::own_costs(std::uint32_t edge, const Instance& atom,
                                               const CostWeights& weights) {
  Polynomial sum;
  for (std::uint32_t k = 0; k < atom.terms.count; ++k) {
    const Term& term = plan_.terms[atom.terms.first + k];
    const int weight = weights[static_cast<std::size_t>(term.quantity)];
    if (weight != 0 && !add_at(edge, sum, of(term.node), Number(weight))) return std::nullopt;
  }
  return sum;
}

std::optional<std::map<const Kernel*, Polynomial>> CostForms::by_kernel(
    const NodePath& node, const CostWeights& weights) {
  std::map<const Kernel*, Polynomial> kernels;
  for (const bool stored : {false, true}) {
    const CostWeights kind = of_kind(weights, stored);
    if (!is_nothing(kind) && !add_kernels(node, kind, stored, kernels)) return std::nullopt;
  }
  release(kept_);
  return kernels;
}

bool CostForms::add_kernels(const NodePath& node, const CostWeights& weights, bool stored,
                            std::map<const Kernel*, Polynomial>& kernels) {
  // Executions of an instance, and an edge that leads to it.
  struct Reached {
    Polynomial times;
    std::uint32_t edge = kNoParent;
  };
  // Parents have larger indices than their children, so one pass from the top reaches all.
  std::map<InstanceIndex, Reached, std::greater<>> pending;
  std::optional<Polynomial> first = times(node, stored);
  if (!first) return false;
  keep(weight_of(*first));
  pending[instance_of(node)] = {std::move(*first),
                                node.edges.empty() ? kNoParent : node.edges.back()};
  while (!pending.empty()) {
    const auto [index, reached] = *pending.begin();
    pending.erase(pending.begin());
    release(weight_of(reached.times));
    const Instance& instance = plan_.instances[index];
    if (instance.composite == nullptr) {
      const std::optional<Polynomial> own = own_costs(reached.edge, instance, weights);
      if (!own) return false;
      const auto cost = product_at(reached.edge, *own, reached.times);
      if (!cost || !add_at(reached.edge, kernels[instance.kernel], *cost, Number(1))) return false;
    }
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const std::uint32_t edge = instance.edges.first + i;
      const auto below = times_edge(reached.times, edge, stored);
      Reached& child = pending[plan_.edges[edge].child];
      child.edge = edge;
      if (!below || !add_at(edge, child.times, *below, Number(1))) return false;
    }
  }
  return true;
}

std::optional<Polynomial> CostForms::total(const NodePath& node, const CostWeights& weights) {
  const auto kernels = by_kernel(node, weights);
  if (!kernels) return std::nullopt;
  Polynomial sum;
  for (const auto& [kernel, polynomial] : *kernels)
    if (!add_at(kNoParent, sum, polynomial, Number(1))) return std::nullopt;
  release(kept_);
  return form_.reduced(std::move(sum));
}

Diagnostic CostForms::obstacle(std::string_view what) const {
  if (budget_.is_exhausted()) return budget_.error();
  if (why_ == NoPolynomial::kOverflow && where_ != kNoParent)
    return coefficient_overflow(plan_, where_, what);
  if (why_ == NoPolynomial::kOverflow)
    return plain_error(
        ErrorKind::kInput, codes::kArithmetic,
        std::string(describe(ArithmeticError::kOverflow)) + " in the sum of " + std::string(what));
  const bool is_degree = why_ == NoPolynomial::kDegree;
  return plain_error(
      ErrorKind::kInput, codes::kNoForm,
      std::string(what) + " has " +
          (is_degree
               ? "a degree above " + std::to_string(kMaximumDegree)
               : "more than " + to_grouped_string(Number(std::uint64_t{budget_.limits().terms})) +
                     " terms") +
          " in these variables",
      "ask for a node, or leave variables out of --in");
}

}  // namespace lmhost

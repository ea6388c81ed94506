// The costs of any node of a graph as polynomials in what a program leaves open.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "formula/polynomial.hpp"
#include "formula/specialize.hpp"

namespace lmhost {

// What of a node's costs is asked for: the sum of quantities times these.
using CostWeights = std::array<int, kQuantityCount>;

// The weighted sum; an error when a quantity that counts is one.
Number weighted(const Costs& costs, const CostWeights& weights);

// A node as the way to it.
struct NodePath {
  std::string text;                  // "model.layers.mlp"; "" for the root
  std::vector<std::uint32_t> edges;  // from the root, into Plan::edges
};

// Every call of a plan, whatever its count is at some point: names and ways, no costs.
CostTree structure_of(std::shared_ptr<const Plan> plan, const TreeOptions& wanted = {});
NodePath path_to(const CostTree& tree, std::uint32_t node);

class CostForms {
 public:
  static constexpr std::size_t kMaximumMonomials = 4096;

  // REQUIRES: both outlive this; the program is of the plan.
  CostForms(const Plan& plan, const SpecializedProgram& program,
            const NodeFacts::IsPositive& is_positive,
            PolynomialForm::Conditionals conditionals = PolynomialForm::Conditionals::kKeep);

  // Of all executions of a node. Nothing when the polynomial is too large to be worth having.
  std::optional<Polynomial> total(const NodePath& node, const CostWeights& weights);
  // The same apart by the kernels below the node (nullptr: unknown ones, which cost nothing).
  std::optional<std::map<const Kernel*, Polynomial>> by_kernel(const NodePath& node,
                                                               const CostWeights& weights);

  // The form of a node of the plan's program.
  const Polynomial& of(NodeIndex node) { return form_.of(program_.nodes[node]); }
  PolynomialForm& forms() { return form_; }
  const NodeFacts& facts() const { return facts_; }
  const Program& program() const { return program_.program; }

 private:
  InstanceIndex instance_of(const NodePath& node) const;
  // Executions of the node (or its storages) in the whole analysis.
  std::optional<Polynomial> times(const NodePath& node, bool stored);
  Polynomial own_costs(const Instance& atom, const CostWeights& weights);

  const Plan& plan_;
  const SpecializedProgram& program_;
  NodeFacts facts_;
  PolynomialForm form_;
};

}  // namespace lmhost

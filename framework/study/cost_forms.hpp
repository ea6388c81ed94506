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

// E305: a coefficient of `what` leaves 128 bits where a call's costs are added.
Diagnostic coefficient_overflow(const Plan& plan, std::uint32_t edge, std::string_view what);

class CostForms {
 public:
  // REQUIRES: all outlive this; the program is of the plan.
  CostForms(const Plan& plan, const SpecializedProgram& program,
            const NodeFacts::IsPositive& is_positive, SymbolicBudget& budget,
            PolynomialForm::Conditionals conditionals = PolynomialForm::Conditionals::kKeep);

  // Of all executions of a node. Nothing when there is none within the limits; obstacle() says why.
  std::optional<Polynomial> total(const NodePath& node, const CostWeights& weights);
  // The same apart by the kernels below the node (nullptr: unknown ones, which cost nothing).
  std::optional<std::map<const Kernel*, Polynomial>> by_kernel(const NodePath& node,
                                                               const CostWeights& weights);

  // Why there was no polynomial of `what`, the last time.
  Diagnostic obstacle(std::string_view what) const;

  // The form of a node of the plan's program.
  const Polynomial& of(NodeIndex node) { return form_.of(program_.nodes[node]); }
  PolynomialForm& forms() { return form_; }
  const NodeFacts& facts() const { return facts_; }
  const Program& program() const { return program_.program; }

 private:
  InstanceIndex instance_of(const NodePath& node) const;
  // Executions of the node (or its storages) in the whole analysis.
  std::optional<Polynomial> times(const NodePath& node, bool stored);
  // Adds to each kernel what the executions of a node cost, either per execution or per storage.
  bool add_kernels(const NodePath& node, const CostWeights& weights, bool stored,
                   std::map<const Kernel*, Polynomial>& kernels);
  std::optional<Polynomial> own_costs(std::uint32_t edge, const Instance& atom,
                                      const CostWeights& weights);
  std::optional<Polynomial> times_edge(const Polynomial& times, std::uint32_t edge, bool stored);
  // a * b, and sum += part, of which an edge is the reason.
  std::optional<Polynomial> product_at(std::uint32_t edge, const Polynomial& a,
                                       const Polynomial& b);
  bool add_at(std::uint32_t edge, Polynomial& sum, const Polynomial& part, const Number& factor);
  void keep(std::size_t parts) { budget_.keep(parts), kept_ += parts; }
  void release(std::size_t parts) { budget_.release(parts), kept_ -= parts; }
  void fail(NoPolynomial why, std::uint32_t edge) { why_ = why, where_ = edge; }

  const Plan& plan_;
  const SpecializedProgram& program_;
  SymbolicBudget& budget_;
  std::size_t kept_ = 0;  // of the budget, by the question at hand
  NoPolynomial why_ = NoPolynomial::kBudget;
  std::uint32_t where_ = kNoParent;  // the edge at which it shows; none: in the sum of all
  NodeFacts facts_;
  PolynomialForm form_;
};

}  // namespace lmhost

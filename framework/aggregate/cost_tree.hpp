// The result of an analysis: the calls as a tree, every node with its costs. One tree, many
// printers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "lmhost/quantity.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

inline constexpr std::uint32_t kNoParent = 0xFFFFFFFF;

struct CostNode {
  std::uint32_t parent = kNoParent;
  std::uint32_t depth = 0;
  std::uint32_t edge = kNoParent;  // into Plan::edges; none for the root
  InstanceIndex instance = 0;
  std::uint32_t descendants = 0;  // nodes of the subtree below; they follow this one
  Number count = 1;               // executions per execution of the parent
  Number times = 1;         // executions in the whole analysis: product of counts from the root
  Number stored_times = 1;  // distinct storages: product of stored counts
};

struct CostTree {
  static constexpr std::size_t kNodeLimit = 4'000'000;

  std::shared_ptr<const Plan> plan;
  RuntimePoint point;
  Evaluation evaluation;
  std::vector<CostNode> nodes;  // preorder; children of a node in call order
  bool truncated = false;  // the node limit was reached; costs are whole, deeper rows are missing
  // Of a study over several passes (a generation, a training step): what total() gives, by node.
  // `evaluation` is then of the last pass, at `point`. Empty: one pass, the evaluation says it all.
  std::vector<Costs> sums;

  // Of all executions of a node: what the rows show. Costs of a composite are the sum over its
  // children. REQUIRES: an element of `nodes`.
  Costs total(const CostNode& node) const;
  // Of one execution.
  Costs per_call(const CostNode& node) const;
  const Call* call(const CostNode& node) const;  // nullptr for the root
  const Instance& instance(const CostNode& node) const { return plan->instances[node.instance]; }
  std::string_view name(
      const CostNode& node) const;  // the call's name; the last part of the kernel's for the root
  std::string path(const CostNode& node) const;  // "model.layers.mlp"; "" for the root
};

// Expands the plan's DAG into a tree of at most `node_limit` nodes (calls with count 0 are left
// out). Once cancelled, rows are missing.
CostTree build_cost_tree(std::shared_ptr<const Plan> plan, const RuntimePoint& point,
                         Evaluation evaluation, std::size_t node_limit = CostTree::kNodeLimit,
                         const Execution& execution = 1u);

}  // namespace lmhost

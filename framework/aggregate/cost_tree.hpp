// The result of an analysis: the calls as a tree, every node with its costs. One tree, many
// printers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aggregate/analysis.hpp"
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

enum class PathMatch { kNone, kTail, kWhole };

// What indentation takes for each level.
inline constexpr std::size_t kIndentBytes = 5;

// How large the tree of all calls is, whether or not it is written out. Estimates above 2^53.
struct TreeSize {
  double nodes = 1;
  double path_bytes = 0;  // of the paths of all nodes, or of their indentation if that is more
};

struct CostTree {
  static constexpr std::size_t kNodeLimit = 2'000'000;
  static constexpr std::size_t kSumLimit = 200'000;  // nodes of a tree with `sums`

  std::shared_ptr<const Plan> plan;
  RuntimePoint point;
  Evaluation evaluation;
  std::vector<CostNode> nodes;  // preorder; children of a node in call order
  TreeSize whole;               // of all calls, of which `nodes` may be the upper levels
  // Not every row that was wanted is there, as that would be too many; costs are whole.
  bool truncated = false;
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
  // Whether `path` is that of a node or its end, without writing it out: a tree may be as deep as it
  // is large. Nothing matches the root.
  PathMatch path_match(const CostNode& node, std::string_view path) const;
};

// The size of the tree without the calls that `is_absent`: as many steps as the plan has edges.
TreeSize tree_size(const Plan& plan, const std::function<bool(const Edge&)>& is_absent);

// Whether a study may keep sums by node for a tree of that size: true, or an error [E107].
Result<bool> check_sums(const TreeSize& whole);

// Expands the plan's DAG into a tree; calls with count 0 are left out. Of one with more than
// `node_limit` nodes it writes out what is wanted, but no more levels than fit. Once cancelled, rows
// are missing.
CostTree build_cost_tree(std::shared_ptr<const Plan> plan, const RuntimePoint& point,
                         Evaluation evaluation, const TreeOptions& wanted = {},
                         const Execution& execution = 1u,
                         std::size_t node_limit = CostTree::kNodeLimit);

// How often the whole tree has an instance, written out or not.
struct InstanceUse {
  Number sites = 0;  // nodes
  Number times = 0;  // the sum of theirs
  Number stored_times = 0;
};
// By instance. Inexact beyond 128 bits.
std::vector<InstanceUse> instance_uses(const CostTree& tree);

// By instance: it or something that it executes is unknown. Empty when nothing is.
std::vector<bool> instances_with_unknown(const CostTree& tree);

}  // namespace lmhost

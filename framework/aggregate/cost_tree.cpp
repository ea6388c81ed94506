#include "aggregate/cost_tree.hpp"

#include <algorithm>

#include "aggregate/aggregate.hpp"

namespace lmhost {
namespace {

Costs scaled(Costs costs, const Number& times, const Number& stored_times) {
  for (std::size_t q = 0; q < kQuantityCount; ++q) {
    // Nothing, however often, is nothing: also more often than 128 bits can say.
    if (costs.values[q] == Number(0)) continue;
    costs.values[q] =
        costs.values[q] * (is_stored(static_cast<Quantity>(q)) ? stored_times : times);
  }
  return costs;
}

// A node whose children are still to be added.
struct Open {
  std::uint32_t node;
  std::uint32_t next_edge;
};

}  // namespace

Costs CostTree::per_call(const CostNode& node) const {
  return costs_of(*plan, evaluation, node.instance);
}

Costs CostTree::total(const CostNode& node) const {
  if (!sums.empty()) return sums[static_cast<std::size_t>(&node - nodes.data())];
  return scaled(per_call(node), node.times, node.stored_times);
}

const Call* CostTree::call(const CostNode& node) const {
  return node.edge == kNoParent ? nullptr : &plan->graph->calls[plan->edges[node.edge].call];
}

std::string_view CostTree::name(const CostNode& node) const {
  if (const Call* use = call(node)) return use->name;
  const std::string_view root = instance(node).name;
  return root.substr(root.rfind('.') + 1);
}

std::string CostTree::path(const CostNode& node) const {
  std::vector<std::string_view> names;
  for (const CostNode* at = &node; at->parent != kNoParent; at = &nodes[at->parent])
    names.push_back(name(*at));
  std::string path;
  for (std::size_t i = names.size(); i-- > 0;) {
    if (!path.empty()) path += '.';
    path += names[i];
  }
  return path;
}

CostTree build_cost_tree(std::shared_ptr<const Plan> plan, const RuntimePoint& point,
                         Evaluation evaluation, std::size_t node_limit,
                         const Execution& execution) {
  CostTree tree{std::move(plan), point, std::move(evaluation), {}, false, {}};
  const std::vector<Number>& values = tree.evaluation.values;
  CostNode root;
  root.instance = tree.plan->root();
  tree.nodes.reserve(
      std::min(node_limit, tree.plan->edges.size() + 1));  // each edge once, at least
  tree.nodes.push_back(root);
  std::vector<Open> open = {{0, 0}};
  while (!open.empty()) {
    const std::uint32_t parent = open.back().node;
    const Instance& instance = tree.plan->instances[tree.nodes[parent].instance];
    if (open.back().next_edge == instance.edges.count || tree.truncated) {
      tree.nodes[parent].descendants = static_cast<std::uint32_t>(tree.nodes.size()) - parent - 1;
      open.pop_back();
      continue;
    }
    const std::uint32_t index = instance.edges.first + open.back().next_edge++;
    const Edge& edge = tree.plan->edges[index];
    if (values[edge.count].is_zero()) continue;
    if (tree.nodes.size() >= node_limit || execution.is_cancelled()) {
      tree.truncated = true;
      continue;
    }
    CostNode child;
    child.parent = parent;
    child.depth = tree.nodes[parent].depth + 1;
    child.edge = index;
    child.instance = edge.child;
    child.count = values[edge.count];
    child.times = tree.nodes[parent].times * child.count;
    child.stored_times = tree.nodes[parent].stored_times * values[edge.stored_count];
    tree.nodes.push_back(child);
    open.push_back({static_cast<std::uint32_t>(tree.nodes.size() - 1), 0});
  }
  return tree;
}

}  // namespace lmhost

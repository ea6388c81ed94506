#include "aggregate/cost_tree.hpp"

#include <algorithm>
#include <map>

#include "aggregate/aggregate.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"

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

bool is_absent(const Evaluation& evaluation, const Edge& edge) {
  return evaluation.values[edge.count].is_zero();
}

// How many levels have at most `limit` nodes, the root among them. Every step stands for a node, so
// there are at most `limit`.
std::uint32_t levels_within(const Plan& plan, const Evaluation& evaluation, std::size_t limit) {
  std::map<InstanceIndex, double> level = {{plan.root(), 1}};
  double nodes = 1;
  for (std::uint32_t depth = 0;; ++depth) {
    std::map<InstanceIndex, double> next;
    for (const auto& [index, count] : level) {
      const IndexRange edges = plan.instances[index].edges;
      for (std::uint32_t i = 0; i < edges.count; ++i) {
        const Edge& edge = plan.edges[edges.first + i];
        if (is_absent(evaluation, edge)) continue;
        next[edge.child] += count;
        nodes += count;
      }
      if (nodes > static_cast<double>(limit)) return depth;
    }
    if (next.empty()) return depth;
    level = std::move(next);
  }
}

// Counts of calls may be larger than any cost can be: nothing, however often, is nothing.
Number widened(const Number& exact, double estimate) {
  constexpr double kMost = 1e300;
  return exact.is_error() ? Number::inexact(std::min(estimate, kMost)) : exact;
}
Number widened_sum(const Number& a, const Number& b) {
  return widened(a + b, a.to_double() + b.to_double());
}
Number widened_product(const Number& a, const Number& b) {
  return widened(a * b, a.to_double() * b.to_double());
}

// A node whose children are still to be added. `matched`: bytes of the wanted path that its own path
// takes up, or kOffPath.
constexpr std::size_t kOffPath = static_cast<std::size_t>(-1);
struct Open {
  std::uint32_t node;
  std::uint32_t next_edge;
  std::size_t matched;
};

// The same for a call of that name.
std::size_t matched_by(std::size_t matched, std::string_view name, std::string_view path) {
  if (matched == kOffPath || matched >= path.size()) return kOffPath;
  std::string_view rest = path.substr(matched);
  if (matched != 0) rest.remove_prefix(1);  // the dot
  const bool fits =
      rest.starts_with(name) && (rest.size() == name.size() || rest[name.size()] == '.');
  return fits ? path.size() - rest.size() + name.size() : kOffPath;
}

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

PathMatch CostTree::path_match(const CostNode& node, std::string_view path) const {
  const CostNode* at = &node;
  while (at->parent != kNoParent) {
    const std::string_view part = name(*at);
    if (!path.ends_with(part)) return PathMatch::kNone;
    path.remove_suffix(part.size());
    at = &nodes[at->parent];
    if (path.empty()) return at->parent == kNoParent ? PathMatch::kWhole : PathMatch::kTail;
    if (path.back() != '.') return PathMatch::kNone;
    path.remove_suffix(1);
  }
  return PathMatch::kNone;
}

TreeSize tree_size(const Plan& plan, const std::function<bool(const Edge&)>& is_absent) {
  std::vector<TreeSize> sizes(plan.instances.size());  // children stand before their parents
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const IndexRange edges = plan.instances[i].edges;
    for (std::uint32_t k = 0; k < edges.count; ++k) {
      const Edge& edge = plan.edges[edges.first + k];
      if (is_absent(edge)) continue;
      const TreeSize& child = sizes[edge.child];
      const std::size_t part = plan.graph->calls[edge.call].name.size() + 1;
      sizes[i].nodes += child.nodes;
      sizes[i].path_bytes +=
          child.path_bytes + child.nodes * static_cast<double>(std::max(part, kIndentBytes));
    }
  }
  return sizes.back();
}

Result<bool> check_sums(const TreeSize& whole) {
  if (whole.nodes <= static_cast<double>(CostTree::kSumLimit)) return true;
  return plain_error(ErrorKind::kInput, codes::kLimit,
                     "written out, the calls are more than " + std::to_string(CostTree::kSumLimit) +
                         " rows: too many for a generation or a training step",
                     "a single pass has no such limit");
}

CostTree build_cost_tree(std::shared_ptr<const Plan> plan, const RuntimePoint& point,
                         Evaluation evaluation, const TreeOptions& wanted,
                         const Execution& execution, std::size_t node_limit) {
  CostTree tree{std::move(plan), point, std::move(evaluation), {}, {}, false, {}};
  const std::vector<Number>& values = tree.evaluation.values;
  tree.whole =
      tree_size(*tree.plan, [&](const Edge& edge) { return is_absent(tree.evaluation, edge); });
  const bool is_large = tree.whole.nodes > static_cast<double>(node_limit);
  std::uint32_t depth = kNoParent;
  if (is_large) {
    const std::uint32_t levels = levels_within(*tree.plan, tree.evaluation, node_limit);
    depth = std::min(wanted.depth.value_or(kNoParent), levels);
    tree.truncated = depth != wanted.depth;
  }
  CostNode root;
  root.instance = tree.plan->root();
  if (!is_large) tree.nodes.reserve(static_cast<std::size_t>(tree.whole.nodes));
  tree.nodes.push_back(root);
  std::vector<Open> open = {{0, 0, wanted.along.empty() ? kOffPath : 0}};
  while (!open.empty()) {
    Open& top = open.back();
    const std::uint32_t parent = top.node;
    const Instance& instance = tree.plan->instances[tree.nodes[parent].instance];
    const bool is_opened = tree.nodes[parent].depth < depth || top.matched != kOffPath;
    if (top.next_edge == instance.edges.count || !is_opened || execution.is_cancelled()) {
      tree.nodes[parent].descendants = static_cast<std::uint32_t>(tree.nodes.size()) - parent - 1;
      open.pop_back();
      continue;
    }
    const std::uint32_t index = instance.edges.first + top.next_edge++;
    const Edge& edge = tree.plan->edges[index];
    if (values[edge.count].is_zero()) continue;
    CostNode child;
    child.parent = parent;
    child.depth = tree.nodes[parent].depth + 1;
    child.edge = index;
    child.instance = edge.child;
    child.count = values[edge.count];
    child.times = tree.nodes[parent].times * child.count;
    child.stored_times = tree.nodes[parent].stored_times * values[edge.stored_count];
    const std::size_t matched =
        wanted.along.empty()
            ? kOffPath
            : matched_by(top.matched, tree.plan->graph->calls[edge.call].name, wanted.along);
    tree.nodes.push_back(child);
    open.push_back({static_cast<std::uint32_t>(tree.nodes.size() - 1), 0, matched});
  }
  return tree;
}

std::vector<InstanceUse> instance_uses(const CostTree& tree) {
  const Plan& plan = *tree.plan;
  std::vector<InstanceUse> uses(plan.instances.size());
  if (!tree.sums.empty()) {  // counts differ from pass to pass; such a tree is whole
    for (const CostNode& node : tree.nodes) {
      InstanceUse& use = uses[node.instance];
      use.sites = use.sites + Number(1);
      use.times = widened_sum(use.times, node.times);
      use.stored_times = widened_sum(use.stored_times, node.stored_times);
    }
    return uses;
  }
  uses[plan.root()] = {1, 1, 1};
  for (std::size_t i = uses.size(); i-- > 0;) {  // parents first
    if (uses[i].sites.is_zero()) continue;
    const IndexRange edges = plan.instances[i].edges;
    for (std::uint32_t k = 0; k < edges.count; ++k) {
      const Edge& edge = plan.edges[edges.first + k];
      if (is_absent(tree.evaluation, edge)) continue;
      InstanceUse& use = uses[edge.child];
      use.sites = widened_sum(use.sites, uses[i].sites);
      const Number& count = tree.evaluation.values[edge.count];
      const Number& stored_count = tree.evaluation.values[edge.stored_count];
      use.times = widened_sum(use.times, widened_product(uses[i].times, count));
      use.stored_times =
          widened_sum(use.stored_times, widened_product(uses[i].stored_times, stored_count));
    }
  }
  return uses;
}

std::vector<bool> instances_with_unknown(const CostTree& tree) {
  const Plan& plan = *tree.plan;
  if (plan.unknown.empty()) return {};
  std::vector<bool> unknown(plan.instances.size());
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    const Instance& instance = plan.instances[i];
    unknown[i] = instance.is_unknown();
    for (std::uint32_t k = 0; k < instance.edges.count && !unknown[i]; ++k) {
      const Edge& edge = plan.edges[instance.edges.first + k];
      unknown[i] = unknown[edge.child] && !is_absent(tree.evaluation, edge);
    }
  }
  return unknown;
}

}  // namespace lmhost

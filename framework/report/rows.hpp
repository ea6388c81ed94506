// Which rows a report shows, in which order, and what is folded: the part of a view that text, CSV,
// Markdown and JSON Lines share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "report/columns.hpp"
#include "study/device_bound.hpp"

namespace lmhost {

enum class View {
  kTree,     // the calls, as the model nests them
  kKernels,  // all calls of one kernel in one row
  kRoles,    // weights, activations, KV cache, indices: not rows of calls, see table.hpp
  kRoofline  // rows as kKernels, on a device's roof: see roofline.hpp
};
std::string_view name_of(View view);
std::optional<View> view_named(std::string_view name);

struct RowOptions {
  View view = View::kTree;
  const DeviceBounds* device = nullptr;  // then time decides what is large
  std::optional<unsigned> depth;         // tree: levels below the root; none: all
  std::size_t rows =
      0;  // tree: of each composite; kernels: in all; 0: all. The smallest are folded
  // tree: calls of a smaller share of the whole are folded too. 0: none
  double fold_below = 0;
  // tree: composites of a smaller share of the FLOPs, or the metric sorted by, are not opened. 0:
  // all
  double close_below = 0;
  const Column* sort =
      nullptr;  // largest first; none: tree in order of execution, kernels by FLOPs or time
  // Patterns: a glob over the whole name when it has * or ?, else a part of it; ASCII case is
  // ignored. A call matches by its path or its kernel. focus keeps matching subtrees and what
  // contains them, ignore drops subtrees. Both only choose rows: the costs of every row stay whole.
  std::vector<std::string> focus;
  std::vector<std::string> ignore;
};

struct Row {
  std::uint32_t node = kNoParent;  // into CostTree::nodes; none for kernels and folded rows
  std::uint32_t depth = 0;
  std::size_t sum = 0;     // without a node: into Rows::sums
  std::size_t folded = 0;  // rows that this one stands for
  Number sites = 0;        // kernels view: calls in the tree
  const Kernel* kernel = nullptr;
  std::string_view kernel_name;
  Number times = 1;
  bool at_least = false;  // something unknown below was left out
};

struct Rows {
  std::vector<Row> rows;      // the whole analysis first
  std::vector<Costs> sums;    // of folded rows and kernels
  std::vector<Bound> bounds;  // of the same; zero without a device
};

Rows make_rows(const CostTree& tree, const RowOptions& options);
Number stored_bytes(const Costs& costs, Role role);  // 0: the role does not stay
Costs costs_of(const CostTree& tree, const Rows& rows, const Row& row);
Bound bound_of(const CostTree& tree, const Rows& rows, const Row& row, const DeviceBounds* device);
// Of a cost column or of the time.
Number metric_value(const Column& metric, const Costs& costs, const Bound& bound);

// The flag of every node: it or something below it is unknown. Empty when nothing is.
std::vector<bool> nodes_with_unknown(const CostTree& tree);

bool matches_pattern(std::string_view pattern, std::string_view text);
bool matches_any(std::string_view pattern, const CostTree& tree);  // its path or its kernel

}  // namespace lmhost

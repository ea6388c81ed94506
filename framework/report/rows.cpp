#include "report/rows.hpp"

#include <algorithm>
#include <unordered_map>

namespace lmhost {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// '*' any run, '?' any one byte. Linear but for backing up to the last star.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void add(Costs* sum, const Costs& costs) {
  for (std::size_t i = 0; i < kQuantityCount; ++i)
    sum->values[i] = sum->values[i] + costs.values[i];
}

// What a row weighs.
struct Figures {
  Costs costs;
  Bound bound;
};

Figures figures_of(const CostTree& tree, const CostNode& node, const DeviceBounds* device) {
  return {tree.total(node), device == nullptr ? Bound() : device->total(node)};
}

// A new sum of both kinds; gives its index.
std::size_t new_sum(Rows* rows) {
  rows->sums.emplace_back();
  rows->bounds.emplace_back();
  return rows->sums.size() - 1;
}

void add(Rows* rows, std::size_t sum, const Figures& figures) {
  add(&rows->sums[sum], figures.costs);
  rows->bounds[sum] += figures.bound;
}

// What decides who is folded: the metric, or the larger share of FLOPs and of traffic, so that a
// costly copy is not hidden behind a cheap product.
class Importance {
 public:
  Importance(const RowOptions& options, const Figures& all)
      : metric_(options.sort != nullptr || options.device == nullptr ? options.sort
                                                                     : &column("time_bound_s")),
        is_ratio_(metric_ != nullptr && metric_->kind == ColumnKind::kRatio),
        flops_(all.costs[Quantity::kFlops].to_double()),
        bytes_((all.costs.bytes_read() + all.costs.bytes_written()).to_double()) {
    whole_ = (*this)(all);
  }

  // 0 to 1, of the metric or the FLOPs alone. A ratio has no shares.
  double share(const Figures& figures) const {
    if (metric_ == nullptr || is_ratio_)
      return flops_ > 0 ? figures.costs[Quantity::kFlops].to_double() / flops_ : 1;
    return whole_ > 0 ? (*this)(figures) / whole_ : 1;
  }

  double operator()(const Figures& figures) const {
    const Costs& costs = figures.costs;
    if (metric_ != nullptr) {
      const Number value = metric_value(*metric_, costs, figures.bound);
      return value.is_error() ? 0 : value.to_double();
    }
    const double flops = costs[Quantity::kFlops].to_double();
    const double bytes = (costs.bytes_read() + costs.bytes_written()).to_double();
    return std::max(flops_ > 0 ? flops / flops_ : 0, bytes_ > 0 ? bytes / bytes_ : 0);
  }

 private:
  const Column* metric_;
  bool is_ratio_;
  double flops_;
  double bytes_;
  double whole_ = 0;
};

bool matches_node(std::string_view pattern, const CostTree& tree, const CostNode& node) {
  return matches_pattern(pattern, tree.path(node)) ||
         matches_pattern(pattern, tree.instance(node).name);
}

// Which nodes the focus and ignore patterns leave. Empty: all.
std::vector<bool> chosen_nodes(const CostTree& tree, const RowOptions& options) {
  if (options.focus.empty() && options.ignore.empty()) return {};
  const auto& nodes = tree.nodes;
  std::vector<bool> inside(nodes.size());   // in a subtree that the focus matches
  std::vector<bool> dropped(nodes.size());  // in a subtree that is ignored
  std::vector<bool> chosen(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool is_root = nodes[i].parent == kNoParent;
    auto any = [&](const std::vector<std::string>& patterns) {
      return !is_root &&
             std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
               return matches_node(pattern, tree, nodes[i]);
             });
    };
    inside[i] = (!is_root && inside[nodes[i].parent]) || any(options.focus);
    dropped[i] = (!is_root && dropped[nodes[i].parent]) || any(options.ignore);
    chosen[i] = !dropped[i] && (options.focus.empty() || inside[i]);
  }
  for (std::size_t i = nodes.size(); i-- > 1;)
    if (chosen[i] && !options.focus.empty()) chosen[nodes[i].parent] = true;
  chosen[0] = true;
  return chosen;
}

Row node_row(const CostTree& tree, std::uint32_t index, const std::vector<bool>& unknown) {
  const CostNode& node = tree.nodes[index];
  Row row;
  row.node = index;
  row.depth = node.depth;
  row.kernel = tree.instance(node).kernel;
  row.kernel_name = tree.instance(node).name;
  row.times = node.times;
  row.at_least = !unknown.empty() && unknown[index];
  return row;
}

struct Candidate {
  std::uint32_t node;
  double importance;
};

// The children of a node that are shown, in the order shown; the others are summed.
struct Selection {
  std::vector<std::uint32_t> shown;
  std::vector<std::uint32_t> folded;
};

Selection select(std::vector<Candidate> candidates, const RowOptions& options, double least) {
  auto larger = [](const Candidate& a, const Candidate& b) { return a.importance > b.importance; };
  std::vector<Candidate> ranked = candidates;
  std::stable_sort(ranked.begin(), ranked.end(), larger);
  if (options.sort != nullptr) candidates = ranked;
  std::size_t keep_count =
      options.rows == 0 ? ranked.size() : std::min(options.rows, ranked.size());
  while (keep_count > 0 && ranked[keep_count - 1].importance < least) --keep_count;
  // Folding a single row would save nothing.
  if (ranked.size() - keep_count == 1) keep_count = ranked.size();
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < keep_count; ++i) kept.push_back(ranked[i].node);
  std::sort(kept.begin(), kept.end());
  Selection selection;
  for (const Candidate& candidate : candidates) {
    const bool keep = std::binary_search(kept.begin(), kept.end(), candidate.node);
    (keep ? selection.shown : selection.folded).push_back(candidate.node);
  }
  return selection;
}

class TreeRows {
 public:
  TreeRows(const CostTree& tree, const RowOptions& options)
      : tree_(tree),
        options_(options),
        chosen_(chosen_nodes(tree, options)),
        unknown_(nodes_with_unknown(tree)),
        importance_(options, figures_of(tree, tree.nodes[0], options.device)),
        whole_(importance_(figures(0))) {}

  Rows make() {
    std::vector<Row> pending = {node_row(tree_, 0, unknown_)};
    while (!pending.empty()) {
      const Row row = pending.back();
      pending.pop_back();
      result_.rows.push_back(row);
      if (row.node != kNoParent) push_children(row.node, &pending);
    }
    return std::move(result_);
  }

 private:
  void push_children(std::uint32_t parent, std::vector<Row>* pending) {
    const auto& nodes = tree_.nodes;
    if (options_.depth && nodes[parent].depth >= *options_.depth) return;
    const bool may_close = options_.close_below > 0 && parent != 0;
    if (may_close && importance_.share(figures(parent)) < options_.close_below) return;
    const bool ranks = options_.rows != 0 || options_.sort != nullptr || options_.fold_below > 0;
    std::vector<Candidate> candidates;
    const std::uint32_t end = parent + nodes[parent].descendants + 1;
    for (std::uint32_t child = parent + 1; child < end; child += nodes[child].descendants + 1)
      if (chosen_.empty() || chosen_[child])
        candidates.push_back({child, ranks ? importance_(figures(child)) : 0});

    // Without a metric, importance is a share already. A small ratio is no small row.
    const bool is_ratio = options_.sort != nullptr && options_.sort->kind == ColumnKind::kRatio;
    const bool has_metric = options_.sort != nullptr || options_.device != nullptr;
    const double least = !has_metric ? options_.fold_below
                         : is_ratio  ? 0
                                     : options_.fold_below * whole_;
    const Selection selection = select(std::move(candidates), options_, least);
    // One row that says "all of it" tells nothing.
    if (selection.shown.empty()) return;
    const std::size_t first = pending->size();
    for (const std::uint32_t child : selection.shown)
      pending->push_back(node_row(tree_, child, unknown_));
    if (!selection.folded.empty()) pending->push_back(folded_row(selection.folded));
    std::reverse(pending->begin() + static_cast<std::ptrdiff_t>(first), pending->end());
  }

  Row folded_row(const std::vector<std::uint32_t>& nodes) {
    Row row;
    row.depth = tree_.nodes[nodes.front()].depth;
    row.folded = nodes.size();
    row.times = 0;
    row.sum = new_sum(&result_);
    for (const std::uint32_t node : nodes) {
      add(&result_, row.sum, figures(node));
      row.times = row.times + tree_.nodes[node].times;
      row.at_least = row.at_least || (!unknown_.empty() && unknown_[node]);
    }
    return row;
  }

  Figures figures(std::uint32_t node) const {
    return figures_of(tree_, tree_.nodes[node], options_.device);
  }

  const CostTree& tree_;
  const RowOptions& options_;
  const std::vector<bool> chosen_;
  const std::vector<bool> unknown_;
  const Importance importance_;
  const double whole_;
  Rows result_;
};

Rows kernel_rows(const CostTree& tree, const RowOptions& options) {
  const std::vector<bool> chosen = chosen_nodes(tree, options);
  const std::vector<bool> unknown = nodes_with_unknown(tree);
  Rows result;
  result.rows.push_back(node_row(tree, 0, unknown));
  result.rows[0].times = 0;

  std::vector<Row> kernels;
  std::unordered_map<std::string_view, std::size_t> by_name;
  const auto add_calls = [&](const Instance& instance, const Number& sites, const Number& times,
                             bool is_chosen, const Figures& figures) {
    // The first row is the whole analysis, whatever is chosen.
    result.rows[0].times = result.rows[0].times + times;
    result.rows[0].sites = result.rows[0].sites + sites;
    if (!is_chosen) return;
    const auto [place, is_new] = by_name.emplace(instance.name, kernels.size());
    if (is_new) {
      Row& row = kernels.emplace_back();
      row.depth = 1;
      row.times = 0;
      row.kernel = instance.kernel;
      row.kernel_name = instance.name;
      row.at_least = instance.is_unknown();
      row.sum = new_sum(&result);
    }
    Row& row = kernels[place->second];
    row.times = row.times + times;
    row.sites = row.sites + sites;
    add(&result, row.sum, figures);
  };
  if (chosen.empty() && tree.sums.empty()) {
    const std::vector<InstanceUse> uses = instance_uses(tree);
    for (InstanceIndex i = 0; i < uses.size(); ++i) {
      const Instance& instance = tree.plan->instances[i];
      if (instance.composite != nullptr || uses[i].sites.is_zero()) continue;
      CostNode all;  // its calls as if they were one
      all.instance = i;
      all.times = uses[i].times;
      all.stored_times = uses[i].stored_times;
      add_calls(instance, uses[i].sites, uses[i].times, true,
                figures_of(tree, all, options.device));
    }
  } else {
    for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
      const CostNode& node = tree.nodes[i];
      if (tree.instance(node).composite != nullptr) continue;
      add_calls(tree.instance(node), 1, node.times, chosen.empty() || chosen[i],
                figures_of(tree, node, options.device));
    }
  }

  const Importance importance(options, figures_of(tree, tree.nodes[0], options.device));
  const auto weight = [&](const Row& row) {
    return importance({result.sums[row.sum], result.bounds[row.sum]});
  };
  std::stable_sort(kernels.begin(), kernels.end(), [&](const Row& a, const Row& b) {
    const double x = weight(a), y = weight(b);
    return x != y ? x > y : a.kernel_name < b.kernel_name;
  });
  if (options.rows != 0 && kernels.size() > options.rows + 1) {
    Row others;
    others.depth = 1;
    others.times = 0;
    others.sum = new_sum(&result);
    for (std::size_t i = options.rows; i < kernels.size(); ++i) {
      ++others.folded;
      others.sites = others.sites + kernels[i].sites;
      others.times = others.times + kernels[i].times;
      others.at_least = others.at_least || kernels[i].at_least;
      const std::size_t sum = kernels[i].sum;
      add(&result, others.sum, {result.sums[sum], result.bounds[sum]});
    }
    kernels.resize(options.rows);
    kernels.push_back(others);
  }
  result.rows.insert(result.rows.end(), kernels.begin(), kernels.end());
  return result;
}

}  // namespace

std::string_view name_of(View view) {
  switch (view) {
    case View::kTree:
      return "tree";
    case View::kKernels:
      return "kernels";
    case View::kRoles:
      return "roles";
    case View::kRoofline:
      break;
  }
  return "roofline";
}

std::optional<View> view_named(std::string_view name) {
  for (const View view : {View::kTree, View::kKernels, View::kRoles, View::kRoofline})
    if (name_of(view) == name) return view;
  return std::nullopt;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (pattern.find_first_of("*?") != std::string_view::npos) return glob(pattern, text);
  return std::search(text.begin(), text.end(), pattern.begin(), pattern.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool matches_any(std::string_view pattern, const CostTree& tree) {
  return std::any_of(tree.nodes.begin(), tree.nodes.end(), [&](const CostNode& node) {
    return node.parent != kNoParent && matches_node(pattern, tree, node);
  });
}

std::vector<bool> nodes_with_unknown(const CostTree& tree) {
  const std::vector<bool> instances = instances_with_unknown(tree);
  std::vector<bool> unknown;
  if (instances.empty()) return unknown;
  for (const CostNode& node : tree.nodes) unknown.push_back(instances[node.instance]);
  return unknown;
}

Rows make_rows(const CostTree& tree, const RowOptions& options) {
  if (options.view == View::kKernels || options.view == View::kRoofline)
    return kernel_rows(tree, options);
  return TreeRows(tree, options).make();
}

Number stored_bytes(const Costs& costs, Role role) {
  return role == Role::kWeight    ? costs[Quantity::kStoredBytesWeight]
         : role == Role::kKvCache ? costs[Quantity::kStoredBytesKvCache]
                                  : Number(0);
}

Costs costs_of(const CostTree& tree, const Rows& rows, const Row& row) {
  return row.node != kNoParent ? tree.total(tree.nodes[row.node]) : rows.sums[row.sum];
}

Bound bound_of(const CostTree& tree, const Rows& rows, const Row& row, const DeviceBounds* device) {
  if (device == nullptr) return {};
  return row.node != kNoParent ? device->total(tree.nodes[row.node]) : rows.bounds[row.sum];
}

Number metric_value(const Column& metric, const Costs& costs, const Bound& bound) {
  return metric.bound_value != nullptr ? metric.bound_value(bound) : metric.value(costs);
}

}  // namespace lmhost

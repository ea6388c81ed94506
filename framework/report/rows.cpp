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

// What decides who is folded: the metric, or the larger share of FLOPs and of traffic, so that a
// costly copy is not hidden behind a cheap product.
class Importance {
 public:
  Importance(const Column* metric, const Costs& whole)
      : metric_(metric),
        is_ratio_(metric != nullptr && metric->kind == ColumnKind::kRatio),
        flops_(whole[Quantity::kFlops].to_double()),
        bytes_((whole.bytes_read() + whole.bytes_written()).to_double()) {
    whole_ = (*this)(whole);
  }

  // 0 to 1, of the metric or the FLOPs alone. A ratio has no shares.
  double share(const Costs& costs) const {
    if (metric_ == nullptr || is_ratio_)
      return flops_ > 0 ? costs[Quantity::kFlops].to_double() / flops_ : 1;
    return whole_ > 0 ? (*this)(costs) / whole_ : 1;
  }

  double operator()(const Costs& costs) const {
    if (metric_ != nullptr) {
      const Number value = metric_->value(costs);
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
        importance_(options.sort, tree.total(tree.nodes[0])),
        whole_(importance_(tree.total(tree.nodes[0]))) {}

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
    if (may_close && importance_.share(tree_.total(nodes[parent])) < options_.close_below) return;
    const bool ranks = options_.rows != 0 || options_.sort != nullptr || options_.fold_below > 0;
    std::vector<Candidate> candidates;
    const std::uint32_t end = parent + nodes[parent].descendants + 1;
    for (std::uint32_t child = parent + 1; child < end; child += nodes[child].descendants + 1)
      if (chosen_.empty() || chosen_[child])
        candidates.push_back({child, ranks ? importance_(tree_.total(nodes[child])) : 0});

    // Without a metric, importance is a share already. A small ratio is no small row.
    const bool is_ratio = options_.sort != nullptr && options_.sort->kind == ColumnKind::kRatio;
    const double least = options_.sort == nullptr ? options_.fold_below
                         : is_ratio               ? 0
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
    row.sum = result_.sums.size();
    result_.sums.emplace_back();
    for (const std::uint32_t node : nodes) {
      add(&result_.sums.back(), tree_.total(tree_.nodes[node]));
      row.times = row.times + tree_.nodes[node].times;
      row.at_least = row.at_least || (!unknown_.empty() && unknown_[node]);
    }
    return row;
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
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const CostNode& node = tree.nodes[i];
    const Instance& instance = tree.instance(node);
    if (instance.composite != nullptr) continue;
    // The first row is the whole analysis, whatever is chosen.
    result.rows[0].times = result.rows[0].times + node.times;
    ++result.rows[0].sites;
    if (!chosen.empty() && !chosen[i]) continue;
    const auto [place, is_new] = by_name.emplace(instance.name, kernels.size());
    if (is_new) {
      kernels.push_back(node_row(tree, i, unknown));
      kernels.back().node = kNoParent;
      kernels.back().depth = 1;
      kernels.back().times = 0;
      kernels.back().sum = result.sums.size();
      result.sums.emplace_back();
    }
    Row& row = kernels[place->second];
    row.times = row.times + node.times;
    ++row.sites;
    add(&result.sums[row.sum], tree.total(node));
  }

  const Importance importance(options.sort, tree.total(tree.nodes[0]));
  std::stable_sort(kernels.begin(), kernels.end(), [&](const Row& a, const Row& b) {
    const double x = importance(result.sums[a.sum]), y = importance(result.sums[b.sum]);
    return x != y ? x > y : a.kernel_name < b.kernel_name;
  });
  if (options.rows != 0 && kernels.size() > options.rows + 1) {
    Row others;
    others.depth = 1;
    others.times = 0;
    others.sum = result.sums.size();
    result.sums.emplace_back();
    for (std::size_t i = options.rows; i < kernels.size(); ++i) {
      ++others.folded;
      others.sites += kernels[i].sites;
      others.times = others.times + kernels[i].times;
      others.at_least = others.at_least || kernels[i].at_least;
      add(&result.sums[others.sum], result.sums[kernels[i].sum]);
    }
    kernels.resize(options.rows);
    kernels.push_back(others);
  }
  result.rows.insert(result.rows.end(), kernels.begin(), kernels.end());
  return result;
}

}  // namespace

std::string_view name_of(View view) {
  return view == View::kTree ? "tree" : view == View::kKernels ? "kernels" : "roles";
}

std::optional<View> view_named(std::string_view name) {
  for (const View view : {View::kTree, View::kKernels, View::kRoles})
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
  if (tree.plan->unknown.empty()) return {};
  std::vector<bool> unknown(tree.nodes.size());
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    const CostNode& node = tree.nodes[i];
    if (tree.instance(node).is_unknown()) unknown[i] = true;
    if (unknown[i] && node.parent != kNoParent) unknown[node.parent] = true;
  }
  // Deeper rows of a truncated tree are missing; what they would say is not known either.
  if (tree.truncated) std::fill(unknown.begin(), unknown.end(), true);
  return unknown;
}

Rows make_rows(const CostTree& tree, const RowOptions& options) {
  if (options.view == View::kKernels) return kernel_rows(tree, options);
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

}  // namespace lmhost

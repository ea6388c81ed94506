#include "report/comparison_rows.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr double kShare = 0.01;  // of the largest change: smaller composites are not opened

// The rows of one pair by node: siblings by how much they change.
class NodeRows {
 public:
  NodeRows(const Comparison& comparison, const Column& metric, const ComparisonOptions& options,
           const TextStyle& style)
      : comparison_(comparison),
        metric_(metric),
        options_(options),
        style_(style),
        children_(comparison.nodes.size()) {
    for (std::uint32_t i = 0; i < comparison.nodes.size(); ++i) {
      const ComparedNode& node = comparison.nodes[i];
      base_.push_back(metric.value(comparison.base_costs(node)));
      now_.push_back(metric.value(comparison.now_costs(node)));
      const double size = std::fabs(now_.back().to_double() - base_.back().to_double());
      sizes_.push_back(std::isfinite(size) ? size : 0);
      largest_ = std::max(largest_, sizes_.back());
      if (node.parent != 0xFFFFFFFF) children_[node.parent].push_back(i);
    }
  }

  Table make() {
    add(0, 0);
    const std::vector<std::string> guides = tree_guides(depths_, style_);
    Table table({{"MODULE", true}, {"BASE"}, {"NEW"}, {"DELTA"}, {"%"}, {"", true, Ink::kDim}});
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i][0] = guides[i] + rows_[i][0];
      table.add(std::move(rows_[i]));
    }
    return table;
  }

 private:
  // Of the tree a node, then its children; a stack of its own, since graphs are deep as they like.
  void add(std::uint32_t root, std::uint32_t depth) {
    struct Item {
      std::uint32_t node, depth;
      std::size_t unchanged, others;  // folded rows instead of a node
    };
    std::vector<Item> pending = {{root, depth, 0, 0}};
    while (!pending.empty()) {
      const Item item = pending.back();
      pending.pop_back();
      if (item.unchanged + item.others != 0) {
        add_folded(item.depth, item.unchanged, item.others);
        continue;
      }
      add_node(item.node, item.depth);
      if (!is_open(item.node, item.depth)) continue;
      std::vector<std::uint32_t> order = children_[item.node];
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return sizes_[a] > sizes_[b]; });
      std::vector<Item> items;
      std::size_t unchanged = 0, others = 0;
      for (const std::uint32_t child : order) {
        if (!is_told(child))
          ++unchanged;
        else if (options_.rows != 0 && items.size() >= options_.rows)
          ++others;
        else
          items.push_back({child, item.depth + 1, 0, 0});
      }
      if (items.empty()) continue;
      if (unchanged + others != 0) items.push_back({0, item.depth + 1, unchanged, others});
      pending.insert(pending.end(), items.rbegin(), items.rend());
    }
  }

  bool is_open(std::uint32_t node, std::uint32_t depth) const {
    if (options_.depth) return depth < *options_.depth;
    // What was added or removed is told by one row.
    const Change kind = comparison_.nodes[node].change;
    if (kind == Change::kAdded || kind == Change::kRemoved) return false;
    return node == 0 || sizes_[node] >= kShare * largest_;
  }

  // A row that says something: the metric changes, or the structure.
  bool is_told(std::uint32_t node) const {
    return sizes_[node] > 0 || comparison_.nodes[node].change != Change::kKept;
  }

  void add_node(std::uint32_t index, std::uint32_t depth) {
    const ComparedNode& node = comparison_.nodes[index];
    const ProfileNode& shown = comparison_.either(node);
    std::string name = shown.name;
    if (!(shown.count == Number(1)))
      name += " " + std::string(Signs(style_).times()) + to_grouped_string(shown.count);
    depths_.push_back(depth);
    const Number delta = now_[index] - base_[index];
    rows_.push_back({std::move(name), node.base ? amount_text(metric_, base_[index], style_) : "",
                     node.now ? amount_text(metric_, now_[index], style_) : "",
                     change_text(metric_, delta, style_),
                     node.base && node.now ? percent_text(base_[index], now_[index]) : "",
                     remark(node)});
  }

  void add_folded(std::uint32_t depth, std::size_t unchanged, std::size_t others) {
    std::string name;
    if (others != 0) name = "[" + std::to_string(others) + " others]";
    if (unchanged != 0)
      name += (name.empty() ? "[" : " [") + std::to_string(unchanged) + " unchanged]";
    depths_.push_back(depth);
    rows_.push_back({std::move(name), "", "", "", "", ""});
  }

  std::string remark(const ComparedNode& node) const {
    if (node.change == Change::kAdded) return "added";
    if (node.change == Change::kRemoved) return "removed";
    const ProfileNode& base = comparison_.base->nodes[*node.base];
    const ProfileNode& now = comparison_.now->nodes[*node.now];
    std::string text;
    if (node.change == Change::kRenamed) text = base.name;
    if (!(base.count == now.count)) {
      if (!text.empty()) text += " ";
      text += std::string(Signs(style_).times()) + to_grouped_string(base.count);
    }
    if (base.kernel != now.kernel && !base.is_composite && !now.is_composite) {
      if (!text.empty()) text += ", ";
      text += base.kernel;
    }
    return text.empty() ? "" : "was " + text;
  }

  const Comparison& comparison_;
  const Column& metric_;
  const ComparisonOptions& options_;
  const TextStyle& style_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::vector<Number> base_, now_;
  std::vector<double> sizes_;  // of the change
  double largest_ = 0;
  std::vector<std::uint32_t> depths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

std::string amount_text(const Column& column, const Number& value, const TextStyle& style) {
  if (value.is_error()) return "-";
  if (column.kind == ColumnKind::kRatio) return format_fixed(value.to_double(), 2);
  if (style.exact) return to_grouped_string(value);
  if (value.is_zero()) return "0";
  switch (column.kind) {
    case ColumnKind::kBytes:
      return format_bytes(value);
    case ColumnKind::kCapacity:
      return format_capacity(value);
    case ColumnKind::kCount:
      return format_parameters(value);
    default:
      return format_count(value);
  }
}

std::string change_text(const Column& column, const Number& delta, const TextStyle& style) {
  if (delta.is_error()) return "-";
  if (delta.is_zero()) return "0";
  const bool is_negative = delta.is_negative();
  return (is_negative ? "-" : "+") + amount_text(column, is_negative ? -delta : delta, style);
}

std::string percent_text(double base, double now) {
  if (base == now) return "";
  if (base == 0) return "new";
  const double percent = 100 * (now - base) / base;
  const std::string text = format_fixed(percent, 1);
  return (percent < 0 ? text : "+" + text) + " %";
}
std::string percent_text(const Number& base, const Number& now) {
  if (base.is_error() || now.is_error()) return "";
  return percent_text(base.to_double(), now.to_double());
}

Table node_rows(const Comparison& comparison, const Column& metric,
                const ComparisonOptions& options, const TextStyle& style) {
  return NodeRows(comparison, metric, options, style).make();
}

}  // namespace lmhost

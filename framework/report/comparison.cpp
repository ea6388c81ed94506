#include "report/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "report/summary.hpp"
#include "report/table.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kWidestLabel = 28;
constexpr double kShare = 0.01;  // of the largest change: smaller composites are not opened

// A row of totals: a column of reports as people call it.
struct TotalRow {
  std::string_view key;
  std::string_view label;
};
constexpr TotalRow kTotals[] = {
    {"parameters", "parameters"},
    {"flops", "FLOP"},
    {"matmul_flops", "  matmul"},
    {"useful_flops", "  useful"},
    {"bytes_read", "bytes read"},
    {"bytes_read_weight", "  weights"},
    {"bytes_read_activation", "  activations"},
    {"bytes_read_kv_cache", "  KV cache"},
    {"bytes_written", "bytes written"},
    {"intermediate_bytes", "intermediates"},
    {"stored_bytes", "stored"},
    {"stored_bytes_weight", "  weights"},
    {"stored_bytes_kv_cache", "  KV cache"},
    {"intensity", "FLOP/B"},
};

std::string amount(const Column& column, const Number& value, const TextStyle& style) {
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

std::string change(const Column& column, const Number& delta, const TextStyle& style) {
  if (delta.is_error()) return "-";
  if (delta.is_zero()) return "0";
  const bool is_negative = delta.is_negative();
  return (is_negative ? "-" : "+") + amount(column, is_negative ? -delta : delta, style);
}

// Of two ratios in double: their common denominator need not fit.
Number difference_of(const Column& metric, const Costs& base, const Costs& now) {
  const Number old = metric.value(base), young = metric.value(now);
  if (metric.kind != ColumnKind::kRatio || old.is_error() || young.is_error()) return young - old;
  return Number::inexact(young.to_double() - old.to_double());
}

// "+19.2 %"; "new" from nothing, "" where nothing changes.
std::string percentage(double base, double now) {
  if (base == now) return "";
  if (base == 0) return "new";
  const double percent = 100 * (now - base) / base;
  const std::string text = format_fixed(percent, 1);
  return (percent < 0 ? text : "+" + text) + " %";
}
std::string percentage(const Number& base, const Number& now) {
  if (base.is_error() || now.is_error()) return "";
  return percentage(base.to_double(), now.to_double());
}

std::string heading(const Profile& profile, const TextStyle& style) {
  const std::string dot(Signs(style).dot());
  std::string text = painted(profile.root, Ink::kBold, style);
  if (profile.label != profile.root) text += " (" + profile.label + ")";
  text += dot + profile.phase + dot;
  text += workload_text(profile.point, profile.prompt_tokens, profile.generated_tokens, style);
  text += dot + bits_text(profile.point) + dot + "mode " + profile.mode;
  if (profile.conventions != "lmhost") text += dot + "constants " + profile.conventions;
  if (profile.is_lower_bound) text += dot + std::string(Signs(style).at_least()) + " a lower bound";
  return text + "\n";
}

std::string short_label(const Profile& profile, const TextStyle& style) {
  return cut_left(profile.label, kWidestLabel, style);
}

std::string headings(const ComparisonReport& report, const TextStyle& style) {
  std::string text;
  const auto add = [&](std::string_view name, const std::vector<Profile>& profiles) {
    for (const Profile& profile : profiles) {
      text += painted(name, Ink::kDim, style) + std::string(6 - name.size(), ' ');
      text += heading(profile, style);
    }
  };
  add("BASE", report.bases);
  add(report.bases.empty() ? "" : "NEW", report.news);
  return text;
}

// One metric of every profile, in the order of the columns: bases, then new ones.
struct TotalValues {
  std::vector<double> values;
  std::vector<std::string> texts;
  std::vector<std::string> changes;  // of the first new one, where there is one pair
  bool more_is_better = false;
};

double best_of(const TotalValues& row) {
  double best = 0;
  for (const double value : row.values)
    if (value > 0 && (best == 0 || (value > best) == row.more_is_better)) best = value;
  return best;
}

// How many times worse than the best: 1.00 is the best.
std::string relative(const TotalValues& row, double value) {
  const double best = best_of(row);
  if (best <= 0 || value <= 0) return "";
  return format_fixed(row.more_is_better ? best / value : value / best, 2);
}

class TotalsTable {
 public:
  TotalsTable(const ComparisonReport& report, const TextStyle& style)
      : report_(report), style_(style) {
    for (const Profile& profile : report.bases) sides_.push_back(&profile);
    for (const Profile& profile : report.news) sides_.push_back(&profile);
  }

  Table make() {
    Table table(headers());
    for (const TotalRow& row : kTotals) {
      const Column& metric = column(row.key);
      TotalValues values;
      bool is_zero = true;
      for (const Profile* side : sides_) {
        const Number value = metric.value(side->totals());
        is_zero = is_zero && (value.is_error() || value.is_zero());
        values.values.push_back(value.is_error() ? 0 : value.to_double());
        values.texts.push_back(amount(metric, value, style_));
      }
      if (is_zero) continue;
      if (is_single())
        values.changes.push_back(change(
            metric, difference_of(metric, sides_[0]->totals(), sides_[1]->totals()), style_));
      values.more_is_better = metric.kind == ColumnKind::kRatio;
      table.add(cells(row.label, values));
    }
    add_device_rows(&table);
    return table;
  }

 private:
  bool is_single() const { return report_.bases.size() == 1 && report_.news.size() == 1; }
  bool is_paired() const { return report_.bases.size() > 1; }

  std::vector<TableColumn> headers() const {
    std::vector<TableColumn> headers = {{"TOTAL", true}};
    if (is_single()) return {{"TOTAL", true}, {"BASE"}, {"NEW"}, {"DELTA"}, {"%"}};
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      headers.push_back({short_label(*sides_[i], style_)});
      if (report_.bases.empty())
        headers.push_back({"BEST=1"});
      else if (i >= report_.bases.size())
        headers.push_back({"%"});
    }
    return headers;
  }

  std::vector<std::string> cells(std::string_view label, const TotalValues& row) const {
    std::vector<std::string> cells = {std::string(label)};
    if (is_single()) {
      cells.insert(cells.end(), {row.texts[0], row.texts[1], row.changes[0],
                                 percentage(row.values[0], row.values[1])});
      return cells;
    }
    const std::size_t bases = report_.bases.size();
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      cells.push_back(row.texts[i]);
      if (bases == 0)
        cells.push_back(relative(row, row.values[i]));
      else if (i >= bases)
        cells.push_back(percentage(row.values[is_paired() ? i - bases : 0], row.values[i]));
    }
    return cells;
  }

  void add_device_rows(Table* table) const {
    const bool is_timed = std::all_of(sides_.begin(), sides_.end(), [](const Profile* side) {
      return side->seconds && *side->seconds > 0;
    });
    if (!is_timed) return;
    const std::string least = style_.unicode ? "≥ " : ">= ", most = style_.unicode ? "≤ " : "<= ";
    TotalValues time, rate;
    rate.more_is_better = true;
    for (const Profile* side : sides_) {
      time.values.push_back(*side->seconds);
      time.texts.push_back(least + format_fixed(*side->seconds * 1e3, 3) + " ms");
      rate.values.push_back(side->tokens.value_or(0) / *side->seconds);
      rate.texts.push_back(most + format_fixed(rate.values.back(), 1));
    }
    const auto difference = [&](const TotalValues& row, double scale, int decimals) {
      const double delta = (row.values[1] - row.values[0]) * scale;
      return (delta < 0 ? "" : "+") + format_fixed(delta, decimals);
    };
    if (is_single()) {
      time.changes.push_back(difference(time, 1e3, 3) + " ms");
      rate.changes.push_back(difference(rate, 1, 1));
    }
    table->add(cells("time bound", time));
    table->add(cells("tok/s bound", rate));
  }

  const ComparisonReport& report_;
  const TextStyle& style_;
  std::vector<const Profile*> sides_;
};

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
    rows_.push_back(
        {std::move(name), node.base ? amount(metric_, base_[index], style_) : "",
         node.now ? amount(metric_, now_[index], style_) : "", change(metric_, delta, style_),
         node.base && node.now ? percentage(base_[index], now_[index]) : "", remark(node)});
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

std::string pair_title(const ComparisonReport& report, std::size_t pair, const Column& metric,
                       const TextStyle& style) {
  std::string title = std::string(metric.key) + " by module, largest change first";
  if (report.pairs.size() > 1)
    title =
        report.pairs[pair].now->label + " against " + report.pairs[pair].base->label + ": " + title;
  return painted(title, Ink::kBold, style);
}

std::string verdict_lines(const ComparisonReport& report) {
  std::string text;
  for (const Verdict& verdict : report.verdicts) {
    text += std::string(verdict.is_met ? "FAIL       " : "pass       ") + verdict.condition + "   ";
    if (report.pairs.size() > 1) text += report.pairs[verdict.pair].now->label + ": ";
    if (verdict.measured.is_error())
      text += "from 0 to " + to_grouped_string(verdict.now);
    else if (verdict.is_percent)
      text += format_fixed(verdict.measured.to_double(), 4) + " %";
    else
      text += to_grouped_string(verdict.measured);
    text += "\n";
  }
  return text;
}

}  // namespace

const Column& metric_of(const ComparisonReport& report, const ComparisonOptions& options) {
  if (options.metric != nullptr) return *options.metric;
  return column(report.news.front().phase == "decode" ? "bytes_read" : "flops");
}

std::string write_comparison(const ComparisonReport& report, const ComparisonOptions& options,
                             const TextStyle& style) {
  std::string text = headings(report, style) + "\n" + TotalsTable(report, style).make().text(style);
  const Column& metric = metric_of(report, options);
  for (std::size_t i = 0; i < report.pairs.size(); ++i) {
    text += "\n" + pair_title(report, i, metric, style) + "\n";
    text += NodeRows(report.pairs[i], metric, options, style).make().text(style);
  }
  if (!report.verdicts.empty()) text += "\n" + verdict_lines(report);
  return text;
}

std::string write_comparison_markdown(const ComparisonReport& report,
                                      const ComparisonOptions& options, const TextStyle& style) {
  TextStyle plain = style;
  plain.colour = false;
  std::string text;
  std::string_view lines;
  const std::string head = headings(report, plain);
  for (lines = head; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1))
    text += "- " + std::string(lines.substr(0, lines.find('\n') + 1));
  text += "\n" + TotalsTable(report, plain).make().markdown();
  const Column& metric = metric_of(report, options);
  for (std::size_t i = 0; i < report.pairs.size(); ++i) {
    text += "\n" + pair_title(report, i, metric, plain) + "\n\n";
    text += NodeRows(report.pairs[i], metric, options, plain).make().markdown();
  }
  const std::string verdicts = verdict_lines(report);
  if (!verdicts.empty()) text += "\n```\n" + verdicts + "```\n";
  return text;
}

}  // namespace lmhost

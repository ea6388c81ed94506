#include "report/comparison.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "report/comparison_rows.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kWidestLabel = 28;

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

// Of two ratios in double: their common denominator need not fit.
Number difference_of(const Column& metric, const Costs& base, const Costs& now) {
  const Number old = metric.value(base), young = metric.value(now);
  if (metric.kind != ColumnKind::kRatio || old.is_error() || young.is_error()) return young - old;
  return Number::inexact(young.to_double() - old.to_double());
}

Text heading(const Profile& profile, const TextStyle& style) {
  const std::string dot(Signs(style).dot());
  Text text = painted(profile.root, Ink::kBold, style);
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

Text headings(const ComparisonReport& report, const TextStyle& style) {
  Text text;
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
        values.texts.push_back(amount_text(metric, value, style_));
      }
      if (is_zero) continue;
      if (is_single())
        values.changes.push_back(change_text(
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
                                 percent_text(row.values[0], row.values[1])});
      return cells;
    }
    const std::size_t bases = report_.bases.size();
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      cells.push_back(row.texts[i]);
      if (bases == 0)
        cells.push_back(relative(row, row.values[i]));
      else if (i >= bases)
        cells.push_back(percent_text(row.values[is_paired() ? i - bases : 0], row.values[i]));
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

Text pair_title(const ComparisonReport& report, std::size_t pair, const Column& metric,
                const TextStyle& style) {
  std::string title = std::string(metric.key) + " by module, largest change first";
  if (report.pairs.size() > 1)
    title =
        report.pairs[pair].now->label + " against " + report.pairs[pair].base->label + ": " + title;
  return painted(title, Ink::kBold, style);
}

Text verdict_lines(const ComparisonReport& report) {
  Text text;
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

Text write_comparison(const ComparisonReport& report, const ComparisonOptions& options,
                      const TextStyle& style) {
  Text text = headings(report, style) + "\n" + TotalsTable(report, style).make().text(style);
  const Column& metric = metric_of(report, options);
  for (std::size_t i = 0; i < report.pairs.size(); ++i) {
    text += Text("\n") + pair_title(report, i, metric, style) + "\n";
    text += node_rows(report.pairs[i], metric, options, style).text(style);
  }
  if (!report.verdicts.empty()) text += Text("\n") + verdict_lines(report);
  return text;
}

MarkdownText write_comparison_markdown(const ComparisonReport& report,
                                       const ComparisonOptions& options, const TextStyle& style) {
  TextStyle plain = style;
  plain.colour = false;
  MarkdownText text;
  const Text head = headings(report, plain);
  for (std::string_view lines = head.str(); !lines.empty();
       lines.remove_prefix(lines.find('\n') + 1))
    text += "- " + MarkdownText(lines.substr(0, lines.find('\n'))) + "\n";
  text += "\n" + TotalsTable(report, plain).make().markdown();
  const Column& metric = metric_of(report, options);
  for (std::size_t i = 0; i < report.pairs.size(); ++i) {
    text += "\n" + MarkdownText(pair_title(report, i, metric, plain).str()) + "\n\n";
    text += node_rows(report.pairs[i], metric, options, plain).markdown();
  }
  // In a block of code nothing is markup, and no line of it begins with the fence.
  const Text verdicts = verdict_lines(report);
  if (!verdicts.empty()) text += "\n```\n" + MarkdownText::of_spelled(verdicts.str()) + "```\n";
  return text;
}

}  // namespace lmhost

#include "report/table.hpp"

#include <algorithm>

#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMinimumLabel = 22;
constexpr std::size_t kWidestBar = 20;
constexpr std::size_t kNarrowestBar = 4;

// The metric that percentages and bars are shares of. A ratio has no shares.
const Column& share_metric(const RowOptions& options) {
  const bool has_shares = options.sort != nullptr && options.sort->kind != ColumnKind::kRatio;
  return has_shares ? *options.sort : column(options.device != nullptr ? "time_bound_s" : "flops");
}

std::string cell_text(const Column& column, const Row& row, const Costs& costs, const Bound& bound,
                      const Number& part, const Number& whole, const TextStyle& style) {
  if (column.key == "percent") return format_percent(part, whole);
  if (column.key == "calls") return to_grouped_string(row.times);
  if (column.kind == ColumnKind::kText) return std::string();
  if (column.kind == ColumnKind::kRatio)
    return format_intensity(costs[Quantity::kFlops], costs.bytes_read() + costs.bytes_written());
  if (column.kind == ColumnKind::kLimit) return std::string(name_of(bound.limit()));
  if (column.kind == ColumnKind::kTime)
    return style.exact ? to_string(column.bound_value(bound)) : format_seconds(bound.seconds);
  const Number value = column.value(costs);
  std::string text = row.at_least ? std::string(Signs(style).at_least()) : std::string();
  if (style.exact) return text + to_grouped_string(value);
  if (value.is_zero()) return text + "0";
  switch (column.kind) {
    case ColumnKind::kBytes:
      return text + format_bytes(value);
    case ColumnKind::kCapacity:
      return text + format_capacity(value);
    case ColumnKind::kCount:
      return text + format_parameters(value);
    default:
      return text + format_count(value);
  }
}

std::string kernel_text(const CostTree& tree, const Row& row, const Column& column) {
  if (column.key == "path")
    return row.node == kNoParent ? std::string() : tree.path(tree.nodes[row.node]);
  if (column.key == "kernel") return std::string(row.kernel_name);
  if (row.kernel == nullptr) return std::string();
  return tree.plan->catalog->plugin_of(*row.kernel).id;
}

std::string label_header(View view) {
  return view == View::kTree ? "MODULE" : view == View::kKernels ? "KERNEL" : "ROLE";
}

std::string percent_header(const RowOptions& options) {
  return "%" + std::string(share_metric(options).header);
}

struct RowCells {
  std::vector<std::string> guides;  // what stands before each label
  std::vector<std::string> labels;
  std::vector<std::vector<std::string>> cells;  // one row each
  std::vector<double> shares;
};

RowCells make_cells(const CostTree& tree, const RowOptions& options,
                    const std::vector<const Column*>& columns, const TextStyle& style) {
  const Rows rows = make_rows(tree, options);
  RowCells result;
  std::vector<std::uint32_t> depths;
  depths.reserve(rows.rows.size());
  for (const Row& row : rows.rows) depths.push_back(row.depth);
  result.guides = options.view == View::kTree ? tree_guides(depths, style)
                                              : std::vector<std::string>(depths.size());
  const Column& metric = share_metric(options);
  const Number whole = metric_value(metric, costs_of(tree, rows, rows.rows[0]),
                                    bound_of(tree, rows, rows.rows[0], options.device));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const Row& row = rows.rows[i];
    const Costs costs = costs_of(tree, rows, row);
    const Bound bound = bound_of(tree, rows, row, options.device);
    const Number part = metric_value(metric, costs, bound);
    result.labels.push_back(row_name(tree, row, style));
    result.shares.push_back(whole.to_double() > 0 ? part.to_double() / whole.to_double() : 0);
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const Column* column : columns)
      cells.push_back(column->kind == ColumnKind::kText
                          ? kernel_text(tree, row, *column)
                          : cell_text(*column, row, costs, bound, part, whole, style));
    result.cells.push_back(std::move(cells));
  }
  return result;
}

// Weights, activations, KV cache and indices: what is moved and what stays.
RowCells make_role_cells(const CostTree& tree, const TextStyle& style) {
  const Costs total = tree.total(tree.nodes[0]);
  const Number all = total.bytes_read() + total.bytes_written();
  const std::string least = tree.plan->unknown.empty() ? "" : std::string(Signs(style).at_least());
  RowCells result;
  auto amount = [&](const Number& number, bool is_capacity) {
    if (style.exact) return least + to_grouped_string(number);
    if (number.is_zero()) return least + "0";
    return least + (is_capacity ? format_capacity(number) : format_bytes(number));
  };
  auto add = [&](std::string name, const Number& read, const Number& written,
                 const Number& stored) {
    const Number moved = read + written;
    result.guides.emplace_back();
    result.labels.push_back(std::move(name));
    result.shares.push_back(all.to_double() > 0 ? moved.to_double() / all.to_double() : 0);
    result.cells.push_back({format_percent(moved, all), amount(read, false), amount(written, false),
                            amount(moved, false), amount(stored, true)});
  };
  add("all", total.bytes_read(), total.bytes_written(), total.stored_bytes());
  for (const Role role : {Role::kWeight, Role::kActivation, Role::kKvCache, Role::kIndex})
    add(std::string(name_of(role)), total[bytes_read(role)], total[bytes_written(role)],
        stored_bytes(total, role));
  return result;
}

std::vector<TableColumn> header_cells(const RowOptions& options,
                                      const std::vector<const Column*>& columns) {
  std::vector<TableColumn> headers = {{label_header(options.view), true, Ink::kPlain}};
  if (options.view == View::kRoles) {
    for (const std::string_view header : {"%BYTES", "READ", "WRITE", "BYTES", "STORED"})
      headers.push_back({std::string(header), false, Ink::kPlain});
    return headers;
  }
  for (const Column* column : columns) {
    const bool is_percent = column->key == "percent";
    headers.push_back({is_percent ? percent_header(options) : std::string(column->header),
                       column->kind == ColumnKind::kText || column->kind == ColumnKind::kLimit,
                       Ink::kPlain});
  }
  return headers;
}

RowCells cells_of(const Analysis& analysis, const RowOptions& options,
                  const std::vector<const Column*>& columns, const TextStyle& style) {
  return options.view == View::kRoles ? make_role_cells(*analysis.tree, style)
                                      : make_cells(*analysis.tree, options, columns, style);
}

// Of a column with the blanks before it.
std::size_t usual_width(const Column& column) {
  switch (column.kind) {
    case ColumnKind::kPercent:
      return 7;
    case ColumnKind::kRatio:
    case ColumnKind::kCount:
      return 8;
    case ColumnKind::kFlop:
      return 10;
    case ColumnKind::kLimit:
      return 9;
    default:
      return 11;
  }
}

// A name that is too long loses its beginning, its place in the tree stays to be seen.
std::string cut_label(const std::string& guide, const std::string& label, std::size_t width,
                      const TextStyle& style) {
  constexpr std::size_t kLeastName = 8;
  const std::size_t taken = display_width(guide);
  if (taken + kLeastName > width) return cut_left(guide + label, width, style);
  return guide + cut_left(label, width - taken, style);
}

// A backslash before the end of a line is Markdown's visible line break.
void add_lines(const Text& lines, MarkdownText* text) {
  std::string_view rest = lines.str();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    *text += rest.substr(0, end);
    *text += rest.size() > end + 1 ? MarkdownText("\\\n") : MarkdownText("\n");
    rest.remove_prefix(end + 1);
  }
}

CsvText csv_roles(const CostTree& tree) {
  CsvText text = "role,bytes_read,bytes_written,stored_bytes\n";
  const Costs total = tree.total(tree.nodes[0]);
  for (const Role role : {Role::kWeight, Role::kActivation, Role::kKvCache, Role::kIndex})
    text += CsvText(name_of(role)) + "," + exact_text(total[bytes_read(role)]) + "," +
            exact_text(total[bytes_written(role)]) + "," + exact_text(stored_bytes(total, role)) +
            "\n";
  return text;
}

}  // namespace

std::vector<const Column*> default_columns(View view, const CostTree& tree, const TextStyle& style,
                                           bool has_device) {
  const std::string_view list =
      has_device && view == View::kTree
          ? "percent,time_bound_s,flops,bytes_read,bytes_written,intermediate_bytes,intensity,bound"
      : has_device ? "calls,percent,time_bound_s,flops,bytes_read,bytes_written,intermediate_bytes,"
                     "intensity,bound"
      : view == View::kTree
          ? "percent,flops,matmul_flops,bytes_read,bytes_written,"
            "intermediate_bytes,intensity"
          : "calls,percent,flops,bytes_read,bytes_written,intermediate_bytes,intensity";
  std::vector<const Column*> columns = parse_columns(list).value();
  if (tree.total(tree.nodes[0])[Quantity::kIntermediateBytes].is_zero())
    columns.erase(std::find(columns.begin(), columns.end(), &column("intermediate_bytes")));
  // On a narrow terminal the least important leave: a line that is broken is not read.
  for (const std::string_view key : {"matmul_flops", "intermediate_bytes", "intensity", "calls",
                                     "percent", "bytes_written", "bytes_read"}) {
    std::size_t width = kMinimumLabel;
    for (const Column* shown : columns) width += usual_width(*shown);
    if (width <= style.width) break;
    columns.erase(std::remove(columns.begin(), columns.end(), &column(key)), columns.end());
  }
  return columns;
}

std::string exact_text(const Number& number) {
  std::string text = to_string(number);
  if (text.find('/') == std::string::npos) return text;
  return to_string(Number::inexact(number.to_double()));
}

std::string row_name(const CostTree& tree, const Row& row, const TextStyle& style) {
  if (row.folded != 0) return "[" + std::to_string(row.folded) + " others]";
  if (row.node == kNoParent) return std::string(row.kernel_name);
  if (!row.sites.is_zero()) return "all kernels";
  const CostNode& node = tree.nodes[row.node];
  std::string name(tree.name(node));
  if (!(node.count == Number(1)))
    name += " " + std::string(Signs(style).times()) + to_grouped_string(node.count);
  if (tree.instance(node).is_unknown()) name += " (unknown)";
  return name;
}

Text write_table(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                 const std::vector<const Column*>& columns, const TextStyle& style) {
  const RowCells rows = cells_of(analysis, options, columns, style);
  std::vector<TableColumn> headers = header_cells(options, columns);

  // The label gives way first, then the bar fills what is left.
  std::size_t others = 0;
  for (std::size_t i = 1; i < headers.size(); ++i) {
    std::size_t widest = display_width(headers[i].header);
    for (const auto& cells : rows.cells) widest = std::max(widest, display_width(cells[i - 1]));
    others += widest + 2;
  }
  std::size_t label_width = display_width(headers[0].header);
  for (std::size_t i = 0; i < rows.labels.size(); ++i)
    label_width =
        std::max(label_width, display_width(rows.guides[i]) + display_width(rows.labels[i]));
  const std::size_t room = style.width > others ? style.width - others : 0;
  label_width = std::min(label_width, std::max(room, kMinimumLabel));
  std::size_t bar_width = room > label_width + 2 ? std::min(room - label_width - 2, kWidestBar) : 0;
  if (!style.bars || bar_width < kNarrowestBar) bar_width = 0;
  if (bar_width != 0) headers.insert(headers.begin() + 1, TableColumn{"", true, Ink::kBar});

  Table table(std::move(headers));
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    std::vector<std::string> cells = {
        cut_label(rows.guides[i], rows.labels[i], label_width, style)};
    if (bar_width != 0) cells.push_back(bar(rows.shares[i], bar_width, style));
    cells.insert(cells.end(), rows.cells[i].begin(), rows.cells[i].end());
    table.add(std::move(cells));
  }
  return heading_lines(summary, analysis, style) + "\n" + table.text(style) + "\n" +
         footer_lines(summary, analysis, style);
}

MarkdownText write_markdown(const Analysis& analysis, const Summary& summary,
                            const RowOptions& options, const std::vector<const Column*>& columns,
                            const TextStyle& style) {
  const RowCells rows = cells_of(analysis, options, columns, style);
  Table table(header_cells(options, columns));
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    std::vector<std::string> cells = {rows.guides[i] + rows.labels[i]};
    cells.insert(cells.end(), rows.cells[i].begin(), rows.cells[i].end());
    table.add(std::move(cells));
  }
  MarkdownText text;
  add_lines(heading_lines(summary, analysis, style), &text);
  text += "\n" + table.markdown() + "\n";
  add_lines(footer_lines(summary, analysis, style), &text);
  return text;
}

LatexText write_latex(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                      const std::vector<const Column*>& columns) {
  const TextStyle style;
  const RowCells rows = cells_of(analysis, options, columns, style);
  Table table(header_cells(options, columns));
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    // Guides become depth: an em dash and a bar of box characters do not join in print.
    std::vector<std::string> cells = {std::string(display_width(rows.guides[i]), ' ') +
                                      rows.labels[i]};
    cells.insert(cells.end(), rows.cells[i].begin(), rows.cells[i].end());
    table.add(std::move(cells));
  }
  LatexText text;
  const Text heading = heading_lines(summary, analysis, style);
  for (std::string_view lines = heading.str(); !lines.empty();
       lines.remove_prefix(lines.find('\n') + 1))
    text += "% " + LatexText::of_spelled(std::string(lines.substr(0, lines.find('\n')))) + "\n";
  return text + table.latex();
}

CsvText write_csv(const Analysis& analysis, const RowOptions& options,
                  const std::vector<const Column*>& columns) {
  const CostTree& tree = *analysis.tree;
  if (options.view == View::kRoles) return csv_roles(tree);
  const Rows rows = make_rows(tree, options);
  const bool is_tree = options.view == View::kTree;
  std::vector<const Column*> shown = columns;
  if (shown.empty())
    for (const Column& column : all_columns())
      if ((column.is_cost() && column.kind != ColumnKind::kRatio && column.key != "bytes_moved") ||
          (column.needs_device() && options.device != nullptr))
        shown.push_back(&column);

  CsvText text =
      is_tree ? CsvText("path,depth,kernel,plugin,calls") : CsvText("kernel,plugin,sites,calls");
  for (const Column* column : shown)
    if (column->is_cost() || column->needs_device()) text += CsvText(",") + column->key;
  text += "\n";
  for (std::size_t i = is_tree ? 0 : 1; i < rows.rows.size(); ++i) {
    const Row& row = rows.rows[i];
    const std::string name =
        row.folded != 0 ? row_name(tree, row, {}) : std::string(row.kernel_name);
    const std::string plugin =
        row.kernel == nullptr ? "" : tree.plan->catalog->plugin_of(*row.kernel).id;
    if (is_tree) {
      const std::string path = row.node == kNoParent ? name : tree.path(tree.nodes[row.node]);
      text += CsvText(path) + "," + std::to_string(row.depth) + ",";
      if (row.folded == 0) text += row.kernel_name;
      text += CsvText(",") + plugin + ",";
    } else {
      text += CsvText(name) + "," + plugin + "," + exact_text(row.sites) + ",";
    }
    text += exact_text(row.times);
    const Costs costs = costs_of(tree, rows, row);
    const Bound bound = bound_of(tree, rows, row, options.device);
    for (const Column* column : shown) {
      if (column->kind == ColumnKind::kLimit) text += CsvText(",") + name_of(bound.limit());
      if (!column->is_cost() && column->bound_value == nullptr) continue;
      const Number value = metric_value(*column, costs, bound);
      text += ",";
      if (!value.is_error()) text += exact_text(value);
    }
    text += "\n";
  }
  return text;
}

}  // namespace lmhost

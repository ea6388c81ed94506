// Report of the public API: the tree and its printers.
#include <algorithm>

#include "aggregate/cost_tree.hpp"
#include "api/objects.hpp"
#include "load/catalog.hpp"
#include "load/plugin_fingerprint.hpp"
#include "report/explain.hpp"
#include "report/json.hpp"
#include "report/table.hpp"

namespace lmhost::v0 {
namespace {

// As `lmhost analyze` folds its table.
constexpr unsigned kTableDepth = 4;
constexpr std::size_t kTableRows = 10;
constexpr double kTableShare = 0.01;

RowOptions table_rows() {
  RowOptions options;
  options.depth = kTableDepth;
  options.rows = kTableRows;
  options.fold_below = options.close_below = kTableShare;
  return options;
}

NodeKind kind_of(const Instance& instance) {
  if (instance.composite != nullptr) return NodeKind::kComposite;
  return instance.is_unknown() ? NodeKind::kUnknown : NodeKind::kAtomic;
}

}  // namespace

Costs Report::totals() const {
  const CostTree& tree = *data_->analysis.tree;
  return tree.total(tree.nodes[0]);
}

const RuntimePoint& Report::point() const { return data_->analysis.point; }

Coverage Report::coverage() const {
  const CostTree& tree = *data_->analysis.tree;
  const Summary& summary = data_->summary;
  Coverage coverage;
  coverage.calls = summary.calls;
  coverage.sites = static_cast<std::size_t>(summary.sites.to_int64().value_or(INT64_MAX));
  for (const Kernel* kernel : summary.kernels) coverage.kernels.push_back(kernel->name);
  for (const lmhost::PluginUse& use : summary.plugins)
    coverage.plugins.push_back(
        {use.plugin->id, use.plugin->version, fingerprint_of(*use.plugin), use.kernels});
  for (const CostNode& node : tree.nodes)
    if (tree.instance(node).is_unknown()) coverage.unknown.push_back(tree.path(node));
  coverage.truncated = tree.truncated;
  return coverage;
}

std::size_t Report::size() const { return data_->analysis.tree->nodes.size(); }

ReportNode Report::node(std::size_t index) const {
  const CostTree& tree = *data_->analysis.tree;
  const CostNode& from = tree.nodes[index];
  ReportNode node;
  node.path = tree.path(from);
  node.name = tree.name(from);
  node.kernel = tree.instance(from).name;
  node.kind = kind_of(tree.instance(from));
  if (from.parent != kNoParent) node.parent = from.parent;
  node.depth = from.depth;
  node.count = from.count;
  node.times = from.times;
  node.total = tree.total(from);
  if (node.kind != NodeKind::kComposite) node.self = node.total;
  return node;
}

std::optional<std::size_t> Report::find(const std::string& path) const {
  const CostTree& tree = *data_->analysis.tree;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i)
    if (i == 0 ? path.empty() : tree.path_match(tree.nodes[i], path) == PathMatch::kWhole) return i;
  return std::nullopt;
}

std::string Report::to_json() const {
  return write_json(data_->analysis, data_->summary, data_->prefix);
}

std::string Report::to_json_lines() const { return write_json_lines(data_->analysis, {}, {}); }

std::string Report::to_csv() const { return write_csv(data_->analysis, {}, {}); }

std::string Report::to_markdown() const {
  return write_markdown(data_->analysis, data_->summary, table_rows(),
                        default_columns(View::kTree, *data_->analysis.tree), TextStyle());
}

std::string Report::to_text() const {
  return write_table(data_->analysis, data_->summary, table_rows(),
                     default_columns(View::kTree, *data_->analysis.tree), TextStyle());
}

Result<std::string> Report::explain(const std::string& path, const std::string& metric) const {
  const Column* column = nullptr;
  if (!metric.empty()) {
    const Result<const Column*> found = parse_metric(metric);
    if (!found) return found.errors();
    column = *found;
  }
  const Result<std::uint32_t> node = find_node(*data_->analysis.tree, path);
  if (!node) return node.errors();
  return write_explanation(lmhost::explain(data_->analysis, *node, column, data_->prefix),
                           data_->summary, data_->analysis, TextStyle())
      .str();
}

}  // namespace lmhost::v0

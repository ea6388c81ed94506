#include "report/exports.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "report/json_writer.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr ExportKind kKinds[] = {
    {"folded", write_folded, "stacks, a line each: flamegraph.pl, inferno, speedscope"},
    {"speedscope", write_speedscope, "https://www.speedscope.app"},
    {"pprof", write_pprof, "go tool pprof, all metrics at once"},
    {"dot", write_dot, "Graphviz"},
    {"mermaid", write_mermaid, "a flowchart for Markdown pages"},
};

// The first number of "120-125".
std::size_t first_line(std::string_view lines) {
  std::size_t line = 0;
  for (const char c : lines) {
    if (c < '0' || c > '9') break;
    line = line * 10 + static_cast<std::size_t>(c - '0');
  }
  return line;
}

// A diagram of more is not looked at: small subtrees are one node each.
constexpr double kLeastShare = 0.01;

// Which nodes a diagram shows, and how.
struct Diagram {
  struct Box {
    std::uint32_t node;
    std::string label, amount;
    double share;
  };
  std::vector<Box> boxes;
};

std::string amount_text(const Column& metric, const Number& value) {
  if (value.is_error()) return "-";
  switch (metric.kind) {
    case ColumnKind::kBytes:
      return format_bytes(value);
    case ColumnKind::kCapacity:
      return format_capacity(value);
    case ColumnKind::kRatio:
      return format_fixed(value.to_double(), 2) + " FLOP/B";
    case ColumnKind::kFlop:
      return format_flops(value);
    default:
      return format_parameters(value);
  }
}

Diagram diagram_of(const Analysis& analysis, const Column& metric) {
  const CostTree& tree = *analysis.tree;
  const double whole = metric.value(tree.total(tree.nodes[0])).to_double();
  Diagram diagram;
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const CostNode& node = tree.nodes[i];
    const Number value = metric.value(tree.total(node));
    const double share = whole > 0 && !value.is_error() ? value.to_double() / whole : 0;
    if (i != 0 && share < kLeastShare) {
      i += node.descendants;
      continue;
    }
    std::string label(tree.name(node));
    if (!(node.count == Number(1))) label += " ×" + to_grouped_string(node.count);
    diagram.boxes.push_back(
        {i, std::move(label),
         amount_text(metric, value) + ", " + format_fixed(100 * share, 1) + " %", share});
  }
  return diagram;
}

}  // namespace

std::vector<Frame> frames_of(const Analysis& analysis) {
  const CostTree& tree = *analysis.tree;
  std::vector<Frame> frames;
  frames.reserve(tree.nodes.size());
  for (const CostNode& node : tree.nodes) {
    Frame& frame = frames.emplace_back();
    frame.name = tree.name(node);
    frame.kernel = tree.instance(node).name;
    const Composite* const place = node.parent == kNoParent
                                       ? tree.instance(node).composite
                                       : tree.instance(tree.nodes[node.parent]).composite;
    if (place == nullptr || place->location.empty()) continue;
    frame.file = place->location;
    frame.start_line = first_line(place->lines);
    const Call* const call = tree.call(node);
    frame.line = call == nullptr ? frame.start_line : first_line(call->lines);
  }
  return frames;
}

std::vector<std::uint32_t> leaves_of(const Analysis& analysis) {
  std::vector<std::uint32_t> leaves;
  const std::vector<CostNode>& nodes = analysis.tree->nodes;
  for (std::uint32_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].descendants == 0) leaves.push_back(i);
  return leaves;
}

std::vector<std::uint32_t> stack_of(const Analysis& analysis, std::uint32_t node) {
  std::vector<std::uint32_t> stack;
  for (std::uint32_t at = node; at != kNoParent; at = analysis.tree->nodes[at].parent)
    stack.push_back(at);
  std::reverse(stack.begin(), stack.end());
  return stack;
}

Number rounded(const Number& value) {
  if (value.is_integer() || value.is_error()) return value;
  const Number half = Number::ratio(1, 2);
  const Number whole = value.is_negative() ? ceil(value - half) : floor(value + half);
  return whole;
}

std::string write_folded(const Analysis& analysis, const Column& metric) {
  const CostTree& tree = *analysis.tree;
  FoldedText text;
  for (const std::uint32_t leaf : leaves_of(analysis)) {
    const Number value = rounded(metric.value(tree.total(tree.nodes[leaf])));
    if (value.is_error() || value.is_zero()) continue;
    for (const std::uint32_t node : stack_of(analysis, leaf)) {
      if (node != 0) text += ";";
      text += tree.name(tree.nodes[node]);
    }
    text += " ";
    text += value.is_exact() ? to_string(value) : format_fixed(value.to_double(), 0);
    text += "\n";
  }
  return text;
}

std::string write_speedscope(const Analysis& analysis, const Column& metric) {
  const CostTree& tree = *analysis.tree;
  std::vector<const Column*> metrics = {&metric};
  for (const std::string_view key : {"flops", "matmul_flops", "bytes_read", "bytes_written"})
    if (&column(key) != &metric) metrics.push_back(&column(key));
  const std::vector<Frame> frames = frames_of(analysis);
  const std::vector<std::uint32_t> leaves = leaves_of(analysis);

  JsonWriter json;
  json.begin_object();
  json.member("$schema", "https://www.speedscope.app/file-format-schema.json");
  json.member("name", analysis.model_name);
  json.member("exporter", "lmhost " + std::string(version()));
  json.member("activeProfileIndex", std::size_t{0});
  json.line();
  json.key("shared");
  json.begin_object();
  json.key("frames");
  json.begin_array();
  for (const Frame& frame : frames) {
    json.line();
    json.begin_object();
    json.member("name", frame.name);
    if (!frame.file.empty()) json.member("file", frame.file);
    if (frame.line != 0) json.member("line", frame.line);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.line();
  json.key("profiles");
  json.begin_array();
  for (const Column* const shown : metrics) {
    Number end = 0;
    std::vector<Number> weights;
    for (const std::uint32_t leaf : leaves) {
      const Number value = shown->value(tree.total(tree.nodes[leaf]));
      weights.push_back(value.is_error() ? Number(0) : value);
      end = end + weights.back();
    }
    const bool is_bytes = shown->kind == ColumnKind::kBytes || shown->kind == ColumnKind::kCapacity;
    json.line();
    json.begin_object();
    json.member("type", "sampled");
    json.member("name", shown->key);
    json.member("unit", is_bytes ? "bytes" : "none");
    json.member("startValue", std::size_t{0});
    json.member("endValue", end);
    json.line();
    json.key("samples");
    json.begin_array();
    for (const std::uint32_t leaf : leaves) {
      json.begin_array();
      for (const std::uint32_t node : stack_of(analysis, leaf)) json.value(std::size_t{node});
      json.end_array();
    }
    json.end_array();
    json.line();
    json.key("weights");
    json.begin_array();
    for (const Number& weight : weights) json.value(weight);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

std::string write_dot(const Analysis& analysis, const Column& metric) {
  const CostTree& tree = *analysis.tree;
  DotText text = "digraph \"" + DotText(analysis.model_name) +
                 "\" {\n  rankdir=LR;\n  node [shape=box, style=filled, colorscheme=oranges9];\n";
  for (const Diagram::Box& box : diagram_of(analysis, metric).boxes) {
    const auto shade = static_cast<int>(1 + std::min(6.0, box.share * 6));
    const DotText name = "n" + DotText(std::to_string(box.node));
    text += "  " + name + " [label=\"" + box.label + "\\n" + box.amount +
            "\", fillcolor=" + std::to_string(shade) + "];\n";
    if (box.node != 0)
      text += "  n" + DotText(std::to_string(tree.nodes[box.node].parent)) + " -> " + name + ";\n";
  }
  return text + "}\n";
}

std::string write_mermaid(const Analysis& analysis, const Column& metric) {
  const CostTree& tree = *analysis.tree;
  MermaidText text = "flowchart LR\n";
  for (const Diagram::Box& box : diagram_of(analysis, metric).boxes) {
    const MermaidText name = "n" + MermaidText(std::to_string(box.node));
    text += "  " + name + "[\"" + box.label + "<br/>" + box.amount + "\"]\n";
    if (box.node != 0)
      text +=
          "  n" + MermaidText(std::to_string(tree.nodes[box.node].parent)) + " --> " + name + "\n";
  }
  return text;
}

std::span<const ExportKind> export_kinds() { return kKinds; }

Result<ExportRequest> parse_export(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view form = text.substr(0, equals);
  const std::size_t colon = form.find(':');
  const std::string_view name = form.substr(0, colon);
  ExportRequest request;
  request.metric = &column("flops");
  std::vector<std::string_view> names;
  for (const ExportKind& kind : kKinds) {
    names.push_back(kind.name);
    if (kind.name == name) request.kind = &kind;
  }
  if (request.kind == nullptr) {
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) {
      hint = "one of ";
      for (std::size_t i = 0; i < names.size(); ++i)
        hint += (i == 0 ? "" : ", ") + std::string(names[i]);
    }
    return plain_error(ErrorKind::kUsage, codes::kExport, "no export " + quoted(name), hint);
  }
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return plain_error(ErrorKind::kUsage, codes::kUsage,
                       "--export " + quoted(text) + " names no file",
                       "write --export " + std::string(form) + "=FILE, or =- for standard output");
  request.path = text.substr(equals + 1);
  if (colon == std::string_view::npos) return request;
  Result<const Column*> metric = parse_metric(form.substr(colon + 1));
  if (!metric) return std::move(metric).errors();
  if ((*metric)->kind == ColumnKind::kRatio)
    return plain_error(ErrorKind::kUsage, codes::kExport,
                       "a ratio has no shares: no export of " + quoted((*metric)->key));
  request.metric = *metric;
  return request;
}

}  // namespace lmhost

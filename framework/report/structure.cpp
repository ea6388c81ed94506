#include "report/structure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "report/written_tree.hpp"

namespace lmhost {
namespace {

constexpr InstanceIndex kNoInstance = 0xFFFFFFFF;

class StructureMaker {
 public:
  StructureMaker(const Graph& graph, const Plan* plan, const Catalog* catalog,
                 const StructureOptions& options)
      : graph_(graph), plan_(plan), catalog_(catalog), options_(options) {}

  Result<Structure> make() {
    Structure result;
    result.root = graph_.root;
    StructureNode root;
    const std::size_t dot = graph_.root.rfind('.');
    root.name = graph_.root.substr(dot == std::string_view::npos ? 0 : dot + 1);
    const Composite* composite =
        graph_.root_composite == kNoComposite ? nullptr : &graph_.composites[graph_.root_composite];
    describe_kernel(graph_.root, composite, &root);
    if (composite != nullptr) root.place = place(*composite, composite->lines);

    std::vector<Frame> pending = {
        {std::move(root), composite, plan_ == nullptr ? kNoInstance : plan_->root()}};
    double path_bytes = 0;
    while (!pending.empty()) {
      if (result.nodes.size() >= WrittenLimits::kRows ||
          path_bytes > static_cast<double>(WrittenLimits::kPathBytes))
        return too_large(result.nodes.size(), path_bytes);
      Frame frame = std::move(pending.back());
      pending.pop_back();
      const auto index = static_cast<std::int64_t>(result.nodes.size());
      result.nodes.push_back(std::move(frame.node));
      composites_.push_back(frame.composite);
      const StructureNode& node = result.nodes.back();
      if (!options_.opens_once)
        path_bytes +=
            static_cast<double>(std::max<std::size_t>(node.path.size(), node.depth * kIndentBytes));
      if (frame.composite == nullptr || (options_.depth && node.depth >= *options_.depth)) continue;
      if (plan_ == nullptr && is_own_ancestor(result, index)) continue;
      if (options_.opens_once && !opened_.insert({frame.composite, frame.instance}).second)
        continue;
      push_calls(result, index, *frame.composite, frame.instance, &pending);
    }
    return result;
  }

 private:
  struct Frame {
    StructureNode node;
    const Composite* composite;
    InstanceIndex instance;
  };

  // Of a plan the size is known without writing it out.
  Diagnostics too_large(std::size_t rows, double path_bytes) const {
    const std::string hint = "--depth N opens fewer levels; --format dot has every kernel once";
    TreeSize size = {static_cast<double>(rows) + 1, path_bytes};
    const bool is_whole = plan_ != nullptr && !options_.depth && !options_.opens_once;
    if (is_whole) {
      size = tree_size(*plan_, [&](const Edge& edge) {
        const Value* count = plan_->program.constant_value(edge.count);
        return count != nullptr && count->number.is_zero();
      });
    }
    return check_written(is_whole ? "the tree of all calls" : "this part of the tree of all calls",
                         size, hint)
        .errors();
  }

  // A cycle, which only a graph without a plan can still have, is shown once round.
  bool is_own_ancestor(const Structure& structure, std::int64_t index) const {
    const Composite* composite = composites_[static_cast<std::size_t>(index)];
    for (std::int64_t at = structure.nodes[static_cast<std::size_t>(index)].parent; at >= 0;
         at = structure.nodes[static_cast<std::size_t>(at)].parent)
      if (composites_[static_cast<std::size_t>(at)] == composite) return true;
    return false;
  }

  void push_calls(const Structure& structure, std::int64_t parent_index, const Composite& composite,
                  InstanceIndex instance, std::vector<Frame>* pending) const {
    const StructureNode& parent = structure.nodes[static_cast<std::size_t>(parent_index)];
    const CallRange range = composite.calls_in(options_.mode);
    const std::size_t first = pending->size();
    std::uint32_t edge_cursor = 0;
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const std::uint32_t call_index = range.first + i;
      const Call& call = graph_.calls[call_index];
      StructureNode node;
      node.parent = parent_index;
      node.depth = parent.depth + 1;
      node.name = call.name;
      if (!options_.opens_once)
        node.path = parent.path.empty() ? node.name : parent.path + "." + node.name;
      node.place = place(composite, call.lines);
      const Composite* called = graph_.composite_of(call);
      describe_kernel(call.kernel, called, &node);
      node.count = expression_text(call.multiplier);
      node.when = expression_text(call.when);

      InstanceIndex child = kNoInstance;
      if (plan_ != nullptr && instance != kNoInstance) {
        const Edge* edge = find_edge(plan_->instances[instance], call_index, &edge_cursor);
        if (edge == nullptr) continue;
        child = edge->child;
        if (const Value* count = plan_->program.constant_value(edge->count); count != nullptr) {
          if (count->number.is_zero()) continue;
          node.count = to_string(count->number);
          node.when.clear();
        }
      }
      if (node.count == "1") node.count.clear();
      pending->push_back({std::move(node), called, child});
    }
    std::reverse(pending->begin() + static_cast<std::ptrdiff_t>(first), pending->end());
  }

  // Edges stand in the order of their calls, so each search goes on where the last one ended.
  const Edge* find_edge(const Instance& instance, std::uint32_t call, std::uint32_t* cursor) const {
    const Edge* edges = plan_->edges.data() + instance.edges.first;
    while (*cursor < instance.edges.count && edges[*cursor].call < call) ++*cursor;
    return *cursor < instance.edges.count && edges[*cursor].call == call ? &edges[*cursor]
                                                                         : nullptr;
  }

  void describe_kernel(std::string_view name, const Composite* composite,
                       StructureNode* node) const {
    node->kernel = name;
    if (composite != nullptr) {
      node->type = "composite";
      return;
    }
    const Kernel* kernel = catalog_ == nullptr ? nullptr : catalog_->find(name);
    node->type = kernel == nullptr ? "unknown" : "atomic";
    if (kernel != nullptr) node->plugin = catalog_->plugin_of(*kernel).id;
    const NameConflict* conflict = catalog_ == nullptr ? nullptr : catalog_->conflict(name);
    if (conflict == nullptr) return;
    node->type = "ambiguous";
    for (const Kernel* rival : conflict->kernels)
      node->plugin += (node->plugin.empty() ? "" : ", ") + catalog_->plugin_of(*rival).id;
  }

  std::string expression_text(ExpressionIndex index) const {
    return index == kNoExpression ? std::string() : graph_.expressions[index].text;
  }

  static std::string place(const Composite& composite, std::string_view lines) {
    if (composite.location.empty()) return "";
    return std::string(composite.location) + (lines.empty() ? "" : ":" + std::string(lines));
  }

  const Graph& graph_;
  const Plan* plan_;
  const Catalog* catalog_;
  const StructureOptions& options_;
  std::vector<const Composite*> composites_;  // beside the nodes
  std::set<std::pair<const Composite*, InstanceIndex>> opened_;
};

DotText dot_text(const std::string& name) { return "\"" + DotText(name) + "\""; }

}  // namespace

Result<Structure> make_structure(const Graph& graph, const Plan* plan, const Catalog* catalog,
                                 const StructureOptions& options) {
  return StructureMaker(graph, plan, catalog, options).make();
}

Text write_structure(const Structure& structure, const TextStyle& style) {
  std::vector<std::uint32_t> depths;
  for (const StructureNode& node : structure.nodes) depths.push_back(node.depth);
  const std::vector<std::string> guides = tree_guides(depths, style);
  Table table({{"CALL", true, Ink::kPlain},
               {"KERNEL", true, Ink::kPlain},
               {"PLUGIN", true, Ink::kPlain},
               {"SOURCE", true, Ink::kDim},
               {"", true, Ink::kDim}});
  for (std::size_t i = 0; i < structure.nodes.size(); ++i) {
    const StructureNode& node = structure.nodes[i];
    std::string name = guides[i] + node.name;
    if (!node.count.empty()) name += " " + std::string(Signs(style).times()) + node.count;
    table.add({name, node.kernel,
               node.type == "unknown"     ? "(unknown)"
               : node.type == "ambiguous" ? "(ambiguous: " + node.plugin + ")"
                                          : node.plugin,
               node.place, node.when.empty() ? std::string() : "if " + node.when});
  }
  return table.text(style);
}

DotText write_structure_dot(const Structure& structure, const TextStyle& style) {
  std::map<std::string, std::string> shapes;
  std::vector<std::string> order;
  std::set<std::string> edges_seen;
  DotText edges;
  for (const StructureNode& node : structure.nodes) {
    const char* shape = node.type == "composite" ? "box"
                        : node.type == "atomic"  ? "ellipse"
                                                 : "octagon";
    if (shapes.emplace(node.kernel, shape).second) order.push_back(node.kernel);
    if (node.parent < 0) continue;
    std::string label = node.name;
    if (!node.count.empty()) label += " " + std::string(Signs(style).times()) + node.count;
    if (!node.when.empty()) label += " if " + node.when;
    const DotText edge = "  " +
                         dot_text(structure.nodes[static_cast<std::size_t>(node.parent)].kernel) +
                         " -> " + dot_text(node.kernel) + " [label=" + dot_text(label) + "];\n";
    if (edges_seen.insert(edge.str()).second) edges += edge;
  }
  DotText text =
      "digraph " + dot_text(structure.root) + " {\n  rankdir=LR;\n  node [shape=ellipse];\n";
  for (const std::string& kernel : order)
    text += "  " + dot_text(kernel) + " [shape=" + shapes[kernel] + "];\n";
  return text + edges + "}\n";
}

// As the DOT: a node for each distinct kernel.
MermaidText write_structure_mermaid(const Structure& structure) {
  const auto label = [](const std::string& text) { return "\"" + MermaidText(text) + "\""; };
  std::map<std::string, MermaidText> names;
  std::set<std::string> edges_seen;
  MermaidText nodes, edges;
  for (const StructureNode& node : structure.nodes) {
    const auto [slot, is_new] =
        names.emplace(node.kernel, "k" + MermaidText(std::to_string(names.size())));
    const bool is_composite = node.type == "composite";
    if (is_new)
      nodes += "  " + slot->second + (is_composite ? MermaidText("[") : MermaidText("([")) +
               label(node.kernel) + (is_composite ? MermaidText("]\n") : MermaidText("])\n"));
    if (node.parent < 0) continue;
    std::string call = node.name;
    if (!node.count.empty()) call += " ×" + node.count;
    if (!node.when.empty()) call += " if " + node.when;
    const MermaidText edge = "  " +
                             names[structure.nodes[static_cast<std::size_t>(node.parent)].kernel] +
                             " -->|" + label(call) + "| " + slot->second + "\n";
    if (edges_seen.insert(edge.str()).second) edges += edge;
  }
  return "flowchart LR\n" + nodes + edges;
}

}  // namespace lmhost

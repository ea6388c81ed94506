// What the decoders of several files share: the root of what they made, and equal texts.
#include <algorithm>
#include <string>
#include <vector>

#include "base/codes.hpp"
#include "load/formats/decoders.hpp"

namespace lmhost {
namespace {

std::string listed(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + std::string(names[i]);
  return names.size() > kShown ? text + ", ..." : text;
}

// The composites that no other calls; all of them when each is called, in a cycle.
std::vector<std::uint32_t> uncalled(const Graph& graph) {
  std::vector<bool> is_called(graph.composites.size(), false);
  for (std::uint32_t i = 0; i < graph.composites.size(); ++i) {
    const CallRange calls = graph.composites[i].calls;
    for (std::uint32_t call = calls.first; call < calls.first + calls.count; ++call)
      if (const std::uint32_t target = graph.calls[call].composite;
          target != kNoComposite && target != i)
        is_called[target] = true;
  }
  std::vector<std::uint32_t> roots;
  for (std::uint32_t i = 0; i < is_called.size(); ++i)
    if (!is_called[i]) roots.push_back(i);
  return roots;
}

}  // namespace

void choose_root(std::string_view root, GraphBuilder* builder) {
  Graph& graph = builder->graph;
  const auto take = [&](std::uint32_t index) {
    graph.root_composite = index;
    graph.root = graph.composites[index].name;
    graph.root_offset = graph.composites[index].offset;
  };
  if (!root.empty() && root != kAnyRoot) {
    if (const auto at = graph.composite_by_name.find(root); at != graph.composite_by_name.end())
      return take(at->second);
    std::vector<std::string_view> names;
    for (const Composite& composite : graph.composites) names.push_back(composite.name);
    return builder->fail(
        plain_error(ErrorKind::kUsage, codes::kUsage,
                    "--root " + quoted(root) + " is no composite of " + quoted(graph.source->name),
                    did_you_mean(root, names)));
  }
  const std::vector<std::uint32_t> roots = uncalled(graph);
  // Composites that all call each other: the cycle is reported, whichever is the root.
  if (roots.empty()) return take(0);
  if (root == kAnyRoot) builder->keeps_all_notes = true;
  if (roots.size() == 1 || root == kAnyRoot) return take(roots.front());
  std::vector<std::string_view> names;
  for (const std::uint32_t index : roots) names.push_back(graph.composites[index].name);
  builder->fail(error_at(*graph.source, graph.composites[roots.front()].offset, 1, codes::kNotSaid,
                         std::to_string(roots.size()) +
                             " composites are called by no other, and nothing says which is the "
                             "model: " +
                             listed(names),
                         "--root NAME chooses one"));
}

bool is_same_json(JsonValue a, JsonValue b) {
  std::vector<std::pair<JsonValue, JsonValue>> open = {{a, b}};
  while (!open.empty()) {
    const auto [x, y] = open.back();
    open.pop_back();
    if (x.kind() != y.kind() || x.size() != y.size()) return false;
    if (x.is(JsonKind::kArray)) {
      auto at = y.elements().begin();
      for (const JsonValue element : x.elements()) {
        open.emplace_back(element, *at);
        ++at;
      }
    } else if (x.is(JsonKind::kObject)) {
      auto at = y.members().begin();
      for (const JsonMember member : x.members()) {
        if (member.key() != (*at).key()) return false;
        open.emplace_back(member.value, (*at).value);
        ++at;
      }
    } else if (x.is(JsonKind::kString) ? x.string() != y.string() : x.text() != y.text()) {
      return false;
    }
  }
  return true;
}

}  // namespace lmhost

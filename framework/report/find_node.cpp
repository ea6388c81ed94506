// Which node of a tree a path means.
#include <algorithm>
#include <cctype>
#include <set>

#include "base/codes.hpp"
#include "report/explain.hpp"
#include "report/written_tree.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kCandidatesShown = 12;

// The last `parts` parts of a node's path.
std::string tail(const CostTree& tree, const CostNode& node, long parts) {
  std::string text;
  const CostNode* at = &node;
  for (long i = 0; i < parts && at->parent != kNoParent; ++i, at = &tree.nodes[at->parent])
    text = std::string(tree.name(*at)) + (i == 0 ? "" : "." + text);
  return text;
}

std::string path_list(const CostTree& tree, const std::vector<std::uint32_t>& nodes) {
  std::string list;
  for (std::size_t i = 0; i < nodes.size() && i < kCandidatesShown; ++i)
    list += (i == 0 ? "" : ", ") + tree.path(tree.nodes[nodes[i]]);
  return nodes.size() > kCandidatesShown ? list + ", ..." : list;
}

// The nodes with that text in their own name, or in that of their kernel.
std::vector<std::uint32_t> nodes_about(const CostTree& tree, std::string_view text) {
  const auto has_text = [&](std::string_view name) {
    return std::search(name.begin(), name.end(), text.begin(), text.end(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) ==
                    std::tolower(static_cast<unsigned char>(b));
           }) != name.end();
  };
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 1; i < tree.nodes.size(); ++i)
    if (has_text(tree.name(tree.nodes[i])) || has_text(tree.instance(tree.nodes[i]).name))
      found.push_back(i);
  return found;
}

Diagnostic unknown_node(const CostTree& tree, std::string_view path) {
  // Suggestions compare tails of as many parts as the user gave.
  constexpr long kMostParts = 64;
  const long parts = std::min<long>(std::count(path.begin(), path.end(), '.') + 1, kMostParts);
  std::set<std::string> tails;
  for (const CostNode& node : tree.nodes) tails.insert(tail(tree, node, parts));
  const std::vector<std::string_view> candidates(tails.begin(), tails.end());
  std::string hint = did_you_mean(path, candidates);
  if (const std::vector<std::uint32_t> about = nodes_about(tree, path);
      hint.empty() && !about.empty())
    hint = "one of " + path_list(tree, about);
  if (hint.empty()) hint = "`lmhost inspect` prints every path";
  return plain_error(ErrorKind::kUsage, codes::kUnknownNode,
                     "no node '" + std::string(path) + "' in this model", hint);
}

// Somebody who has read the name of a kernel in a table.
Diagnostic kernel_for_node(const CostTree& tree, std::string_view name,
                           const std::vector<std::uint32_t>& calls) {
  return plain_error(
      ErrorKind::kUsage, codes::kUnknownNode, "'" + std::string(name) + "' is a kernel, not a node",
      (calls.size() == 1 ? "its call is " : "its calls are ") + path_list(tree, calls));
}

}  // namespace

Result<std::uint32_t> find_node(const CostTree& tree, std::string_view path) {
  if (path.empty() || path == tree.name(tree.nodes[0]) || path == tree.instance(tree.nodes[0]).name)
    return std::uint32_t{0};
  std::vector<std::uint32_t> found;
  std::vector<std::uint32_t> calls;  // of a kernel with this name
  for (std::uint32_t i = 1; i < tree.nodes.size(); ++i) {
    const PathMatch match = tree.path_match(tree.nodes[i], path);
    if (match == PathMatch::kWhole) return i;
    if (match == PathMatch::kTail) found.push_back(i);
    if (tree.instance(tree.nodes[i]).name == path) calls.push_back(i);
  }
  if (static_cast<double>(tree.nodes.size()) < tree.whole.nodes)
    return plain_error(ErrorKind::kInput, codes::kLimit,
                       "no call has the path '" + std::string(path) + "', and " +
                           count_text(tree.whole.nodes) + " calls are too many to search",
                       "give a whole path, from the model down: lmhost inspect --depth 3");
  if (found.size() == 1) return found.front();
  if (found.empty() && !calls.empty()) return kernel_for_node(tree, path, calls);
  if (found.empty()) return unknown_node(tree, path);
  return plain_error(ErrorKind::kUsage, codes::kUnknownNode,
                     "'" + std::string(path) + "' is " + std::to_string(found.size()) + " nodes",
                     "one of " + path_list(tree, found));
}

}  // namespace lmhost

#include "report/written_tree.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

bool fits(const TreeSize& size) {
  return size.nodes <= static_cast<double>(WrittenLimits::kRows) &&
         size.path_bytes <= static_cast<double>(WrittenLimits::kPathBytes);
}

}  // namespace

std::string count_text(double count) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (count < kExact) return to_grouped_string(Number(static_cast<std::int64_t>(count)));
  if (!std::isfinite(count)) return "more than 1e308";
  const double exponent = std::floor(std::log10(count));
  return "about " + format_fixed(count / std::pow(10, exponent), 2) + "e" +
         std::to_string(static_cast<int>(exponent));
}

Result<bool> check_written(const std::string& what, const TreeSize& size, std::string hint) {
  if (fits(size)) return true;
  const bool has_many = size.nodes > static_cast<double>(WrittenLimits::kRows);
  const std::string most = has_many ? std::to_string(WrittenLimits::kRows) + " rows"
                                    : std::to_string(WrittenLimits::kPathBytes) + " bytes of paths";
  const std::string found = has_many ? count_text(size.nodes) + " rows"
                                     : count_text(size.path_bytes) + " bytes of paths in " +
                                           count_text(size.nodes) + " rows";
  return plain_error(ErrorKind::kInput, codes::kLimit,
                     what + " " + (has_many ? "is " : "has ") + found + ": more than " + most,
                     std::move(hint));
}

Result<bool> check_whole(const CostTree& tree, std::string hint) {
  return check_written("the tree of all calls", tree.whole, std::move(hint));
}

Result<bool> check_rows(const CostTree& tree, const RowOptions& options, std::string hint) {
  if (fits(tree.whole)) return true;
  if (!options.focus.empty() || !options.ignore.empty()) return check_whole(tree, std::move(hint));
  if (options.view != View::kTree) return true;
  const bool folds = options.rows != 0;
  if (tree.truncated && !folds) return check_whole(tree, std::move(hint));
  const Rows rows = make_rows(tree, options);
  TreeSize size = {static_cast<double>(rows.rows.size()), 0};
  std::vector<double> paths(tree.nodes.size());  // bytes of each
  for (std::size_t i = 1; i < paths.size(); ++i)
    paths[i] = paths[tree.nodes[i].parent] +
               static_cast<double>(std::max(tree.name(tree.nodes[i]).size() + 1, kIndentBytes));
  for (const Row& row : rows.rows)
    size.path_bytes += row.node == kNoParent
                           ? static_cast<double>(row.depth) * static_cast<double>(kIndentBytes)
                           : paths[row.node];
  return check_written("this view", size, std::move(hint));
}

}  // namespace lmhost

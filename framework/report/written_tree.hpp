// Whether a tree of calls can be written out: its text may be exponentially larger than the graph,
// and quadratically larger where calls are nested deep.
#pragma once

#include <cstddef>
#include <string>

#include "aggregate/cost_tree.hpp"
#include "report/rows.hpp"

namespace lmhost {

struct WrittenLimits {
  static constexpr std::size_t kRows = 200'000;
  static constexpr std::size_t kPathBytes = std::size_t{64} << 20;  // of all rows' paths
};

// "65,535", "about 2.31e18".
std::string count_text(double count);

// An error [E107] for that many rows of `what`, or true.
Result<bool> check_written(const std::string& what, const TreeSize& size, std::string hint);

// The same for every call of a tree, with its path.
Result<bool> check_whole(const CostTree& tree, std::string hint);
// The same for the rows that a view of the tree has. A tree too large to be searched is one too
// large to be written.
Result<bool> check_rows(const CostTree& tree, const RowOptions& options, std::string hint);

}  // namespace lmhost

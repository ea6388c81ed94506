#include "study/grid_table.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace lmhost {
namespace {

// What no second-level cache holds.
constexpr std::size_t kStreamedCells = std::size_t{1} << 19;

bool has_plain_cells(const GridColumn& column) {
  return column.form == GridColumn::Form::kWhole64 && column.denominator == 1;
}

}  // namespace

GridTable::GridTable(std::size_t points, std::size_t columns)
    : points_(points), columns_(columns), cells_(new std::int64_t[points * columns]) {}

const std::int64_t* GridTable::whole(std::size_t column) const {
  const auto first = wide_.lower_bound({column, 0});
  if (first != wide_.end() && first->first.first == column) return nullptr;
  return cells_.get() + column * points_;
}

Number GridTable::at(std::size_t column, std::size_t point) const {
  const auto found = wide_.find({column, point / kBlock});
  if (found != wide_.end()) return found->second.at(point % kBlock);
  return Number(cells_[column * points_ + point]);
}

std::optional<GridFailure> GridTable::fill(const GridProgram& grid, const Execution& execution) {
  const auto stores = points_ * columns_ < kStreamedCells ? GridProgram::Stores::kCached
                                                          : GridProgram::Stores::kStreamed;
  wide_.clear();
  std::mutex lock;  // guards first_failure and wide_
  std::optional<GridFailure> first_failure;
  const std::size_t blocks = (points_ + kBlock - 1) / kBlock;
  for_each_range(blocks, 1, execution, [&](std::size_t begin, std::size_t end) {
    std::vector<GridColumn> columns(columns_);
    GridProgram::Scratch scratch;
    for (std::size_t block = begin; block < end; ++block) {
      const std::size_t first = block * kBlock, count = std::min(kBlock, points_ - first);
      for (std::size_t c = 0; c < columns_; ++c)
        columns[c].whole64 = cells_.get() + c * points_ + first;
      std::optional<GridFailure> failure = grid.evaluate(first, count, columns, scratch, stores);
      const bool all_whole = std::all_of(columns.begin(), columns.end(), has_plain_cells);
      if (!failure && all_whole) continue;
      const std::lock_guard guard(lock);
      if (failure) {
        if (!first_failure || failure->point < first_failure->point)
          first_failure = std::move(failure);
        continue;
      }
      for (std::size_t c = 0; c < columns_; ++c)
        if (!has_plain_cells(columns[c])) wide_[{c, block}] = std::exchange(columns[c], {});
    }
    if (execution.is_serial()) execution.report(end, blocks);
  });
  if (!execution.is_serial() && !execution.is_cancelled()) execution.report(blocks, blocks);
  return first_failure;
}

}  // namespace lmhost

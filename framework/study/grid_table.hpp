// A whole grid in memory: a column an output, a cell a point.
//
// Cells are 64 bits and stand one behind the other; blocks of a column in which some value is a fraction
// or needs more bits are kept beside them. Columns larger than the caches are written past these.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "study/grid_program.hpp"

namespace lmhost {

class GridTable {
 public:
  // Of no particular values. Throws std::bad_alloc. REQUIRES: points * columns * 8 fits 63 bits.
  GridTable(std::size_t points, std::size_t columns);

  std::size_t points() const { return points_; }
  std::size_t columns() const { return columns_; }
  // The cells of a column; nullptr when one is no 64-bit integer.
  const std::int64_t* whole(std::size_t column) const;
  Number at(std::size_t column, std::size_t point) const;

  // Every point, in blocks on as many threads as the execution says. On a failure, the first in the
  // order of the grid, or once cancelled, the cells have no meaning. REQUIRES: as many points as the
  // grid, as many columns as its outputs.
  std::optional<GridFailure> fill(const GridProgram& grid, const Execution& execution);

 private:
  static constexpr std::size_t kBlock = 16384;

  std::size_t points_, columns_;
  std::unique_ptr<std::int64_t[]> cells_;
  // By column and block. A narrow one with a denominator has its cells above.
  std::map<std::pair<std::size_t, std::size_t>, GridColumn> wide_;
};

}  // namespace lmhost

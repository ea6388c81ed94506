// Two axes of a sweep as a map for a terminal: a number a cell, shaded by its size.
#pragma once

#include <string>
#include <vector>

#include "report/layout.hpp"

namespace lmhost {

struct HeatCell {
  std::string text;     // "29.26 T"
  double value = 0;     // what the shade follows, on a logarithmic scale
  bool is_out = false;  // does not fit the device
};

struct HeatMap {
  std::string title;  // what a cell shows
  std::string row_name, column_name;
  std::vector<std::string> rows, columns;  // labels
  std::vector<HeatCell> cells;             // row by row
};

// Colours where the style has them, else a sign of five behind every number. The last line says what
// the signs mean.
Text write_heat_map(const HeatMap& map, const TextStyle& style);

}  // namespace lmhost

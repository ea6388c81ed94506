// A number as a paper or another tool prints it: rounded, with a unit.
#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

struct Figure {
  enum class Kind { kOperations, kBytes, kParameters };
  std::string text;  // as given
  Kind kind = Kind::kOperations;
  Number value;            // FLOP or MAC, B, parameters
  Number half_last_digit;  // what was written is within this of what was meant
  // Of bytes: the factor from the prefix as written to the one it is mistaken for, GB for GiB; else 1.
  Number other_prefix = 1;
};

// "61.48TFLOP", "29,261 GFLOPs", "14.6 TMAC", "12.55 GiB", "13.5 GB", "6.74B parameters", "1.5e12
// FLOP". Errors: E601.
Result<Figure> parse_figure(const std::string& option, const std::string& text);

}  // namespace lmhost

// What somebody measured, set against a bound.
#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "lmhost/quantity.hpp"

namespace lmhost {

// What is done in the time that is bounded: one pass, or several.
struct Work {
  double tokens = 0;  // new ones (study/profile.hpp, tokens_of)
  double flops = 0;
  double bytes = 0;  // read and written
};
Work work_of(const Costs& total, const Number& tokens);

struct Measurement {
  enum class Kind { kSeconds, kTokens, kFlops, kBytes };  // a time of one pass, or a rate
  Kind kind = Kind::kSeconds;
  double value = 0;  // s, tokens/s, FLOP/s, B/s
  std::string text;  // as given
};

// "36 tok/s", "27.5 ms", "1.2 s", "150 TFLOP/s", "1.4 TB/s"; SI prefixes. Errors: E601.
Result<Measurement> parse_measurement(const std::string& text);

// The least time over the measured one, both of the same work.
double share_of_roof(const Measurement& measured, double bound_seconds, const Work& work);

}  // namespace lmhost

// How large the values of a plan can become while its inputs stay within limits: the proof that
// nothing leaves 128 bits, made once instead of at every operation of every point.
#pragma once

#include <functional>

#include "formula/specialize.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

// Of an input: the largest magnitude, and a common denominator of its values.
struct Magnitude {
  double value = 0;
  double denominator = 1;
};

// Whether every value that evaluate_plan() computes, and every sum on the way to the root, surely fits
// with room to spare. "No" is no proof of the opposite.
bool surely_fits(const Plan& plan, const std::function<Magnitude(InputName)>& inputs);

}  // namespace lmhost

// Why an evaluation failed: which call, which formula, which values.
#pragma once

#include "evaluate/evaluate.hpp"

namespace lmhost {

// Whether any value is one that find_failures would have to look at: quick, and usually false.
bool has_suspects(const Plan& plan, const Evaluation& evaluation);

// The failures that calls with a count above zero reach, at most 20.
Diagnostics find_failures(const Plan& plan, const RuntimePoint& point,
                          const Evaluation& evaluation);

}  // namespace lmhost

// What several commands make of the same words.
#pragma once

#include "report/columns.hpp"
#include "study/cost_forms.hpp"

namespace lmhost::tool {

// What a column adds up, by asking it about one unit of every quantity. REQUIRES: a sum of quantities.
CostWeights weights_of(const Column& column);

}  // namespace lmhost::tool

// A populated model as the seeds' JSON: the structure file with `parameters` in each basic layer,
// and beside them `origins`, which say where each value came from: its kind ("runtime", "config",
// "derived", "structure", "default"), behind a colon the expression of the rule, and in parentheses
// the keys of the config that were read. A value that is a key of the config has that key alone.
#pragma once

#include <string>

#include "load/config.hpp"
#include "load/json.hpp"
#include "study/populate.hpp"

namespace lmhost {

// The members of the original in their order; `parameters` and `origins` of an earlier run are
// replaced.
std::string write_populated_model(JsonValue model, const PopulatedModel& populated,
                                  const PopulateRequest& request);

}  // namespace lmhost

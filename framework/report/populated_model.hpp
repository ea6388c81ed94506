// A populated model as the seeds' JSON: the structure file with `parameters` in each basic layer,
// and beside them `origins`, which say where each value came from.
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

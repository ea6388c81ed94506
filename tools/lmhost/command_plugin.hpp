// One function per action of `lmhost plugin`. operands[0] is the action.
#pragma once

#include "tools/lmhost/commands.hpp"

namespace lmhost::tool {

Result<Outcome> plugin_check(const Arguments& arguments);
Result<Outcome> plugin_explain(const Arguments& arguments);
// The child of `check`: answers on descriptor 3 and ends the process.
Result<Outcome> plugin_probe(const Arguments& arguments);

}  // namespace lmhost::tool

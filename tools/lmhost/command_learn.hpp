// What `lmhost validate` and `lmhost learn` share.
#pragma once

#include "tools/lmhost/commands.hpp"

namespace lmhost::tool {

// lmhost validate --missing MODEL: the kernels that nobody knows; with --agent they are learned.
Result<Outcome> validate_missing(const Arguments& arguments);

}  // namespace lmhost::tool

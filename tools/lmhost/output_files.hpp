// Which files a command line writes and reads, and that no two of these uses are of one file.
#pragma once

#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

// Every output goes to a file of its own, which is not read by the same command, by whatever spelling
// or link it is named. Devices take any number. Errors: E601.
Result<bool> check_output_files(const Arguments& arguments);

}  // namespace lmhost::tool

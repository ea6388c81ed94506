// What `lmhost learn` leaves behind when a module fails: beside the database, in the folder
// NAME.quarantine, MODULE_diagnostics.json and every refused answer. Nothing there is ever read back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"

namespace lmhost::tool {

struct LearnAttempt {
  std::string answer;
  std::optional<int> exit_status;  // of an agent that ended by itself
  double seconds = 0;
  std::string agent_errors;  // the last of its standard error
  Diagnostics errors;        // why it was refused
};

struct LearnFailure {
  std::string module;
  Diagnostics reasons;
  std::vector<LearnAttempt> attempts;
};

// Writes the files. Returns the path of MODULE_diagnostics.json; E502 when that cannot be written.
Result<std::string> write_failure(const std::string& store, const LearnFailure& failure);

// Removes what an earlier failure of the module has left.
void remove_failure(const std::string& store, const std::string& module);

}  // namespace lmhost::tool

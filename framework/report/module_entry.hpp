// A module entry as it is stored: what an agent has answered, with the place of its source.
#pragma once

#include <string>

#include "load/json.hpp"
#include "study/module_source.hpp"

namespace lmhost {

// One JSON object for a module database. The location, the version and the hash of the source are
// those of `source`, whatever the answer says; nobody has validated it. REQUIRES: the answer has
// passed check_answer_form().
std::string write_module_entry(JsonValue answer, const ModuleSource& source);

}  // namespace lmhost

// --locked: the same numbers again, or an error. An earlier report says with which plugins it was
// made; a fingerprint covers everything of a plugin that decides a number.
#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

// Reads the `lmhost.report/1` at `path` and holds the plugins that `plan` uses against it. Plugins
// that the plan does not use may have come, gone or changed. Errors: E111 and others when the file
// is no such report; E411 for each plugin with another fingerprint, or with none in the report.
Diagnostics check_locked(const std::string& path, const Plan& plan);

}  // namespace lmhost

// Templates that stand in JSON strings.
#pragma once

#include "base/diagnostic.hpp"
#include "formula/template.hpp"
#include "load/json.hpp"

namespace lmhost {

// Errors point into the JSON text, behind escapes too. REQUIRES: a string
Result<Template> template_of(JsonValue string);

}  // namespace lmhost

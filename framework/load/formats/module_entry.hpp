// One entry of a module database.
#pragma once

#include "base/diagnostic.hpp"
#include "load/formats/module_kernels.hpp"
#include "load/json.hpp"

namespace lmhost {

// By the keys that only an entry has: one of them may be missing.
bool is_module_entry(JsonValue value);

// `key` is the entry's name in its file and does not exist in a list. Errors are added to `errors`;
// the result is then of no use.
ModuleKernel read_module_entry(JsonValue entry, JsonValue key, Diagnostics* errors);

}  // namespace lmhost

// What people give as a model and what is none: weight files, names of a hub.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/diagnostic.hpp"

namespace lmhost {

// By its name a file of another kind, whether it is there or not; says what it is and what to give.
std::optional<Diagnostic> foreign_file(const std::string& path);

// "owner/name", "hf:owner/name", a URL: nothing is downloaded. `models` are the names of the
// catalogue. REQUIRES: no such file or folder.
std::optional<Diagnostic> hub_name(const std::string& model, std::span<const std::string> models);

}  // namespace lmhost

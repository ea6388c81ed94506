// Help texts and completion scripts, made from the option and command tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/layout.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

Text overview(const TextStyle& style);
Text help_of(const CommandSpec& command, const TextStyle& style);

// `models` complete a MODEL beside files. REQUIRES: shell is bash, zsh or fish.
std::string completion_script(std::string_view shell, const std::vector<std::string>& models);

}  // namespace lmhost::tool

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

// What completes besides options and files.
struct KnownNames {
  std::vector<std::string> models;   // a MODEL
  std::vector<std::string> devices;  // --hw, devices show
  std::vector<std::string> kernels;  // kernels show and eval
};

// REQUIRES: shell is bash, zsh or fish.
std::string completion_script(std::string_view shell, const KnownNames& names);

}  // namespace lmhost::tool

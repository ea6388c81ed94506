// A report as one JSON object: from a child process to its parent, and `plugin check --json`.
#pragma once

#include <optional>
#include <string>

#include "check/checks.hpp"

namespace lmhost {

// What the child found, ended by '\n'.
std::string write_answer(const CheckReport& report);
// Nothing when the text is no whole answer.
std::optional<CheckReport> read_answer(const std::string& text);

// lmhost.plugin_check/1: for each file every check with its state and findings.
std::string write_checks_json(const std::vector<CheckReport>& reports, bool strict);

}  // namespace lmhost

// What `lmhost plugin check` asserts about a plugin, as a table, and what came of it.
//
// A check has an id ("formula.monotone"), one line of what it asserts and a page. Functions that
// look at a plugin only add findings under such an id; what has no finding has passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmhost/result.hpp"

namespace lmhost {

enum class CheckGroup { kFile, kLoad, kTable, kFormula, kNative };
std::string_view name_of(CheckGroup group);  // "file", ...

struct CheckSpec {
  std::string_view id;
  CheckGroup group;
  bool is_advice;            // a finding is a warning, and fails only with --strict
  std::string_view codes;    // blank-separated error codes that are findings of this check
  std::string_view asserts;  // one line
  std::string_view why;
  std::string_view remedy;
};

std::span<const CheckSpec> all_checks();
const CheckSpec* find_check(std::string_view id);
// The check whose findings have this error code, or nullptr.
const CheckSpec* check_of_code(std::string_view code);

// The page of a check or of an error code, as text; empty when there is none.
std::string explanation_of(std::string_view id_or_code, bool* is_known);
// Every id and code that has a page, in the order of the tables.
std::vector<std::string_view> explained_names();

struct CheckReport {
  std::string file;
  // Of a plugin that could be read.
  std::string id, version, abi, fingerprint;
  std::size_t kernels = 0;
  std::uint64_t seed = 0;
  std::size_t points = 0;  // random points each formula was evaluated at
  // How far the look at the plugin got: groups behind it were not reached, and this one was judged
  // to its end or only up to what failed.
  CheckGroup reached = CheckGroup::kFile;
  bool is_whole = false;
  std::map<std::string, std::vector<std::string>, std::less<>> findings;  // check id -> what

  void add(std::string_view check, std::string finding);
  // One finding for each error, under the check of its code.
  void add(const Diagnostics& errors, std::string_view otherwise);
  bool has_failed(bool strict) const;
};

enum class CheckState { kPassed, kFailed, kWarned, kSkipped };
std::string_view name_of(CheckState state);
CheckState state_of(const CheckReport& report, const CheckSpec& check, bool strict);

}  // namespace lmhost

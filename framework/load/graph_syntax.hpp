// The small notations inside the strings of a graph file.
#pragma once

#include <optional>
#include <string_view>

namespace lmhost {

// Comparisons of versions joined by blanks: ">=1.0 <2"; "*" for any.
bool is_version_range(std::string_view text);
// "120", "120-125", "line 120: text", "lines 120-125: text": the numbers; nothing when malformed or
// descending.
std::optional<std::string_view> parse_lines(std::string_view text);
// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace lmhost

// "requires": {"matmul": ">=1.0 <2"}: the plugin versions a graph was written for.
#pragma once

#include <optional>
#include <string_view>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/graph.hpp"

namespace lmhost {

// Whether `version` ("1.2.0") lies in `range` (comparisons joined by blanks: ">=1.2 <2", "=1.0.1",
// "*"); nothing when either is malformed. Missing parts of a version count as 0; pre-release tags
// are ignored.
std::optional<bool> version_in_range(std::string_view version, std::string_view range);

// An error for each requirement that the loaded plugins do not meet.
void check_requirements(const Graph& graph, const Catalog& catalog, Diagnostics& errors);

}  // namespace lmhost

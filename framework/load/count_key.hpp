// How a file spells what a call's count is: formats have synonyms.
#pragma once

#include <string_view>

#include "load/graph.hpp"

namespace lmhost {

// The key in front of the expression: "multiplier", "count", "repeat". REQUIRES: a call with a count.
std::string_view count_key(const Graph& graph, const Call& call);

}  // namespace lmhost

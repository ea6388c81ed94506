// A graph as text that loads as the same graph: what `lmhost import` writes.
#pragma once

#include <string>

#include "load/graph.hpp"

namespace lmhost {

// `lmhost.graph/1`, canonical: composites in their order, a line for each call, formulas as written
// where that is the formula language and printed from the tree where it was a notation of others.
// Composites of one name that say the same are one; others get a number, "LlamaRMSNorm#2". Kernels
// that came with the graph stand under "catalog". Places, notes and the format it was read from are
// not kept. REQUIRES: a root
std::string write_graph(const Graph& graph);

}  // namespace lmhost

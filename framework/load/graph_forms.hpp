// The decoder of our own graph files and what follows every decoder; those of other formats are in
// load/formats/decoders.hpp. Private to load/.
#pragma once

#include "load/graph_builder.hpp"
#include "load/json.hpp"

namespace lmhost {

// Fills builder->graph and reports to the builder; calls of composites get Call::composite.
void decode_graph(JsonValue root, GraphBuilder* builder);  // lmhost.graph/1

// Reports every composite that reaches itself, with the path, in any mode.
void find_cycles(GraphBuilder* builder);

}  // namespace lmhost

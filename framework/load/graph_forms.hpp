// The two decoders of graph files and what follows them. Private to load/graph*.cpp.
#pragma once

#include "load/graph_builder.hpp"
#include "load/json.hpp"

namespace lmhost {

// Both fill builder->graph and report to the builder; calls of composites get Call::composite.
void decode_graph(JsonValue root, GraphBuilder* builder);  // lmhost.graph/1
void decode_nested_tree(JsonValue root,
                        GraphBuilder* builder);  // kernel_name, kernel_type, sub_kernels

// Reports every composite that reaches itself, with the path, in any mode.
void find_cycles(GraphBuilder* builder);

}  // namespace lmhost

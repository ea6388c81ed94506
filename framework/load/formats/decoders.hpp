// One decoder for each format of others. Private to load/formats and load/graph.cpp.
//
// All fill builder->graph and report to the builder, and none of them looks at kernels of plugins:
// what the format itself contradicts is an error, what only a catalogue can know is left to resolve.
#pragma once

#include <string_view>

#include "load/formats/input.hpp"
#include "load/graph_builder.hpp"

namespace lmhost {

// Files {kernel_name, init_params, forward_params, formulas or children}, with a table of names.
void decode_kernel_costs(const Input& input, std::string_view root, GraphBuilder* builder);
// {name: {parameters, flops, memory_read, memory_write}}, grouped or not: kernels, no model.
void decode_atomic_kernels(const Input& input, GraphBuilder* builder);
// {class_name, kernels: [{operation, flops, memory_access}]}, one file a class.
void decode_module_analyses(const Input& input, std::string_view root, GraphBuilder* builder);
// Nested trees {kernel_name, kernel_type, sub_kernels}, or flat ones, one file a kernel.
void decode_dependency_trees(const Input& input, std::string_view root, GraphBuilder* builder);

// Sets the composite that the graph is about: `root`, or the one that no other calls. Several, or a
// `root` that is none, are errors. Call it when all calls are linked.
void choose_root(std::string_view root, GraphBuilder* builder);

// The JSON texts say the same: equal kinds, keys in the same order, scalars as written.
bool is_same_json(JsonValue a, JsonValue b);

}  // namespace lmhost

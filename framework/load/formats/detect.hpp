// What a JSON file is, told by its content: the one place that knows how formats differ.
//
// A format is recognised by the keys that only it has, so that a file with one of them missing or
// misspelt is still read as what it was meant to be, and its own reader says what is wrong.
#pragma once

#include <cstdint>
#include <string_view>

#include "load/json.hpp"

namespace lmhost {

enum class InputFormat : std::uint8_t {
  kUnknown,
  // describe a model, or a part of one
  kGraph,                // lmhost.graph/1
  kDependencyTree,       // kernel_name, kernel_type, sub_kernels: structure without sizes
  kKernelCost,           // kernel_name, init_params, forward_params, formulas or children
  kModuleAnalysis,       // class_name, kernels: [{operation, flops, memory_access}]
  kModelRepresentation,  // model_id, layers
  // describe kernels
  kModuleDatabase,  // modules: {name: {flop_analysis, memory_analysis}}
  kAtomicKernels,   // {name: {parameters, flops, memory_read, memory_write}}, grouped or not
  kKernelCatalog,   // lmhost.kernels/1
  kKernelNames,     // {name: other name}
  // the rest
  kResolvedTree,  // costs of every call as formulas: what `lmhost resolve` writes, and no source
  kConfig,        // config.json of a model
  kConventions,   // lmhost.conventions/1
  kDevice,        // lmhost.hardware/1
  kReport,        // lmhost.report/1
  kJsonSchema,
};

InputFormat detect_format(JsonValue root);
// Whether the format has no place for what a kernel's parameters are.
bool says_no_sizes(InputFormat format);
// With its article: "a kernel cost file".
std::string_view name_of(InputFormat format);

}  // namespace lmhost

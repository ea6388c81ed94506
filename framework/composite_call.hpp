// A composite on its own: one kernel of a graph with given arguments, as a model.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "formula/value.hpp"
#include "host.hpp"
#include "load/model.hpp"

namespace lmhost {

struct CompositeCall {
  Model model;        // the composite as root, its parameters bound
  Workload workload;  // with what the arguments say of batch_size, seq_len, cache_len and precision
};

// `name` in any spelling (load/kernel_names.hpp). An argument is a parameter of the composite, a
// runtime variable, or a precision as evaluate_kernel() knows it. Errors: E101, E206 the name; E301
// an argument that is none of these; E304 a value of the wrong kind; E302 is left to resolve.
Result<CompositeCall> call_composite(const Model& model, std::string_view name,
                                     const std::vector<std::pair<std::string, Value>>& arguments);

}  // namespace lmhost

// A composite on its own: one kernel of a graph with given arguments, as a model.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "formula/value.hpp"
#include "load/model.hpp"

namespace lmhost {

struct CompositeCall {
  Model model;  // the composite as root, its parameters bound
  // What the arguments say of the runtime point.
  std::optional<Number> batch_size, seq_len, cache_len;
  std::optional<Number> w_bits, a_bits, kv_bits, index_bits;

  // Hands these to whatever has members of these names: a Workload.
  template <class W>
  void set_point(W& workload) const {
    workload.batch_size = batch_size;
    workload.seq_len = seq_len;
    workload.cache_len = cache_len;
    workload.w_bits = w_bits;
    workload.a_bits = a_bits;
    workload.kv_bits = kv_bits;
    workload.index_bits = index_bits;
  }
};

// `name` in any spelling (load/kernel_names.hpp). An argument is a parameter of the composite, a
// runtime variable, or a precision as evaluate_kernel() knows it. Errors: E101, E206 the name; E301
// an argument that is none of these; E304 a value of the wrong kind; E302 is left to resolve.
Result<CompositeCall> call_composite(const Model& model, std::string_view name,
                                     const std::vector<std::pair<std::string, Value>>& arguments);

}  // namespace lmhost

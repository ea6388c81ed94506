// Over how many devices a model is divided, and what of it limits that.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "aggregate/cost_tree.hpp"
#include "load/config.hpp"

namespace lmhost {

struct Parallelism {
  std::int64_t tensor = 1;
  std::int64_t pipeline = 1;
  std::int64_t data = 1;
  std::int64_t expert = 1;
  std::int64_t devices() const { return tensor * pipeline * data; }
};

// What of a model limits how it can be divided. 0: not said by config or kernels.
struct ModelShape {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t experts = 0;
  std::int64_t layers = 0;
  std::int64_t vocabulary = 0;
};

ModelShape shape_of(const CostTree& tree, const Config& config);

// Errors (E601): sizes that contradict each other or the model, each with what would do.
Diagnostics check_parallelism(const Parallelism& parallelism, const ModelShape& shape,
                              std::optional<std::int64_t> devices);
// Warnings: heads that are replicated.
Diagnostics parallelism_warnings(const Parallelism& parallelism, const ModelShape& shape);

// The value of a kernel's parameter at one call; 0 when there is none.
std::int64_t bound_parameter(const Plan& plan, const Evaluation& evaluation,
                             const Instance& instance, std::string_view name);
std::int64_t bound_parameter(const CostTree& tree, const Instance& instance, std::string_view name);

}  // namespace lmhost

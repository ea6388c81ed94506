// The matrix products between activations, which no parameter stands for: scores and values of
// attention.
#pragma once

#include <cstdint>

#include "aggregate/cost_tree.hpp"

namespace lmhost {

struct AttentionProducts {
  Number dense;   // FLOPs over all query-key pairs
  Number useful;  // the part of it that no mask throws away
};

// Of all executions of the node and what is below it; 0 is the model.
AttentionProducts attention_products(const CostTree& tree, std::uint32_t node);

// Whether the kernel has a formula of its own for that quantity.
bool declares_quantity(const Kernel& kernel, std::string_view quantity);

}  // namespace lmhost

#include "study/attention_products.hpp"

#include <algorithm>

namespace lmhost {

bool declares_quantity(const Kernel& kernel, std::string_view quantity) {
  return std::any_of(kernel.quantities.begin(), kernel.quantities.end(),
                     [&](const KernelFormula& row) { return row.name == quantity; });
}

AttentionProducts attention_products(const CostTree& tree, std::uint32_t node) {
  AttentionProducts sum;
  const std::uint32_t end = node + tree.nodes[node].descendants + 1;
  for (std::uint32_t i = node; i < end; ++i) {
    const Instance& instance = tree.instance(tree.nodes[i]);
    if (instance.kernel == nullptr) continue;
    const Costs costs = tree.total(tree.nodes[i]);
    const Number& products = costs[Quantity::kMatmulFlops];
    if (products.is_zero() || !costs[Quantity::kBytesReadWeight].is_zero()) continue;
    sum.dense = sum.dense + products;
    // Of a kernel that does not say so every pair is useful, but softmax is no model FLOP.
    const bool is_declared = declares_quantity(*instance.kernel, "useful_flops");
    sum.useful = sum.useful + (is_declared ? costs[Quantity::kUsefulFlops] : products);
  }
  return sum;
}

}  // namespace lmhost

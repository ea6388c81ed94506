// The spelling of quantities, roles and runtime variables: one table each, used by every reader and
// printer.
#include "lmhost/quantity.hpp"

#include "lmhost/runtime.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kQuantityNames[kQuantityCount] = {"flops",
                                                             "matmul_flops",
                                                             "useful_flops",
                                                             "bytes_read_weight",
                                                             "bytes_read_activation",
                                                             "bytes_read_kv_cache",
                                                             "bytes_read_index",
                                                             "bytes_written_weight",
                                                             "bytes_written_activation",
                                                             "bytes_written_kv_cache",
                                                             "bytes_written_index",
                                                             "intermediate_bytes",
                                                             "stored_bytes_weight",
                                                             "stored_bytes_kv_cache",
                                                             "parameters"};
constexpr std::string_view kRoleNames[] = {"weight", "activation", "kv_cache", "index"};
constexpr std::string_view kRuntimeNames[kRuntimeVariableCount] = {
    "batch_size", "seq_len", "cache_len", "w_bits", "a_bits", "kv_bits", "index_bits"};

std::size_t offset_of(Role role) {
  return static_cast<std::size_t>(role) - static_cast<std::size_t>(Role::kWeight);
}

Quantity shifted(Quantity first, Role role) {
  return static_cast<Quantity>(static_cast<std::size_t>(first) + offset_of(role));
}

Number sum(const Costs& costs, Quantity first, Quantity last) {
  Number total(0);
  for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
    total = total + costs.values[i];
  }
  return total;
}

}  // namespace

std::string_view name_of(Quantity quantity) {
  return kQuantityNames[static_cast<std::size_t>(quantity)];
}
std::string_view name_of(Role role) { return kRoleNames[offset_of(role)]; }
std::string_view name_of(RuntimeVariable variable) {
  return kRuntimeNames[static_cast<std::size_t>(variable)];
}

std::optional<RuntimeVariable> runtime_variable_named(std::string_view name) {
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    if (kRuntimeNames[i] == name) return static_cast<RuntimeVariable>(i);
  }
  return std::nullopt;
}

Quantity bytes_read(Role role) { return shifted(Quantity::kBytesReadWeight, role); }
Quantity bytes_written(Role role) { return shifted(Quantity::kBytesWrittenWeight, role); }

Number Costs::bytes_read() const {
  return sum(*this, Quantity::kBytesReadWeight, Quantity::kBytesReadIndex);
}
Number Costs::bytes_written() const {
  return sum(*this, Quantity::kBytesWrittenWeight, Quantity::kBytesWrittenIndex);
}
Number Costs::stored_bytes() const {
  return sum(*this, Quantity::kStoredBytesWeight, Quantity::kStoredBytesKvCache);
}

}  // namespace lmhost

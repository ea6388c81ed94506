// The runtime variables: what changes from one analysis to the next while graph and config stay.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lmhost/export.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

enum class RuntimeVariable {
  kBatchSize,  // batch_size: sequences
  kSeqLen,     // seq_len: new tokens per sequence in this pass
  kCacheLen,   // cache_len: tokens already cached, past only; the key length is cache_len + seq_len
  kWeightBits,      // w_bits: bits per weight element
  kActivationBits,  // a_bits
  kKvBits,          // kv_bits
  kIndexBits        // index_bits: token ids are int64
};
inline constexpr std::size_t kRuntimeVariableCount = 7;

// "batch_size", "seq_len", "cache_len", "w_bits", "a_bits", "kv_bits", "index_bits".
LMHOST_PUBLIC std::string_view name_of(RuntimeVariable variable);
LMHOST_PUBLIC std::optional<RuntimeVariable> runtime_variable_named(std::string_view name);

// One point to evaluate a plan at.
struct RuntimePoint {
  std::array<Number, kRuntimeVariableCount> values = {
      Number(1), Number(2048), Number(0), Number(16), Number(16), Number(16), Number(64)};

  Number& operator[](RuntimeVariable variable) {
    return values[static_cast<std::size_t>(variable)];
  }
  const Number& operator[](RuntimeVariable variable) const {
    return values[static_cast<std::size_t>(variable)];
  }
};

}  // namespace lmhost

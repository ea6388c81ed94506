// What is counted. Every quantity of every report is one of these or a sum of them; DESIGN-level
// meaning:
//   flops          floating-point operations executed, a multiply-add is 2
//   matmul_flops   the part on matrix units: what PyTorch's FlopCounterMode counts
//   useful_flops   flops less the masked query-key pairs of attention
//   bytes          between the kernel and device memory: each distinct input element once, each
//   output element once intermediate   bytes a kernel materialises besides its inputs and outputs
//   stored         bytes that stay resident: weights once per storage, the KV cache of cache_len +
//   seq_len tokens parameters     stored weight elements
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "lmhost/export.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

enum class Role { kWeight = 1, kActivation, kKvCache, kIndex };

enum class Quantity : std::uint8_t {
  kFlops,
  kMatmulFlops,
  kUsefulFlops,
  kBytesReadWeight,
  kBytesReadActivation,
  kBytesReadKvCache,
  kBytesReadIndex,
  kBytesWrittenWeight,
  kBytesWrittenActivation,
  kBytesWrittenKvCache,
  kBytesWrittenIndex,
  kIntermediateBytes,
  kStoredBytesWeight,
  kStoredBytesKvCache,
  kParameters
};
inline constexpr std::size_t kQuantityCount = 15;

// "flops", "bytes_read_weight", ...: the key in every machine-readable output.
LMHOST_PUBLIC std::string_view name_of(Quantity quantity);
LMHOST_PUBLIC std::string_view name_of(Role role);  // "weight", "activation", "kv_cache", "index"
LMHOST_PUBLIC Quantity bytes_read(Role role);
LMHOST_PUBLIC Quantity bytes_written(Role role);
// Counted per storage instead of per call: stored bytes and parameters.
constexpr bool is_stored(Quantity quantity) { return quantity >= Quantity::kStoredBytesWeight; }

// One number per quantity.
struct LMHOST_PUBLIC Costs {
  std::array<Number, kQuantityCount> values;

  Number& operator[](Quantity quantity) { return values[static_cast<std::size_t>(quantity)]; }
  const Number& operator[](Quantity quantity) const {
    return values[static_cast<std::size_t>(quantity)];
  }

  Number bytes_read() const;     // all roles
  Number bytes_written() const;  // all roles
  Number stored_bytes() const;   // weights and KV cache
  friend bool operator==(const Costs& a, const Costs& b) { return a.values == b.values; }
};

}  // namespace lmhost

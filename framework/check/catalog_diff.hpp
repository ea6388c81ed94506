// What two catalogues say differently: which kernels, which formulas, and by how much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lmhost/number.hpp"
#include "load/catalog.hpp"

namespace lmhost {

// One thing that is written differently; "" where it is absent.
struct TextChange {
  std::string what;  // "flops", "read 'input'", "parameter 'M'", "aliases", "validated"
  std::string before;
  std::string after;
};

// A quantity that is not the same at one point.
struct ValueChange {
  std::string quantity;  // "flops", "bytes_read", "bytes_written", "intermediate_bytes", ...
  Number before;
  Number after;
};

enum class KernelChangeKind { kAdded, kRemoved, kChanged };

struct KernelChange {
  KernelChangeKind kind = KernelChangeKind::kChanged;
  std::string name;
  std::vector<TextChange> texts;
  // Of a changed kernel, at random points where both have a value.
  std::size_t compared = 0;
  std::size_t differing = 0;
  std::string point;  // the first that differs
  std::vector<ValueChange> values;
  // Why no point could be compared, when none was.
  std::string not_compared;
};

struct CatalogDiffOptions {
  std::size_t points = 100;
  std::uint64_t seed = 1;
};

// Kernels by canonical name, in its order. Reasoning, documentation and code locations are not
// compared: they decide nothing. Points are sizes that both kernels take.
// REQUIRES: each plugin is one of its catalogue's.
std::vector<KernelChange> diff_catalogs(const Catalog& before_catalog, const Plugin& before,
                                        const Catalog& after_catalog, const Plugin& after,
                                        const CatalogDiffOptions& options = {});

}  // namespace lmhost

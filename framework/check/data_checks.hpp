// Whether kernels that came as data can be: their costs at random points.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmhost/result.hpp"
#include "load/catalog.hpp"

namespace lmhost {

struct PlausibleOptions {
  std::size_t points = 100;  // each kernel
  std::uint64_t seed = 1;
};

// Random sizes that a formula has no value for (a division by zero, overflow) are passed over, as
// long as there are others. Errors: E414 with the kernel, the formula and the point, when a cost is
// negative, or when no point gives one. Nothing is said of a kernel whose formula is declared
// unknown: whoever read it has said so.
// REQUIRES: the kernel belongs to the catalogue.
Diagnostics check_plausible(const Catalog& catalog, const Kernel& kernel,
                            const PlausibleOptions& options = {});

// True when a formula of the kernel is the call unknown('reason').
bool has_unknown_formula(const Kernel& kernel);

}  // namespace lmhost

// How a number of one kernel comes about, as a tree: formula, the formula with its values, the value;
// below it what it uses. Of a composite: its calls, down to the formulas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "load/catalog.hpp"
#include "load/conventions.hpp"
#include "resolve/example.hpp"

namespace lmhost {

struct TraceRow {
  std::uint32_t depth = 0;
  std::string title;        // "flops", "gate_proj: torch.nn.Linear(M=2048, K=4096, N=11008)"
  Number count = 1;         // the value counts this often in the row above
  std::string formula;      // "2*M*K*N"; empty for a sum of the rows below
  std::string substituted;  // "2*2048*4096*11008"; empty when the formula has no names
  Number value;             // of one execution; of a string argument 0, see `substituted`
};

struct KernelTrace {
  static constexpr std::size_t kRowLimit = 100'000;

  std::vector<TraceRow> rows;  // preorder: a tree for flops, memory_read, memory_write, and
                               // memory_intermediates where there are any
  bool is_truncated = false;
};

// Errors: as evaluate_kernel(). REQUIRES: `kernel` belongs to `catalog`.
Result<KernelTrace> trace_kernel(const Catalog& catalog, const Conventions& conventions,
                                 const Kernel& kernel, const KernelBindings& bindings);

// The root of an analysis.
KernelTrace trace_composite(const CostTree& tree);

}  // namespace lmhost

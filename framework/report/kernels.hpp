// What the loaded plugins declare, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/catalog.hpp"
#include "load/conventions.hpp"
#include "report/layout.hpp"
#include "resolve/example.hpp"
#include "study/kernel_trace.hpp"

namespace lmhost {

// Kernels with a name or alias that matches (see matches_pattern); "" matches all. Sorted by
// canonical name.
std::vector<const Kernel*> matching_kernels(const Catalog& catalog, std::string_view pattern);

Text write_kernel_list(const Catalog& catalog, const std::vector<const Kernel*>& kernels,
                       const TextStyle& style);
// Everything about one kernel: parameters, formulas, operands, constants in force, examples,
// sources; of data also its provenance and its formulas as written; what it hides and who hides it.
Text write_kernel(const Catalog& catalog, const Kernel& kernel, const Conventions& conventions,
                  const TextStyle& style);
// All of that for each: lmhost.kernel_list/1.
std::string write_kernels_json(const Catalog& catalog, const std::vector<const Kernel*>& kernels);

// One kernel for given parameters.
Text write_kernel_costs(const Catalog& catalog, const Kernel& kernel, const KernelCosts& costs,
                        const TextStyle& style);
// With `trace` its rows too, if not nullptr.
std::string write_kernel_costs_json(const Catalog& catalog, const Kernel& kernel,
                                    const KernelCosts& costs, const KernelTrace* trace = nullptr);
// The same of a composite of a graph: the root of an analysis.
Text write_composite_costs(const CostTree& tree, const TextStyle& style);
std::string write_composite_costs_json(const CostTree& tree, const KernelTrace* trace = nullptr);

// "flops of torch.mm(M=2, K=3, N=4) = 2*M*K*N = 2*2*3*4 = 48", what it uses below it.
Text write_trace(const KernelTrace& trace, const TextStyle& style);

std::string write_plugins_json(const Catalog& catalog);

}  // namespace lmhost

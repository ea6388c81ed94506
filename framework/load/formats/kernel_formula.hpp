// One metric of a catalogue's kernel as one formula over its parameters: lets, constants and
// defaults in place, operands summed to bytes.
#pragma once

#include <string>

#include "formula/expression.hpp"
#include "formula/template.hpp"
#include "load/catalog.hpp"

namespace lmhost {

struct KernelFormulaResult {
  Expression expression;
  std::string failure;  // why there is none: "it calls 'einsum', a function of its plugin"
};

// Of bytes in the precision variables w_bytes, a_bytes, kv_bytes and index_bytes.
// REQUIRES: a metric, not kOfContext
KernelFormulaResult formula_of(const Plugin& plugin, const Kernel& kernel, ModuleMetric metric);

}  // namespace lmhost

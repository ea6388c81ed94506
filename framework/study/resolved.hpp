// Stage 2 as formulas: what every call and every composite costs, as text in the runtime variables
// and, if it stays open, the config. Parameters are bound from caller to callee on the tree, counts
// are factors, lets, defaults, constants and plugin macros are expanded, equal terms collected.
//
// Evaluating a text with the plain walk gives exactly what the analysis of the same graph gives.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formula/expression.hpp"
#include "formula/symbolic_budget.hpp"
#include "lmhost/result.hpp"
#include "load/config.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

// What a resolved formula is of. The first four are the ancestors' names.
enum class ResolvedQuantity : std::uint8_t {
  kFlops,
  kMemoryRead,           // bytes, all roles
  kMemoryWrite,          // bytes, all roles
  kMemoryIntermediates,  // bytes
  kMatmulFlops,
  kUsefulFlops,
  kStoredBytes,  // weights and KV cache
  kParameters    // stored weight elements
};
inline constexpr std::size_t kResolvedQuantityCount = 8;
std::string_view name_of(ResolvedQuantity quantity);  // "flops", "memory_read", ...
// The same number of an analysis.
Number quantity_of(const Costs& costs, ResolvedQuantity quantity);

struct ResolvedBinding {
  std::string_view parameter;
  std::string text;
  bool is_default = false;
};

// Of one execution of a kernel with one set of arguments.
struct ResolvedInstance {
  std::array<std::string, kResolvedQuantityCount> formulas;
  std::vector<ResolvedBinding> bindings;  // of parameters that have a value

  const std::string& operator[](ResolvedQuantity quantity) const {
    return formulas[static_cast<std::size_t>(quantity)];
  }
};

struct ResolvedCall {
  std::string count;         // executions per execution of the caller
  std::string stored_count;  // distinct storages among them
};

// A part of formulas, written once.
struct ResolvedLet {
  std::string name;  // "t1"
  std::string text;
};

struct ResolvedTree {
  std::shared_ptr<const Plan> plan;
  std::vector<ResolvedInstance> instances;  // by InstanceIndex; of unknown kernels without formulas
  std::vector<ResolvedCall> calls;          // by place in Plan::edges
  std::vector<ResolvedLet> lets;            // each before its users
  std::vector<std::string> variables;     // runtime variables that the root's formulas read, sorted
  std::vector<std::string> config_names;  // "config.hidden_size", likewise
};

// `config` says which names have a value when the plan keeps them open; may be empty. Errors: a
// formula longer or deeper than the formula language allows though its parts have names (E205), at its
// composite or call; a coefficient that leaves 128 bits (E305); a limit on all of them (E107).
Result<ResolvedTree> resolve_symbolically(std::shared_ptr<const Plan> plan, const Config& config,
                                          const FormulaLimits& limits = {},
                                          const SymbolicLimits& symbolic_limits = {});

}  // namespace lmhost

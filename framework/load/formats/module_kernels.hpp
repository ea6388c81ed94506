// From analysed modules, whose formulas call each other, to kernels, whose formulas stand alone.
//
// A call means what its place asks for: in a FLOP formula the callee's FLOPs, in a formula of bytes
// read its bytes read, and so on; `{X}(reads)` says it itself and passes the caller's parameters of
// the same names. The callee is a module of the same file, else a kernel of the base catalogue.
// Arguments are bound on the syntax tree, and checked: their number, names and types. A cycle is
// found and named.
//
// One bad module does not spoil a file: what cannot be linked becomes the formula
// unknown('reason'), an error wherever it is used, and never a number.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formula/template.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"

namespace lmhost {

inline constexpr std::size_t kModuleFormulaCount = 4;

struct ModuleFormula {
  JsonValue at;  // the string; keep the document as long as this
  Template formula;
  bool is_unknown = false;  // "varies", "dynamic", "unknown"
};

// One module as analysed.
struct ModuleKernel {
  // Name, aliases, doc, provenance, and the parameters that any of its formulas takes.
  Kernel kernel;
  JsonValue at;                         // its name, or where that would stand
  std::vector<std::string> flop_order;  // of positional arguments, by the metric asked for
  std::vector<std::string> memory_order;
  // By ModuleMetric, from kFlops; nothing where the module does not say it.
  std::array<std::optional<ModuleFormula>, kModuleFormulaCount> formulas;
  std::vector<std::pair<std::string, ModuleFormula>> breakdown;  // of the FLOPs

  const std::optional<ModuleFormula>& formula(ModuleMetric metric) const {
    return formulas[static_cast<std::size_t>(metric) - 1];
  }
};

struct LinkedModules {
  std::vector<Kernel> kernels;  // in the order of the modules
  std::shared_ptr<const std::deque<Expression>> expressions;
  Diagnostics problems;  // errors: why some formulas could not be linked
  Diagnostics warnings;  // a breakdown that does not sum to its formula
};

// `base` may be null. A module hides a kernel of the base that has one of its names. Constants of a
// plugin enter a formula with the values that the plugin declares.
LinkedModules link_modules(const std::vector<ModuleKernel>& modules, const Catalog* base);

// "flops", "bytes read", "bytes written", "intermediate bytes".
std::string_view name_of(ModuleMetric metric);

}  // namespace lmhost

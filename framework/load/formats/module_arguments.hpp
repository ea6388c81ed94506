// One call of a module against the callee's parameters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/evaluate.hpp"
#include "formula/template.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"

namespace lmhost {

struct CalleeParameters {
  const Kernel* kernel = nullptr;
  const std::vector<std::string>* order = nullptr;  // of those the metric takes; null: all
};

struct BoundArguments {
  std::vector<const Expression*> values;  // by the callee's parameters; null: not given
  std::vector<std::shared_ptr<const Expression>> made;  // those that the call did not write
  Diagnostics errors;
};

// Positional arguments first, then named ones; a byte width that is left out is the caller's; `{X}(reads)` passes the caller's parameters of the
// same names. Errors, in `formula`: too many, a name that the callee does not have, one bound twice,
// one without a default that is not given, a value that cannot be of its type.
BoundArguments bind_arguments(const ModuleCall& call, const CalleeParameters& callee,
                              const Kernel& caller, JsonValue formula);

bool has_parameter(const Kernel& kernel, std::string_view name);

// Values for a kernel's parameters that are unlikely to hide a difference.
class SamplePoint {
 public:
  SamplePoint(const Kernel& kernel, int seed);
  FormulaScope scope() const;
  std::string text() const;  // "B=7, S=11"

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

}  // namespace lmhost

#include "check/data_checks.hpp"

#include <algorithm>
#include <optional>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "check/sample.hpp"
#include "resolve/example.hpp"

namespace lmhost {
namespace {

// The error of one point as one of the kernel.
Diagnostic implausible(const Catalog& catalog, const Kernel& kernel, Diagnostic error,
                       const std::string& before) {
  error.code = codes::kImplausible;
  error.message = before + error.message;
  if (error.file.empty()) error.file = catalog.plugin_of(kernel).path;
  return error;
}

}  // namespace

bool has_unknown_formula(const Kernel& kernel) {
  const auto is_unknown = [](const Expression* expression) {
    if (expression == nullptr) return false;
    const auto& functions = expression->functions;
    return std::find(functions.begin(), functions.end(), "unknown") != functions.end();
  };
  return std::any_of(kernel.quantities.begin(), kernel.quantities.end(),
                     [&](const KernelFormula& row) { return is_unknown(row.expression); }) ||
         std::any_of(kernel.operands.begin(), kernel.operands.end(),
                     [&](const KernelOperand& row) { return is_unknown(row.elements); });
}

Diagnostics check_plausible(const Catalog& catalog, const Kernel& kernel,
                            const PlausibleOptions& options) {
  if (has_unknown_formula(kernel)) return {};
  Sampler sampler(kernel, options.seed);
  // A text that nobody gives: nothing can be said.
  if (!sampler.is_possible()) return {};
  std::optional<Diagnostic> failure;
  bool has_value = false;
  for (std::size_t i = 0; i < options.points; ++i) {
    const Result<KernelCosts> costs =
        evaluate_kernel(catalog, Conventions(), kernel, sampler.next());
    has_value = has_value || costs.ok();
    if (costs.ok()) continue;
    for (const Diagnostic& error : costs.errors())
      if (error.code == codes::kNegativeCost) return {implausible(catalog, kernel, error, "")};
    if (!failure) failure = costs.errors().front();
  }
  if (has_value || !failure) return {};
  return {implausible(catalog, kernel, *failure,
                      quoted(kernel.name) + " has no value at any of " +
                          std::to_string(options.points) + " random points: ")};
}

}  // namespace lmhost

// The worked examples of plugins against what their formulas give.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "resolve/assignments.hpp"
#include "resolve/example.hpp"

namespace lmhost {
namespace {

constexpr double kTolerance = 1e-9;  // of inexact numbers, relative

constexpr std::string_view kExpected[] = {
    "flops",   "matmul_flops", "useful_flops",     "backward_flops",  "backward_matmul_flops",
    "read",    "read_weight",  "read_activation",  "read_kv_cache",   "read_index",
    "write",   "write_weight", "write_activation", "write_kv_cache",  "write_index",
    "scratch", "stored",       "stored_weight",    "stored_kv_cache", "parameters"};

bool agree(const Number& got, const Number& expected) {
  if (got.is_exact() && expected.is_exact()) return got == expected;
  const double a = got.to_double(), b = expected.to_double();
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

class ExampleChecker {
 public:
  ExampleChecker(const Catalog& catalog, const Kernel& kernel, std::size_t index)
      : catalog_(catalog),
        plugin_(catalog.plugin_of(kernel)),
        kernel_(kernel),
        example_(kernel.examples[index]),
        where_("example " + std::to_string(index + 1) + " of " + quoted(kernel.name)) {}

  Diagnostics check() {
    const Result<KernelBindings> bindings =
        parse_bindings(example_.bindings, plugin_.path + ": " + where_);
    if (!bindings) return failed(bindings.errors());
    const Result<KernelCosts> costs = evaluate_kernel(catalog_, Conventions(), kernel_, *bindings);
    if (!costs) return failed(costs.errors());
    const SourceText source{plugin_.path + ": expected numbers of " + where_, example_.expected};
    const auto expected = parse_assignments(source);
    if (!expected) return failed(expected.errors());
    Diagnostics errors;
    for (const Assignment& row : *expected) compare(*costs, row, source, errors);
    if (expected->empty())
      errors.push_back(error_at(source, 0, 1, codes::kPluginExample, "expects nothing"));
    return failed(std::move(errors));
  }

 private:
  void compare(const KernelCosts& costs, const Assignment& row, const SourceText& source,
               Diagnostics& errors) {
    const std::optional<Number> got = expected_quantity(costs, row.name);
    if (!got) {
      errors.push_back(error_at(source, row.offset, row.name.size(), codes::kPluginExample,
                                "unknown quantity " + quoted(row.name),
                                did_you_mean(row.name, kExpected)));
    } else if (row.value.kind != Value::Kind::kNumber || !agree(*got, row.value.number)) {
      errors.push_back(error_at(source, row.offset, row.name.size(), codes::kPluginExample,
                                std::string(row.name) + " is " + to_string(*got) + ", not " +
                                    to_string(row.value) + ", for " + example_.bindings));
    }
  }

  // Whatever went wrong is a wrong example of this plugin.
  Diagnostics failed(Diagnostics errors) const {
    for (Diagnostic& error : errors) {
      error.kind = ErrorKind::kPlugin;
      error.code = codes::kPluginExample;
      if (error.file.empty()) {
        error.file = plugin_.path;
        error.message = where_ + ": " + error.message;
      }
    }
    return errors;
  }

  const Catalog& catalog_;
  const Plugin& plugin_;
  const Kernel& kernel_;
  const KernelExample& example_;
  std::string where_;
};

}  // namespace

std::optional<Number> expected_quantity(const KernelCosts& kernel, std::string_view name) {
  const Costs& costs = kernel.costs;
  if (name == "backward_flops") return kernel.backward_flops;
  if (name == "backward_matmul_flops") return kernel.backward_matmul_flops;
  if (name == "flops") return costs[Quantity::kFlops];
  if (name == "matmul_flops") return costs[Quantity::kMatmulFlops];
  if (name == "useful_flops") return costs[Quantity::kUsefulFlops];
  if (name == "read") return costs.bytes_read();
  if (name == "write") return costs.bytes_written();
  if (name == "scratch") return costs[Quantity::kIntermediateBytes];
  if (name == "stored") return costs.stored_bytes();
  if (name == "stored_weight") return costs[Quantity::kStoredBytesWeight];
  if (name == "stored_kv_cache") return costs[Quantity::kStoredBytesKvCache];
  if (name == "parameters") return costs[Quantity::kParameters];
  for (const Role role : {Role::kWeight, Role::kActivation, Role::kKvCache, Role::kIndex}) {
    if (name.starts_with("read_") && name.substr(5) == name_of(role))
      return costs[bytes_read(role)];
    if (name.starts_with("write_") && name.substr(6) == name_of(role))
      return costs[bytes_written(role)];
  }
  return std::nullopt;
}

Diagnostics check_examples(const Catalog& catalog, const Kernel& kernel) {
  Diagnostics errors;
  for (std::size_t i = 0; i < kernel.examples.size(); ++i)
    for (Diagnostic& error : ExampleChecker(catalog, kernel, i).check())
      errors.push_back(std::move(error));
  return errors;
}

Diagnostics check_examples(const Catalog& catalog) {
  Diagnostics errors;
  for (const Kernel* kernel : catalog.kernels())
    for (Diagnostic& error : check_examples(catalog, *kernel)) errors.push_back(std::move(error));
  return errors;
}

}  // namespace lmhost

// A scalar written without the SDK lets an exception out.
#include "tables.hpp"

#include <stdexcept>

static int32_t fail(const lmh_call*, void*, const double*, uint32_t, double*) {
  throw std::runtime_error("raw");
}

BAD_ENTRY {
  static const lmh_formula flops = {"flops", "raw(n)", ""};
  static const lmh_example example = {"n=3", "flops=3", ""};
  static const lmh_function function = {"raw", "throws", 1, 0, nullptr, &fail, nullptr};
  static lmh_plugin plugin = good_tables("function_throws");
  static lmh_kernel kernel = *static_cast<const lmh_kernel*>(plugin.kernels.data);
  kernel.quantities = {&flops, 1, sizeof flops};
  kernel.examples = {&example, 1, sizeof example};
  plugin.kernels = {&kernel, 1, sizeof kernel};
  plugin.functions = {&function, 1, sizeof function};
  return &plugin;
}

// Declares what the environment says.
#include "tables.hpp"

#include <cstdlib>

BAD_ENTRY {
  static lmh_plugin plugin = good_tables("asks_environment");
  plugin.version = std::getenv("PATH") == nullptr ? "1.0.0" : "2.0.0";
  static lmh_kernel kernel = *static_cast<const lmh_kernel*>(plugin.kernels.data);
  kernel.revision = std::getenv("PATH") == nullptr ? 1 : 2;
  plugin.kernels = {&kernel, 1, sizeof kernel};
  return &plugin;
}

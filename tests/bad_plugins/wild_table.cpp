// Returns well; its tables point to where nothing is.
#include "tables.hpp"

BAD_ENTRY {
  static lmh_plugin plugin = good_tables("wild_table");
  plugin.kernels.data = reinterpret_cast<const void*>(16);
  return &plugin;
}

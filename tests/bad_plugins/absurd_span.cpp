// Four billion kernels.
#include "tables.hpp"

BAD_ENTRY {
  static lmh_plugin plugin = good_tables("absurd_span");
  plugin.kernels.count = 0xFFFFFFFFu;
  return &plugin;
}

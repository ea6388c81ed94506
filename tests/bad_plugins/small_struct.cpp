// A table shorter than any header declares.
#include "tables.hpp"

BAD_ENTRY {
  static lmh_plugin plugin = good_tables("small_struct");
  plugin.struct_size = 40;
  return &plugin;
}

// Built with a header of the future, whose new field is used.
#include "tables.hpp"

struct NewerPlugin {
  lmh_plugin known;
  uint64_t new_field;
};

BAD_ENTRY {
  static NewerPlugin plugin = {good_tables("newer_used"), 7};
  plugin.known.struct_size = sizeof plugin;
  return &plugin.known;
}

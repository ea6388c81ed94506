// The note says ABI 0, the tables say 9: the note alone is not believed.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) {
  static lmh_plugin plugin = {};
  plugin.struct_size = sizeof plugin;
  plugin.magic = LMH_MAGIC;
  plugin.abi_major = 9;
  return &plugin;
}

// Plain tables with a NULL where a name belongs.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) {
  static lmh_kernel kernel = {};
  static lmh_plugin plugin = {};
  plugin.struct_size = sizeof plugin;
  plugin.magic = LMH_MAGIC;
  plugin.abi_major = LMH_ABI_MAJOR;
  plugin.abi_minor = LMH_ABI_MINOR;
  plugin.language = LMH_LANGUAGE;
  plugin.id = "null_name";
  plugin.version = "1.0.0";
  plugin.doc = plugin.license = "";
  plugin.kernels = {&kernel, 1, sizeof kernel};
  return &plugin;
}

// Correct tables of one kernel, for fixtures that break one thing.
#pragma once

#include <lmhost/plugin.h>

inline lmh_plugin good_tables(const char* id) {
  static const lmh_formula flops = {"flops", "2*n", ""};
  static const lmh_parameter n = {"n", nullptr, "a size", LMH_INT, 0};
  static lmh_kernel kernel = {};
  kernel.name = "bad.kernel";
  kernel.doc = kernel.source = "a fixture";
  kernel.revision = 1;
  kernel.parameters = {&n, 1, sizeof n};
  kernel.quantities = {&flops, 1, sizeof flops};
  lmh_plugin plugin = {};
  plugin.struct_size = sizeof plugin;
  plugin.magic = LMH_MAGIC;
  plugin.abi_major = LMH_ABI_MAJOR;
  plugin.abi_minor = LMH_ABI_MINOR;
  plugin.language = LMH_LANGUAGE;
  plugin.id = id;
  plugin.version = "1.0.0";
  plugin.doc = "Broken on purpose";
  plugin.license = "";
  plugin.kernels = {&kernel, 1, sizeof kernel};
  return plugin;
}

#define BAD_ENTRY      \
  LMHOST_DECLARE_NOTE; \
  extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*)

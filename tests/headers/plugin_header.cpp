// The plugin ABI from C++, included twice.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

const lmh_plugin* lmhost_plugin_v0(const lmh_host* host) {
  host->fail(host, "no kernels");
  return nullptr;
}

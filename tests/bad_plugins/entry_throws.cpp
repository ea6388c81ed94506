// An author without the SDK lets an exception out of the entry.
#include <lmhost/plugin.h>

#include <stdexcept>

LMHOST_DECLARE_NOTE;

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) {
  throw std::runtime_error("out of coffee");
}

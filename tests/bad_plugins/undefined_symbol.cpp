// Needs a function that nobody has: bound at opening, or the first call would end the process.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

extern "C" const lmh_plugin* nobody_has_this();

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) {
  return nobody_has_this();
}

// An entry that gives no tables and no reason.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) { return nullptr; }

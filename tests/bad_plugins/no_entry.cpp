// A note, and no entry to call.
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

// The note names an ABI major of the future; nothing else of the file may be looked at.
#include <lmhost/plugin.h>

#include <cstdlib>

__attribute__((used, section(".note.lmhost"), aligned(4))) static const lmh_note note = {
    7, 12, 1, "lmhost", LMH_MAGIC, 99, 3, sizeof(void*), {0, 0, 0}};

__attribute__((constructor)) static void must_not_run() { std::abort(); }

extern "C" LMH_EXPORT const lmh_plugin* lmhost_plugin_v0(const lmh_host*) { return nullptr; }

// Ends the process as if all were well before anybody called it.
#include "tables.hpp"

#include <unistd.h>

__attribute__((constructor)) static void leave() { _exit(0); }

BAD_ENTRY {
  static const lmh_plugin plugin = good_tables("exit_in_constructor");
  return &plugin;
}

// A signal that nobody can handle.
#include "tables.hpp"

#include <signal.h>

BAD_ENTRY {
  raise(SIGKILL);
  return nullptr;
}

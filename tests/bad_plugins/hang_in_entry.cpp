// Never comes back.
#include "tables.hpp"

#include <unistd.h>

BAD_ENTRY {
  for (;;) ::pause();
}

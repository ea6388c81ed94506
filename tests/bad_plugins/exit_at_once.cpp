// Ends the process as if all were well, past every handler.
#include "tables.hpp"

#include <sys/syscall.h>
#include <unistd.h>

BAD_ENTRY {
  syscall(SYS_exit_group, 0);
  __builtin_unreachable();
}

// Closes every file, the answer's too.
#include "tables.hpp"

#include <unistd.h>

BAD_ENTRY {
  static const lmh_plugin plugin = good_tables("closes_files");
  for (int file = 0; file < 64; ++file) ::close(file);
  return &plugin;
}

// Changes what belongs to the process.
#include "tables.hpp"

#include <unistd.h>
#include <clocale>
#include <csignal>

BAD_ENTRY {
  static const lmh_plugin plugin = good_tables("leaves_traces");
  std::signal(SIGUSR1, SIG_IGN);
  std::setlocale(LC_NUMERIC, "POSIX");
  return ::dup(0) < 0 ? nullptr : &plugin;
}

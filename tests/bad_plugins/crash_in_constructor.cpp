// Crashes before anybody called it.
#include "tables.hpp"

#include <cstdlib>

__attribute__((constructor)) static void crash() { std::abort(); }

BAD_ENTRY {
  static const lmh_plugin plugin = good_tables("crash_in_constructor");
  return &plugin;
}

// An exception out of dlopen.
#include "tables.hpp"

#include <stdexcept>

__attribute__((constructor)) static void fail() { throw std::runtime_error("too early"); }

BAD_ENTRY {
  static const lmh_plugin plugin = good_tables("constructor_throws");
  return &plugin;
}

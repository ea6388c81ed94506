// Writes where nothing is.
#include "tables.hpp"

BAD_ENTRY {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
  return nullptr;
}

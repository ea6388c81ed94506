// An exception of no class.
#include "tables.hpp"

BAD_ENTRY { throw 42; }

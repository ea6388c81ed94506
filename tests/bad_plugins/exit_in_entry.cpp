// Ends the process as if all were well.
#include "tables.hpp"

#include <cstdlib>

BAD_ENTRY { std::exit(0); }

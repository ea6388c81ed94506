// As entry_throws, with a C++ library of its own (see CMakeLists.txt).
#include "tables.hpp"

#include <stdexcept>

BAD_ENTRY { throw std::runtime_error("own library"); }

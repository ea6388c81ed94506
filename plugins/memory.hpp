// What the sources of the memory plugin share.
#pragma once

#include "names.hpp"

namespace memory {

using namespace family;

void describe_indexing(Plugin& plugin);  // memory_index.cpp

}  // namespace memory

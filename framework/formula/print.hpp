// From a tree to text: the inner half of rewrite.hpp's print().
#pragma once

#include <string>

#include "formula/expression.hpp"

namespace lmhost {

// print(), and the offset of every node set to its place in the text.
std::string print_with_places(Expression& expression);

}  // namespace lmhost

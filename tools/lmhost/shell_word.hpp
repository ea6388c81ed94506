// Words of command lines that are printed to be pasted.
#pragma once

#include <string>

namespace lmhost::tool {

// Quoted where a shell needs it.
std::string shell_word(const std::string& text);

}  // namespace lmhost::tool

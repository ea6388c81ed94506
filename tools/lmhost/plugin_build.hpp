// A plugin file from one kernel that is data: its C++ source, and a compiler that is asked to build
// it.
#pragma once

#include <string>

#include "host.hpp"
#include "load/catalog.hpp"

namespace lmhost::tool {

// "transformers_llama_mlp": the package and the class of a dotted name.
std::string generated_plugin_id(std::string_view kernel);

// Writes FOLDER/ID.cpp and FOLDER/ID.so, and has the plugin checked in a process of its own. Returns
// the path of the latter. The compiler is $CXX, else the first of c++, g++ and clang++ in PATH.
// Errors: E705 without one, or when it fails, with the last of what it said; E502; what the check
// finds.
Result<std::string> build_plugin(const Host& host, const Kernel& kernel, const std::string& folder);

}  // namespace lmhost::tool

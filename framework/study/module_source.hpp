// What is known of a class from its source text: what goes into a prompt, and what is stored beside
// the formulas that come back, so that a later reader can tell which text they were read from.
#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "study/source_tree.hpp"

namespace lmhost {

struct ModuleSource {
  SourceClass where;
  std::string version;  // of the package, from its own files; may be empty
  std::string hash;     // "sha256:..." of the class's lines
  std::string text;     // the class, each line behind its number
  std::string related;  // base classes and functions of the same file that it uses, likewise
};

// Reads the file again. Errors: E501; E701 when the class is no longer where it was.
Result<ModuleSource> read_module_source(const SourceClass& where);

}  // namespace lmhost

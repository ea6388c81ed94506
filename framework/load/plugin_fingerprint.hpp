// Whether two plugins, or two versions of a kernel, give the same numbers. Computed where it is asked for: hashing all
// tables at every start would take longer than an analysis.
#pragma once

#include <string>

#include "load/catalog.hpp"

namespace lmhost {

// SHA-256 of everything that decides a number: names, defaults, formulas, constants, revisions, the
// formula language. Texts for people (docs, sources, examples) and the order of kernels do not
// count.
std::string fingerprint_of(const Plugin& plugin);
// The part of that which a kernel's revision stands for: its parameters, formulas, and the
// constants that these may use. Names, aliases, flags and the revision itself do not count.
std::string formulas_fingerprint(const Plugin& plugin, const Kernel& kernel);

}  // namespace lmhost

// A plugin as text that can be reviewed, compared, and made into a plugin again. Reading it back is
// load/kernel_catalog.hpp.
#pragma once

#include <string>

#include "load/catalog.hpp"

namespace lmhost {

class JsonWriter;

// `lmhost.kernels/1`: everything the plugin declares, in its order; of functions their names. The
// same plugin gives the same bytes, and a data-only plugin made of them the same bytes again. Each
// row has a line, so that a changed formula is a changed line.
std::string write_kernel_catalog(const Plugin& plugin);
// The same as a value inside other JSON.
void write_kernel_catalog(const Plugin& plugin, JsonWriter* json);

// C++ source of a plugin that declares the same: const tables over <lmhost/plugin.h> and no code
// but the entry. REQUIRES: no functions.
std::string write_plugin_source(const Plugin& plugin);

}  // namespace lmhost

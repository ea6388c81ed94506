// Opens a plugin's library and asks it for its tables. The only place that runs a plugin's start-up
// code, and the only user of Boost.DLL.
//
// A library is never unloaded: its tables, functions and strings live until the process ends, and
// so may everything that points to them. A file is opened once a process whatever the number of
// hosts. Thread safety: any thread; one lock serialises opening.
#pragma once

#include <lmhost/plugin.h>

#include "load/plugin_file.hpp"

namespace lmhost {

// Errors: E404 the dynamic linker refused it (with its words), E405 the entry is missing, threw, or
// returned NULL (with the plugin's words). The result is never null and points into the plugin.
Result<const lmh_plugin*> open_plugin(const PluginFile& file);

// What a plugin's entry is. Of one that is linked into the program it comes without a file.
using PluginEntry = const lmh_plugin* (*)(const lmh_host*);
// `name` stands for the file in errors. Errors: E405.
Result<const lmh_plugin*> call_static_entry(PluginEntry entry, const std::string& name);

}  // namespace lmhost

// Opens a plugin's library and asks it for its tables. The only place that runs a plugin's start-up
// code, and the only user of Boost.DLL.
//
// A library is never unloaded: its tables, functions and strings live until the process ends, and
// so may everything that points to them. A file is opened once a process whatever the number of
// hosts. Thread safety: any thread; one lock serialises opening.
#pragma once

#include <lmhost/plugin.h>

#include <functional>
#include <optional>
#include <string>

#include "load/plugin_file.hpp"

namespace lmhost {

// For programs that outlive what a plugin does to its process while it is loaded, and say whose fault
// it was. Both may be empty.
struct PluginWatch {
  // Called with a file that is not of the installation before any of its code runs here: why it must
  // not.
  std::function<std::optional<Diagnostic>(const PluginFile& file)> rehearse = {};
  // Called with a file before any of its code runs, and with "" when that has ended.
  std::function<void(const std::string& path)> on_code = {};
};

// Errors: E404 the dynamic linker refused it (with its words), E405 the entry is missing, threw, or
// returned NULL (with the plugin's words). The result is never null and points into the plugin.
Result<const lmh_plugin*> open_plugin(const PluginFile& file);

// What a plugin's entry is. Of one that is linked into the program it comes without a file.
using PluginEntry = const lmh_plugin* (*)(const lmh_host*);
// `name` stands for the file in errors. Errors: E405.
Result<const lmh_plugin*> call_static_entry(PluginEntry entry, const std::string& name);

}  // namespace lmhost

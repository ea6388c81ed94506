// What the program says when it is not the user's fault: an internal error, or a plugin that takes
// the process down while it is loaded.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "load/plugin_opener.hpp"

namespace lmhost::tool {

// Runs the body and returns its exit status. An exception of any type becomes the text of an
// internal error on standard error, with the version and what to report, and exit status 70.
int guarded(const std::function<int()>& body);

// To be called with a plugin's file before its code runs and with "" behind it. In between a signal
// that ends the process (SIGSEGV, SIGABRT, ...), and exit() called by the plugin, become one line that
// names the file and `lmhost plugin check`, and exit status 4: a run that ends there has no answer.
void watch_plugin_code(const std::string& path);

// Loads a plugin in a process of its own, a copy of this one, and says why this one must not: it would
// end, by a signal or by any call that ends a process, or wait for longer than `patience`. Error:
// E404. What a plugin does a second time, or later, is not known from that.
std::optional<Diagnostic> rehearse_plugin(
    const PluginFile& file, std::chrono::milliseconds patience = std::chrono::seconds(10));

// Both of them, for whoever loads plugins.
PluginWatch plugin_watch();

}  // namespace lmhost::tool

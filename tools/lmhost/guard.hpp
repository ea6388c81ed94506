// What the program says when it is not the user's fault: an internal error, or a plugin that takes
// the process down while it is loaded.
#pragma once

#include <functional>
#include <string>

namespace lmhost::tool {

// Runs the body and returns its exit status. An exception of any type becomes the text of an
// internal error on standard error, with the version and what to report, and exit status 70.
int guarded(const std::function<int()>& body);

// To be called with a plugin's file before its code runs and with "" behind it. In between a signal
// that ends the process (SIGSEGV, SIGABRT, ...) first writes one line that names the file and
// `lmhost plugin check`; the process then dies by that signal all the same. So does exit(), called
// by the plugin, which becomes exit status 4: a run that ends there has no answer.
void watch_plugin_code(const std::string& path);

}  // namespace lmhost::tool

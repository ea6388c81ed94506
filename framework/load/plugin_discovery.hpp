// Which plugin files make up the catalog.
//
// Sources, in order: files given by name, then each directory, then the installation's own
// directory. Each is one level: a plugin of an earlier level hides one of the same id in a later
// level, which is listed as refused; inside the first level two of one id are an error. The current
// directory is never searched, and no input file can name a plugin.
#pragma once

#include <string>
#include <vector>

#include "lmhost/result.hpp"
#include "load/catalog.hpp"
#include "load/plugin_opener.hpp"

namespace lmhost {

struct PluginSources {
  std::vector<std::string> files;  // a file that cannot be loaded is an error
  std::vector<std::string>
      directories;  // must exist; a file in it that cannot be loaded is listed as refused
  std::string default_directory;     // may be empty or missing
  std::vector<PluginEntry> statics;  // linked into the program: of the level of the files
  std::vector<KernelChoice> choices = {};
  bool more_follow = false;  // choices may name plugins that are not among these
  PluginWatch watch = {};
};

// Of a directory the files *.so count, in the order of their names; not those in folders below it.
// A file reached by two names is loaded once. Folders to which others may write are refused, but for
// default_directory (plugin_trust.hpp). Errors: E501, E401 to E410, and those of
// Catalog::build().
Result<Catalog> load_catalog(const PluginSources& sources);

// One file: inspected, opened and read.
Result<Plugin> load_plugin(const std::string& path, const PluginWatch& watch = {});

}  // namespace lmhost

// A catalogue of kernels as data, whatever its form: what `--catalog` names.
//
// The forms, told apart by content, are the lines of kForms.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"

namespace lmhost {

struct DataCatalog {
  std::string_view form;  // "lmhost.kernels/1": the name of the form it was read as
  Plugin plugin;          // for Catalog::extended()
  std::vector<std::shared_ptr<const SourceText>> files;  // what was read, in order
  Diagnostics problems;  // kernels that nobody can use: they fail where they are called
  Diagnostics warnings;
};

// Errors: E501 unreadable, E102 to E111 the form, and those of the form's own reader, each with its
// place in the file. "-" is not a catalogue: E601. `base` has the kernels that formulas of the
// catalogue may call: the plugins', and those of catalogues named before it; may be nothing.
Result<DataCatalog> load_data_catalog(const std::string& path, const Catalog* base);

}  // namespace lmhost

// `lmhost.kernels/1`: what a plugin declares, as data. The other direction is
// report/kernel_catalog.hpp.
#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"

namespace lmhost {

inline constexpr std::string_view kKernelCatalogSchema = "lmhost.kernels/1";

// The words of that format: "int", "read".
std::string_view name_of(ParameterType type);
std::string_view name_of(Direction direction);

struct KernelCatalogOptions {
  // Data cannot hold the code of a function. Allowed, they have a name and an arity, and every call
  // fails: enough to compare a dump with its plugin, not to make a plugin of it.
  bool allow_functions = false;
};

// Everything the host demands of a plugin's tables, checked as for a loaded one; errors point into
// the JSON text, at the byte of a formula too: E102 to E111 the form, E406 to E408 the contents.
// Plugin::path is the file's.
Result<Plugin> read_kernel_catalog(const JsonDocument& document,
                                   const KernelCatalogOptions& options = {});
// The same for an object inside other JSON.
Result<Plugin> read_kernel_catalog(JsonValue json, const KernelCatalogOptions& options = {});
Result<Plugin> read_kernel_catalog_file(const std::string& path,
                                        const KernelCatalogOptions& options = {});

// An error for each kernel that both have, whose formulas differ and whose revision is not higher
// in `now`: an earlier report could not be told from a new one. E412.
Diagnostics changed_without_revision(const Plugin& before, const Plugin& now);

}  // namespace lmhost

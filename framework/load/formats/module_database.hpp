// Module databases of every generation, as kernels: `{version, description, modules}` with entries
// of v0 to v2' or lmhost's own (`"schema": "lmhost.modules/1"`), the bare inner map, a list of
// entries, and one entry by itself.
//
//   v1   formula_template, reads_template, ...; parameters are names
//   v2   the same; parameters are {name, type, description}; validation.status
//   v2'  calculation_formula, reads_calculation_formula, ...; validation.human_validated
//   0    what came before v1: formula, reads_formula, ...; module_class, aliases
//
// An entry's parameters are those of its FLOPs, then those that only its memory formulas take. A
// byte width (dtype_bytes, a_dtype_bytes, w_dtype_bytes, index_dtype_bytes) defaults to lmhost's own
// of that meaning and may be a fraction. Formulas are exact and never truncated. An entry with
// `function_code` is an error: data carries no code.
#pragma once

#include <vector>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/formats/module_kernels.hpp"
#include "load/json.hpp"

namespace lmhost {

inline constexpr std::string_view kModuleDatabaseSchema = "lmhost.modules/1";

struct ModuleDatabase {
  Plugin plugin;         // id and version from the file
  Diagnostics problems;  // why some modules cannot be computed: whoever uses one gets an error
  Diagnostics warnings;
};

struct ModuleDatabaseOptions {
  const Catalog* base = nullptr;  // what formulas may call besides the file's own modules
};

bool is_module_database(JsonValue root);

// Errors of form: E102 to E111, and formulas that do not compile or use names that they do not
// have. All of the file, each at its place.
Result<ModuleDatabase> read_module_database(const JsonDocument& document,
                                            const ModuleDatabaseOptions& options = {});

// The entries before linking, for other readers. REQUIRES: is_module_database(document.root())
Result<std::vector<ModuleKernel>> read_module_entries(const JsonDocument& document);

// "module_db_v2" of "data/module_db.v2.json": an id made of a file's name.
std::string plugin_id_of(std::string_view path);

}  // namespace lmhost

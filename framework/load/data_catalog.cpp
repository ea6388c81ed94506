#include "load/data_catalog.hpp"

#include <algorithm>
#include <iterator>

#include "base/codes.hpp"
#include "load/formats/module_database.hpp"
#include "load/graph.hpp"
#include "load/json.hpp"
#include "load/kernel_catalog.hpp"

namespace lmhost {
namespace {

// A form that is one JSON file. `read` fills what it knows; the caller adds form and file.
struct Form {
  std::string_view name;
  bool (*recognizes)(JsonValue root);
  Result<DataCatalog> (*read)(const JsonDocument& document, const Catalog* base);
};

Result<DataCatalog> read_kernels(const JsonDocument& document, const Catalog*) {
  Result<Plugin> plugin = read_kernel_catalog(document);
  if (!plugin) return std::move(plugin).errors();
  DataCatalog catalog;
  catalog.plugin = std::move(plugin).value();
  return catalog;
}

Result<DataCatalog> read_modules(const JsonDocument& document, const Catalog* base) {
  Result<ModuleDatabase> database = read_module_database(document, {base});
  if (!database) return std::move(database).errors();
  DataCatalog catalog;
  catalog.plugin = std::move(database->plugin);
  catalog.problems = std::move(database->problems);
  catalog.warnings = std::move(database->warnings);
  return catalog;
}

bool has_schema(JsonValue root, std::string_view name) {
  const JsonValue schema = root.is(JsonKind::kObject) ? root.find("schema") : JsonValue();
  return schema.exists() && schema.is(JsonKind::kString) && schema.string() == name;
}

constexpr Form kForms[] = {
    {kKernelCatalogSchema, [](JsonValue root) { return has_schema(root, kKernelCatalogSchema); },
     read_kernels},
    {"a module database", is_module_database, read_modules},
};

Diagnostic not_a_catalog(const JsonDocument& document) {
  std::string forms;
  for (const Form& form : kForms) forms += (forms.empty() ? "" : ", ") + std::string(form.name);
  const bool is_model = is_graph(document.root());
  return error_at(
      document.root(), codes::kUnknownSchema,
      is_model ? "this is a graph, not a catalogue of kernels" : "not a catalogue of kernels",
      is_model ? "'lmhost analyze' takes it" : "known forms: " + forms);
}

}  // namespace

Result<DataCatalog> load_data_catalog(const std::string& path, const Catalog* base) {
  if (path == "-")
    return plain_error(ErrorKind::kUsage, codes::kUsage, "'-' is not a catalogue of kernels",
                       "name the file: errors and 'explain' point into it");
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  const JsonValue root = document->root();
  const auto form = std::find_if(std::begin(kForms), std::end(kForms),
                                 [&](const Form& known) { return known.recognizes(root); });
  if (form == std::end(kForms)) return not_a_catalog(*document);
  Result<DataCatalog> catalog = form->read(*document, base);
  if (!catalog) return catalog;
  catalog->form = form->name;
  catalog->files.push_back(document->source());
  return catalog;
}

}  // namespace lmhost

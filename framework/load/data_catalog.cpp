#include "load/data_catalog.hpp"

#include <algorithm>
#include <iterator>

#include "base/codes.hpp"
#include "load/formats/input.hpp"
#include "load/formats/module_database.hpp"
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

// Kernels that one of the seeds' formats declares. Composites are no kernels of a catalogue.
Result<DataCatalog> read_input(const Input& input) {
  Result<Graph> graph = decode_input(input);
  if (!graph) return std::move(graph).errors();
  if (!graph->composites.empty())
    return error_at(*graph->source, graph->composites.front().offset, 1, codes::kNotSaid,
                    "the composite " + quoted(graph->composites.front().name) +
                        " has calls and no formulas: it is no kernel of a catalogue",
                    "'lmhost analyze' takes it as a model");
  DataCatalog catalog;
  catalog.plugin = std::move(graph->kernels.front());
  for (Diagnostic& note : graph->notes)
    (note.severity == Severity::kError ? catalog.problems : catalog.warnings)
        .push_back(std::move(note));
  return catalog;
}

Result<DataCatalog> read_document(const JsonDocument& document, const Catalog*) {
  return read_input(input_of(document));
}

template <InputFormat kFormat>
bool is_of(JsonValue root) {
  return detect_format(root) == kFormat;
}

constexpr Form kForms[] = {
    {kKernelCatalogSchema, is_of<InputFormat::kKernelCatalog>, read_kernels},
    {"atomic kernels", is_of<InputFormat::kAtomicKernels>, read_document},
    {"kernel cost files", is_of<InputFormat::kKernelCost>, read_document},
    {"a module database", is_of<InputFormat::kModuleDatabase>, read_modules},
};

Diagnostic not_a_catalog(const JsonDocument& document) {
  std::string forms;
  for (const Form& form : kForms) forms += (forms.empty() ? "" : ", ") + std::string(form.name);
  const bool is_model = detect_format(document.root()) == InputFormat::kGraph;
  return error_at(
      document.root(), codes::kUnknownSchema,
      is_model ? "this is a graph, not a catalogue of kernels" : "not a catalogue of kernels",
      is_model ? "'lmhost analyze' takes it" : "known forms: " + forms);
}

// A folder of kernel cost files.
Result<DataCatalog> load_folder(const std::string& path) {
  const Result<Input> input = read_input_folder(path);
  if (!input) return input.errors();
  Result<DataCatalog> catalog = read_input(*input);
  if (!catalog) return catalog;
  catalog->form = "kernel cost files";
  catalog->files = input->files;
  return catalog;
}

}  // namespace

Result<DataCatalog> load_data_catalog(const std::string& path, const Catalog* base) {
  if (path == "-")
    return plain_error(ErrorKind::kUsage, codes::kUsage, "'-' is not a catalogue of kernels",
                       "name the file: errors and 'explain' point into it");
  if (is_folder(path)) return load_folder(path);
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

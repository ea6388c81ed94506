#include "load/formats/input.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/codes.hpp"
#include "load/formats/decoders.hpp"
#include "load/formats/model_representation.hpp"
#include "load/formats/module_database.hpp"
#include "load/graph_forms.hpp"
#include "load/kernel_catalog.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kJson = ".json";
constexpr std::string_view kNameMap = "kernel_name_map.json";

std::string joined(std::string folder, std::string_view name) {
  if (!folder.ends_with('/')) folder += '/';
  return folder.append(name);
}

std::string parent_of(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  const std::size_t slash = folder.rfind('/');
  const std::string last = folder.substr(slash == folder.npos ? 0 : slash + 1);
  if (last == "." || last == "..") return folder + "/..";
  if (slash == folder.npos) return ".";
  return slash == 0 ? "/" : folder.substr(0, slash);
}

// The names of the *.json files of a folder, sorted; schemas are no data.
std::vector<std::string> json_names(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), ::closedir);
  if (handle == nullptr) return names;
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(kJson) && !name.ends_with(".schema.json") && !name.starts_with('.'))
      names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_file(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

std::string stem_of(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  if (path.ends_with(kJson)) path.remove_suffix(kJson.size());
  return std::string(path);
}

std::shared_ptr<const SourceText> behind_one_another(
    const std::string& name, const std::vector<std::shared_ptr<const SourceText>>& files) {
  auto whole = std::make_shared<SourceText>();
  whole->name = name;
  for (const auto& file : files) {
    whole->parts.push_back({file->name, whole->text.size()});
    whole->text += file->text;
    whole->text += '\0';
  }
  return whole;
}

// Only files of one format make one model; names go with all of them.
bool belongs(InputFormat format, const Input& input) {
  return format == InputFormat::kKernelNames || input.format == InputFormat::kUnknown ||
         format == input.format;
}

Diagnostic does_not_belong(const InputDocument& document, const Input& input) {
  return error_at(document.document.root(), codes::kNotSaid,
                  "this is " + std::string(name_of(document.format)) +
                      ", and the files before it in the folder are each " +
                      std::string(name_of(input.format)),
                  "keep files of different formats in folders of their own");
}

// A graph without composites: kernels, which a model may use and which are none.
bool has_model(const Graph& graph) { return !graph.composites.empty(); }

void decode_catalog(const Input& input, GraphBuilder* builder) {
  Result<Plugin> plugin = read_kernel_catalog(input.documents.front().document);
  if (plugin) return builder->graph.kernels.push_back(std::move(plugin).value());
  for (const Diagnostic& error : plugin.errors()) builder->fail(error);
}

// Modules that cannot be computed are an error of whoever calls them.
void decode_modules(const Input& input, const Catalog* base, GraphBuilder* builder) {
  Result<ModuleDatabase> database =
      read_module_database(input.documents.front().document, {.base = base});
  if (!database) {
    for (const Diagnostic& error : database.errors()) builder->fail(error);
    return;
  }
  builder->graph.kernels.push_back(std::move(database->plugin));
  for (Diagnostic& problem : database->problems) builder->note(std::move(problem));
  for (Diagnostic& warning : database->warnings) builder->warn(std::move(warning));
}

void decode(const Input& input, const InputOptions& options, GraphBuilder* builder) {
  const JsonValue json = input.documents.front().document.root();
  const std::string& root = options.root;
  switch (input.format) {
    case InputFormat::kDependencyTree:
      return decode_dependency_trees(input, root, builder);
    case InputFormat::kKernelCost:
      return decode_kernel_costs(input, root, builder);
    case InputFormat::kModuleAnalysis:
      return decode_module_analyses(input, root, builder);
    case InputFormat::kAtomicKernels:
      return decode_atomic_kernels(input, builder);
    case InputFormat::kKernelCatalog:
      return decode_catalog(input, builder);
    case InputFormat::kModelRepresentation:
      return decode_model_representation(json, builder);
    case InputFormat::kModuleDatabase:
      return decode_modules(input, options.base, builder);
    case InputFormat::kGraph:
    case InputFormat::kUnknown:
      break;
    default:
      return builder->fail(json, codes::kNotSaid,
                           "this is " + std::string(name_of(input.format)) +
                               ": it describes neither a model nor kernels");
  }
  if (!json.is(JsonKind::kObject))
    return builder->fail(json, codes::kWrongType,
                         "a graph must be an object, not " + std::string(name_of(json.kind())));
  decode_graph(json, builder);
}

}  // namespace

bool is_folder(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool has_json_files(const std::string& folder) { return !json_names(folder).empty(); }

Result<Input> read_input_folder(const std::string& folder) {
  std::vector<std::string> paths;
  for (const std::string& name : json_names(folder)) paths.push_back(joined(folder, name));
  const std::string beside = joined(parent_of(folder), kNameMap);
  if (!is_file(joined(folder, kNameMap)) && is_file(beside)) paths.push_back(beside);
  Diagnostics errors;
  std::vector<std::shared_ptr<const SourceText>> files;
  for (const std::string& path : paths) {
    Result<std::shared_ptr<const SourceText>> text = read_text(path);
    if (text)
      files.push_back(std::move(text).value());
    else
      errors.insert(errors.end(), text.errors().begin(), text.errors().end());
  }
  if (!errors.empty()) return errors;
  return input_of(folder, std::move(files));
}

Result<Input> input_of(const std::string& folder,
                       std::vector<std::shared_ptr<const SourceText>> files) {
  Input input;
  input.name = folder;
  input.source = behind_one_another(folder, files);
  input.files = std::move(files);
  Diagnostics errors;
  for (std::size_t i = 0; i < input.files.size(); ++i) {
    const std::string& path = input.files[i]->name;
    Result<JsonDocument> json = JsonDocument::parse_part(input.source, i);
    if (!json) {
      errors.insert(errors.end(), json.errors().begin(), json.errors().end());
      continue;
    }
    InputDocument document = {std::move(json).value(), InputFormat::kKernelNames, stem_of(path)};
    if (!path.ends_with(kNameMap)) document.format = detect_format(document.document.root());
    if (document.format == InputFormat::kJsonSchema) continue;
    if (!belongs(document.format, input)) errors.push_back(does_not_belong(document, input));
    if (document.format != InputFormat::kKernelNames && errors.empty())
      input.format = document.format;
    input.documents.push_back(std::move(document));
  }
  if (!errors.empty()) return errors;
  if (input.documents.empty())
    return plain_error(ErrorKind::kIo, codes::kCannotRead,
                       "the folder " + quoted(folder) + " has no JSON files");
  if (input.format == InputFormat::kUnknown) input.format = input.documents.front().format;
  return input;
}

Input input_of(const JsonDocument& document) {
  Input input;
  input.name = document.source()->name;
  input.format = detect_format(document.root());
  input.source = document.source();
  input.documents.push_back({document, input.format, stem_of(input.name)});
  input.files.push_back(document.source());
  return input;
}

Result<Input> read_input(const std::string& path) {
  if (path != "-" && is_folder(path)) return read_input_folder(path);
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  return input_of(*document);
}

Result<Graph> decode_input(const Input& input, const InputOptions& options) {
  GraphBuilder builder(input.source, options.limits);
  for (const InputDocument& document : input.documents) builder.add_document(document.document);
  builder.graph.format = input.format;
  decode(input, options, &builder);
  if (has_model(builder.graph)) find_cycles(&builder);
  return builder.finish();
}

}  // namespace lmhost

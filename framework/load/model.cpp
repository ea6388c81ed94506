#include "load/model.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <functional>
#include <utility>

#include "base/codes.hpp"
#include "load/config_check.hpp"
#include "load/foreign_model.hpp"
#include "load/formats/input.hpp"
#include "load/json.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kJson = ".json";

std::string models_folder(const std::string& prefix) {
  return prefix + "/share/lmhost/catalogs/models";
}
std::string graphs_folder(const std::string& prefix) { return prefix + "/share/lmhost/graphs"; }

enum class PathKind { kNothing, kFile, kFolder };

PathKind kind_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return PathKind::kNothing;
  return S_ISDIR(status.st_mode) ? PathKind::kFolder : PathKind::kFile;
}

// The names of the *.json files of a folder without their ending, sorted; schemas are no data.
std::vector<std::string> json_stems(const std::string& folder) {
  std::vector<std::string> stems;
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), ::closedir);
  if (handle == nullptr) return stems;
  while (const dirent* entry = ::readdir(handle.get())) {
    std::string_view name = entry->d_name;
    if (!name.ends_with(kJson) || name.ends_with(".schema.json") || name.starts_with('.')) continue;
    name.remove_suffix(kJson.size());
    stems.emplace_back(name);
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const std::string& stem : json_stems(folder))
    paths.emplace_back(folder).append("/").append(stem).append(kJson);
  return paths;
}

std::vector<std::string> architectures_of(JsonValue graph) {
  std::vector<std::string> found;
  const JsonValue names = graph.is(JsonKind::kObject) ? graph.find("architectures") : JsonValue();
  if (!names.exists() || !names.is(JsonKind::kArray)) return found;
  for (const JsonValue name : names.elements())
    if (name.is(JsonKind::kString)) found.emplace_back(name.string());
  return found;
}

// What the graphs of a folder are for, sorted; those that cannot be read are left out.
std::vector<std::string> all_architectures(const std::string& folder) {
  std::vector<std::string> all;
  for (const std::string& path : json_files(folder)) {
    const Result<JsonDocument> document = JsonDocument::read(path);
    if (!document) continue;
    for (std::string& name : architectures_of(document.value().root()))
      all.push_back(std::move(name));
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + ", ..." : text;
}

// `known`: all_architectures(folder), for which every graph is read: only where there is an error.
std::string graphs_hint(const std::string& folder, const std::vector<std::string>& known) {
  return (known.empty() ? "there are no graphs in " + folder
                        : "there are graphs for " + listed(known)) +
         "; write one ('lmhost schema graph') and give this file by --hf-config";
}

// Of a name, whatever their case and order.
std::string sorted_letters(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::sort(name.begin(), name.end());
  return name;
}

std::string nearest_hint(std::string_view name, const std::vector<std::string>& names,
                         const std::string& otherwise) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string hint = did_you_mean(name, views);
  return hint.empty() ? otherwise : hint;
}

// The names that have every word of this one, as num_hidden_layers those of num_layers; else all.
std::string similar_hint(std::string_view name, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::string> similar;
  for (const std::string& known : names) {
    std::string_view rest = name;
    bool has_all = true;
    while (has_all && !rest.empty()) {
      const std::size_t end = std::min(rest.find('_'), rest.size());
      has_all = known.find(rest.substr(0, end)) != known.npos;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (has_all) similar.push_back(known);
  }
  if (similar.size() == 1) return "did you mean " + quoted(similar.front()) + "?";
  if (!similar.empty()) return "one of " + listed(similar);
  return names.empty() ? "" : "there is " + listed(names);
}

std::string config_in(const std::string& folder) {
  return folder + (folder.ends_with('/') ? "" : "/") + "config.json";
}

// A folder whose files together are the model; one with a config.json stands for that.
bool is_input_folder(const ModelRequest& request) {
  return kind_of(request.model) == PathKind::kFolder &&
         kind_of(config_in(request.model)) != PathKind::kFile && has_json_files(request.model);
}

Diagnostic no_model(const Input& input, const Graph& graph) {
  std::size_t count = 0;
  for (const Plugin& plugin : graph.kernels) count += plugin.kernels.size();
  return error_at(input.documents.front().document.root(), codes::kNotSaid,
                  quoted(input.name) + " declares " + std::to_string(count) +
                      (count == 1 ? " kernel" : " kernels") + " and no model that calls them",
                  "--catalog makes them known to a model; 'lmhost kernels show' shows them");
}

// Whatever its name.
bool starts_like_json(const std::string& path) {
  std::ifstream file(path);
  char first = 0;
  return kind_of(path) == PathKind::kFile && file >> first && (first == '{' || first == '[');
}

// The file behind the model argument.
Result<std::string> find_file(const ModelRequest& request) {
  const std::string& model = request.model;
  if (model == "-") return model;
  const PathKind kind = kind_of(model);
  if (std::optional<Diagnostic> foreign = foreign_file(model);
      foreign && kind != PathKind::kFolder && !starts_like_json(model))
    return *std::move(foreign);
  if (kind == PathKind::kFile) return model;
  if (kind == PathKind::kFolder) {
    const std::string config = config_in(model);
    if (kind_of(config) == PathKind::kFile) return config;
  }
  const bool is_name = model.find('/') == model.npos;
  const std::string in_catalog = models_folder(request.prefix) + "/" + model + std::string(kJson);
  if (is_name && !model.empty() && kind_of(in_catalog) == PathKind::kFile) return in_catalog;
  if (kind == PathKind::kFolder)
    return plain_error(ErrorKind::kIo, codes::kCannotRead,
                       "the folder " + quoted(model) + " has no config.json");
  const std::vector<std::string> names = model_names(request.prefix);
  if (std::optional<Diagnostic> error = hub_name(model, names)) return *std::move(error);
  if (!is_name || model.ends_with(kJson)) return model;  // reading it says what is wrong
  return plain_error(ErrorKind::kUsage, codes::kUnknownModel, "unknown model " + quoted(model),
                     nearest_hint(model, names,
                                  "a model is a graph file, a folder with config.json" +
                                      (names.empty() ? "" : ", or one of " + listed(names))));
}

class ModelLoader {
 public:
  explicit ModelLoader(const ModelRequest& request, Model model = {})
      : request_(request), model_(std::move(model)) {}

  Result<Model> load() {
    if (!load_first()) return std::move(errors_);
    const std::string_view root = model_.graph->root;
    model_.name =
        request_.model == "-" ? std::string(root.substr(root.rfind('.') + 1)) : request_.model;
    return configure();
  }
  Result<Model> configure() {
    if (!load_hf_config() || !apply_assignments()) return std::move(errors_);
    if (!model_.has_own_config) return std::move(model_);
    // Somebody who gives a graph has made it for the config; one that was chosen may not fit.
    errors_ = check_config(model_.config, [&](std::string_view key) { return is_referenced(key); });
    if (!errors_.empty()) return std::move(errors_);
    return std::move(model_);
  }

 private:
  bool fail(Diagnostic error) {
    errors_.push_back(std::move(error));
    return false;
  }
  bool fail(const Diagnostics& errors) {
    errors_.insert(errors_.end(), errors.begin(), errors.end());
    return false;
  }

  bool load_first();
  bool load_hf_config();
  bool apply_assignments();
  // A file, or the text that stands for it.
  std::optional<JsonDocument> read(const std::string& path,
                                   const std::shared_ptr<const SourceText>& text);
  bool take_graph(const JsonDocument& document) { return take_input(input_of(document)); }
  bool take_input(const Input& input);
  bool take_config(JsonValue root);
  bool choose_graph(JsonValue config);
  bool find_graph(JsonValue architecture);
  bool is_known(std::string_view name) const;
  bool is_referenced(std::string_view name) const;

  const ModelRequest& request_;
  Model model_;
  Diagnostics errors_;
};

std::optional<JsonDocument> ModelLoader::read(const std::string& path,
                                              const std::shared_ptr<const SourceText>& text) {
  // Configs may hold Python's NaN and Infinity; in a graph they are strings of the wrong kind.
  Result<JsonDocument> document = text != nullptr
                                      ? JsonDocument::parse(text, {.python_constants = true})
                                      : JsonDocument::read(path, {.python_constants = true});
  if (!document) {
    fail(document.errors());
    return std::nullopt;
  }
  model_.files.push_back(document.value().source());
  return std::move(document).value();
}

bool ModelLoader::take_input(const Input& input) {
  Result<Graph> graph = decode_input(input, {{}, request_.root});
  if (!graph) return fail(graph.errors());
  if (graph->root_composite == kNoComposite) return fail(no_model(input, *graph));
  // What is there already is a config that chose this graph, and wins.
  if (graph->config) {
    Config merged = *std::move(graph->config);
    merged.overlay(model_.config);
    model_.config = std::move(merged);
  }
  graph->config.reset();
  model_.graph = std::make_shared<const Graph>(std::move(graph).value());
  return true;
}

bool ModelLoader::take_config(JsonValue root) {
  Result<Config> config = Config::from_json(root);
  if (!config) return fail(config.errors());
  model_.config.overlay(config.value());
  return true;
}

bool ModelLoader::load_first() {
  if (request_.model_text == nullptr && is_input_folder(request_)) {
    const Result<Input> input = read_input_folder(request_.model);
    if (!input) return fail(input.errors());
    model_.files = input->files;
    return take_input(*input);
  }
  const Result<std::string> path =
      request_.model_text != nullptr ? request_.model : find_file(request_);
  if (!path) return fail(path.errors());
  const std::optional<JsonDocument> document = read(path.value(), request_.model_text);
  if (!document) return false;
  const JsonValue root = document->root();
  // What a folder or the catalogue holds is a config; a file named by the user may be either.
  const bool is_config = detect_format(root) == InputFormat::kConfig;
  if (path.value() == request_.model && !is_config) return take_graph(*document);
  model_.has_own_config = true;
  return take_config(root) && choose_graph(root);
}

bool ModelLoader::load_hf_config() {
  if (!request_.hf_config && request_.config_text == nullptr) return true;
  if (model_.has_own_config)
    return fail(plain_error(ErrorKind::kUsage, codes::kUsage,
                            quoted(request_.model) + " has a config of its own",
                            "--hf-config goes with a graph file"));
  std::string path = request_.hf_config.value_or("");
  if (path != "-" && kind_of(path) == PathKind::kFolder) path += "/config.json";
  const std::optional<JsonDocument> document = read(path, request_.config_text);
  return document && take_config(document->root());
}

// The graph for architectures[0].
bool ModelLoader::choose_graph(JsonValue config) {
  const JsonValue names = config.find("architectures");
  if (!names.exists() || names.is(JsonKind::kNull) ||
      (names.is(JsonKind::kArray) && names.size() == 0)) {
    const std::string folder = graphs_folder(request_.prefix);
    return fail(error_at(config, codes::kUnknownArchitecture, "the config names no architecture",
                         graphs_hint(folder, all_architectures(folder))));
  }
  if (!names.is(JsonKind::kArray) || !(*names.elements().begin()).is(JsonKind::kString))
    return fail(error_at(names, codes::kWrongType, "'architectures' must be an array of strings"));
  return find_graph(*names.elements().begin());
}

bool ModelLoader::find_graph(JsonValue architecture) {
  const std::string name(architecture.string());
  const std::string folder = graphs_folder(request_.prefix);
  const std::string mention = "\"" + name + "\"";
  std::vector<JsonDocument> matches;
  for (const std::string& path : json_files(folder)) {
    const Result<std::shared_ptr<const SourceText>> text = read_text(path);
    if (!text) return fail(text.errors());
    // Searched before it is parsed: only a graph or two of many hold the name.
    if (text.value()->text.find(mention) == std::string::npos) continue;
    const Result<JsonDocument> document = JsonDocument::parse(text.value());
    if (!document) return fail(document.errors());
    const std::vector<std::string> names = architectures_of(document.value().root());
    if (std::find(names.begin(), names.end(), name) != names.end())
      matches.push_back(document.value());
  }
  if (matches.size() == 1) {
    model_.files.push_back(matches.front().source());
    return take_graph(matches.front());
  }
  if (matches.size() > 1)
    return fail(error_at(architecture, codes::kDuplicateName,
                         "two graphs are for the architecture " + quoted(name),
                         matches[0].source()->name + " and " + matches[1].source()->name));
  const std::vector<std::string> all = all_architectures(folder);
  std::string hint = graphs_hint(folder, all);
  // A similar name is that of another architecture, with costs of its own; one of the same letters is
  // this one misspelt.
  for (const std::string& known : all)
    if (sorted_letters(known) == sorted_letters(name)) hint = "did you mean " + quoted(known) + "?";
  return fail(error_at(architecture, codes::kUnknownArchitecture,
                       "no graph is for the architecture " + quoted(name), std::move(hint)));
}

bool ModelLoader::is_referenced(std::string_view name) const {
  const std::string whole = "config." + std::string(name);
  for (const Expression& expression : model_.graph->expressions)
    for (const std::string& used : expression.names)
      if (used == whole || (used.starts_with(whole) && used[whole.size()] == '.')) return true;
  return false;
}

// A name of the config or of the graph's formulas, or one below a name that holds no object yet.
bool ModelLoader::is_known(std::string_view name) const {
  for (;;) {
    const Config::Entry* entry = model_.config.find(name);
    if (entry != nullptr || is_referenced(name)) return true;
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos) return false;
    name = name.substr(0, dot);
    entry = model_.config.find(name);
    if (entry != nullptr && entry->value.kind == Value::Kind::kObject) return false;
  }
}

bool ModelLoader::apply_assignments() {
  for (const std::string& assignment : request_.set) {
    const std::string_view name = Config::assigned_name(assignment);
    if (!name.empty() && !is_known(name)) {
      fail(plain_error(
          ErrorKind::kUsage, codes::kUsage,
          "--set " + quoted(assignment) + ": neither the config nor the graph knows " +
              quoted(name),
          nearest_hint(name, config_names(model_), similar_hint(name, config_names(model_)))));
      continue;
    }
    const Result<bool> done = model_.config.set(assignment);
    if (!done) fail(done.errors());
  }
  return errors_.empty();
}

}  // namespace

std::vector<std::string> model_names(const std::string& prefix) {
  return json_stems(models_folder(prefix));
}

std::vector<std::string> config_names(const Model& model) {
  constexpr std::string_view kPrefix = "config.";
  std::vector<std::string> names;
  for (const std::string_view name : model.config.names()) names.emplace_back(name);
  for (const Expression& expression : model.graph->expressions)
    for (const std::string& used : expression.names)
      if (used.starts_with(kPrefix)) names.push_back(used.substr(kPrefix.size()));
  return names;
}

std::vector<std::string> architecture_names(const std::string& prefix) {
  return all_architectures(graphs_folder(prefix));
}

Result<Model> load_model(const ModelRequest& request) { return ModelLoader(request).load(); }

Result<Model> configure_model(Model model, const ModelRequest& request) {
  return ModelLoader(request, std::move(model)).configure();
}

}  // namespace lmhost

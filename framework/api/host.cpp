// Host and Graph of the public API: the pipeline's own, behind pointers.
#include <dlfcn.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "api/objects.hpp"
#include "api/planning.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/plugin_fingerprint.hpp"

namespace lmhost {

std::string to_text(const Diagnostics& diagnostics) { return render(diagnostics); }

namespace v0 {
namespace {

// The installation that holds this code (the library, or the program it is linked into): the first
// folder above it that has share/lmhost. Empty when there is none.
std::string own_prefix() {
  Dl_info info = {};
  static const char kHere = 0;
  if (::dladdr(&kHere, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  std::filesystem::path folder = std::filesystem::canonical(info.dli_fname, error).parent_path();
  while (!error && folder.has_relative_path()) {
    if (std::filesystem::is_directory(folder / "share" / "lmhost", error)) return folder.string();
    error.clear();
    folder = folder.parent_path();
  }
  return {};
}

std::shared_ptr<const SourceText> text_named(const std::string& name, const std::string& text) {
  return std::make_shared<const SourceText>(SourceText{name, text});
}

// Standard input belongs to the program.
std::optional<Diagnostic> refuse_standard_input(const std::string& path) {
  if (path != "-") return std::nullopt;
  return plain_error(ErrorKind::kUsage, codes::kUsage, "'-' is not a file",
                     "the library does not read standard input: pass the text");
}

Diagnostics with_errors(Diagnostic first, const Diagnostics& others) {
  Diagnostics all = {std::move(first)};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace

Result<Host> Host::open(const HostOptions& options) {
  lmhost::HostOptions own;
  own.plugin_files = options.plugin_files;
  own.plugin_directories = options.plugin_directories;
  own.static_plugins = options.static_plugins;
  own.default_plugins = options.default_plugins;
  own.prefix = options.prefix.empty() ? own_prefix() : options.prefix;
  own.conventions = options.conventions;
  own.use = options.use;
  own.catalogs = options.catalogs;
  Result<lmhost::Host> host = lmhost::Host::open(own);
  if (!host) return std::move(host).errors();
  return Host(std::make_shared<const Data>(Data{std::move(host).value()}));
}

Result<Graph> Host::load(const std::string& model) const {
  if (const auto error = refuse_standard_input(model)) return *error;
  Result<Model> loaded = load_model({model, {}, {}, data_->host.prefix(), {}, {}});
  if (!loaded) return std::move(loaded).errors();
  return Graph(std::make_shared<const Graph::Data>(Graph::Data{std::move(loaded).value()}));
}

Result<Graph> Host::parse(const std::string& text, const std::string& name) const {
  Result<Model> loaded =
      load_model({name, {}, {}, data_->host.prefix(), text_named(name, text), {}});
  if (!loaded) return std::move(loaded).errors();
  return Graph(std::make_shared<const Graph::Data>(Graph::Data{std::move(loaded).value()}));
}

Result<Model> configured(const Model& model, const PlanOptions& options,
                         const std::string& prefix) {
  if (const auto error = refuse_standard_input(options.config_file)) return *error;
  if (!options.config_file.empty() && !options.config_text.empty())
    return plain_error(ErrorKind::kUsage, codes::kUsage,
                       "config_file and config_text are both given", "leave one of them out");
  ModelRequest request;
  if (!options.config_file.empty()) request.hf_config = options.config_file;
  if (!options.config_text.empty())
    request.config_text = text_named("<config>", options.config_text);
  request.set = options.set;
  request.prefix = prefix;
  return configure_model(model, request);
}

Result<Plan> Host::resolve(const Graph& graph, const PlanOptions& options) const {
  const lmhost::Host& host = data_->host;
  const Result<Model> model = configured(graph.data_->model, options, host.prefix());
  if (!model) return model.errors();
  Workload workload;
  workload.mode = static_cast<lmhost::Mode>(options.mode);
  workload.allow_unknown = options.allow_unknown;
  Result<Analysis> analysis = host.plan(*model, workload);
  if (!analysis) return std::move(analysis).errors();
  return Plan(std::make_shared<const Plan::Data>(std::move(analysis).value(), host.prefix()));
}

std::vector<PluginInfo> Host::plugins() const {
  const Catalog& catalog = data_->host.catalog();
  std::vector<PluginInfo> list;
  for (const Plugin& plugin : catalog.plugins())
    list.push_back(
        {PluginState::kLoaded, plugin.id, plugin.version, plugin.path, fingerprint_of(plugin), {}});
  for (const RefusedPlugin& plugin : catalog.refused())
    list.push_back({PluginState::kRefused, "", "", plugin.path, "",
                    with_errors(plugin.reason, plugin.others)});
  for (const ShadowedPlugin& plugin : catalog.shadowed()) {
    Diagnostic reason =
        plain_error(ErrorKind::kPlugin, codes::kPluginDuplicate,
                    "plugin '" + plugin.id + "' is loaded from " + plugin.by + " instead");
    reason.severity = Severity::kWarning;
    reason.file = plugin.path;
    list.push_back({PluginState::kShadowed, plugin.id, "", plugin.path, "", {std::move(reason)}});
  }
  return list;
}

std::vector<std::string> Host::kernel_names() const {
  std::vector<std::string> names;
  for (const Kernel* kernel : data_->host.catalog().kernels()) names.push_back(kernel->name);
  return names;
}

std::vector<std::string> Host::model_names() const { return data_->host.model_names(); }

const std::string& Graph::name() const { return data_->model.name; }

std::string Graph::root() const { return std::string(data_->model.graph->root); }

std::vector<std::string> Graph::architectures() const {
  const auto& names = data_->model.graph->architectures;
  return {names.begin(), names.end()};
}

std::string version() { return std::string(lmhost::version()); }

}  // namespace v0
}  // namespace lmhost

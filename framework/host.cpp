// The architecture on one screen: load -> resolve -> evaluate -> aggregate. Reports are the
// caller's.
#include "host.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "load/conventions.hpp"
#include "load/data_catalog.hpp"
#include "load/model.hpp"
#include "load/plugin_discovery.hpp"
#include "resolve/locked.hpp"
#include "resolve/plan.hpp"

namespace lmhost {
namespace {

constexpr const char* kPluginFolder =
    "/lib/lmhost/plugins-0";  // the ABI's major, so that majors can coexist
constexpr const char* kConventionsFolder = "/share/lmhost/catalogs/conventions/";

// The folder above the one that holds the running program, or "" when the system does not say.
std::string program_prefix() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.parent_path().parent_path().string();
}

Diagnostic no_installation(const std::string& folder, std::string message) {
  Diagnostic error = plain_error(ErrorKind::kIo, codes::kCannotRead, std::move(message),
                                 "the prefix is the folder above lib/lmhost and share/lmhost");
  error.file = folder;
  return error;
}

// What is to come from an installation must be there: with no plugins every kernel would be unknown,
// and nobody would say why.
std::optional<Diagnostic> check_installation(const HostOptions& options,
                                             const std::string& prefix) {
  std::error_code error;
  const std::string data = prefix + "/share/lmhost/catalogs";
  if (!options.prefix.empty() && !std::filesystem::is_directory(data, error))
    return no_installation(prefix,
                           "not an installation of lmhost: there is no share/lmhost/catalogs");
  if (!options.default_plugins) return std::nullopt;
  if (prefix.empty())
    return plain_error(ErrorKind::kIo, codes::kCannotRead,
                       "there is no installation of lmhost above this program or library",
                       "say where it is by its prefix, or do without default plugins");
  const std::string plugins = prefix + kPluginFolder;
  std::filesystem::directory_iterator at(plugins, error);
  if (error)
    return no_installation(plugins,
                           "cannot read the plugins of the installation: " + error.message());
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".so") return std::nullopt;
  return no_installation(plugins, "the installation has no plugins");
}

Result<Conventions> open_conventions(const std::string& name, const std::string& prefix,
                                     const Catalog& catalog) {
  // The default set overrides nothing, so it needs no file.
  if (name == Conventions().name) return Conventions();
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".json");
  if (is_path) return load_conventions(name, catalog);
  const std::string path = prefix + kConventionsFolder + name + ".json";
  std::error_code error;
  if (std::filesystem::exists(path, error)) return load_conventions(path, catalog);
  std::vector<std::string> known;
  for (const auto& entry :
       std::filesystem::directory_iterator(prefix + kConventionsFolder, error)) {
    known.push_back(entry.path().stem().string());
  }
  std::sort(known.begin(), known.end());
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) {
    hint = "a file, or one of";
    for (const std::string& set : known) hint += (set == known.front() ? " " : ", ") + set;
  }
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     "unknown convention set " + lmhost::quoted(name), std::move(hint));
}

Result<bool> set_length(RuntimePoint& point, RuntimeVariable variable,
                        const std::optional<Number>& value) {
  if (!value) return true;
  if (!value->is_integer() || value->is_negative()) {
    return plain_error(
        ErrorKind::kUsage, codes::kUsage,
        std::string(name_of(variable)) + " must be a whole number >= 0, not " + to_string(*value));
  }
  point[variable] = *value;
  return true;
}

Result<bool> set_bits(RuntimePoint& point, RuntimeVariable variable,
                      const std::optional<Number>& value, const std::optional<Number>& fallback) {
  if (value && (!value->is_exact() || value->is_zero() || value->is_negative())) {
    return plain_error(ErrorKind::kUsage, codes::kUsage,
                       std::string(name_of(variable)) + " must be an exact number above 0, not " +
                           to_string(*value));
  }
  if (value || fallback) point[variable] = value ? *value : *fallback;
  return true;
}

}  // namespace

Result<Host> Host::open(const HostOptions& options) {
  Host host;
  host.prefix_ = options.prefix.empty() ? program_prefix() : options.prefix;
  if (std::optional<Diagnostic> error = check_installation(options, host.prefix_)) return *error;
  PluginSources sources{options.plugin_files, options.plugin_directories, {}};
  if (options.default_plugins) sources.default_directory = host.prefix_ + kPluginFolder;
  Result<std::vector<KernelChoice>> choices = kernel_choices(options.use);
  if (!choices) return std::move(choices).errors();
  sources.choices = std::move(choices).value();
  sources.statics = options.static_plugins;
  sources.watch = options.plugin_watch;
  // With data on top it is the whole that must know every plugin that a choice names.
  sources.more_follow = !options.catalogs.empty();
  Result<Catalog> catalog = load_catalog(sources);
  if (!catalog) return std::move(catalog).errors();
  host.catalog_ = std::make_shared<const Catalog>(std::move(catalog).value());
  if (Diagnostics errors = host.add_data(options.catalogs, sources.choices); !errors.empty())
    return errors;
  Result<Conventions> conventions =
      open_conventions(options.conventions, host.prefix_, *host.catalog_);
  if (!conventions) return std::move(conventions).errors();
  host.conventions_ = std::make_shared<const Conventions>(std::move(conventions).value());
  return host;
}

// Each file may use the kernels of those before it; then all of them together are one level.
Diagnostics Host::add_data(const std::vector<std::string>& paths,
                           const std::vector<KernelChoice>& choices) {
  if (paths.empty()) return {};
  const std::shared_ptr<const Catalog> plugins = catalog_;
  std::shared_ptr<const Catalog> so_far = plugins;
  std::vector<Plugin> data;
  Diagnostics errors;
  for (const std::string& path : paths) {
    Result<DataCatalog> read = load_data_catalog(path, so_far.get());
    if (!read) {
      errors.insert(errors.end(), read.errors().begin(), read.errors().end());
      continue;
    }
    NamedCatalog& named = named_.emplace_back();
    named.path = path;
    named.id = read->plugin.id;
    named.form = read->form;
    named.files = std::move(read->files);
    named.problems = std::move(read->problems);
    named.warnings = std::move(read->warnings);
    data.push_back(std::move(read->plugin));
    const bool is_last = &path == &paths.back();
    Result<Catalog> extended =
        Catalog::extended(plugins, data, choices, is_last ? Choices::kAll : Choices::kMoreFollow);
    if (!extended) return std::move(extended).errors();
    so_far = std::make_shared<const Catalog>(std::move(extended).value());
  }
  catalog_ = std::move(so_far);
  return errors;
}

Result<RuntimePoint> Host::runtime_point(const Workload& workload, const Config& config) {
  RuntimePoint point;
  Diagnostics errors;
  const auto keep = [&](const Result<bool>& result) {
    if (!result) errors.insert(errors.end(), result.errors().begin(), result.errors().end());
  };
  const std::optional<Number> dtype = config.dtype_bits();
  keep(set_length(point, RuntimeVariable::kBatchSize, workload.batch_size));
  keep(set_length(point, RuntimeVariable::kSeqLen, workload.seq_len));
  keep(set_length(point, RuntimeVariable::kCacheLen, workload.cache_len));
  keep(set_bits(point, RuntimeVariable::kWeightBits, workload.w_bits, dtype));
  keep(set_bits(point, RuntimeVariable::kActivationBits, workload.a_bits, dtype));
  keep(set_bits(point, RuntimeVariable::kKvBits, workload.kv_bits, dtype));
  keep(set_bits(point, RuntimeVariable::kIndexBits, workload.index_bits, std::nullopt));
  if (!errors.empty()) return errors;
  return point;
}

Result<Model> Host::load(const Workload& workload) const {
  return load_model({.model = workload.model,
                     .hf_config = workload.hf_config,
                     .set = workload.set,
                     .prefix = prefix_,
                     .root = workload.root});
}

Result<std::shared_ptr<const Catalog>> Host::catalog_for(const Graph& graph) const {
  if (graph.kernels.empty()) return catalog_;
  Result<Catalog> extended = Catalog::extended(catalog_, graph.kernels);
  if (!extended) return std::move(extended).errors();
  return std::make_shared<const Catalog>(std::move(extended).value());
}

Result<Analysis> Host::plan(const Workload& workload) const {
  Result<Model> model = load(workload);
  if (!model) return std::move(model).errors();
  return plan(*model, workload);
}

Result<Analysis> Host::plan(const Model& model, const Workload& workload) const {
  Result<RuntimePoint> point = runtime_point(workload, model.config);
  if (!point) return std::move(point).errors();
  Result<std::shared_ptr<const Catalog>> catalog = catalog_for(*model.graph);
  if (!catalog) return std::move(catalog).errors();
  Result<std::shared_ptr<const Plan>> plan =
      resolve(model.graph, *catalog, conventions_, model.config,
              {.mode = workload.mode,
               .allow_unknown = workload.allow_unknown,
               .keep_config = workload.keep_config});
  if (!plan) return std::move(plan).errors();
  if (workload.locked) {
    if (Diagnostics errors = check_locked(*workload.locked, **plan); !errors.empty()) return errors;
  }

  Analysis analysis;
  analysis.model_name = model.name;
  analysis.plan = std::move(*plan);
  analysis.point = *point;
  analysis.inputs = model.files;
  for (const NamedCatalog& named : named_)
    analysis.inputs.insert(analysis.inputs.end(), named.files.begin(), named.files.end());
  if (conventions_->file) analysis.inputs.push_back(conventions_->file);
  analysis.config = std::make_shared<const Config>(model.config);
  return analysis;
}

Result<Analysis> Host::analyze(const Workload& workload) const {
  Result<Analysis> analysis = plan(workload);
  if (!analysis) return analysis;
  const Schedule schedule = make_schedule(*analysis->plan);
  return evaluate(std::move(*analysis), schedule, workload.threads, workload.rows);
}

Result<Analysis> Host::evaluate(Analysis analysis, const Schedule& schedule,
                                const Execution& execution, const TreeOptions& wanted) {
  Result<Evaluation> evaluation =
      evaluate_plan(*analysis.plan, schedule, analysis.point, execution);
  if (!evaluation) return std::move(evaluation).errors();
  analysis.tree = std::make_shared<const CostTree>(build_cost_tree(
      analysis.plan, analysis.point, std::move(evaluation).value(), wanted, execution));
  if (execution.is_cancelled()) return cancelled_error();
  return analysis;
}

std::vector<std::string> Host::model_names() const { return lmhost::model_names(prefix_); }

}  // namespace lmhost

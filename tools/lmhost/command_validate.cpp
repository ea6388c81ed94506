// lmhost validate: graphs, configs, convention sets, reports and plugins, told apart by their
// content.
#include <algorithm>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/conventions.hpp"
#include "load/graph.hpp"
#include "load/json.hpp"
#include "load/kernel_catalog.hpp"
#include "load/plugin_discovery.hpp"
#include "load/text_file.hpp"
#include "resolve/example.hpp"
#include "resolve/plan.hpp"
#include "resolve/problems.hpp"
#include "tools/lmhost/command_learn.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

bool is_shared_object(std::string_view path) {
  return path.size() > 3 && path.substr(path.size() - 3) == ".so";
}

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// Kernels that neither the graph nor a plugin knows; what resolve would say, without needing a
// config.
Diagnostics unknown_kernels(const Graph& graph, const Catalog& catalog) {
  Diagnostics errors;
  std::vector<std::string_view> names = catalog.names();
  for (const Composite& composite : graph.composites) names.push_back(composite.name);
  for (const Call& call : graph.calls) {
    if (call.composite != kNoComposite || catalog.find(call.kernel) != nullptr) continue;
    if (const NameConflict* conflict = catalog.conflict(call.kernel)) {
      errors.push_back(ambiguous_kernel(graph, call, catalog, *conflict));
      continue;
    }
    errors.push_back(error_at(*graph.source, call.kernel_offset, call.kernel.size() + 2,
                              codes::kUnknownKernel, "unknown kernel " + quoted(call.kernel),
                              did_you_mean(call.kernel, names)));
  }
  return errors;
}

Result<std::string> check_graph(std::shared_ptr<const SourceText> source, const Host& host) {
  Result<Graph> graph = load_graph(std::move(source));
  if (!graph.ok()) return std::move(graph).errors();
  const Result<std::shared_ptr<const Catalog>> catalog = host.catalog_for(*graph);
  if (!catalog.ok()) return catalog.errors();
  if (Diagnostics errors = unknown_kernels(*graph, **catalog); !errors.empty()) return errors;
  const std::string text = "graph, " + count_of(graph->composites.size(), "composite") + ", " +
                           count_of(graph->calls.size(), "call");
  // With a config of its own everything can be bound; otherwise that is the model's matter.
  if (!graph->config) return text;
  auto shared = std::make_shared<const Graph>(std::move(*graph));
  const std::shared_ptr<const Conventions> conventions(std::shared_ptr<void>(),
                                                       &host.conventions());
  for (const Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
    ResolveOptions options;
    options.mode = mode;
    Result<std::shared_ptr<const Plan>> plan =
        resolve(shared, *catalog, conventions, *shared->config, options);
    if (!plan.ok()) return std::move(plan).errors();
  }
  return text + ", resolved with its own config";
}

Result<std::string> check_json(const std::string& path, const Host& host) {
  Result<std::shared_ptr<const SourceText>> source = read_text(path);
  if (!source.ok()) return std::move(source).errors();
  JsonOptions options;
  options.python_constants = true;
  Result<JsonDocument> document = JsonDocument::parse(*source, options);
  if (!document.ok()) return std::move(document).errors();
  const JsonValue root = document->root();
  if (!root.is(JsonKind::kObject))
    return error_at(root, codes::kWrongType,
                    "an object is expected, not " + std::string(name_of(root.kind())));
  const JsonValue schema = root.find("schema");
  const std::string_view name =
      schema.exists() && schema.is(JsonKind::kString) ? schema.string() : std::string_view();
  if (name == "lmhost.conventions/1") {
    Result<Conventions> conventions = load_conventions(path, host.catalog());
    if (!conventions.ok()) return std::move(conventions).errors();
    return "conventions " + conventions->name + ", " +
           count_of(conventions->constants.size(), "constant");
  }
  if (name == kKernelCatalogSchema) {
    Result<Plugin> plugin = read_kernel_catalog(*document, {.allow_functions = true});
    if (!plugin.ok()) return std::move(plugin).errors();
    return "kernel catalogue of plugin " + plugin->id + " " + plugin->version + ", " +
           count_of(plugin->kernels.size(), "kernel");
  }
  if (name == "lmhost.report/1") return std::string("report");
  if (root.find("$schema").exists()) return std::string("JSON Schema");
  const bool is_config =
      !schema.exists() &&
      (root.find("architectures").exists() || root.find("model_type").exists()) &&
      !root.find("kernels").exists() && !root.find("kernel_name").exists();
  if (!is_config) return check_graph(*source, host);
  Result<Config> config = Config::from_text(*source);
  if (!config.ok()) return std::move(config).errors();
  return "config of " +
         (config->architecture().empty() ? "no architecture" : config->architecture());
}

Result<std::string> check_plugin(const std::string& path) {
  Result<Plugin> plugin = load_plugin(path);
  if (!plugin.ok()) return std::move(plugin).errors();
  const std::string text = "plugin " + plugin->id + " " + plugin->version + ", " +
                           count_of(plugin->kernels.size(), "kernel");
  std::vector<Plugin> plugins;
  plugins.push_back(std::move(*plugin));
  Result<Catalog> catalog = Catalog::build(std::move(plugins));
  if (!catalog.ok()) return std::move(catalog).errors();
  if (Diagnostics errors = check_examples(*catalog); !errors.empty()) return errors;
  return text;
}

}  // namespace

Result<Outcome> validate_command(const Arguments& arguments) {
  if (arguments.has("missing")) return validate_missing(arguments);
  if (Result<bool> checked = check_operands(arguments, 1, SIZE_MAX); !checked.ok())
    return std::move(checked).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Outcome outcome;
  for (const std::string& path : arguments.operands) {
    Result<std::string> kind =
        is_shared_object(path) ? check_plugin(path) : check_json(path, *host);
    if (kind.ok()) {
      outcome.text += path + ": " + *kind + "\n";
      continue;
    }
    const Diagnostics& errors = kind.errors();
    // A file that cannot be read was not judged: that is trouble, not an answer.
    const bool unread = std::any_of(errors.begin(), errors.end(), [](const Diagnostic& error) {
      return error.kind == ErrorKind::kIo;
    });
    outcome.status = std::max(outcome.status, unread ? static_cast<int>(ErrorKind::kIo) : 1);
    outcome.messages.insert(outcome.messages.end(), errors.begin(), errors.end());
    outcome.text += path + ": " + (unread ? "not read" : count_of(errors.size(), "error")) + "\n";
  }
  return outcome;
}

}  // namespace lmhost::tool

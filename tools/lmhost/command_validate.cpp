// lmhost validate: graphs, configs, convention sets, devices, reports and plugins, told apart by their
// content.
#include <algorithm>

#include "base/codes.hpp"
#include "base/suggestions.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/conventions.hpp"
#include "load/device.hpp"
#include "load/formats/input.hpp"
#include "load/graph.hpp"
#include "load/json.hpp"
#include "load/kernel_catalog.hpp"
#include "load/plugin_discovery.hpp"
#include "resolve/example.hpp"
#include "resolve/plan.hpp"
#include "resolve/problems.hpp"
#include "tools/lmhost/command_learn.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/guard.hpp"
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
// config; up to a thousand.
Diagnostics unknown_kernels(const Graph& graph, const Catalog& catalog) {
  Diagnostics errors;
  std::vector<std::string_view> names = catalog.names();
  for (const Composite& composite : graph.composites) names.push_back(composite.name);
  constexpr std::size_t kMostErrors = 1000;
  Suggestions suggestions;
  for (const Call& call : graph.calls) {
    if (errors.size() == kMostErrors) {
      errors.push_back(plain_error(ErrorKind::kInput, codes::kLimit,
                                   "stopped after " + std::to_string(kMostErrors) + " problems"));
      break;
    }
    if (call.composite != kNoComposite || catalog.find(call.kernel) != nullptr) continue;
    if (const NameConflict* conflict = catalog.conflict(call.kernel)) {
      errors.push_back(ambiguous_kernel(graph, call, catalog, *conflict));
      continue;
    }
    errors.push_back(error_at(*graph.source, call.kernel_offset, call.kernel.size() + 2,
                              codes::kUnknownKernel, "unknown kernel " + quoted(call.kernel),
                              suggestions.did_you_mean(call.kernel, names)));
  }
  return errors;
}

// What is right about a file, and what is doubtful or wrong in parts that a model need not use.
struct Checked {
  std::string kind;
  Diagnostics notes;
};

std::string kind_of(const Graph& graph, bool is_folder) {
  if (graph.format == InputFormat::kGraph) return "graph";
  std::string kind(name_of(graph.format));
  kind.erase(0, kind.find(' ') + 1);  // the article
  return is_folder ? "folder, each file a " + kind : kind;
}

Result<Checked> check_input(const Input& input, const Host& host) {
  Result<Graph> graph = decode_input(input, {{}, std::string(kAnyRoot), &host.catalog()});
  if (!graph.ok()) return std::move(graph).errors();
  const Result<std::shared_ptr<const Catalog>> catalog = host.catalog_for(*graph);
  if (!catalog.ok()) return catalog.errors();
  if (Diagnostics errors = unknown_kernels(*graph, **catalog); !errors.empty()) return errors;
  Checked checked = {kind_of(*graph, input.documents.size() > 1), std::move(graph->notes)};
  for (Diagnostic& warning : unsaid_sizes(*graph, **catalog))
    checked.notes.push_back(std::move(warning));
  std::size_t kernels = 0;
  for (const Plugin& plugin : graph->kernels) kernels += plugin.kernels.size();
  if (kernels > 0) checked.kind += ", " + count_of(kernels, "kernel");
  if (graph->composites.empty()) return checked;
  checked.kind += ", " + count_of(graph->composites.size(), "composite") + ", " +
                  count_of(graph->calls.size(), "call");
  // With a config of its own everything can be bound; otherwise that is the model's matter.
  if (!graph->config) return checked;
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
  checked.kind += ", resolved with its own config";
  return checked;
}

// A table of names by itself: what it names is known to the files beside it.
Result<Checked> check_names(JsonValue table) {
  Diagnostics errors;
  for (const JsonMember member : table.members())
    if (!member.value.is(JsonKind::kString))
      errors.push_back(error_at(member.value, codes::kWrongType,
                                quoted(member.key()) + " must be a string, not " +
                                    std::string(name_of(member.value.kind()))));
  if (!errors.empty()) return errors;
  return Checked{"table of kernel names, " + count_of(table.size(), "name"), {}};
}

Result<Checked> check_json(const std::string& path, const Host& host) {
  if (is_folder(path)) {
    const Result<Input> input = read_input_folder(path);
    return input.ok() ? check_input(*input, host) : input.errors();
  }
  const Result<JsonDocument> document = JsonDocument::read(path, {.python_constants = true});
  if (!document.ok()) return document.errors();
  const Input input = input_of(*document);
  switch (input.format) {
    case InputFormat::kConventions: {
      Result<Conventions> conventions = load_conventions(path, host.catalog());
      if (!conventions.ok()) return std::move(conventions).errors();
      return Checked{"conventions " + conventions->name + ", " +
                         count_of(conventions->constants.size(), "constant"),
                     {}};
    }
    case InputFormat::kKernelCatalog: {
      Result<Plugin> plugin = read_kernel_catalog(*document, {.allow_functions = true});
      if (!plugin.ok()) return std::move(plugin).errors();
      return Checked{"kernel catalogue of plugin " + plugin->id + " " + plugin->version + ", " +
                         count_of(plugin->kernels.size(), "kernel"),
                     {}};
    }
    case InputFormat::kDevice: {
      Result<Device> device = read_device(document->source());
      if (!device.ok()) return std::move(device).errors();
      return Checked{"device " + device->name + ", " + count_of(device->peaks.size(), "peak"), {}};
    }
    case InputFormat::kReport:
      return Checked{"report", {}};
    case InputFormat::kJsonSchema:
      return Checked{"JSON Schema", {}};
    case InputFormat::kKernelNames:
      return check_names(document->root());
    case InputFormat::kConfig: {
      Result<Config> config = Config::from_text(document->source());
      if (!config.ok()) return std::move(config).errors();
      return Checked{"config of " + (config->architecture().empty() ? "no architecture"
                                                                    : config->architecture()),
                     {}};
    }
    default:
      break;
  }
  if (const JsonValue root = document->root();
      !root.is(JsonKind::kObject) && input.format == InputFormat::kUnknown)
    return error_at(root, codes::kWrongType,
                    "an object is expected, not " + std::string(name_of(root.kind())));
  return check_input(input, host);
}

Result<Checked> check_plugin(const std::string& path) {
  Result<Plugin> plugin = load_plugin(path, plugin_watch());
  if (!plugin.ok()) return std::move(plugin).errors();
  const std::string text = "plugin " + plugin->id + " " + plugin->version + ", " +
                           count_of(plugin->kernels.size(), "kernel");
  std::vector<Plugin> plugins;
  plugins.push_back(std::move(*plugin));
  Result<Catalog> catalog = Catalog::build(std::move(plugins));
  if (!catalog.ok()) return std::move(catalog).errors();
  if (Diagnostics errors = check_examples(*catalog); !errors.empty()) return errors;
  return Checked{text, {}};
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
    Result<Checked> checked = is_shared_object(path) ? check_plugin(path) : check_json(path, *host);
    if (checked.ok()) {
      const Diagnostics& notes = checked->notes;
      const auto wrong = std::count_if(notes.begin(), notes.end(), [](const Diagnostic& note) {
        return note.severity == Severity::kError;
      });
      if (wrong > 0) outcome.status = std::max(outcome.status, 1);
      outcome.messages.insert(outcome.messages.end(), notes.begin(), notes.end());
      outcome.text += Text(path) + ": " + checked->kind;
      if (wrong > 0)
        outcome.text += ", " + Text(count_of(static_cast<std::size_t>(wrong), "error"));
      outcome.text += "\n";
      continue;
    }
    const Diagnostics& errors = checked.errors();
    // A file that cannot be read was not judged: that is trouble, not an answer.
    const bool unread = std::any_of(errors.begin(), errors.end(), [](const Diagnostic& error) {
      return error.kind == ErrorKind::kIo;
    });
    outcome.status = std::max(outcome.status, unread ? static_cast<int>(ErrorKind::kIo) : 1);
    outcome.messages.insert(outcome.messages.end(), errors.begin(), errors.end());
    outcome.text +=
        Text(path) + ": " + (unread ? "not read" : count_of(errors.size(), "error")) + "\n";
  }
  return outcome;
}

}  // namespace lmhost::tool

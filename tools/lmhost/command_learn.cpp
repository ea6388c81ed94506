// lmhost learn, and what `lmhost validate --missing` adds to it: which kernels of a model nobody
// knows.
#include "tools/lmhost/command_learn.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unordered_map>

#include "base/codes.hpp"
#include "load/graph.hpp"
#include "load/model.hpp"
#include "report/json_writer.hpp"
#include "report/layout.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/learn.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {
namespace {

constexpr std::int64_t kMostSeconds = 24 * 60 * 60;
constexpr std::int64_t kMostRetries = 20;
constexpr int kSignalled = 128;  // a shell's status of a program that a signal has ended

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

ProgressForm progress_form(const Arguments& arguments) {
  const std::string form = arguments.get("progress").value_or("auto");
  if (form == "none") return ProgressForm::kNone;
  if (form == "json") return ProgressForm::kJson;
  if (form == "plain") return ProgressForm::kPlain;
  return colour_on_errors(&arguments) ? ProgressForm::kColour : ProgressForm::kPlain;
}

Result<std::int64_t> number_of(const Arguments& arguments, std::string_view name,
                               std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const std::optional<std::string> text = arguments.get(name);
  if (!text) return fallback;
  const std::string option = "--" + std::string(name);
  Result<Number> number = parse_count(option, *text);
  if (!number.ok()) return std::move(number).errors();
  const std::optional<std::int64_t> value = number->to_int64();
  if (!value || *value < least || *value > most)
    return bad_value(option, *text,
                     "must be between " + std::to_string(least) + " and " + std::to_string(most));
  return *value;
}

// Without the store where that is not there yet: a catalogue that is named must be there, one that
// is to be written need not.
Arguments with_catalogs(const Arguments& arguments, const std::vector<std::string>& paths) {
  Arguments changed = arguments;
  std::erase_if(changed.options, [](const auto& option) { return option.first == "catalog"; });
  for (const std::string& path : paths) changed.options.emplace_back("catalog", path);
  return changed;
}

Result<LearnOptions> learn_options(const Arguments& arguments) {
  LearnOptions options;
  const std::vector<std::string> catalogs = arguments.all("catalog");
  if (catalogs.empty())
    return usage_error("what is learned is kept nowhere",
                       "--catalog FILE names the database; it is made when it is not there");
  options.store = catalogs.back();
  const std::vector<std::string> below(catalogs.begin(), catalogs.end() - 1);
  options.open_host = [=, store = options.store](bool with_store) {
    std::vector<std::string> paths = below;
    if (with_store && file_exists(store)) paths.push_back(store);
    return open_host(with_catalogs(arguments, paths));
  };
  options.sources = arguments.all("source");
  options.force = arguments.has("force");
  options.generate = arguments.has("generate");
  options.folder = arguments.get("dir").value_or("");
  options.progress = progress_form(arguments);
  Result<std::int64_t> retries = number_of(arguments, "retries", 2, 0, kMostRetries);
  if (!retries.ok()) return std::move(retries).errors();
  options.retries = static_cast<std::size_t>(*retries);
  Result<std::int64_t> seconds = number_of(arguments, "timeout", 600, 1, kMostSeconds);
  if (!seconds.ok()) return std::move(seconds).errors();
  if (const std::optional<std::string> command = arguments.get("agent")) {
    Result<std::vector<std::string>> words = split_command(*command);
    if (!words.ok()) return std::move(words).errors();
    options.agent.emplace();
    options.agent->command = std::move(words).value();
    options.agent->timeout = std::chrono::seconds(*seconds);
  }
  return options;
}

std::size_t count_of(const LearnReport& report, LearnState state) {
  return static_cast<std::size_t>(
      std::count_if(report.modules.begin(), report.modules.end(),
                    [&](const LearnedModule& module) { return module.state == state; }));
}

constexpr LearnState kStates[] = {LearnState::kCached, LearnState::kLearned, LearnState::kFailed,
                                  LearnState::kNotTried};

std::string summary_json(const LearnReport& report) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.learned/1");
  for (const LearnState state : kStates) {
    std::string key(name_of(state));
    std::replace(key.begin(), key.end(), ' ', '_');
    json.member(key, count_of(report, state));
  }
  json.line();
  json.key("modules");
  json.begin_array();
  for (const LearnedModule& module : report.modules) {
    json.line();
    json.begin_object();
    json.member("asked", module.asked);
    json.member("name", module.name);
    json.member("state", name_of(module.state));
    json.member("attempts", module.attempts);
    if (!module.detail.empty()) json.member("detail", module.detail);
    if (!module.plugin.empty()) json.member("plugin", module.plugin);
    if (!module.diagnostics.empty()) json.member("diagnostics", module.diagnostics);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

Text summary_text(const LearnReport& report, const TextStyle& style) {
  Table table({{"STATE", true, Ink::kPlain},
               {"ATTEMPTS", false, Ink::kPlain},
               {"MODULE", true, Ink::kPlain},
               {"DETAIL", true, Ink::kDim}});
  for (const LearnedModule& module : report.modules)
    table.add({std::string(name_of(module.state)),
               module.attempts == 0 ? "-" : std::to_string(module.attempts), module.name,
               module.plugin.empty() ? module.detail : module.plugin});
  std::string counts;
  for (const LearnState state : kStates) {
    const std::size_t count = count_of(report, state);
    // Modules that were not tried are a story of their own.
    if (state == LearnState::kNotTried && count == 0) continue;
    counts +=
        (counts.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name_of(state));
  }
  return table.text(style) + counts + "\n";
}

int status_of(const LearnReport& report) {
  if (report.signal != 0) return kSignalled + report.signal;
  for (const LearnedModule& module : report.modules)
    if (std::any_of(module.errors.begin(), module.errors.end(),
                    [](const Diagnostic& error) { return error.kind == ErrorKind::kIo; }))
      return static_cast<int>(ErrorKind::kIo);
  return count_of(report, LearnState::kFailed) == 0 ? 0 : 1;
}

Result<Outcome> learn(const Arguments& arguments, const std::vector<std::string>& names,
                      bool is_json) {
  Result<LearnOptions> options = learn_options(arguments);
  if (!options.ok()) return std::move(options).errors();
  Result<LearnReport> report = learn_modules(*options, names);
  if (!report.ok()) return std::move(report).errors();
  Outcome outcome;
  outcome.status = status_of(*report);
  outcome.text = is_json ? Document::exact(summary_json(*report))
                         : summary_text(*report, text_style(arguments));
  for (const LearnedModule& module : report->modules)
    outcome.messages.insert(outcome.messages.end(), module.notes.begin(), module.notes.end());
  return outcome;
}

struct NeededKernel {
  std::string name;
  std::size_t calls = 0;
  const Kernel* kernel = nullptr;  // missing, unless is_known()
};

// The kernels that a graph's calls name and the graph itself does not have, in the order of the
// graph, whatever the mode.
std::vector<NeededKernel> needed_kernels(const Graph& graph, const Catalog& catalog) {
  std::vector<NeededKernel> needed;
  std::unordered_map<std::string_view, std::size_t> index;
  for (const Call& call : graph.calls) {
    if (call.composite != kNoComposite) continue;
    const auto [entry, is_new] = index.try_emplace(call.kernel, needed.size());
    if (is_new) needed.push_back({std::string(call.kernel), 0, catalog.find(call.kernel)});
    ++needed[entry->second].calls;
  }
  return needed;
}

std::string needed_json(const std::vector<NeededKernel>& needed, std::size_t missing) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", "lmhost.needed/1");
  json.member("known", needed.size() - missing);
  json.member("missing", missing);
  json.line();
  json.key("kernels");
  json.begin_array();
  for (const NeededKernel& one : needed) {
    json.line();
    json.begin_object();
    json.member("name", one.name);
    json.member("calls", one.calls);
    json.member("known", is_known(one.kernel));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

Text needed_text(const std::vector<NeededKernel>& needed, std::size_t missing,
                 const Catalog& catalog, const TextStyle& style) {
  Table table({{"STATE", true, Ink::kPlain},
               {"CALLS", false, Ink::kPlain},
               {"KERNEL", true, Ink::kPlain},
               {"FROM", true, Ink::kDim}});
  for (const NeededKernel& one : needed) {
    std::string from = "-";
    if (one.kernel != nullptr) {
      const Plugin& plugin = catalog.plugin_of(*one.kernel);
      from = plugin.is_data ? plugin.path : plugin.id + " " + plugin.version;
    }
    if (one.kernel != nullptr && !is_known(one.kernel)) from += ", which cannot compute it";
    table.add({is_known(one.kernel) ? "known" : "missing", std::to_string(one.calls), one.name,
               std::move(from)});
  }
  return table.text(style) + std::to_string(needed.size() - missing) + " known, " +
         std::to_string(missing) + " missing\n";
}

// The store may be made by this very run.
Result<Host> open_for_learning(const Arguments& arguments) {
  std::vector<std::string> catalogs = arguments.all("catalog");
  if (arguments.has("agent") && !catalogs.empty() && !file_exists(catalogs.back()))
    catalogs.pop_back();
  return open_host(with_catalogs(arguments, catalogs));
}

}  // namespace

Result<Outcome> learn_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, SIZE_MAX); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  return learn(arguments, arguments.operands, *format == "json");
}

Result<Outcome> validate_missing(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const bool is_json = *format == "json";
  Result<Host> host = open_for_learning(arguments);
  if (!host.ok()) return std::move(host).errors();
  ModelRequest request;
  request.model = arguments.operands[0];
  request.prefix = host->prefix();
  Result<Model> model = load_model(request);
  if (!model.ok()) return std::move(model).errors();
  const Result<std::shared_ptr<const Catalog>> catalog = host->catalog_for(*model->graph);
  if (!catalog.ok()) return catalog.errors();

  const std::vector<NeededKernel> needed = needed_kernels(*model->graph, **catalog);
  std::vector<std::string> names;
  std::size_t missing = 0;
  for (const NeededKernel& one : needed) {
    names.push_back(one.name);
    missing += !is_known(one.kernel);
  }
  if (arguments.has("agent")) return learn(arguments, names, is_json);
  Outcome outcome;
  outcome.status = missing == 0 ? 0 : 1;
  outcome.messages = refused_plugins(*host);
  outcome.text = is_json ? Document::exact(needed_json(needed, missing))
                         : needed_text(needed, missing, **catalog, text_style(arguments));
  return outcome;
}

}  // namespace lmhost::tool

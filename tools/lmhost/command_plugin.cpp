// lmhost plugin: its actions; list and show.
#include "tools/lmhost/command_plugin.hpp"
#include "load/plugin_fingerprint.hpp"

#include <algorithm>
#include <iterator>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/plugin_discovery.hpp"
#include "load/plugin_file.hpp"
#include "report/kernels.hpp"
#include "tools/lmhost/guard.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

// The id that a file would have, and the version that it tells: of a refused one neither is known.
struct ListedPlugin {
  std::string id, version, abi, path, state, reason;
};

std::vector<ListedPlugin> listed_plugins(const Catalog& catalog, bool all) {
  std::vector<ListedPlugin> rows;
  for (const Plugin& plugin : catalog.plugins()) {
    rows.push_back({plugin.id, plugin.version, plugin.abi, plugin.path,
                    plugin.is_data ? "data" : "loaded",
                    std::to_string(plugin.kernels.size()) +
                        (plugin.kernels.size() == 1 ? " kernel" : " kernels")});
  }
  for (const ShadowedPlugin& plugin : catalog.shadowed()) {
    // Its tables are read for its version; none of its kernels are used.
    const Result<Plugin> read = load_plugin(plugin.path, plugin_watch());
    rows.push_back({plugin.id, read ? read->version : "", read ? read->abi : "", plugin.path,
                    "shadowed", "by " + plugin.by});
  }
  for (const RefusedPlugin& plugin : catalog.refused()) {
    if (plugin.is_foreign && !all) continue;
    const Result<PluginFile> file = inspect_plugin_file(plugin.path);
    const std::string abi =
        file ? std::to_string(file->note.abi_major) + "." + std::to_string(file->note.abi_minor)
             : "";
    rows.push_back({file_stem(plugin.path), "", abi, plugin.path,
                    plugin.is_foreign ? "foreign" : "refused",
                    plugin.reason.message + " [" + plugin.reason.code + "]"});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ListedPlugin& a, const ListedPlugin& b) { return a.id < b.id; });
  return rows;
}

Result<Outcome> plugin_list(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Outcome outcome;
  if (*format == "json") {
    outcome.messages = refused_plugins(*host);
    outcome.text = Document::exact(write_plugins_json(host->catalog()));
    return outcome;
  }
  Table table({{"PLUGIN", true, Ink::kPlain},
               {"VERSION", true, Ink::kPlain},
               {"ABI", true, Ink::kPlain},
               {"STATE", true, Ink::kPlain},
               {"REASON", true, Ink::kPlain},
               {"FILE", true, Ink::kDim}});
  for (ListedPlugin& row : listed_plugins(host->catalog(), arguments.has("all")))
    table.add({row.id, row.version.empty() ? "-" : row.version, row.abi.empty() ? "-" : row.abi,
               row.state, row.reason, row.path});
  outcome.text = table.text(text_style(arguments));
  return outcome;
}

// One file, without what else is installed.
Result<Outcome> plugin_show(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, 2); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<Catalog> catalog = load_catalog({{arguments.operands[1]}, {}, ""});
  if (!catalog.ok()) return std::move(catalog).errors();
  Outcome outcome;
  if (*format == "json") {
    outcome.text = Document::exact(write_plugins_json(*catalog));
    return outcome;
  }
  const TextStyle style = text_style(arguments);
  const Plugin& plugin = catalog->plugins().front();
  outcome.text = painted(plugin.id + " " + plugin.version, Ink::kBold, style) + "\n";
  Table table({{"", true, Ink::kDim}, {"", true, Ink::kPlain}});
  table.add({"doc", plugin.doc});
  table.add({"file", plugin.path});
  table.add({"abi", plugin.abi});
  table.add({"license", plugin.license.empty() ? "-" : plugin.license});
  table.add({"fingerprint", fingerprint_of(plugin)});
  for (const PluginConstant& constant : plugin.constants)
    table.add(
        {"constant", constant.name + " = " + to_string(constant.value) + "  " + constant.doc});
  for (const PluginFunction& function : plugin.functions)
    table.add({function.is_macro ? "macro" : "scalar",
               function.name + "/" + std::to_string(function.arity) + "  " + function.doc});
  outcome.text += Text(table.text(style, "  ")) + "\n";
  outcome.text += write_kernel_list(*catalog, catalog->kernels(), style);
  return outcome;
}

struct Action {
  std::string_view name;
  Result<Outcome> (*function)(const Arguments&);
  bool is_for_users;
};

constexpr Action kActions[] = {
    {"list", plugin_list, true},         {"check", plugin_check, true},
    {"show", plugin_show, true},         {"explain", plugin_explain, true},
    {"dump", plugin_dump, true},         {"new", plugin_new, true},
    {"generate", plugin_generate, true}, {"probe", plugin_probe, false},
};

}  // namespace

Result<Outcome> plugin_command(const Arguments& given) {
  Arguments arguments = given;
  if (arguments.operands.empty()) arguments.operands.push_back("list");
  const std::string& name = arguments.operands.front();
  std::vector<std::string_view> names;
  for (const Action& action : kActions) {
    if (action.name == name) return action.function(arguments);
    if (action.is_for_users) names.push_back(action.name);
  }
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "see 'lmhost plugin --help'";
  return usage_error("'lmhost plugin' cannot " + quoted(name), hint);
}

}  // namespace lmhost::tool

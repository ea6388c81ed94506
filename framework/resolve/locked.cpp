#include "resolve/locked.hpp"

#include <map>
#include <set>
#include <string_view>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"
#include "load/plugin_fingerprint.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.report/1";

struct LockedPlugin {
  JsonValue place;
  std::string_view version;
  std::string_view fingerprint;
};

using LockedPlugins = std::map<std::string_view, LockedPlugin>;

std::string_view text_of(JsonValue object, std::string_view key) {
  const JsonValue value = object.find(key);
  return value.exists() && value.is(JsonKind::kString) ? value.string() : std::string_view();
}

Result<LockedPlugins> read_plugins(JsonValue root) {
  const bool is_report = root.is(JsonKind::kObject) && text_of(root, "schema") == kSchema;
  if (!is_report)
    return error_at(root, codes::kUnknownSchema,
                    "not a report: \"schema\" must be \"" + std::string(kSchema) + "\"",
                    "'lmhost analyze MODEL --json' writes one");
  const JsonValue list = root.find("plugins");
  if (!list.exists() || !list.is(JsonKind::kArray))
    return error_at(root, codes::kMissingKey, "the report has no list of plugins");
  LockedPlugins plugins;
  Diagnostics errors;
  for (const JsonValue row : list.elements()) {
    const bool is_object = row.is(JsonKind::kObject);
    const std::string_view id = is_object ? text_of(row, "id") : std::string_view();
    const std::string_view fingerprint =
        is_object ? text_of(row, "fingerprint") : std::string_view();
    if (id.empty() || fingerprint.empty())
      errors.push_back(error_at(row, codes::kMissingKey,
                                "a plugin of a report has an \"id\" and a \"fingerprint\""));
    else
      plugins.emplace(id, LockedPlugin{row, text_of(row, "version"), fingerprint});
  }
  if (!errors.empty()) return errors;
  return plugins;
}

std::string named(std::string_view id, std::string_view version, std::string_view path) {
  std::string text = quoted(id);
  if (!version.empty()) text += " " + std::string(version);
  if (!path.empty()) text += " (" + std::string(path) + ")";
  return text;
}

}  // namespace

Diagnostics check_locked(const std::string& path, const Plan& plan) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  const Result<LockedPlugins> locked = read_plugins(document->root());
  if (!locked) return locked.errors();

  std::set<std::size_t> in_use;
  for (const Instance& instance : plan.instances)
    if (instance.kernel != nullptr) in_use.insert(instance.kernel->plugin);

  Diagnostics errors;
  for (const std::size_t index : in_use) {
    const Plugin& plugin = plan.catalog->plugins()[index];
    const auto found = locked->find(plugin.id);
    const std::string fingerprint = fingerprint_of(plugin);
    if (found != locked->end() && found->second.fingerprint == fingerprint) continue;
    Diagnostic error;
    if (found == locked->end()) {
      error = plain_error(ErrorKind::kPlugin, codes::kLocked,
                          "plugin " + named(plugin.id, plugin.version, plugin.path) +
                              " has fingerprint " + fingerprint +
                              ", and the locked report was made without it",
                          "leave --locked out to accept it");
      error.file = path;
    } else {
      const LockedPlugin& before = found->second;
      error =
          error_at(before.place, codes::kLocked,
                   "plugin " + named(plugin.id, plugin.version, plugin.path) + " has fingerprint " +
                       fingerprint + ", and " + named(plugin.id, before.version, {}) +
                       " of the locked report has " + std::string(before.fingerprint),
                   "load the plugin of the report, or leave --locked out");
      error.kind = ErrorKind::kPlugin;
      // The caret says enough: a line of a report is long.
      error.source_line.clear();
    }
    errors.push_back(std::move(error));
  }
  return errors;
}

}  // namespace lmhost

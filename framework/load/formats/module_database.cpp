#include "load/formats/module_database.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/codes.hpp"
#include "load/formats/module_entry.hpp"

namespace lmhost {
namespace {

const std::vector<std::string_view> kDatabaseKeys = {"schema",      "$schema", "version",
                                                     "description", "doc",     "modules"};

bool has_schema(JsonValue root) {
  const JsonValue schema = root.find("schema");
  return schema.exists() && schema.is(JsonKind::kString) &&
         schema.string() == kModuleDatabaseSchema;
}

class DatabaseReader {
 public:
  explicit DatabaseReader(JsonValue root) : root_(root) {}

  Result<std::vector<ModuleKernel>> read() {
    if (root_.is(JsonKind::kArray)) {
      for (const JsonValue entry : root_.elements()) add(entry, {});
    } else if (root_.is(JsonKind::kObject) && is_module_entry(root_)) {
      add(root_, {});
    } else if (root_.is(JsonKind::kObject) &&
               (has_schema(root_) || root_.find("modules").exists())) {
      read_wrapper();
    } else if (root_.is(JsonKind::kObject)) {
      for (const JsonMember& row : root_.members()) add(row.value, row.name);
    } else {
      errors_.push_back(error_at(root_, codes::kWrongType,
                                 "a module database must be an object or an array, not " +
                                     std::string(name_of(root_.kind()))));
    }
    check_names();
    if (errors_.empty()) return std::move(modules_);
    std::stable_sort(errors_.begin(), errors_.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return a.line != b.line ? a.line < b.line : a.column < b.column;
    });
    return std::move(errors_);
  }

 private:
  static constexpr std::size_t kMostErrors = 100;

  void add(JsonValue entry, JsonValue key) {
    if (errors_.size() >= kMostErrors) return;
    modules_.push_back(read_module_entry(entry, key, &errors_));
  }

  void read_wrapper() {
    for (const JsonMember& row : root_.members())
      if (std::find(kDatabaseKeys.begin(), kDatabaseKeys.end(), row.key()) == kDatabaseKeys.end())
        errors_.push_back(error_at(row.name, codes::kUnknownKey,
                                   "unknown key " + quoted(row.key()) + " in a module database",
                                   did_you_mean(row.key(), kDatabaseKeys)));
    for (const std::string_view key : {"version", "description", "doc", "schema"}) {
      const JsonValue value = root_.find(key);
      if (value.exists() && !value.is(JsonKind::kString))
        errors_.push_back(
            error_at(value, codes::kWrongType,
                     quoted(key) + " must be a string, not " + std::string(name_of(value.kind()))));
    }
    const JsonValue modules = root_.find("modules");
    if (!modules.exists()) {
      errors_.push_back(
          error_at(root_, codes::kMissingKey, "the module database has no 'modules'"));
    } else if (!modules.is(JsonKind::kObject)) {
      errors_.push_back(
          error_at(modules, codes::kWrongType,
                   "'modules' must be an object, not " + std::string(name_of(modules.kind()))));
    } else {
      for (const JsonMember& row : modules.members()) add(row.value, row.name);
    }
  }

  // A name has one owner. An alias that was only derived gives way.
  void check_names() {
    std::map<std::string, const ModuleKernel*> owners;
    for (const ModuleKernel& module : modules_) {
      const auto [first, is_new] = owners.emplace(module.kernel.name, &module);
      if (!is_new && !module.kernel.name.empty())
        errors_.push_back(error_at(module.at, codes::kDuplicateName,
                                   "module " + quoted(module.kernel.name) + " is defined twice"));
    }
    for (ModuleKernel& module : modules_)
      std::erase_if(module.kernel.aliases, [&](const std::string& alias) {
        return !owners.emplace(alias, &module).second;
      });
  }

  JsonValue root_;
  std::vector<ModuleKernel> modules_;
  Diagnostics errors_;
};

std::string text_of(JsonValue root, std::string_view key) {
  if (!root.is(JsonKind::kObject) || is_module_entry(root)) return {};
  const JsonValue value = root.find(key);
  return value.exists() && value.is(JsonKind::kString) ? std::string(value.string())
                                                       : std::string();
}

}  // namespace

bool is_module_database(JsonValue root) {
  if (root.is(JsonKind::kArray))
    return root.size() != 0 && is_module_entry(*root.elements().begin());
  if (!root.is(JsonKind::kObject)) return false;
  if (is_module_entry(root) || has_schema(root)) return true;
  const JsonValue modules = root.find("modules");
  if (modules.exists())
    return modules.is(JsonKind::kObject) &&
           (modules.size() == 0 || is_module_entry((*modules.members().begin()).value));
  return root.size() != 0 && is_module_entry((*root.members().begin()).value);
}

Result<std::vector<ModuleKernel>> read_module_entries(const JsonDocument& document) {
  return DatabaseReader(document.root()).read();
}

Result<ModuleDatabase> read_module_database(const JsonDocument& document,
                                            const ModuleDatabaseOptions& options) {
  const Result<std::vector<ModuleKernel>> modules = read_module_entries(document);
  if (!modules) return modules.errors();
  LinkedModules linked = link_modules(*modules, options.base);
  ModuleDatabase database;
  Plugin& plugin = database.plugin;
  plugin.path = document.source()->name;
  plugin.id = plugin_id_of(plugin.path);
  plugin.version = text_of(document.root(), "version");
  plugin.doc = text_of(document.root(), "description");
  if (plugin.doc.empty()) plugin.doc = text_of(document.root(), "doc");
  plugin.kernels = std::move(linked.kernels);
  plugin.expressions = std::move(linked.expressions);
  database.problems = std::move(linked.problems);
  database.warnings = std::move(linked.warnings);
  return database;
}

std::string plugin_id_of(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".json")) name.remove_suffix(5);
  std::string id;
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    id += is_upper ? static_cast<char>(c - 'A' + 'a') : is_plain ? c : '_';
  }
  if (id.empty() || id[0] < 'a' || id[0] > 'z') id.insert(0, "db_");
  return id;
}

}  // namespace lmhost

#include "load/plugin_discovery.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "load/plugin_error.hpp"
#include "load/plugin_file.hpp"
#include "load/plugin_opener.hpp"
#include "load/plugin_reader.hpp"
#include "load/plugin_trust.hpp"

namespace lmhost {
namespace {

// Opened and read: tables may point anywhere, so reading them can end the process too. Leaves the tables
// in *opened, whatever they say.
Result<Plugin> load_watched(const PluginFile& file, PluginOrigin origin, const PluginWatch& watch,
                            const lmh_plugin** opened) {
  if (origin == PluginOrigin::kGiven && watch.rehearse)
    if (std::optional<Diagnostic> problem = watch.rehearse(file)) return *std::move(problem);
  if (watch.on_code) watch.on_code(file.path);
  const Result<const lmh_plugin*> table = open_plugin(file);
  if (table) *opened = *table;
  Result<Plugin> plugin = table ? read_plugin(*table, file.path) : table.errors();
  if (watch.on_code) watch.on_code({});
  return plugin;
}

class Discovery {
 public:
  explicit Discovery(const PluginSources& sources) : sources_(sources) {}

  // Given by name: nothing may go wrong.
  void add_file(const std::string& path) {
    Result<PluginFile> file = inspect_plugin_file(path);
    if (!file) return fail(std::move(file).errors());
    if (opened_.count(file->identity) != 0) return;
    if (const auto first = level_.find(file->stem); first != level_.end()) {
      return fail(
          {plugin_error(path, codes::kPluginDuplicate,
                        "plugin '" + file->stem + "' is given twice, first as " + first->second,
                        "leave one out")});
    }
    level_.emplace(file->stem, path);
    const lmh_plugin* table = nullptr;
    if (Diagnostics problems = load(*file, PluginOrigin::kGiven, &table); !problems.empty())
      fail(std::move(problems));
  }

  // Linked into the program: nothing may go wrong either.
  void add_static(PluginEntry entry) {
    const std::string name = "<static plugin " + std::to_string(++statics_) + ">";
    const Result<const lmh_plugin*> table = call_static_entry(entry, name);
    if (!table) return fail(table.errors());
    Result<Plugin> plugin = read_plugin(*table, name);
    if (!plugin) return fail(std::move(plugin).errors());
    if (const auto first = level_.find(plugin->id); first != level_.end()) {
      return fail(
          {plugin_error(name, codes::kPluginDuplicate,
                        "plugin '" + plugin->id + "' is given twice, first as " + first->second,
                        "leave one out")});
    }
    level_.emplace(plugin->id, name);
    loaded_.emplace(plugin->id, name);
    plugins_.push_back(std::move(*plugin));
  }

  // Found by looking: what does not load is listed, and loads are missed only by a graph that needs
  // them.
  void add_found(const std::string& path, PluginOrigin origin) {
    Result<PluginFile> file = inspect_plugin_file(path, origin);
    if (!file) return refuse(path, {}, std::move(file).errors());
    if (opened_.count(file->identity) != 0) return;
    if (const auto winner = loaded_.find(file->stem); winner != loaded_.end()) {
      shadowed_.push_back({file->stem, path, winner->second});
      return;
    }
    const lmh_plugin* table = nullptr;
    if (Diagnostics problems = load(*file, origin, &table); !problems.empty())
      refuse(path, file->identity, std::move(problems), table);
  }

  void add_directory(const std::string& directory, PluginOrigin origin) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<std::string> paths;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
      if (at->path().extension() == ".so") paths.push_back(at->path().string());
    if (error && origin == PluginOrigin::kInstallation &&
        error == std::errc::no_such_file_or_directory)
      return;
    if (error) {
      Diagnostic unreadable = plugin_error(directory, codes::kCannotRead,
                                           "cannot read the plugin directory: " + error.message(),
                                           error == std::errc::no_such_file_or_directory
                                               ? "make the folder, or leave it out of --plugin-dir "
                                                 "and LMHOST_PLUGIN_PATH"
                                               : "");
      unreadable.kind = ErrorKind::kIo;
      return fail({std::move(unreadable)});
    }
    if (origin == PluginOrigin::kGiven)
      if (const auto doubt = distrust_of_folder(directory, FolderUse::kWholeFolder))
        return fail(
            {plugin_error(directory, codes::kPluginFile,
                          "no plugin of this folder is loaded: " + doubt->reason, doubt->remedy)});
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) add_found(path, origin);
  }

  Result<Catalog> finish() && {
    if (!errors_.empty()) return std::move(errors_);
    std::vector<RefusedPlugin> refused;
    for (Refusal& refusal : refusals_) {
      // "matmul-1.2.so", refused for its name, is of no interest when the link "matmul.so" leads to
      // it.
      if (opened_.count(refusal.identity) != 0) continue;
      name_other_version(refusal);
      refused.push_back(std::move(refusal.plugin));
    }
    return Catalog::build(std::move(plugins_), std::move(refused), std::move(shadowed_),
                          sources_.choices,
                          sources_.more_follow ? Choices::kMoreFollow : Choices::kAll);
  }

 private:
  struct Refusal {
    RefusedPlugin plugin;
    FileIdentity identity;    // of a file that passed inspection
    std::string id, version;  // as its tables say, where they could be read
  };

  // Two versions of one plugin in one folder: the file that has the wrong name is told of the other.
  void name_other_version(Refusal& refusal) const {
    const auto folder = [](const std::string& path) { return path.substr(0, path.rfind('/') + 1); };
    const auto loaded = loaded_.find(refusal.id);
    if (refusal.id.empty() || loaded == loaded_.end() ||
        folder(loaded->second) != folder(refusal.plugin.path))
      return;
    const auto other = std::find_if(plugins_.begin(), plugins_.end(),
                                    [&](const Plugin& plugin) { return plugin.id == refusal.id; });
    refusal.plugin.reason = plugin_error(
        refusal.plugin.path, codes::kPluginDuplicate,
        "plugin " + lmhost::quoted(refusal.id) + " is in this folder twice: " + loaded->second +
            " (version " + other->version + ", loaded) and " + refusal.plugin.path + " (version " +
            refusal.version + ")",
        "remove one of the two; the one that stays must be named " +
            lmhost::quoted(refusal.id + ".so"));
    refusal.plugin.others.clear();
  }

  void fail(Diagnostics errors) {
    errors_.insert(errors_.end(), std::make_move_iterator(errors.begin()),
                   std::make_move_iterator(errors.end()));
  }

  void refuse(const std::string& path, FileIdentity identity, Diagnostics reasons,
              const lmh_plugin* table = nullptr) {
    Refusal& refusal = refusals_.emplace_back();
    refusal.identity = identity;
    if (table != nullptr) {
      refusal.id = declared_text(table, &lmh_plugin::id);
      refusal.version = declared_text(table, &lmh_plugin::version);
    }
    refusal.plugin.path = path;
    refusal.plugin.is_foreign = reasons.front().code == codes::kPluginNote;
    refusal.plugin.reason = std::move(reasons.front());
    refusal.plugin.others.assign(std::make_move_iterator(reasons.begin() + 1),
                                 std::make_move_iterator(reasons.end()));
  }

  Diagnostics load(const PluginFile& file, PluginOrigin origin, const lmh_plugin** opened) {
    Result<Plugin> plugin = load_watched(file, origin, sources_.watch, opened);
    if (!plugin) return std::move(plugin).errors();
    opened_.insert(file.identity);
    loaded_.emplace(file.stem, file.path);
    plugins_.push_back(std::move(*plugin));
    return {};
  }

  const PluginSources& sources_;
  std::vector<Plugin> plugins_;
  std::vector<Refusal> refusals_;
  std::vector<ShadowedPlugin> shadowed_;
  Diagnostics errors_;
  std::size_t statics_ = 0;                    // given so far
  std::set<FileIdentity> opened_;              // the files of plugins_
  std::map<std::string, std::string> level_;   // id -> path, of the files given by name
  std::map<std::string, std::string> loaded_;  // id -> path
};

}  // namespace

Result<Catalog> load_catalog(const PluginSources& sources) {
  Discovery discovery(sources);
  for (const PluginEntry entry : sources.statics) discovery.add_static(entry);
  for (const std::string& path : sources.files) discovery.add_file(path);
  for (const std::string& directory : sources.directories)
    discovery.add_directory(directory, PluginOrigin::kGiven);
  if (!sources.default_directory.empty())
    discovery.add_directory(sources.default_directory, PluginOrigin::kInstallation);
  return std::move(discovery).finish();
}

Result<Plugin> load_plugin(const std::string& path, const PluginWatch& watch) {
  const Result<PluginFile> file = inspect_plugin_file(path);
  if (!file) return file.errors();
  const lmh_plugin* opened = nullptr;
  return load_watched(*file, PluginOrigin::kGiven, watch, &opened);
}

}  // namespace lmhost

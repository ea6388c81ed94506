#include "check/probe.hpp"

#include "check/stages.hpp"
#include "load/plugin_fingerprint.hpp"
#include "load/plugin_reader.hpp"

namespace lmhost {

CheckReport probe_plugin(const std::string& path, const ProbeOptions& options) {
  CheckReport report;
  report.file = path;
  report.seed = options.seed;
  const std::optional<PluginFile> file = check_plugin_file(path, report);
  if (!file) return report;
  report.reached = CheckGroup::kLoad;
  const lmh_plugin* const table = check_loading(*file, report);
  if (table == nullptr) return report;
  report.reached = CheckGroup::kTable;
  if (options.progress) options.progress();
  Result<Plugin> plugin = read_plugin(table, path);
  if (!plugin) {
    report.add(plugin.errors(), "table.well_formed");
    return report;
  }
  report.id = plugin->id;
  report.version = plugin->version;
  report.abi = plugin->abi;
  report.fingerprint = fingerprint_of(*plugin);
  report.kernels = plugin->kernels.size();
  check_tables(*plugin, report);
  report.is_whole = options.points == 0;
  if (report.is_whole) return report;

  std::vector<Plugin> plugins;
  plugins.push_back(std::move(*plugin));
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  if (!catalog) {
    report.add(catalog.errors(), "table.unique_names");
    return report;
  }
  check_formulas(*catalog, options, report);
  check_functions(catalog->plugins().front(), report);
  report.reached = CheckGroup::kNative;
  report.is_whole = true;
  return report;
}

}  // namespace lmhost

#include "load/catalog.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "load/plugin_error.hpp"

namespace lmhost {
namespace {

std::string described(const Plugin& plugin) { return "'" + plugin.id + "' (" + plugin.path + ")"; }

// "'a', 'b' and 3 more". REQUIRES: names is not empty.
std::string listed(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i)
    text += (i == 0 ? "'" : ", '") + std::string(names[i]) + "'";
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

Diagnostics same_ids(const std::vector<Plugin>& plugins) {
  Diagnostics errors;
  for (std::size_t i = 1; i < plugins.size(); ++i) {
    if (plugins[i - 1].id != plugins[i].id) continue;
    errors.push_back(plugin_error(
        plugins[i].path, codes::kPluginDuplicate,
        "plugin '" + plugins[i].id + "' is given twice, first as " + plugins[i - 1].path,
        "leave one out"));
  }
  return errors;
}

}  // namespace

Result<Catalog> Catalog::build(std::vector<Plugin> plugins, std::vector<RefusedPlugin> refused,
                               std::vector<ShadowedPlugin> shadowed) {
  // Paths decide between equal ids only to make the message the same in any order.
  std::sort(plugins.begin(), plugins.end(), [](const Plugin& a, const Plugin& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
  if (Diagnostics errors = same_ids(plugins); !errors.empty()) return errors;

  Catalog catalog;
  catalog.plugins_ = std::move(plugins);
  catalog.refused_ = std::move(refused);
  catalog.shadowed_ = std::move(shadowed);
  std::size_t count = 0;
  for (const Plugin& plugin : catalog.plugins_)
    for (const Kernel& kernel : plugin.kernels) count += 1 + kernel.aliases.size();
  catalog.by_name_.reserve(count);

  // Which names two plugins share, by the pair of plugins: one error a pair, however many kernels.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string_view>> conflicts;
  for (std::size_t i = 0; i < catalog.plugins_.size(); ++i) {
    for (Kernel& kernel : catalog.plugins_[i].kernels) {
      kernel.plugin = i;
      const auto add = [&](std::string_view name) {
        const auto [found, is_new] = catalog.by_name_.emplace(name, &kernel);
        if (!is_new) conflicts[{found->second->plugin, i}].push_back(name);
      };
      add(kernel.name);
      for (const std::string& alias : kernel.aliases) add(alias);
    }
  }
  if (conflicts.empty()) return catalog;

  Diagnostics errors;
  for (auto& [pair, names] : conflicts) {
    std::sort(names.begin(), names.end());
    errors.push_back(plain_error(ErrorKind::kPlugin, codes::kPluginDuplicate,
                                 "plugins " + described(catalog.plugins_[pair.first]) + " and " +
                                     described(catalog.plugins_[pair.second]) + " both declare " +
                                     listed(names),
                                 "leave one of the plugins out"));
  }
  return errors;
}

const Kernel* Catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::string_view> Catalog::names() const {
  std::vector<std::string_view> names;
  names.reserve(by_name_.size());
  for (const auto& [name, kernel] : by_name_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<const Kernel*> Catalog::kernels() const {
  std::vector<const Kernel*> kernels;
  for (const Plugin& plugin : plugins_)
    for (const Kernel& kernel : plugin.kernels) kernels.push_back(&kernel);
  std::sort(kernels.begin(), kernels.end(),
            [](const Kernel* a, const Kernel* b) { return a->name < b->name; });
  return kernels;
}

}  // namespace lmhost

#include "load/catalog.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "load/plugin_error.hpp"

namespace lmhost {
namespace {

// "'a' (a.so), 'b' (b.so) and 'c' (c.so)".
std::string declarers(const Catalog& catalog, const std::vector<const Kernel*>& kernels) {
  std::string text;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const Plugin& plugin = catalog.plugin_of(*kernels[i]);
    if (i != 0) text += i + 1 == kernels.size() ? " and " : ", ";
    text += "'" + plugin.id + "' (" + plugin.path + ")";
  }
  return text;
}

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

const Kernel* kernel_named(const Plugin& plugin, std::string_view name) {
  for (const Kernel& kernel : plugin.kernels) {
    const std::vector<std::string>& aliases = kernel.aliases;
    if (kernel.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end())
      return &kernel;
  }
  return nullptr;
}

}  // namespace

Result<std::vector<KernelChoice>> kernel_choices(const std::vector<std::string>& texts) {
  std::vector<KernelChoice> choices;
  Diagnostics errors;
  for (const std::string& text : texts) {
    // A kernel's name may have '=' in it, "==" is one; a plugin's id may not.
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      errors.push_back(plain_error(ErrorKind::kUsage, codes::kUsage,
                                   "--use " + quoted(text) + " is not KERNEL=PLUGIN",
                                   "write --use torch.matmul=vendor_mm"));
    else
      choices.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  if (!errors.empty()) return errors;
  return choices;
}

Result<Catalog> Catalog::build(std::vector<Plugin> plugins, std::vector<RefusedPlugin> refused,
                               std::vector<ShadowedPlugin> shadowed,
                               const std::vector<KernelChoice>& choices) {
  // Paths decide between equal ids only to make the message the same in any order.
  std::sort(plugins.begin(), plugins.end(), [](const Plugin& a, const Plugin& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
  if (Diagnostics errors = same_ids(plugins); !errors.empty()) return errors;

  Catalog catalog;
  catalog.plugins_ = std::move(plugins);
  catalog.refused_ = std::move(refused);
  catalog.shadowed_ = std::move(shadowed);
  for (std::size_t i = 0; i < catalog.plugins_.size(); ++i)
    for (Kernel& kernel : catalog.plugins_[i].kernels) kernel.plugin = i;
  Result<Chosen> chosen = catalog.chosen_kernels(choices);
  if (!chosen) return std::move(chosen).errors();
  catalog.index_names(*chosen);
  return catalog;
}

Result<Catalog::Chosen> Catalog::chosen_kernels(const std::vector<KernelChoice>& choices) const {
  Chosen chosen;
  Diagnostics errors;
  for (const KernelChoice& choice : choices) {
    const std::string option = "--use " + choice.kernel + "=" + choice.plugin + ": ";
    const auto wrong = [&](const std::string& problem, const std::string& hint) {
      errors.push_back(plain_error(ErrorKind::kUsage, codes::kUsage, option + problem, hint));
    };
    const Plugin* const plugin = this->plugin(choice.plugin);
    if (plugin == nullptr) {
      std::vector<std::string_view> ids;
      for (const Plugin& loaded : plugins_) ids.push_back(loaded.id);
      wrong("no loaded plugin is " + quoted(choice.plugin), did_you_mean(choice.plugin, ids));
    } else if (const Kernel* kernel = kernel_named(*plugin, choice.kernel)) {
      const auto [first, is_new] = chosen.emplace(choice.kernel, kernel);
      if (!is_new && first->second != kernel)
        wrong("an earlier --use says plugin " + quoted(plugin_of(*first->second).id),
              "leave one out");
    } else {
      std::vector<std::string_view> names;
      for (const Kernel& declared : plugin->kernels) {
        names.push_back(declared.name);
        names.insert(names.end(), declared.aliases.begin(), declared.aliases.end());
      }
      wrong("plugin " + quoted(plugin->id) + " declares no kernel " + quoted(choice.kernel),
            did_you_mean(choice.kernel, names));
    }
  }
  if (!errors.empty()) return errors;
  return chosen;
}

void Catalog::index_names(const Chosen& chosen) {
  std::size_t count = 0;
  for (const Plugin& plugin : plugins_)
    for (const Kernel& kernel : plugin.kernels) count += 1 + kernel.aliases.size();
  by_name_.reserve(count);
  std::map<std::string_view, std::vector<const Kernel*>> shared;
  for (const Plugin& plugin : plugins_) {
    for (const Kernel& kernel : plugin.kernels) {
      const auto add = [&](std::string_view name) {
        const auto [found, is_new] = by_name_.emplace(name, &kernel);
        if (is_new) return;
        std::vector<const Kernel*>& kernels = shared[name];
        if (kernels.empty()) kernels.push_back(found->second);
        kernels.push_back(&kernel);
      };
      add(kernel.name);
      for (const std::string& alias : kernel.aliases) add(alias);
    }
  }
  for (auto& [name, kernels] : shared) {
    // The kernel chosen by this very name, else the only one among those chosen by another.
    const auto by_this_name = chosen.find(name);
    std::set<const Kernel*> owners;
    if (by_this_name != chosen.end()) {
      owners.insert(by_this_name->second);
    } else {
      for (const auto& [given, kernel] : chosen)
        if (std::find(kernels.begin(), kernels.end(), kernel) != kernels.end())
          owners.insert(kernel);
    }
    if (owners.size() == 1) {
      by_name_[name] = *owners.begin();
    } else {
      by_name_.erase(name);
      conflicts_.push_back({name, std::move(kernels)});
    }
  }
}

const Kernel* Catalog::find(std::string_view name) const {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  // An alias may be "/" or "//", so a whole name comes first.
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const Plugin* const owner = plugin(name.substr(0, slash));
  return owner == nullptr ? nullptr : kernel_named(*owner, name.substr(slash + 1));
}

const NameConflict* Catalog::conflict(std::string_view name) const {
  const auto found = std::lower_bound(
      conflicts_.begin(), conflicts_.end(), name,
      [](const NameConflict& conflict, std::string_view wanted) { return conflict.name < wanted; });
  return found == conflicts_.end() || found->name != name ? nullptr : &*found;
}

const Plugin* Catalog::plugin(std::string_view id) const {
  for (const Plugin& plugin : plugins_)
    if (plugin.id == id) return &plugin;
  return nullptr;
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
  std::sort(kernels.begin(), kernels.end(), [](const Kernel* a, const Kernel* b) {
    return std::tie(a->name, a->plugin) < std::tie(b->name, b->plugin);
  });
  return kernels;
}

Diagnostic ambiguous_name(const Catalog& catalog, const NameConflict& conflict) {
  const std::string name(conflict.name);
  const std::string& first = catalog.plugin_of(*conflict.kernels.front()).id;
  return plain_error(
      ErrorKind::kPlugin, codes::kPluginDuplicate,
      "name " + quoted(name) + " is declared by plugins " + declarers(catalog, conflict.kernels),
      "say which: --use " + name + "=" + first + ", or write " + quoted(first + "/" + name) +
          " in the graph");
}

Diagnostics conflict_errors(const Catalog& catalog) {
  // Many kernels, few pairs of plugins: one error for each set of plugins.
  std::map<std::vector<std::size_t>, std::vector<const NameConflict*>> groups;
  for (const NameConflict& conflict : catalog.conflicts()) {
    std::vector<std::size_t> plugins;
    for (const Kernel* kernel : conflict.kernels) plugins.push_back(kernel->plugin);
    groups[plugins].push_back(&conflict);
  }
  Diagnostics errors;
  for (const auto& [plugins, conflicts] : groups) {
    std::vector<std::string_view> names;
    for (const NameConflict* conflict : conflicts) names.push_back(conflict->name);
    errors.push_back(
        plain_error(ErrorKind::kPlugin, codes::kPluginDuplicate,
                    "plugins " + declarers(catalog, conflicts.front()->kernels) +
                        (plugins.size() == 2 ? " both" : " all") + " declare " + listed(names),
                    "leave one of the plugins out, or say whose is meant: --use " +
                        std::string(names.front()) + "=" + catalog.plugins()[plugins.front()].id));
  }
  return errors;
}

}  // namespace lmhost

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

// What a person calls a plugin that came as data.
std::string kind_of(const Plugin& plugin) { return plugin.is_data ? "catalogue" : "plugin"; }

Diagnostics same_ids(const std::vector<Plugin>& plugins) {
  Diagnostics errors;
  for (std::size_t i = 1; i < plugins.size(); ++i) {
    if (plugins[i - 1].id != plugins[i].id) continue;
    errors.push_back(plugin_error(plugins[i].path, codes::kPluginDuplicate,
                                  kind_of(plugins[i]) + " '" + plugins[i].id +
                                      "' is given twice, first as " + plugins[i - 1].path,
                                  "leave one out"));
  }
  return errors;
}

bool declares(const Kernel& kernel, std::string_view name) {
  const std::vector<std::string>& aliases = kernel.aliases;
  return kernel.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end();
}

const Kernel* kernel_named(const Plugin& plugin, std::string_view name) {
  for (const Kernel& kernel : plugin.kernels)
    if (declares(kernel, name)) return &kernel;
  return nullptr;
}

// The kernel chosen by this very name, else the only one that declares it among those chosen by
// another; nullptr when no choice speaks of it.
const Kernel* owner_by_choice(std::string_view name,
                              const std::map<std::string_view, const Kernel*>& chosen) {
  if (const auto found = chosen.find(name); found != chosen.end()) return found->second;
  std::set<const Kernel*> owners;
  for (const auto& [given, kernel] : chosen)
    if (declares(*kernel, name)) owners.insert(kernel);
  return owners.size() == 1 ? *owners.begin() : nullptr;
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

Diagnostics Catalog::take(std::vector<Plugin> plugins) {
  // Paths decide between equal ids only to make the message the same in any order.
  std::sort(plugins.begin(), plugins.end(), [](const Plugin& a, const Plugin& b) {
    return std::tie(a.id, a.path) < std::tie(b.id, b.path);
  });
  if (Diagnostics errors = same_ids(plugins); !errors.empty()) return errors;
  own_ = std::move(plugins);
  for (Plugin& plugin : own_) {
    for (Kernel& kernel : plugin.kernels) kernel.plugin = plugins_.size();
    plugins_.push_back(&plugin);
  }
  return {};
}

Result<Catalog> Catalog::build(std::vector<Plugin> plugins, std::vector<RefusedPlugin> refused,
                               std::vector<ShadowedPlugin> shadowed,
                               const std::vector<KernelChoice>& choices, Choices check) {
  Catalog catalog;
  if (Diagnostics errors = catalog.take(std::move(plugins)); !errors.empty()) return errors;
  catalog.refused_ = std::move(refused);
  catalog.shadowed_ = std::move(shadowed);
  Result<Chosen> chosen = catalog.chosen_kernels(choices, check);
  if (!chosen) return std::move(chosen).errors();
  catalog.index_names(*chosen);
  return catalog;
}

Result<Catalog> Catalog::extended(std::shared_ptr<const Catalog> base, std::vector<Plugin> data,
                                  const std::vector<KernelChoice>& choices, Choices check) {
  for (Plugin& plugin : data) plugin.is_data = true;
  Catalog catalog;
  catalog.plugins_ = base->plugins_;
  catalog.base_ = std::move(base);
  if (Diagnostics errors = catalog.take(std::move(data)); !errors.empty()) return errors;
  Result<Chosen> chosen = catalog.chosen_kernels(choices, check);
  if (!chosen) return std::move(chosen).errors();
  catalog.index_names(*chosen);
  catalog.hide_names();
  return catalog;
}

Result<Catalog::Chosen> Catalog::chosen_kernels(const std::vector<KernelChoice>& choices,
                                                Choices check) const {
  Chosen chosen;
  Diagnostics errors;
  for (const KernelChoice& choice : choices) {
    const std::string option = "--use " + choice.kernel + "=" + choice.plugin + ": ";
    const auto wrong = [&](const std::string& problem, const std::string& hint) {
      errors.push_back(plain_error(ErrorKind::kUsage, codes::kUsage, option + problem, hint));
    };
    const Plugin* const plugin = this->plugin(choice.plugin);
    if (plugin == nullptr && check == Choices::kMoreFollow) continue;
    if (plugin == nullptr) {
      std::vector<std::string_view> ids;
      for (const Plugin* loaded : plugins_) ids.push_back(loaded->id);
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
  for (const Plugin& plugin : own_)
    for (const Kernel& kernel : plugin.kernels) count += 1 + kernel.aliases.size();
  by_name_.reserve(count);
  std::map<std::string_view, std::vector<const Kernel*>> shared;
  for (const Plugin& plugin : own_) {
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
    if (const Kernel* const owner = owner_by_choice(name, chosen)) {
      by_name_[name] = owner;
    } else {
      by_name_.erase(name);
      conflicts_.push_back({name, std::move(kernels)});
    }
  }
  if (base_ == nullptr || chosen.empty()) return;
  // What a choice gives to a kernel of the base is nobody's here, so find() asks the base.
  for (auto at = by_name_.begin(); at != by_name_.end();) {
    const Kernel* const owner = owner_by_choice(at->first, chosen);
    const bool is_below = owner != nullptr && owner->plugin < base_->plugins_.size();
    at = is_below ? by_name_.erase(at) : std::next(at);
  }
}

// Joins what the base says of conflicts and hidden names with what this level does to them.
void Catalog::hide_names() {
  std::map<std::string_view, HiddenName> hidden;
  for (const HiddenName& below : base_->hidden_) hidden.emplace(below.name, below);
  std::map<std::string_view, NameConflict> conflicts;
  for (const NameConflict& below : base_->conflicts_) conflicts.emplace(below.name, below);
  for (const auto& [name, owner] : by_name_) {
    if (const Kernel* const below = base_->owner_of(name)) {
      // Of three levels the owner in the middle is hidden by now, with what it hid.
      HiddenName& entry = hidden[name];
      entry.name = name;
      entry.owner = owner;
      entry.hidden.insert(entry.hidden.begin(), below);
    } else if (const auto conflict = conflicts.find(name); conflict != conflicts.end()) {
      hidden[name] = {name, owner, conflict->second.kernels};
      conflicts.erase(conflict);
    }
  }
  for (NameConflict& own : conflicts_) {
    hidden.erase(own.name);
    conflicts[own.name] = std::move(own);
  }
  conflicts_.clear();
  for (auto& [name, conflict] : conflicts) conflicts_.push_back(std::move(conflict));
  for (auto& [name, entry] : hidden) hidden_.push_back(std::move(entry));
}

const Kernel* Catalog::owner_of(std::string_view name) const {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  return base_ == nullptr || conflict(name) != nullptr ? nullptr : base_->owner_of(name);
}

const Kernel* Catalog::find(std::string_view name) const {
  if (const Kernel* const owner = owner_of(name)) return owner;
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
  for (auto at = plugins_.rbegin(); at != plugins_.rend(); ++at)
    if ((*at)->id == id) return *at;
  return nullptr;
}

std::vector<std::string_view> Catalog::names() const {
  std::vector<std::string_view> names;
  if (base_ != nullptr)
    for (const std::string_view name : base_->names())
      if (by_name_.count(name) == 0 && conflict(name) == nullptr) names.push_back(name);
  names.reserve(names.size() + by_name_.size());
  for (const auto& [name, kernel] : by_name_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<const Kernel*> Catalog::kernels() const {
  std::vector<const Kernel*> kernels;
  for (const Plugin* plugin : plugins_)
    for (const Kernel& kernel : plugin->kernels) kernels.push_back(&kernel);
  std::sort(kernels.begin(), kernels.end(), [](const Kernel* a, const Kernel* b) {
    return std::tie(a->name, a->plugin) < std::tie(b->name, b->plugin);
  });
  return kernels;
}

Diagnostic ambiguous_name(const Catalog& catalog, const NameConflict& conflict) {
  const std::string name(conflict.name);
  const std::string& first = catalog.plugin_of(*conflict.kernels.front()).id;
  return plain_error(ErrorKind::kPlugin, codes::kPluginDuplicate,
                     "name " + quoted(name) + " is declared by " +
                         kind_of(catalog.plugin_of(*conflict.kernels.front())) + "s " +
                         declarers(catalog, conflict.kernels),
                     "say which: --use " + name + "=" + first + ", or write " +
                         quoted(first + "/" + name) + " in the graph");
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
                    kind_of(catalog.plugins()[plugins.front()]) + "s " +
                        declarers(catalog, conflicts.front()->kernels) +
                        (plugins.size() == 2 ? " both" : " all") + " declare " + listed(names),
                    "leave one of the " + kind_of(catalog.plugins()[plugins.front()]) +
                        "s out, or say whose is meant: --use " + std::string(names.front()) + "=" +
                        catalog.plugins()[plugins.front()].id));
  }
  return errors;
}

}  // namespace lmhost

#include "load/formats/module_names.hpp"

namespace lmhost {
namespace {

// Runs of '.' and '_' as one '.'.
std::string parts_of(std::string_view name) {
  std::string parts;
  for (const char c : name) {
    const bool joins = c == '.' || c == '_';
    if (!joins)
      parts += c;
    else if (!parts.empty() && parts.back() != '.')
      parts += '.';
  }
  return parts;
}

}  // namespace

void ModuleNames::add(std::string_view name, std::size_t module) {
  if (!exact_.emplace(name, module).second) return;
  parts_[parts_of(name)].insert(module);
  names_.emplace_back(name, module);
}

ModuleNames::Found ModuleNames::find(std::string_view name) const {
  if (const auto found = exact_.find(name); found != exact_.end()) return {found->second, {}};
  std::set<std::size_t> modules;
  if (const auto found = parts_.find(parts_of(name)); found != parts_.end())
    modules = found->second;
  if (modules.empty()) {
    const std::string tail = "." + std::string(name);
    for (const auto& [known, module] : names_)
      if (known.ends_with(tail)) modules.insert(module);
  }
  if (modules.size() == 1) return {*modules.begin(), {}};
  Found found;
  for (const auto& [known, module] : names_)
    // One name of each: the first that was given is the canonical one.
    if (modules.erase(module) != 0) found.candidates.push_back(known);
  return found;
}

std::vector<std::string_view> ModuleNames::all() const {
  std::vector<std::string_view> names;
  for (const auto& [name, module] : names_) names.push_back(name);
  return names;
}

std::string public_torch_name(std::string_view full_class_name) {
  constexpr std::string_view kPrefix = "torch.nn.modules.";
  if (!full_class_name.starts_with(kPrefix)) return {};
  const std::size_t dot = full_class_name.rfind('.');
  if (dot < kPrefix.size()) return {};
  return "torch.nn" + std::string(full_class_name.substr(dot));
}

}  // namespace lmhost

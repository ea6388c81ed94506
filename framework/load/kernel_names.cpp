#include "load/kernel_names.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/codes.hpp"

namespace lmhost {
namespace {

using Parts = std::vector<std::string_view>;

// Split at runs of any of `separators`; empty parts vanish.
Parts parts_of(std::string_view name, std::string_view separators) {
  Parts parts;
  std::size_t at = 0;
  while ((at = name.find_first_not_of(separators, at)) != std::string_view::npos) {
    const std::size_t end = std::min(name.find_first_of(separators, at), name.size());
    parts.push_back(name.substr(at, end - at));
    at = end;
  }
  return parts;
}

constexpr std::string_view kDots = ".:";    // "aten::mm" has two parts
constexpr std::string_view kMarks = ".:_";  // "torch__nn__Linear" has three

bool is_tail(const Parts& tail, const Parts& whole) {
  return !tail.empty() && tail.size() <= whole.size() &&
         std::equal(tail.rbegin(), tail.rend(), whole.rbegin());
}

// Letters and digits, small.
std::string squashed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

// What torch calls the same thing in public, or nothing.
std::optional<std::string> public_spelling(std::string_view given) {
  constexpr std::string_view kFunctional = "F.", kModules = "torch.nn.modules.";
  if (given.starts_with(kFunctional))
    return "torch.nn.functional." + std::string(given.substr(kFunctional.size()));
  if (given.starts_with(kModules) && parts_of(given, kDots).size() == 5)
    return "torch.nn." + std::string(given.substr(given.rfind('.') + 1));
  return std::nullopt;
}

template <class Fits>
std::vector<std::size_t> owners_of(std::span<const SpelledName> names, Fits fits) {
  std::vector<std::size_t> owners;
  for (const SpelledName& row : names) {
    if (std::find(owners.begin(), owners.end(), row.owner) == owners.end() && fits(row.name))
      owners.push_back(row.owner);
  }
  return owners;
}

}  // namespace

std::vector<std::size_t> match_spelling(std::span<const SpelledName> names,
                                        std::string_view given) {
  if (given.ends_with(".py")) given.remove_suffix(3);
  if (squashed(given).empty()) return {};
  auto owners = owners_of(names, [&](std::string_view name) { return name == given; });
  if (!owners.empty()) return owners;
  const Parts words = parts_of(given, kMarks);
  owners = owners_of(names, [&](std::string_view name) { return parts_of(name, kMarks) == words; });
  if (!owners.empty()) return owners;
  if (const std::optional<std::string> shown = public_spelling(given)) {
    owners = owners_of(names, [&](std::string_view name) { return name == *shown; });
    if (!owners.empty()) return owners;
  }
  const Parts tail = parts_of(given, kDots);
  owners =
      owners_of(names, [&](std::string_view name) { return is_tail(tail, parts_of(name, kDots)); });
  if (!owners.empty()) return owners;
  owners = owners_of(names, [&](std::string_view name) {
    const Parts parts = parts_of(name, kDots);
    return parts.size() > 1 &&
           std::string(parts.front()) + "_" + std::string(parts.back()) == given;
  });
  if (!owners.empty()) return owners;
  const std::string small = squashed(given);
  return owners_of(names, [&](std::string_view name) {
    const Parts parts = parts_of(name, kDots);
    return parts.size() > 1 && squashed(parts.front()) + squashed(parts.back()) == small;
  });
}

Diagnostic ambiguous_spelling(std::string_view given, std::vector<std::string> candidates) {
  constexpr std::size_t kMostShown = 12;
  std::sort(candidates.begin(), candidates.end());
  const std::size_t shown = std::min(candidates.size(), kMostShown);
  std::string list;
  for (std::size_t i = 0; i < shown; ++i) list += (i == 0 ? "" : ", ") + candidates[i];
  if (shown < candidates.size())
    list += " and " + std::to_string(candidates.size() - shown) + " more";
  return plain_error(ErrorKind::kUsage, codes::kAmbiguousName,
                     quoted(given) + " may mean several kernels", "one of " + list);
}

Result<const Kernel*> find_spelling(const Catalog& catalog, std::string_view given) {
  if (const Kernel* kernel = catalog.find(given); kernel != nullptr) return kernel;
  if (const NameConflict* conflict = catalog.conflict(given))
    return ambiguous_name(catalog, *conflict);
  std::string_view name = given;
  const Plugin* plugin = nullptr;
  if (const std::size_t slash = given.find('/'); slash != std::string_view::npos) {
    plugin = catalog.plugin(given.substr(0, slash));
    if (plugin != nullptr) name = given.substr(slash + 1);
  }
  const std::vector<const Kernel*> kernels = catalog.kernels();
  std::vector<SpelledName> names;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    if (plugin != nullptr && &catalog.plugin_of(*kernels[i]) != plugin) continue;
    const auto add = [&](const std::string& own) {
      // A name that another kernel took over is not this one's any more.
      const Kernel* owner = plugin != nullptr ? nullptr : catalog.find(own);
      if (owner == nullptr || owner == kernels[i]) names.push_back({own, i});
    };
    add(kernels[i]->name);
    for (const std::string& alias : kernels[i]->aliases) add(alias);
  }
  const std::vector<std::size_t> owners = match_spelling(names, name);
  if (owners.size() == 1) return kernels[owners.front()];
  if (owners.empty()) {
    std::string hint = did_you_mean(given, catalog.names());
    if (hint.empty()) hint = "'lmhost kernels list " + std::string(given) + "' searches";
    return plain_error(ErrorKind::kUsage, codes::kUnknownKernel, "unknown kernel " + quoted(given),
                       hint);
  }
  std::vector<std::string> candidates;
  for (std::size_t owner : owners) {
    const Kernel& kernel = *kernels[owner];
    // One name of two plugins needs the plugin to tell them apart.
    const bool is_unique = catalog.find(kernel.name) == &kernel;
    candidates.push_back((is_unique ? "" : catalog.plugin_of(kernel).id + "/") + kernel.name);
  }
  return ambiguous_spelling(given, std::move(candidates));
}

}  // namespace lmhost

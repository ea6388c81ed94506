#include "resolve/requirements.hpp"

#include <array>
#include <charconv>

#include "base/codes.hpp"

namespace lmhost {
namespace {

using Version = std::array<unsigned, 3>;

std::optional<Version> parse_version(std::string_view text) {
  text = text.substr(0, text.find_first_of("-+"));
  Version version = {};
  for (std::size_t i = 0; i < version.size(); ++i) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), version[i]);
    if (status != std::errc() || end != part.data() + part.size()) return std::nullopt;
    if (dot == std::string_view::npos) return version;
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;  // a fourth part
}

std::optional<bool> satisfies(const Version& version, std::string_view term) {
  if (term == "*") return true;
  const std::size_t digits = term.find_first_of("0123456789");
  const std::string_view relation = term.substr(0, digits);
  const auto bound =
      digits == std::string_view::npos ? std::nullopt : parse_version(term.substr(digits));
  if (!bound) return std::nullopt;
  if (relation == ">=") return version >= *bound;
  if (relation == ">") return version > *bound;
  if (relation == "<=") return version <= *bound;
  if (relation == "<") return version < *bound;
  if (relation == "=" || relation == "==" || relation.empty()) return version == *bound;
  return std::nullopt;
}

}  // namespace

std::optional<bool> version_in_range(std::string_view version, std::string_view range) {
  const std::optional<Version> parsed = parse_version(version);
  if (!parsed) return std::nullopt;
  bool inside = true, any = false;
  while (!range.empty()) {
    const std::size_t end = std::min(range.find(' '), range.size());
    if (end > 0) {
      const std::optional<bool> holds = satisfies(*parsed, range.substr(0, end));
      if (!holds) return std::nullopt;
      inside = inside && *holds;
      any = true;
    }
    range.remove_prefix(std::min(end + 1, range.size()));
  }
  return any ? std::optional(inside) : std::nullopt;
}

void check_requirements(const Graph& graph, const Catalog& catalog, Diagnostics& errors) {
  for (const Requirement& requirement : graph.requires_plugins) {
    const auto complain = [&](std::string message, std::string hint = {}) {
      errors.push_back(error_at(*graph.source, requirement.offset, requirement.range.size() + 2,
                                codes::kUnmetRequirement, std::move(message), std::move(hint)));
    };
    const Plugin* found = nullptr;
    std::vector<std::string_view> ids;
    for (const Plugin& plugin : catalog.plugins()) {
      ids.push_back(plugin.id);
      if (plugin.id == requirement.plugin) found = &plugin;
    }
    const std::string id(requirement.plugin), range(requirement.range);
    if (found == nullptr) {
      complain("the graph requires plugin '" + id + "', which is not loaded",
               did_you_mean(id, ids));
      continue;
    }
    const std::optional<bool> inside = version_in_range(found->version, range);
    if (!inside) {
      complain("'" + range + "' is not a version range", "write comparisons such as \">=1.0 <2\"");
    } else if (!*inside) {
      complain("the graph requires plugin '" + id + "' " + range + ", but " + found->version +
               " is loaded");
    }
  }
}

}  // namespace lmhost

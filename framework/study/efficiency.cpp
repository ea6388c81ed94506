#include "study/efficiency.hpp"

#include <algorithm>
#include <optional>

#include "base/codes.hpp"
#include "load/json.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.efficiency/1";

Diagnostic bad_share(const std::string& text, std::string_view share) {
  return plain_error(ErrorKind::kUsage, codes::kBadEfficiency,
                     "--efficiency " + quoted(text) + ": " + quoted(share) +
                         " is not a share above 0 and not above 1",
                     "for example: --efficiency compute=.5,memory=.8");
}

// 0: none that makes sense.
double share_of(const Number& number) {
  const double share = number.to_double();
  return share > 0 && share <= 1 ? share : 0;
}

class ProfileReader {
 public:
  Result<std::vector<Efficiency>> read(JsonValue root) {
    const JsonValue schema = root.is(JsonKind::kObject) ? root.find("schema") : JsonValue();
    const JsonValue list = schema.exists() ? root.find("profiles") : JsonValue();
    if (!schema.exists() || !schema.is(JsonKind::kString) || schema.string() != kSchema ||
        !list.exists() || !list.is(JsonKind::kArray))
      return error_at(root, codes::kUnknownSchema,
                      "not a list of efficiency profiles: \"schema\" must be \"" +
                          std::string(kSchema) + "\" and \"profiles\" an array");
    std::vector<Efficiency> profiles;
    for (const JsonValue value : list.elements()) profiles.push_back(profile(value));
    if (!errors_.empty()) return std::move(errors_);
    return profiles;
  }

 private:
  Efficiency profile(JsonValue value) {
    Efficiency result;
    if (!value.is(JsonKind::kObject)) {
      errors_.push_back(error_at(value, codes::kWrongType, "a profile must be an object"));
      return result;
    }
    for (const JsonMember member : value.members()) {
      if (member.key() == "compute")
        result.compute = share(member.value);
      else if (member.key() == "memory")
        result.memory = share(member.value);
      else if (member.key() == "name" || member.key() == "doc" || member.key() == "source")
        read_text(member, result);
      else
        errors_.push_back(
            error_at(member.name, codes::kUnknownKey, "unknown key " + quoted(member.key())));
    }
    for (const std::string_view key : {"name", "source"})
      if (!value.find(key).exists())
        errors_.push_back(error_at(value, codes::kMissingKey, "missing key " + quoted(key)));
    return result;
  }

  void read_text(JsonMember member, Efficiency& into) {
    if (!member.value.is(JsonKind::kString)) {
      errors_.push_back(
          error_at(member.value, codes::kWrongType, quoted(member.key()) + " must be a string"));
      return;
    }
    std::string& field = member.key() == "name"  ? into.name
                         : member.key() == "doc" ? into.doc
                                                 : into.source;
    field = member.value.string();
  }

  // 0.8, or {"prefill": 0.45, "decode": 0.3}
  Efficiency::Share share(JsonValue value) {
    if (!value.is(JsonKind::kObject)) {
      const double both = one(value);
      return {both, both};
    }
    Efficiency::Share result;
    for (const JsonMember member : value.members()) {
      if (member.key() == "prefill")
        result.prefill = one(member.value);
      else if (member.key() == "decode")
        result.decode = one(member.value);
      else
        errors_.push_back(
            error_at(member.name, codes::kUnknownKey, "unknown phase " + quoted(member.key())));
    }
    return result;
  }

  double one(JsonValue value) {
    const double share = value.is(JsonKind::kNumber) ? share_of(value.number()) : 0;
    if (share == 0)
      errors_.push_back(
          error_at(value, codes::kBadValue, "a share must be a number above 0 and not above 1"));
    return share == 0 ? 1 : share;
  }

  Diagnostics errors_;
};

// "compute=.5,memory=.8"
Result<Efficiency> from_shares(const std::string& text) {
  Efficiency result;
  result.name = text;
  result.source = "--efficiency";
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = piece.substr(0, equals);
    std::string digits(piece.substr(std::min(equals + 1, piece.size())));
    if (digits.starts_with('.')) digits.insert(digits.begin(), '0');
    const std::optional<Number> number = parse_number(digits);
    const double share = number ? share_of(*number) : 0;
    if (name != "compute" && name != "memory")
      return plain_error(ErrorKind::kUsage, codes::kBadEfficiency,
                         "--efficiency " + quoted(text) + ": no share is called " + quoted(name),
                         "for example: --efficiency compute=.5,memory=.8");
    if (share == 0) return bad_share(text, piece.substr(std::min(equals + 1, piece.size())));
    (name == "compute" ? result.compute : result.memory) = {share, share};
  }
  return result;
}

}  // namespace

Result<std::vector<Efficiency>> load_efficiencies(const std::string& prefix) {
  const Result<JsonDocument> document =
      JsonDocument::read(prefix + "/share/lmhost/catalogs/efficiency.json");
  if (!document) return document.errors();
  return ProfileReader().read(document->root());
}

Result<Efficiency> parse_efficiency(const std::string& text, const std::string& prefix) {
  if (text.find('=') != std::string::npos) return from_shares(text);
  Result<std::vector<Efficiency>> profiles = load_efficiencies(prefix);
  if (!profiles) return std::move(profiles).errors();
  std::vector<std::string_view> names;
  std::string list;
  for (Efficiency& profile : *profiles) {
    if (profile.name == text) return std::move(profile);
    names.push_back(profile.name);
    list += (list.empty() ? "one of " : ", ") + profile.name;
  }
  const std::string hint = did_you_mean(text, names);
  return plain_error(ErrorKind::kUsage, codes::kBadEfficiency,
                     "unknown efficiency profile " + quoted(text),
                     hint.empty() ? list + "; or compute=.5,memory=.8" : hint);
}

}  // namespace lmhost

// Reads a convention set:
//   { "schema": "lmhost.conventions/1", "name": "deepspeed", "doc": "...", "source": "...",
//     "constants": { "norm.layer_norm_flops": 5, "pointwise.gelu_flops": "2.5" } }
#include "load/conventions.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.conventions/1";
constexpr std::string_view kKeys[] = {"schema", "name", "doc", "source", "constants"};

class ConventionsReader {
 public:
  explicit ConventionsReader(const Catalog& catalog) {
    for (const Plugin& plugin : catalog.plugins())
      for (const PluginConstant& constant : plugin.constants)
        known_.push_back(plugin.id + "." + constant.name);
  }

  Result<Conventions> read(JsonValue root) {
    if (!root.is(JsonKind::kObject)) {
      wrong_type(root, "a convention set", "an object");
      return std::move(errors_);
    }
    const JsonValue schema = root.find("schema");
    if (!schema.exists() || !schema.is(JsonKind::kString) || schema.string() != kSchema) {
      errors_.push_back(
          error_at(schema.exists() ? schema : root, codes::kUnknownSchema,
                   "not a convention set: \"schema\" must be \"" + std::string(kSchema) + "\""));
      return std::move(errors_);
    }
    for (const JsonMember member : root.members()) read_member(member);
    for (const std::string_view key : {"name", "constants"})
      if (!root.find(key).exists())
        errors_.push_back(error_at(root, codes::kMissingKey, "missing key " + quoted(key)));
    if (!errors_.empty()) return std::move(errors_);
    return std::move(set_);
  }

 private:
  void wrong_type(JsonValue value, const std::string& what, std::string_view needed) {
    errors_.push_back(error_at(
        value, codes::kWrongType,
        what + " must be " + std::string(needed) + ", not " + std::string(name_of(value.kind()))));
  }

  void read_member(JsonMember member) {
    const std::string_view key = member.key();
    if (key == "constants") {
      read_constants(member.value);
    } else if (key == "name") {
      read_text(member, set_.name);
    } else if (key == "doc") {
      read_text(member, set_.doc);
    } else if (key == "source") {
      read_text(member, set_.source);
    } else if (key != "schema") {
      errors_.push_back(error_at(member.name, codes::kUnknownKey, "unknown key " + quoted(key),
                                 did_you_mean(key, kKeys)));
    }
  }

  void read_text(JsonMember member, std::string& into) {
    if (!member.value.is(JsonKind::kString))
      return wrong_type(member.value, quoted(member.key()), "a string");
    into = member.value.string();
  }

  void read_constants(JsonValue constants) {
    if (!constants.is(JsonKind::kObject)) return wrong_type(constants, "'constants'", "an object");
    for (const JsonMember member : constants.members()) {
      const std::string_view name = member.key();
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        const std::vector<std::string_view> names(known_.begin(), known_.end());
        errors_.push_back(error_at(member.name, codes::kUnknownName,
                                   "no loaded plugin has the constant " + quoted(name),
                                   did_you_mean(name, names)));
      }
      read_constant(name, member.value);
    }
  }

  // A number, or a string that holds one as plugins write them.
  void read_constant(std::string_view name, JsonValue value) {
    if (!value.is(JsonKind::kNumber) && !value.is(JsonKind::kString))
      return wrong_type(value, quoted(name), "a number");
    const std::optional<Number> number =
        value.is(JsonKind::kNumber) ? value.number() : parse_number(value.string());
    if (!number || !number->is_exact() || number->is_negative()) {
      errors_.push_back(
          error_at(value, codes::kBadValue,
                   quoted(name) + " must be a number of 0 or more that fits 128 bits"));
    } else {
      set_.constants.emplace(name, *number);
    }
  }

  std::vector<std::string> known_;  // "norm.layer_norm_flops"
  Diagnostics errors_;
  Conventions set_;
};

}  // namespace

const Number* Conventions::find(std::string_view plugin, std::string_view constant) const {
  if (constants.empty()) return nullptr;
  std::string key(plugin);
  key.append(".").append(constant);
  const auto found = constants.find(key);
  return found == constants.end() ? nullptr : &found->second;
}

Result<Conventions> load_conventions(const std::string& path, const Catalog& catalog) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  Result<Conventions> set = ConventionsReader(catalog).read(document->root());
  if (set) set->file = document->source();
  return set;
}

}  // namespace lmhost

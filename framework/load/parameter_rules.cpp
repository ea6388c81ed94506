#include "load/parameter_rules.hpp"

#include <algorithm>
#include <array>

#include "base/codes.hpp"
#include "formula/functions.hpp"

namespace lmhost {
namespace {

constexpr std::array<std::string_view, 4> kFileKeys = {"schema", "doc", "names", "rules"};
constexpr std::array<std::string_view, 4> kNameKeys = {"runtime", "config", "derived", "doc"};
constexpr std::array<std::string_view, 7> kRuleKeys = {"layer", "class", "within", "not_within",
                                                       "has",   "gives", "doc"};

class RulesReader {
 public:
  explicit RulesReader(const JsonDocument& document) : root_(document.root()) {
    rules_.file = document.source();
  }

  Result<ParameterRules> read() {
    if (!is_kind(root_, JsonKind::kObject, "a file of rules")) return std::move(errors_);
    check_keys(root_, kFileKeys, "a file of rules");
    const JsonValue schema = required(root_, "schema", JsonKind::kString);
    if (schema.exists() && schema.string() != kParameterRulesSchema)
      fail(schema, codes::kUnknownSchema, "unknown schema " + quoted(schema.string()),
           "write \"" + std::string(kParameterRulesSchema) + "\"");
    if (const JsonValue names = required(root_, "names", JsonKind::kObject); names.exists())
      for (const JsonMember& row : names.members()) read_name(row);
    if (const JsonValue rules = required(root_, "rules", JsonKind::kArray); rules.exists())
      for (const JsonValue row : rules.elements()) read_rule(row);
    if (!errors_.empty()) return std::move(errors_);
    return std::move(rules_);
  }

 private:
  void fail(JsonValue at, std::string_view code, std::string message, std::string hint = {}) {
    errors_.push_back(error_at(at, code, std::move(message), std::move(hint)));
  }

  bool is_kind(JsonValue value, JsonKind kind, std::string_view what) {
    if (value.is(kind)) return true;
    fail(value, codes::kWrongType,
         quoted(what) + " must be " + std::string(name_of(kind)) + ", not " +
             std::string(name_of(value.kind())));
    return false;
  }

  void check_keys(JsonValue object, std::span<const std::string_view> known,
                  std::string_view what) {
    for (const JsonMember& row : object.members())
      if (std::find(known.begin(), known.end(), row.key()) == known.end())
        fail(row.name, codes::kUnknownKey,
             "unknown key " + quoted(row.key()) + " in " + std::string(what),
             did_you_mean(row.key(), known));
  }

  JsonValue required(JsonValue object, std::string_view key, JsonKind kind) {
    const JsonValue value = object.find(key);
    if (!value.exists()) fail(object, codes::kMissingKey, "there is no " + quoted(key));
    return value.exists() && is_kind(value, kind, key) ? value : JsonValue();
  }

  void check_identifier(JsonValue name) {
    if (!is_identifier(name.string()))
      fail(name, codes::kBadValue, quoted(name.string()) + " is no name of a parameter");
  }

  std::vector<std::string> strings(JsonValue value, std::string_view key) {
    std::vector<std::string> list;
    if (!value.exists() || !is_kind(value, JsonKind::kArray, key)) return list;
    if (value.size() == 0) fail(value, codes::kBadValue, quoted(key) + " must not be empty");
    for (const JsonValue element : value.elements())
      if (is_kind(element, JsonKind::kString, key)) list.emplace_back(element.string());
    return list;
  }

  std::optional<Expression> expression(JsonValue value, std::string_view key) {
    if (!value.exists() || !is_kind(value, JsonKind::kString, key)) return std::nullopt;
    Result<Expression> parsed =
        parse_expression(value.string(), value.source(), value.offset() + 1);
    if (!parsed) {
      errors_.insert(errors_.end(), parsed.errors().begin(), parsed.errors().end());
      return std::nullopt;
    }
    for (const std::string& function : parsed->functions)
      if (builtin_named(function) == nullptr)
        fail(value, codes::kUnknownFunction, "unknown function " + quoted(function));
    return *std::move(parsed);
  }

  void read_name(const JsonMember& row) {
    check_identifier(row.name);
    if (!is_kind(row.value, JsonKind::kObject, row.key())) return;
    check_keys(row.value, kNameKeys, "a name");
    RuleName name;
    name.name = row.key();
    name.runtime = expression(row.value.find("runtime"), "runtime");
    name.config = strings(row.value.find("config"), "config");
    name.derived = expression(row.value.find("derived"), "derived");
    const auto says = [&](std::string_view key) { return row.value.find(key).exists(); };
    if (!says("runtime") && !says("config") && !says("derived"))
      fail(row.value, codes::kMissingKey,
           quoted(row.key()) + " has neither 'runtime' nor 'config' nor 'derived'");
    rules_.names.push_back(std::move(name));
  }

  void read_rule(JsonValue json) {
    if (!is_kind(json, JsonKind::kObject, "a rule")) return;
    check_keys(json, kRuleKeys, "a rule");
    ParameterRule rule;
    rule.layers = strings(json.find("layer"), "layer");
    rule.classes = strings(json.find("class"), "class");
    rule.within = strings(json.find("within"), "within");
    rule.not_within = strings(json.find("not_within"), "not_within");
    rule.parameters = strings(json.find("has"), "has");
    const JsonValue gives = required(json, "gives", JsonKind::kObject);
    if (gives.exists() && gives.size() == 0)
      fail(gives, codes::kBadValue, "'gives' must not be empty");
    if (gives.exists())
      for (const JsonMember& row : gives.members()) {
        check_identifier(row.name);
        std::optional<Expression> value = expression(row.value, row.key());
        if (value) rule.gives.emplace_back(row.key(), *std::move(value));
      }
    rules_.rules.push_back(std::move(rule));
  }

  JsonValue root_;
  ParameterRules rules_;
  Diagnostics errors_;
};

}  // namespace

const RuleName* ParameterRules::find(std::string_view name) const {
  for (const RuleName& row : names)
    if (row.name == name) return &row;
  return nullptr;
}

Result<ParameterRules> read_parameter_rules(const JsonDocument& document) {
  return RulesReader(document).read();
}

Result<ParameterRules> load_parameter_rules(const std::string& path) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  return read_parameter_rules(document.value());
}

}  // namespace lmhost

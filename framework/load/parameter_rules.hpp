// `lmhost.parameter-rules/1`: where the parameters of a model's layers come from, as data.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/expression.hpp"
#include "load/json.hpp"

namespace lmhost {

inline constexpr std::string_view kParameterRulesSchema = "lmhost.parameter-rules/1";

// What a name means for every layer, in the order in which it is looked for.
struct RuleName {
  std::string name;
  std::optional<Expression> runtime;  // stays a template
  std::vector<std::string> config;    // spellings in config.json
  std::optional<Expression> derived;  // of other names and config.*
};

// Conditions without names hold for every layer.
struct ParameterRule {
  std::vector<std::string> layers;
  std::vector<std::string> classes;
  std::vector<std::string> within;
  std::vector<std::string> not_within;
  std::vector<std::string> parameters;  // that the kernel must have
  std::vector<std::pair<std::string, Expression>> gives;
};

struct ParameterRules {
  std::shared_ptr<const SourceText> file;
  std::vector<RuleName> names;
  std::vector<ParameterRule> rules;

  const RuleName* find(std::string_view name) const;  // nullptr when there is none
};

// All errors of the file, each at its place: E102 to E111, E201, E202.
Result<ParameterRules> load_parameter_rules(const std::string& path);
Result<ParameterRules> read_parameter_rules(const JsonDocument& document);

}  // namespace lmhost

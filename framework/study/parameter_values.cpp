#include "study/parameter_values.hpp"

#include <algorithm>
#include <map>

#include "formula/evaluate.hpp"
#include "formula/rewrite.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMostLevels = 64;  // of names that are given by names: the only recursion
constexpr std::string_view kConfigPrefix = "config.";

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Whole dotted tails only: "Linear" is none of "NonDynamicallyQuantizableLinear".
bool is_tail(std::string_view class_name, std::string_view tail) {
  return class_name == tail ||
         (class_name.ends_with(tail) && class_name[class_name.size() - tail.size() - 1] == '.');
}

bool is_any_tail(std::string_view class_name, const std::vector<std::string>& tails) {
  return std::any_of(tails.begin(), tails.end(),
                     [&](const std::string& tail) { return is_tail(class_name, tail); });
}

bool is_within(const LayerPlace& place, const std::vector<std::string>& names) {
  return std::any_of(place.around.begin(), place.around.end(), [&](const auto& layer) {
    return contains(names, layer.first) || is_any_tail(layer.second, names);
  });
}

bool has_parameters(const Kernel& kernel, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(kernel.parameters.begin(), kernel.parameters.end(),
                       [&](const KernelParameter& parameter) { return parameter.name == name; });
  });
}

bool matches(const ParameterRule& rule, const LayerPlace& place) {
  return (rule.layers.empty() || contains(rule.layers, place.name)) &&
         (rule.classes.empty() || is_any_tail(place.class_name, rule.classes)) &&
         (rule.within.empty() || is_within(place, rule.within)) &&
         (rule.not_within.empty() || !is_within(place, rule.not_within)) &&
         has_parameters(*place.kernel, rule.parameters);
}

std::string any_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

}  // namespace

FormulaScope no_names() {
  return {[](std::string_view) -> const Value* { return nullptr; }, {}};
}

ParameterValues::ParameterValues(const ParameterRules& rules, const Config& config,
                                 const LayerPlace& place)
    : rules_(rules), config_(config) {
  for (const ParameterRule& rule : rules.rules)
    if (matches(rule, place)) matching_.push_back(&rule);
}

std::optional<Meaning> ParameterValues::find(std::string_view name) {
  if (active_.size() >= kMostLevels) return std::nullopt;
  if (name.starts_with(kConfigPrefix)) return of_config(name.substr(kConfigPrefix.size()));
  std::optional<Meaning> meaning = of_rules(name);
  return meaning ? meaning : of_names(name);
}

std::optional<Meaning> ParameterValues::of_rules(std::string_view name) {
  for (const ParameterRule* rule : matching_) {
    for (const auto& [given, expression] : rule->gives) {
      if (given != name) continue;
      const auto [entry, is_new] = active_.emplace(rule, name);
      if (!is_new) continue;
      std::optional<Meaning> meaning = evaluate(expression);
      active_.erase(entry);
      if (meaning) return meaning;
    }
  }
  return std::nullopt;
}

std::optional<Meaning> ParameterValues::of_names(std::string_view name) {
  const RuleName* const row = rules_.find(name);
  if (row == nullptr) {
    return std::nullopt;
  }
  if (row->runtime) return Meaning{*row->runtime, ValueOrigin::kRuntime, print(*row->runtime), {}};
  for (const std::string& key : row->config)
    if (std::optional<Meaning> meaning = of_config(key)) return meaning;
  if (row->derived) {
    const auto [entry, is_new] = active_.emplace(row, name);
    if (is_new) {
      std::optional<Meaning> meaning = evaluate(*row->derived);
      active_.erase(entry);
      if (meaning) return meaning;
    }
  }
  if (!row->config.empty()) missing_.insert(any_of(row->config));
  return std::nullopt;
}

// A model that also hears or sees keeps the language model's values in text_config.
std::optional<Meaning> ParameterValues::of_config(std::string_view key) const {
  for (const std::string& path : {std::string(key), "text_config." + std::string(key)}) {
    const Config::Entry* const entry = config_.find(path);
    if (entry == nullptr ||
        (entry->value.kind != Value::Kind::kNumber && entry->value.kind != Value::Kind::kString))
      continue;
    return Meaning{constant_expression(entry->value), ValueOrigin::kConfig, {}, {path}};
  }
  return std::nullopt;
}

std::optional<Meaning> ParameterValues::evaluate(const Expression& expression) {
  std::map<std::string, Meaning, std::less<>> meanings;
  std::map<std::string, Value, std::less<>> values;
  Meaning result;
  bool is_runtime = false, is_complete = true;
  for (const std::string& name : expression.names) {
    std::optional<Meaning> meaning = find(name);
    is_complete = is_complete && meaning.has_value();
    if (!meaning) continue;
    is_runtime = is_runtime || !meaning->expression.names.empty();
    // One name by itself is what it stands for, origin and all.
    if (expression.nodes.size() == 1) return meaning;
    result.config_keys.insert(meaning->config_keys.begin(), meaning->config_keys.end());
    meanings.emplace(name, *std::move(meaning));
  }
  result.rule = print(expression);
  if (is_runtime) {
    if (!is_complete) return std::nullopt;
    result.expression = fold_constants(substitute(expression, [&](std::string_view name) {
      return &meanings.find(name)->second.expression;
    }));
    result.origin = ValueOrigin::kRuntime;
    return result;
  }
  for (const auto& [name, meaning] : meanings)
    values.emplace(name, evaluate_formula(meaning.expression, no_names()).value);
  const FormulaValue value =
      evaluate_formula(expression, {[&](std::string_view name) -> const Value* {
                                      const auto found = values.find(name);
                                      return found == values.end() ? nullptr : &found->second;
                                    },
                                    {}});
  if (!value.ok() || value.value.kind == Value::Kind::kNone) return std::nullopt;
  result.expression = constant_expression(value.value);
  return result;
}

}  // namespace lmhost

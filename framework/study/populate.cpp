#include "study/populate.hpp"

#include <algorithm>
#include <utility>

#include "base/codes.hpp"
#include "formula/evaluate.hpp"
#include "formula/lexer.hpp"
#include "formula/rewrite.hpp"
#include "study/parameter_values.hpp"

namespace lmhost {
namespace {

// "{batch_size}*{seq_len}*11008": names in braces, as the seeds' populated files have them.
std::string template_text(const Expression& expression) {
  const std::string text = print(expression);
  std::string result;
  std::size_t copied = 0;
  Lexer lexer(text);
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    const bool is_name = std::find(expression.names.begin(), expression.names.end(), token.text) !=
                         expression.names.end();
    if (token.kind != TokenKind::kName || !is_name) continue;
    result.append(text, copied, token.offset - copied);
    result.append("{").append(token.text).append("}");
    copied = token.offset + token.text.size();
  }
  return result.append(text, copied);
}

class Populator {
 public:
  explicit Populator(const PopulateRequest& request) : request_(request) {}

  Result<PopulatedModel> run() {
    const JsonValue layers = request_.model.find("layers");
    if (!layers.exists())
      return error_at(request_.model, codes::kBadValue, "the file holds several models",
                      "write the one that is meant to a file of its own");
    open_.push_back({layers.elements().begin(), layers.elements().end(), {}, {}});
    while (!open_.empty()) step();
    if (!errors_.empty()) return std::move(errors_);
    return std::move(model_);
  }

 private:
  struct Level {
    JsonValue::Elements::Iterator at, end;
    std::string_view name, class_name;  // of the layer whose sub-layers these are
  };

  void step() {
    Level& level = open_.back();
    if (!(level.at != level.end)) {
      open_.pop_back();
      return;
    }
    const JsonValue layer = *level.at;
    ++level.at;
    const std::string_view name = layer.find("name").string();
    const std::string_view class_name = layer.find("class").string();
    if (const JsonValue below = layer.find("sub_layers"); below.exists())
      open_.push_back({below.elements().begin(), below.elements().end(), name, class_name});
    else
      populate_layer(layer, name, class_name);
  }

  void populate_layer(JsonValue layer, std::string_view name, std::string_view class_name) {
    LayerPlace place{name, class_name, {}, request_.catalog->find(class_name)};
    PopulatedLayer populated{layer, {}, place.kernel, {}};
    for (const Level& level : open_) {
      if (level.name.empty()) continue;
      place.around.emplace_back(level.name, level.class_name);
      populated.path.append(level.name).append(".");
    }
    populated.path.append(name);
    if (place.kernel == nullptr) return unknown_class(layer, class_name);
    ParameterValues values(*request_.rules, *request_.config, place);
    std::string uncovered;
    for (const KernelParameter& parameter : place.kernel->parameters) {
      std::optional<PopulatedParameter> value = value_of(parameter, layer, &values);
      if (value)
        populated.parameters.push_back(*std::move(value));
      else if (parameter.default_value == nullptr && !parameter.optional)
        uncovered += (uncovered.empty() ? "" : ", ") + quoted(parameter.name);
    }
    if (!uncovered.empty()) not_covered(layer, populated.path, uncovered, values);
    model_.layers.push_back(std::move(populated));
  }

  std::optional<PopulatedParameter> value_of(const KernelParameter& parameter, JsonValue layer,
                                             ParameterValues* values) {
    const JsonValue own = layer.find("parameters");
    const JsonValue given = own.exists() ? own.find(parameter.name) : JsonValue();
    if (std::optional<Meaning> meaning = values->find(parameter.name)) {
      PopulatedParameter result;
      result.name = parameter.name;
      result.origin = meaning->origin;
      result.rule = std::move(meaning->rule);
      result.config_keys.assign(meaning->config_keys.begin(), meaning->config_keys.end());
      if (meaning->expression.names.empty())
        result.value = evaluate_formula(meaning->expression, no_names()).value;
      else
        result.text = template_text(meaning->expression);
      if (given.exists()) compare(parameter.name, given, result);
      return result;
    }
    if (given.exists()) return of_structure(parameter.name, given);
    if (parameter.default_value == nullptr) return std::nullopt;
    // A default that depends on others or on the precision is the kernel's to compute.
    const FormulaValue value = evaluate_formula(*parameter.default_value, no_names());
    if (!value.ok()) return std::nullopt;
    PopulatedParameter result;
    result.name = parameter.name;
    result.value = value.value;
    return result;
  }

  static PopulatedParameter of_structure(const std::string& name, JsonValue given) {
    PopulatedParameter result;
    result.name = name;
    result.origin = ValueOrigin::kStructure;
    if (given.is(JsonKind::kString))
      result.text = given.string();
    else if (given.is(JsonKind::kBoolean))
      result.value = Value::boolean(given.boolean());
    else
      result.value = Value::of(given.number());
    return result;
  }

  // Two numbers that differ are worth a word: one of the two files is of another model.
  void compare(const std::string& name, JsonValue given, const PopulatedParameter& found) {
    if (!given.is(JsonKind::kNumber) || found.value.kind != Value::Kind::kNumber) return;
    if (given.number() == found.value.number) return;
    Diagnostic warning = error_at(given, codes::kBadValue,
                                  quoted(name) + " is " + std::string(given.text()) + " here and " +
                                      to_string(found.value) + " by the config, which is taken");
    warning.severity = Severity::kWarning;
    model_.warnings.push_back(std::move(warning));
  }

  void unknown_class(JsonValue layer, std::string_view class_name) {
    const JsonValue at = layer.find("class");
    if (const NameConflict* conflict = request_.catalog->conflict(class_name)) {
      errors_.push_back(ambiguous_name(*request_.catalog, *conflict));
      return;
    }
    std::string hint = did_you_mean(class_name, request_.catalog->names());
    if (hint.empty()) hint = "add the module database that has it: --catalog FILE";
    errors_.push_back(
        error_at(at, codes::kUnknownKernel, "unknown kernel " + quoted(class_name), hint));
  }

  void not_covered(JsonValue layer, const std::string& path, const std::string& uncovered,
                   const ParameterValues& values) {
    std::vector<std::string_view> known;
    for (const ParameterRule& rule : request_.rules->rules)
      known.insert(known.end(), rule.layers.begin(), rule.layers.end());
    const std::string_view name = layer.find("name").string();
    std::string hint;
    for (const std::string& names : values.missing())
      hint += (hint.empty() ? "the config has no " : "; no ") + names;
    if (hint.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string nearest = nearest_name(name, known);
      hint = nearest.empty() ? "no rule is for a layer " + quoted(name)
                             : "the nearest layer with a rule is " + quoted(nearest);
    }
    errors_.push_back(error_at(layer.find("name"), codes::kNoRule,
                               "no rule gives " + uncovered + " of " + quoted(path) + " (" +
                                   std::string(layer.find("class").string()) + ")",
                               hint));
  }

  const PopulateRequest& request_;
  std::vector<Level> open_;
  PopulatedModel model_;
  Diagnostics errors_;
};

}  // namespace

std::string_view name_of(ValueOrigin origin) {
  constexpr std::string_view kNames[] = {"runtime", "config", "derived", "structure", "default"};
  return kNames[static_cast<std::size_t>(origin)];
}

Result<PopulatedModel> populate(const PopulateRequest& request) { return Populator(request).run(); }

}  // namespace lmhost

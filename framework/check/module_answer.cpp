#include "check/module_answer.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codes.hpp"
#include "check/sample.hpp"
#include "load/conventions.hpp"
#include "load/formats/module_database.hpp"
#include "resolve/example.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::uint64_t kSeed = 1;        // the same answer is judged the same each time
constexpr std::size_t kMostFindings = 3;  // of sample points: one mistake fails at most of them

struct Key {
  std::string_view name;
  JsonKind kind;
  bool is_required = false;
};

constexpr JsonKind kText = JsonKind::kString;
constexpr JsonKind kObject = JsonKind::kObject;
constexpr JsonKind kArray = JsonKind::kArray;
constexpr Key kRootKeys[] = {{"full_class_name", kText, true},
                             {"code_location", kObject, true},
                             {"flop_analysis", kObject, true},
                             {"memory_analysis", kObject, true},
                             {"validation", kObject, true}};
constexpr Key kLocationKeys[] = {{"file", kText, true},
                                 {"line_start", JsonKind::kNumber, true},
                                 {"line_end", JsonKind::kNumber, true}};
constexpr Key kFlopKeys[] = {{"thinking_process", kText, true},
                             {"parameters", kArray, true},
                             {"calculation_formula", kText, true},
                             {"module_depends", kArray, true},
                             {"breakdown", kObject, true}};
constexpr Key kMemoryKeys[] = {{"thinking_process", kText, true},
                               {"parameters", kArray, true},
                               {"reads_calculation_formula", kText, true},
                               {"writes_calculation_formula", kText, true},
                               {"intermediates_calculation_formula", kText, true},
                               {"module_depends", kArray, true}};
constexpr Key kParameterKeys[] = {
    {"name", kText, true}, {"type", kText, true}, {"description", kText, true}};
constexpr Key kValidationKeys[] = {{"human_validated", JsonKind::kBoolean, true}};
constexpr std::string_view kTypes[] = {"int", "float", "str", "bool"};

bool is_identifier_text(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), fits);
}

class FormChecker {
 public:
  Diagnostics check(JsonValue root) {
    if (!object(root, "the answer", kRootKeys)) return std::move(errors_);
    if (const JsonValue location = member(root, "code_location", kObject); location.exists())
      check_location(location);
    if (const JsonValue flops = member(root, "flop_analysis", kObject); flops.exists())
      check_analysis(flops, "'flop_analysis'", kFlopKeys);
    if (const JsonValue memory = member(root, "memory_analysis", kObject); memory.exists())
      check_analysis(memory, "'memory_analysis'", kMemoryKeys);
    if (const JsonValue validation = member(root, "validation", kObject); validation.exists())
      check_validation(validation);
    return std::move(errors_);
  }

 private:
  // Its keys and their kinds. False when it is no object.
  bool object(JsonValue value, const std::string& what, std::span<const Key> keys) {
    if (!has_kind(value, what, kObject)) return false;
    std::vector<std::string_view> names;
    for (const Key& key : keys) names.push_back(key.name);
    for (const JsonMember one : value.members()) {
      const auto key = std::find_if(keys.begin(), keys.end(),
                                    [&](const Key& known) { return known.name == one.key(); });
      if (key == keys.end())
        errors_.push_back(error_at(one.name, codes::kUnknownKey,
                                   "unknown key " + quoted(one.key()) + " in " + what,
                                   did_you_mean(one.key(), names)));
      else
        has_kind(one.value, quoted(key->name), key->kind);
    }
    for (const Key& key : keys)
      if (key.is_required && !value.find(key.name).exists())
        errors_.push_back(
            error_at(value, codes::kMissingKey, what + " has no " + quoted(key.name)));
    return true;
  }

  bool has_kind(JsonValue value, const std::string& what, JsonKind kind) {
    if (value.is(kind)) return true;
    errors_.push_back(error_at(value, codes::kWrongType,
                               what + " must be " + std::string(name_of(kind)) + ", not " +
                                   std::string(name_of(value.kind()))));
    return false;
  }

  static JsonValue member(JsonValue object, std::string_view key, JsonKind kind) {
    const JsonValue value = object.find(key);
    return value.exists() && value.is(kind) ? value : JsonValue();
  }

  void bad_value(JsonValue value, std::string message, std::string hint = {}) {
    errors_.push_back(error_at(value, codes::kBadValue, std::move(message), std::move(hint)));
  }

  void check_location(JsonValue location) {
    object(location, "'code_location'", kLocationKeys);
    for (const std::string_view key : {"line_start", "line_end"}) {
      const JsonValue line = member(location, key, JsonKind::kNumber);
      const std::optional<std::int64_t> number =
          line.exists() ? line.number().to_int64() : std::optional<std::int64_t>(1);
      if (!number || *number < 1) bad_value(line, quoted(key) + " must be a whole number from 1");
    }
  }

  void check_analysis(JsonValue analysis, const std::string& what, std::span<const Key> keys) {
    object(analysis, what, keys);
    if (const JsonValue list = member(analysis, "parameters", kArray); list.exists())
      for (const JsonValue parameter : list.elements()) check_parameter(parameter);
    if (const JsonValue list = member(analysis, "module_depends", kArray); list.exists())
      for (const JsonValue module : list.elements())
        has_kind(module, "an element of 'module_depends'", kText);
    if (const JsonValue parts = member(analysis, "breakdown", kObject); parts.exists())
      for (const JsonMember part : parts.members())
        if (has_kind(part.value, quoted(part.key()), kText)) check_formula(part.value, part.key());
    for (const Key& key : keys)
      if (const JsonValue formula = member(analysis, key.name, kText);
          formula.exists() && key.name.ends_with("_formula"))
        check_formula(formula, key.name);
  }

  void check_formula(JsonValue formula, std::string_view key) {
    if (formula.string().empty()) bad_value(formula, quoted(key) + " is empty", "write 0");
  }

  void check_parameter(JsonValue parameter) {
    if (!object(parameter, "a parameter", kParameterKeys)) return;
    if (const JsonValue name = member(parameter, "name", kText);
        name.exists() && !is_identifier_text(name.string()))
      bad_value(name, quoted(name.string()) + " cannot be the name of a parameter");
    const JsonValue type = member(parameter, "type", kText);
    if (!type.exists() ||
        std::find(std::begin(kTypes), std::end(kTypes), type.string()) != std::end(kTypes))
      return;
    std::string hint = did_you_mean(type.string(), kTypes);
    if (hint.empty()) hint = "one of int, float, str, bool";
    bad_value(type, "no type " + quoted(type.string()), std::move(hint));
  }

  void check_validation(JsonValue validation) {
    object(validation, "'validation'", kValidationKeys);
    const JsonValue by_person = member(validation, "human_validated", JsonKind::kBoolean);
    if (by_person.exists() && by_person.boolean())
      bad_value(by_person, "an answer cannot be validated already",
                "a person does that: lmhost catalog approve");
  }

  Diagnostics errors_;
};

// Takes a Markdown fence away, byte for byte, so that places stay those of the answer.
std::shared_ptr<const SourceText> without_fence(std::shared_ptr<const SourceText> answer) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::string& text = answer->text;
  const std::size_t start = text.find_first_not_of(kBlank);
  if (start == std::string::npos || text.compare(start, 3, "```") != 0) return answer;
  const std::size_t line_end = text.find('\n', start);
  const std::size_t last = text.find_last_not_of(kBlank);
  if (line_end == std::string::npos || last < line_end + 3 || text.compare(last - 2, 3, "```") != 0)
    return answer;
  SourceText plain = *answer;
  std::fill(plain.text.begin() + static_cast<std::ptrdiff_t>(start),
            plain.text.begin() + static_cast<std::ptrdiff_t>(line_end), ' ');
  std::fill(plain.text.begin() + static_cast<std::ptrdiff_t>(last - 2),
            plain.text.begin() + static_cast<std::ptrdiff_t>(last + 1), ' ');
  return std::make_shared<const SourceText>(std::move(plain));
}

// "N=3, hidden_size=128"
std::string text_of(const KernelBindings& point) {
  std::string text;
  for (const auto& [name, value] : point.parameters)
    text += (text.empty() ? "" : ", ") + name + "=" + to_string(value);
  return text.empty() ? "no parameters" : text;
}

Number sum_of(const KernelCosts& costs, std::string_view what) {
  return expected_quantity(costs, what).value_or(Number(0));
}

class CostChecker {
 public:
  CostChecker(const Catalog& catalog, const Kernel& kernel, JsonValue root)
      : catalog_(catalog), kernel_(kernel), root_(root) {}

  Diagnostics check(std::size_t points) {
    Sampler sampler(kernel_, kSeed);
    if (!sampler.is_possible()) {
      implausible("text parameter " + quoted(sampler.missing()) +
                  " has no default: nothing can be computed to check the formulas");
      return std::move(errors_);
    }
    bool costs_something = false;
    for (std::size_t i = 0; i < points && errors_.size() < kMostFindings; ++i) {
      const KernelBindings point = sampler.next();
      const std::optional<KernelCosts> costs = costs_at(point);
      if (!costs) continue;
      costs_something |= check_point(*costs, point);
      if (const std::optional<KernelCosts> larger = costs_at(doubled(point)); larger)
        check_growth(*costs, *larger, point);
    }
    if (errors_.empty() && points != 0 && !costs_something)
      implausible("it costs nothing, whatever its parameters are");
    return std::move(errors_);
  }

 private:
  void implausible(std::string message, std::string hint = {}) {
    errors_.push_back(error_at(root_, codes::kImplausible, std::move(message), std::move(hint)));
  }

  std::optional<KernelCosts> costs_at(const KernelBindings& point) {
    static const Conventions conventions;
    Result<KernelCosts> costs = evaluate_kernel(catalog_, conventions, kernel_, point);
    if (costs.ok()) return std::move(costs).value();
    Diagnostic error = costs.errors().front();
    error.context.push_back("sample point " + text_of(point));
    errors_.push_back(std::move(error));
    return std::nullopt;
  }

  // True when it costs anything there.
  bool check_point(const KernelCosts& costs, const KernelBindings& point) {
    const Number flops = sum_of(costs, "flops"), read = sum_of(costs, "read"),
                 written = sum_of(costs, "write"), scratch = sum_of(costs, "scratch");
    const std::string at = " at " + text_of(point);
    if (!flops.is_zero() && (read.is_zero() || written.is_zero()))
      implausible("it computes " + to_string(flops) + " FLOP and " +
                      (read.is_zero() ? "reads" : "writes") + " no byte" + at,
                  "what is computed comes from memory and goes there");
    return !(flops.is_zero() && read.is_zero() && written.is_zero() && scratch.is_zero());
  }

  // Every size; neither truths nor precisions are sizes.
  KernelBindings doubled(KernelBindings point) const {
    for (auto& [name, value] : point.parameters)
      for (const KernelParameter& parameter : kernel_.parameters)
        if (parameter.name == name && parameter.type == ParameterType::kInt &&
            !is_precision(parameter))
          value = Value::of(value.number * Number(2));
    return point;
  }

  void check_growth(const KernelCosts& costs, const KernelCosts& larger,
                    const KernelBindings& point) {
    for (const std::string_view what : {"flops", "read", "write"})
      if (compare(sum_of(larger, what), sum_of(costs, what)).value_or(0) < 0)
        implausible("its " +
                    std::string(what == "flops"  ? "FLOPs"
                                : what == "read" ? "bytes read"
                                                 : "bytes written") +
                    " shrink from " + to_string(sum_of(costs, what)) + " to " +
                    to_string(sum_of(larger, what)) + " when every size doubles, at " +
                    text_of(point));
  }

  const Catalog& catalog_;
  const Kernel& kernel_;
  JsonValue root_;
  Diagnostics errors_;
};

// The names that formulas use, with those that only an argument of a call does.
std::set<std::string, std::less<>> used_names(const Kernel& kernel) {
  std::set<std::string, std::less<>> used;
  const auto add = [&](const Expression* expression) {
    if (expression != nullptr) used.insert(expression->names.begin(), expression->names.end());
  };
  for (const KernelParameter& row : kernel.parameters) add(row.default_value);
  for (const KernelFormula& row : kernel.lets) add(row.expression);
  for (const KernelFormula& row : kernel.quantities) add(row.expression);
  for (const KernelOperand& row : kernel.operands) add(row.elements);
  for (const KernelLink& link : kernel.links)
    for (const auto& [name, argument] : link.arguments) add(argument);
  return used;
}

// What is declared and not used was meant to be counted, and is not: parameters, and modules that
// no formula of the analysis calls. What is called and not declared was not meant.
class DeclarationChecker {
 public:
  DeclarationChecker(const Kernel& kernel, const Catalog* known) : kernel_(kernel), known_(known) {}

  Diagnostics check(JsonValue root) {
    const std::set<std::string, std::less<>> used = used_names(kernel_);
    for (const std::string_view key : {"flop_analysis", "memory_analysis"}) {
      const JsonValue analysis = root.find(key);
      for (const JsonValue parameter : analysis.find("parameters").elements()) {
        const JsonValue name = parameter.find("name");
        if (used.find(name.string()) == used.end())
          errors_.push_back(error_at(name, codes::kBadValue,
                                     "no formula uses the parameter " + quoted(name.string()),
                                     "every caller would have to give it for nothing"));
      }
      check_modules(analysis.find("module_depends"), key == "flop_analysis");
    }
    return std::move(errors_);
  }

 private:
  std::string canonical(std::string_view name) const {
    const Kernel* kernel = known_ == nullptr ? nullptr : known_->find(name);
    return kernel == nullptr ? std::string(name) : kernel->name;
  }

  void check_modules(JsonValue listed, bool of_flops) {
    std::set<std::string> called;
    for (const KernelLink& link : kernel_.links)
      if ((link.formula == "flops") == of_flops) called.insert(canonical(link.kernel));
    for (const JsonValue module : listed.elements())
      if (called.erase(canonical(module.string())) == 0)
        errors_.push_back(error_at(module, codes::kBadValue,
                                   "no formula of this analysis calls " + quoted(module.string()),
                                   "call it, or its costs are missing; or do not list it"));
    for (const std::string& module : called)
      errors_.push_back(error_at(listed, codes::kBadValue,
                                 "a formula calls " + quoted(module) + ", which is not listed"));
  }

  const Kernel& kernel_;
  const Catalog* known_;
  Diagnostics errors_;
};

Diagnostics check_costs(const Plugin& plugin, JsonValue root, std::size_t points) {
  Result<Catalog> catalog = Catalog::build({plugin});
  if (!catalog.ok()) return std::move(catalog).errors();
  return CostChecker(*catalog, *catalog->kernels().front(), root).check(points);
}

}  // namespace

Diagnostics check_answer_form(JsonValue root) { return FormChecker().check(root); }

Result<ModuleAnswer> check_module_answer(std::shared_ptr<const SourceText> answer,
                                         const AnswerRules& rules) {
  JsonOptions limits;
  limits.depth = kDeepest;
  Result<JsonDocument> document = JsonDocument::parse(without_fence(std::move(answer)), limits);
  if (!document.ok()) return std::move(document).errors();
  const JsonValue root = document->root();
  Diagnostics errors = check_answer_form(root);
  if (!errors.empty()) return errors;
  if (const JsonValue name = root.find("full_class_name"); name.string() != rules.module)
    errors.push_back(error_at(name, codes::kOtherModule,
                              "the answer is about " + quoted(name.string()),
                              "the question was about '" + rules.module + "'"));
  ModuleDatabaseOptions options;
  options.base = rules.known;
  Result<ModuleDatabase> database = read_module_database(*document, options);
  if (!database.ok()) {
    errors.insert(errors.end(), database.errors().begin(), database.errors().end());
    return errors;
  }
  // A breakdown that does not add up is a warning about a database, and the first sign of a formula
  // that says something else than was thought.
  for (Diagnostics* found : {&database->problems, &database->warnings})
    for (Diagnostic& problem : *found) {
      problem.severity = Severity::kError;
      errors.push_back(std::move(problem));
    }
  if (errors.empty() && database->plugin.kernels.size() == 1)
    errors = DeclarationChecker(database->plugin.kernels.front(), rules.known).check(root);
  if (errors.empty()) errors = check_costs(database->plugin, root, rules.points);
  if (!errors.empty()) return errors;
  return ModuleAnswer{std::move(*document), std::move(database->plugin)};
}

}  // namespace lmhost

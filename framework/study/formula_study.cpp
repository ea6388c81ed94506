#include "study/formula_study.hpp"

#include <algorithm>

namespace lmhost {
namespace {

bool is_above_zero(const Number& value) { return !value.is_negative() && !value.is_zero(); }

bool is_bits(RuntimeVariable variable) { return variable >= RuntimeVariable::kWeightBits; }

// The input of that name; nothing when the plan does not ask for it.
std::optional<InputName> input_named(const Plan& plan, const std::string& name) {
  if (const auto variable = runtime_variable_named(name)) return input_name(*variable);
  const std::vector<Symbol>& open = plan.program.symbols();
  for (std::uint32_t i = 0; i < open.size(); ++i)
    if (open[i].name == name) return open_name(i);
  return std::nullopt;
}

Number value_of(const Analysis& analysis, InputName name) {
  return name.is_open ? *analysis.plan->program.symbols()[name.index].value
                      : analysis.point[static_cast<RuntimeVariable>(name.index)];
}

}  // namespace

FormulaStudy::FormulaStudy(const Analysis& analysis, std::vector<std::string> symbols,
                           const SymbolicLimits& limits)
    : analysis_(analysis), symbols_(std::move(symbols)), budget_(limits) {
  const auto positive = [this](InputName name) { return is_positive(name); };
  specialized_ = specialize(
      analysis.plan->program, [this](InputName name) { return fixed(name); }, positive);
  forms_ = std::make_unique<CostForms>(*analysis.plan, specialized_, positive, budget_);
}

Result<ClosedForm> FormulaStudy::sum(std::string_view name, const NodePath& node,
                                     const CostWeights& weights) {
  const std::optional<Polynomial> total = forms_->total(node, weights);
  if (!total) return forms_->obstacle(name);
  return with_parts(closed_form(*total, specialized_.program, forms_->forms(), forms_->facts(),
                                [this](InputName input) { return symbol(input); }));
}

Result<ClosedForm> FormulaStudy::ratio(std::string_view name, const NodePath& node,
                                       const CostWeights& above, const CostWeights& below) {
  const std::optional<Polynomial> top = forms_->total(node, above);
  if (!top) return forms_->obstacle(name);
  const std::optional<Polynomial> bottom = forms_->total(node, below);
  if (!bottom) return forms_->obstacle(name);
  return with_parts(closed_ratio(*top, *bottom, specialized_.program, forms_->forms(),
                                 forms_->facts(),
                                 [this](InputName input) { return symbol(input); }));
}

Result<ClosedForm> FormulaStudy::with_parts(Result<ClosedForm> form) {
  if (!form) return form;
  if (Result<bool> named = name_parts(*form, symbols_, budget_); !named)
    return std::move(named).errors();
  return form;
}

std::vector<std::pair<std::string, std::string_view>> FormulaStudy::domain() const {
  std::vector<std::pair<std::string, std::string_view>> inputs;
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    if (!is_symbol(name_of(variable))) continue;
    inputs.emplace_back(name_of(variable), is_bits(variable)                   ? " > 0"
                                           : is_positive(input_name(variable)) ? " >= 1"
                                                                               : " >= 0");
  }
  for (const Symbol& input : analysis_.plan->program.symbols())
    inputs.emplace_back(input.name, !input.is_length              ? ""
                                    : is_above_zero(*input.value) ? " >= 1"
                                                                  : " >= 0");
  return inputs;
}

std::vector<std::pair<std::string_view, Number>> FormulaStudy::fixed() const {
  std::vector<std::pair<std::string_view, Number>> values;
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    if (const std::optional<Number> value = fixed(input_name(variable)))
      values.emplace_back(name_of(variable), *value);
  }
  return values;
}

std::optional<Number> FormulaStudy::fixed(InputName name) const {
  if (name.is_open) return std::nullopt;
  const auto variable = static_cast<RuntimeVariable>(name.index);
  return is_symbol(name_of(variable)) ? std::nullopt : std::optional(analysis_.point[variable]);
}

bool FormulaStudy::is_symbol(std::string_view name) const {
  return std::find(symbols_.begin(), symbols_.end(), name) != symbols_.end();
}

bool FormulaStudy::is_positive(InputName name) const {
  if (name.is_open) return is_above_zero(value_of(analysis_, name));
  return static_cast<RuntimeVariable>(name.index) != RuntimeVariable::kCacheLen;
}

InputSymbol FormulaStudy::symbol(InputName input) const {
  std::string name = input.is_open
                         ? analysis_.plan->program.symbols()[input.index].name
                         : std::string(name_of(static_cast<RuntimeVariable>(input.index)));
  const auto found = std::find(symbols_.begin(), symbols_.end(), name);
  return {std::move(name), static_cast<std::size_t>(found - symbols_.begin())};
}

Result<std::vector<Growth>> growth_of(const Analysis& analysis,
                                      const std::vector<std::string>& symbols, const NodePath& node,
                                      const std::vector<CostWeights>& costs,
                                      const SymbolicLimits& limits) {
  SymbolicBudget budget(limits);
  std::vector<Growth> all;
  for (const std::string& name : symbols) {
    const std::optional<InputName> input = input_named(*analysis.plan, name);
    if (!input) continue;
    // A program a symbol.
    if (!budget.spend(analysis.plan->program.size() + symbols.size())) return budget.error();
    const std::int64_t least = input == input_name(RuntimeVariable::kCacheLen) ? 0 : 1;
    const auto is_positive = [&](InputName) { return least == 1; };
    const SpecializedProgram program = specialize(
        analysis.plan->program,
        [&](InputName other) {
          return other == *input ? std::nullopt : std::optional(value_of(analysis, other));
        },
        is_positive);
    CostForms forms(*analysis.plan, program, is_positive, budget,
                    PolynomialForm::Conditionals::kExpand);
    Growth growth{name, {}, {}};
    for (const std::string& other : symbols) {
      if (other == name) continue;
      if (const std::optional<InputName> found = input_named(*analysis.plan, other))
        growth.others.emplace_back(other, value_of(analysis, *found));
    }
    for (const CostWeights& weights : costs)
      growth.costs.push_back(asymptotic_of(forms, node, weights, *input, least));
    if (budget.is_exhausted()) return budget.error();
    budget.release_all();  // with the forms
    all.push_back(std::move(growth));
  }
  return all;
}

}  // namespace lmhost

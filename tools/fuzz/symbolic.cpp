// Any program: its symbolic form and its closed form have the value that evaluating it has, or there is
// none within the limits.
#include <cmath>
#include <cstdlib>
#include <map>

#include "formula/evaluate.hpp"
#include "report/formula_text.hpp"
#include "resolve/names.hpp"
#include "study/closed_form.hpp"
#include "study/symbolic_form.hpp"
#include "tools/fuzz/program_of_bytes.hpp"

namespace {

using namespace lmhost;

// Names at a point, and the parts of formulas as they come.
class Scope {
 public:
  explicit Scope(const RuntimePoint& point) {
    for (std::string_view name : precision_names()) add(name, *precision_value(name, point));
    for (const auto variable :
         {RuntimeVariable::kBatchSize, RuntimeVariable::kSeqLen, RuntimeVariable::kCacheLen})
      add(name_of(variable), point[variable]);
  }
  void add(std::string_view name, const Number& value) {
    if (!values_.emplace(name, Value::of(value)).second) std::abort();
  }
  Number value_of(const std::string& text, bool is_limited) const {
    FormulaLimits limits;
    limits.length = std::size_t{1} << 24;
    limits.depth = 100'000;
    const Result<Expression> expression = parse_expression(text, "form", limits);
    if (!expression && !is_limited) std::abort();
    if (!expression) return Number::error(ArithmeticError::kOverflow);
    const FormulaValue value =
        evaluate_formula(*expression, {[&](std::string_view name) -> const Value* {
                                         const auto found = values_.find(name);
                                         return found == values_.end() ? nullptr : &found->second;
                                       },
                                       {}});
    return value.ok() ? value.value.number : Number::error(ArithmeticError::kOverflow);
  }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

// Bit for bit where everything is exact. Collecting terms may overflow where the order of the program
// does not, and closed forms round in an order of their own.
void check(const Number& got, const Number& expected, bool is_rounded) {
  if (expected.is_error() || got.is_error()) return;
  if (expected.is_inexact() || got.is_inexact()) {
    const double a = got.to_double(), b = expected.to_double();
    const bool is_near = std::fabs(a - b) <= 1e-6 * (1 + std::fabs(a) + std::fabs(b));
    if (is_rounded ? !is_near : !(got == expected)) std::abort();
    return;
  }
  if (!(got == expected)) std::abort();
}

RuntimePoint point_of(fuzz::Bytes& bytes) {
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(1 + bytes.next() % 7);
  point[RuntimeVariable::kSeqLen] = Number(1 + bytes.next());
  point[RuntimeVariable::kCacheLen] = Number(static_cast<int>(bytes.next()));
  point[RuntimeVariable::kWeightBits] = Number::ratio(1 + bytes.next(), 8);
  return point;
}

SymbolicLimits limits_of(fuzz::Bytes& bytes) {
  SymbolicLimits limits;
  const auto kind = bytes.next();
  limits.steps = kind % 4 == 0 ? bytes.next() : 200'000;
  limits.parts = 50'000;
  limits.whole = kind % 2 == 0 ? 0 : 200;  // names as early as can be
  limits.nesting = 4 + kind % 8;
  return limits;
}

void check_symbolic(const Program& program, NodeIndex node, const SymbolicLimits& limits,
                    const RuntimePoint& point, const Number& expected) {
  SymbolicBudget budget(limits);
  SymbolicForms forms(program, std::nullopt, budget);
  const FormId form = forms.of(node);
  if (budget.is_exhausted()) {
    if (budget.error().message.empty()) std::abort();
    return;
  }
  const std::vector<FormId> roots = {form};
  const auto parts = forms.name_parts(roots);
  Scope scope(point);
  for (const auto& [part, name] : parts) {
    if (forms.length(part) > 100'000) return;
    scope.add(name, scope.value_of(forms.expression(part).text, false));
  }
  if (forms.length(form) > 100'000) return;
  check(scope.value_of(forms.expression(form).text, false), expected, false);
}

void check_closed(const Program& program, NodeIndex node, const SymbolicLimits& limits,
                  const RuntimePoint& point, const Number& expected) {
  SymbolicBudget budget(limits);
  const NodeFacts facts(program);
  PolynomialForm forms(program, facts, budget);
  const InputSymbols symbols = [](InputName name) {
    return InputSymbol{std::string(name_of(static_cast<RuntimeVariable>(name.index))), name.index};
  };
  const Polynomial polynomial = forms.of(node);
  Result<ClosedForm> form = closed_form(polynomial, program, forms, facts, symbols);
  if (!form || !name_parts(*form, {}, budget)) return;
  const auto text = form_text(*form, FormulaLanguage::kText);
  if (!text) return;
  Scope scope(point);
  for (const auto& [name, part] : text->parts) scope.add(name, scope.value_of(part, false));
  check(scope.value_of(text->text, false), expected, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const RuntimePoint point = point_of(bytes);
  const SymbolicLimits limits = limits_of(bytes);
  Program program;
  const NodeIndex node = fuzz::build(bytes, 200, false, program);
  const Number expected = fuzz::values_at(program, point)[node];
  check_symbolic(program, node, limits, point, expected);
  check_closed(program, node, limits, point, expected);
  return 0;
}

// Closed forms of a plan's costs in the inputs that somebody chooses, everything else at its value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregate/analysis.hpp"
#include "study/asymptotics.hpp"
#include "study/closed_form.hpp"
#include "study/cost_forms.hpp"

namespace lmhost {

class FormulaStudy {
 public:
  // `symbols` stay open, in this order: runtime variables, and config names that the plan left open.
  // REQUIRES: the analysis outlives this.
  FormulaStudy(const Analysis& analysis, std::vector<std::string> symbols,
               const SymbolicLimits& limits = {});

  // Of what is called `name`, its long parts named. Errors: a limit (E107, E607), overflow (E305).
  Result<ClosedForm> sum(std::string_view name, const NodePath& node, const CostWeights& weights);
  Result<ClosedForm> ratio(std::string_view name, const NodePath& node, const CostWeights& above,
                           const CostWeights& below);

  const std::vector<std::string>& symbols() const { return symbols_; }
  // What the forms hold for: "batch_size", " >= 1".
  std::vector<std::pair<std::string, std::string_view>> domain() const;
  // The runtime variables that are no symbols, with their values.
  std::vector<std::pair<std::string_view, Number>> fixed() const;

 private:
  std::optional<Number> fixed(InputName name) const;
  bool is_symbol(std::string_view name) const;
  bool is_positive(InputName name) const;
  InputSymbol symbol(InputName input) const;
  Result<ClosedForm> with_parts(Result<ClosedForm> form);

  const Analysis& analysis_;
  std::vector<std::string> symbols_;
  SymbolicBudget budget_;
  SpecializedProgram specialized_;
  std::unique_ptr<CostForms> forms_;
};

// How costs grow in one input alone.
struct Growth {
  std::string variable;
  std::vector<std::pair<std::string, Number>> others;  // what the other symbols are meanwhile
  std::vector<Asymptotic> costs;                       // by what was asked for
};

// In every symbol that the plan depends on. Errors: a limit (E107).
Result<std::vector<Growth>> growth_of(const Analysis& analysis,
                                      const std::vector<std::string>& symbols, const NodePath& node,
                                      const std::vector<CostWeights>& costs,
                                      const SymbolicLimits& limits = {});

}  // namespace lmhost

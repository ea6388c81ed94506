// What a name means for one layer, by the rules.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formula/evaluate.hpp"
#include "formula/expression.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/parameter_rules.hpp"
#include "study/populate.hpp"

namespace lmhost {

// A layer as rules see it.
struct LayerPlace {
  std::string_view name;
  std::string_view class_name;
  std::vector<std::pair<std::string_view, std::string_view>>
      around;  // (name, class), outermost first
  const Kernel* kernel = nullptr;
};

struct Meaning {
  Expression expression;  // constants, and names of the run time
  ValueOrigin origin = ValueOrigin::kDerived;
  std::string rule;
  std::set<std::string> config_keys;
};

// For formulas without names.
FormulaScope no_names();

class ParameterValues {
 public:
  // REQUIRES: all outlive this
  ParameterValues(const ParameterRules& rules, const Config& config, const LayerPlace& place);

  std::optional<Meaning> find(std::string_view name);
  // What was looked for in vain: "hidden_size, n_embd, d_model or dim".
  const std::set<std::string>& missing() const { return missing_; }

 private:
  std::optional<Meaning> of_rules(std::string_view name);
  std::optional<Meaning> of_names(std::string_view name);
  std::optional<Meaning> of_config(std::string_view key) const;
  std::optional<Meaning> evaluate(const Expression& expression);

  const ParameterRules& rules_;
  const Config& config_;
  std::vector<const ParameterRule*> matching_;
  // Under way: a rule that uses the name it gives means what the name means without it.
  std::set<std::pair<const void*, std::string>> active_;
  std::set<std::string> missing_;
};

}  // namespace lmhost

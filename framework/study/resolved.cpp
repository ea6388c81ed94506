#include "study/resolved.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/codes.hpp"
#include "study/cost_forms.hpp"
#include "study/symbolic_form.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kNames[kResolvedQuantityCount] = {
    "flops",        "memory_read",  "memory_write", "memory_intermediates",
    "matmul_flops", "useful_flops", "stored_bytes", "parameters"};

// Nothing when there is no config to know.
std::optional<SymbolicForms::Names> undefined_symbols(const Program& program,
                                                      const Config& config) {
  constexpr std::string_view kPrefix = "config.";
  if (config.empty()) return std::nullopt;
  SymbolicForms::Names undefined;
  for (const Symbol& symbol : program.symbols()) {
    const std::string& name = symbol.name;
    const bool is_config = std::string_view(name).starts_with(kPrefix);
    if (is_config && config.find(std::string_view(name).substr(kPrefix.size())) == nullptr)
      undefined.insert(name);
  }
  return undefined;
}

class TreeResolver {
 public:
  TreeResolver(std::shared_ptr<const Plan> plan, const Config& config, const FormulaLimits& limits,
               const SymbolicLimits& symbolic_limits)
      : plan_(*plan),
        limits_(limits),
        budget_(symbolic_limits),
        forms_(plan->program, undefined_symbols(plan->program, config), budget_) {
    tree_.plan = std::move(plan);
  }

  Result<ResolvedTree> run() {
    forms_of_.resize(plan_.instances.size());
    tree_.instances.resize(plan_.instances.size());
    tree_.calls.resize(plan_.edges.size());
    // Children come before parents.
    for (InstanceIndex at = 0; at < plan_.instances.size(); ++at) {
      const Instance& instance = plan_.instances[at];
      if (instance.is_unknown()) continue;
      if (instance.composite != nullptr) {
        add_calls(instance, forms_of_[at]);
      } else {
        for (std::uint32_t k = 0; k < instance.terms.count; ++k) {
          const Term& term = plan_.terms[instance.terms.first + k];
          forms_of_[at][static_cast<std::size_t>(term.quantity)] = forms_.of(term.node);
        }
      }
      add_texts(at);
      if (budget_.is_exhausted()) return budget_.error();
      if (!errors_.empty()) return std::move(errors_);
    }
    write();
    if (!errors_.empty()) return std::move(errors_);
    if (budget_.is_exhausted()) return budget_.error();
    tree_.variables.assign(variables_.begin(), variables_.end());
    tree_.config_names.assign(config_names_.begin(), config_names_.end());
    return std::move(tree_);
  }

 private:
  using QuantityForms = std::array<FormId, kQuantityCount>;  // of one execution; 0: nothing

  // A form whose text is wanted, and what it is of.
  struct Wanted {
    FormId form;
    std::string* text;
    std::string_view owner;
    std::string_view what;
    std::uint32_t offset;
    bool is_of_root = false;
  };
  struct Written {
    std::string text;
    std::vector<std::string> names;
  };
  static constexpr std::size_t kMostErrors = 20;

  // In the order of the aggregation, so that rounded sums round alike.
  void add_calls(const Instance& instance, QuantityForms& sums) {
    std::array<std::vector<FormId>, kQuantityCount> parts;
    std::array<std::vector<std::uint32_t>, kQuantityCount> edges;  // that they are of
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const std::uint32_t at = instance.edges.first + i;
      const Edge& edge = plan_.edges[at];
      const Call& call = plan_.graph->calls[edge.call];
      ResolvedCall& written = tree_.calls[at];
      wanted_.push_back({forms_.of(edge.count), &written.count, call.name, "count", call.offset});
      wanted_.push_back({forms_.of(edge.stored_count), &written.stored_count, call.name,
                         "stored_count", call.offset});
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        const FormId costs = forms_of_[edge.child][q];
        if (forms_.is_zero(costs)) continue;
        const NodeIndex count =
            is_stored(static_cast<Quantity>(q)) ? edge.stored_count : edge.count;
        forms_.take_overflow();
        parts[q].push_back(forms_.repeated(count, costs));
        edges[q].push_back(at);
        if (forms_.take_overflow()) return overflow(at, q);
      }
    }
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      sums[q] = forms_.sum(parts[q]);
      if (!forms_.take_overflow()) continue;
      if (const auto at = forms_.overflow_in(parts[q])) return overflow(edges[q][*at], q);
    }
  }

  void overflow(std::uint32_t edge, std::size_t quantity) {
    errors_.push_back(coefficient_overflow(plan_, edge, name_of(static_cast<Quantity>(quantity))));
  }

  void add_texts(InstanceIndex at) {
    const Instance& instance = plan_.instances[at];
    ResolvedInstance& written = tree_.instances[at];
    const std::uint32_t offset =
        instance.composite == nullptr ? plan_.graph->root_offset : instance.composite->offset;
    for (std::size_t q = 0; q < kResolvedQuantityCount; ++q) {
      const auto quantity = static_cast<ResolvedQuantity>(q);
      wanted_.push_back({form_of(forms_of_[at], quantity), &written.formulas[q], instance.name,
                         name_of(quantity), offset, at == plan_.root()});
    }
    written.bindings.reserve(instance.parameters.count);  // texts are written into it later
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = plan_.parameters[instance.parameters.first + i];
      if (parameter.origin == Origin::kUnbound) continue;
      written.bindings.push_back({parameter.name, {}, parameter.origin == Origin::kDefault});
      wanted_.push_back({forms_.of(parameter.node), &written.bindings.back().text, instance.name,
                         parameter.name, offset});
    }
  }

  // Every text, after the parts of the long ones.
  void write() {
    std::vector<FormId> long_forms;
    for (const Wanted& wanted : wanted_) {
      if (forms_.least_length(wanted.form) > limits_.length) too_long(wanted, "", {});
      if (errors_.size() == kMostErrors) break;
      if (forms_.is_long(wanted.form)) long_forms.push_back(wanted.form);
    }
    if (!errors_.empty()) return;
    if (!long_forms.empty()) {
      const auto parts = forms_.name_parts(long_forms);
      tree_.lets.resize(parts.size());
      for (std::size_t i = 0; i < parts.size(); ++i) {
        tree_.lets[i].name = parts[i].second;
        let_forms_.push_back(parts[i].first);
        write({parts[i].first, &tree_.lets[i].text, plan_.instances[plan_.root()].name,
               tree_.lets[i].name, plan_.graph->root_offset});
      }
    }
    for (const Wanted& wanted : wanted_) write(wanted);
    note_names();
  }

  FormId sum(const QuantityForms& forms, Quantity first, Quantity last) {
    const auto begin = static_cast<std::size_t>(first), end = static_cast<std::size_t>(last) + 1;
    return forms_.sum(std::span(forms).subspan(begin, end - begin));
  }

  FormId form_of(const QuantityForms& forms, ResolvedQuantity quantity) {
    const auto one = [&](Quantity which) { return forms[static_cast<std::size_t>(which)]; };
    switch (quantity) {
      case ResolvedQuantity::kFlops:
        return one(Quantity::kFlops);
      case ResolvedQuantity::kMemoryRead:
        return sum(forms, Quantity::kBytesReadWeight, Quantity::kBytesReadIndex);
      case ResolvedQuantity::kMemoryWrite:
        return sum(forms, Quantity::kBytesWrittenWeight, Quantity::kBytesWrittenIndex);
      case ResolvedQuantity::kMemoryIntermediates:
        return one(Quantity::kIntermediateBytes);
      case ResolvedQuantity::kMatmulFlops:
        return one(Quantity::kMatmulFlops);
      case ResolvedQuantity::kUsefulFlops:
        return one(Quantity::kUsefulFlops);
      case ResolvedQuantity::kStoredBytes:
        return sum(forms, Quantity::kStoredBytesWeight, Quantity::kStoredBytesKvCache);
      case ResolvedQuantity::kParameters:
        break;
    }
    return one(Quantity::kParameters);
  }

  // The text of a form, known to parse; an error names what it is of. Forms repeat: each is written
  // once.
  void write(const Wanted& wanted) {
    if (budget_.is_exhausted() || errors_.size() >= kMostErrors) return;
    const auto [known, is_new] = texts_.try_emplace(wanted.form);
    Written& written = known->second;
    if (is_new && !make_text(wanted, written)) return;
    if (!budget_.write(written.text.size())) return;
    *wanted.text = written.text;
    if (wanted.is_of_root) root_names_.insert(written.names.begin(), written.names.end());
  }

  // False: there is none.
  bool make_text(const Wanted& wanted, Written& written) {
    // What is that long in outline is not even written.
    if (forms_.length(wanted.form) / 4 > limits_.length) return too_long(wanted, "", {});
    Expression expression = forms_.expression(wanted.form);
    if (expression.text.size() > limits_.length)
      return too_long(wanted, "of " + std::to_string(expression.text.size()) + " bytes ", {});
    // Depth is what the parser alone counts.
    const SourceText source{"formula", expression.text};
    const Result<Expression> parsed = parse_expression(expression.text, source, 0, limits_);
    if (!parsed) return too_long(wanted, "", parsed.errors().front().message);
    written = {std::move(expression.text), std::move(expression.names)};
    return true;
  }

  bool too_long(const Wanted& wanted, const std::string& size, std::string why) {
    if (why.empty()) why = "the limit is " + std::to_string(limits_.length) + " bytes";
    errors_.push_back(error_at(*plan_.graph->source, wanted.offset, 1, codes::kFormulaTooLong,
                               "the formula " + size + "for " + std::string(wanted.what) + " of " +
                                   quoted(wanted.owner) + " is longer than formulas may be",
                               std::move(why)));
    return false;
  }

  // What the root's formulas read, by way of parts too: those stand in order.
  void note_names() {
    for (std::size_t i = tree_.lets.size(); i-- > 0;) {
      if (root_names_.erase(tree_.lets[i].name) == 0) continue;
      const std::vector<std::string>& below = texts_[let_forms_[i]].names;
      root_names_.insert(below.begin(), below.end());
    }
    for (const std::string& name : root_names_)
      (name.starts_with("config.") ? config_names_ : variables_).insert(name);
  }

  const Plan& plan_;
  const FormulaLimits& limits_;
  SymbolicBudget budget_;
  SymbolicForms forms_;
  ResolvedTree tree_;
  std::vector<QuantityForms> forms_of_;  // by InstanceIndex
  std::vector<Wanted> wanted_;
  std::unordered_map<FormId, Written> texts_;
  std::set<std::string> root_names_, variables_, config_names_;
  std::vector<FormId> let_forms_;  // by place in the tree's lets
  Diagnostics errors_;
};

}  // namespace

std::string_view name_of(ResolvedQuantity quantity) {
  return kNames[static_cast<std::size_t>(quantity)];
}

Number quantity_of(const Costs& costs, ResolvedQuantity quantity) {
  switch (quantity) {
    case ResolvedQuantity::kFlops:
      return costs[Quantity::kFlops];
    case ResolvedQuantity::kMemoryRead:
      return costs.bytes_read();
    case ResolvedQuantity::kMemoryWrite:
      return costs.bytes_written();
    case ResolvedQuantity::kMemoryIntermediates:
      return costs[Quantity::kIntermediateBytes];
    case ResolvedQuantity::kMatmulFlops:
      return costs[Quantity::kMatmulFlops];
    case ResolvedQuantity::kUsefulFlops:
      return costs[Quantity::kUsefulFlops];
    case ResolvedQuantity::kStoredBytes:
      return costs.stored_bytes();
    case ResolvedQuantity::kParameters:
      break;
  }
  return costs[Quantity::kParameters];
}

Result<ResolvedTree> resolve_symbolically(std::shared_ptr<const Plan> plan, const Config& config,
                                          const FormulaLimits& limits,
                                          const SymbolicLimits& symbolic_limits) {
  return TreeResolver(std::move(plan), config, limits, symbolic_limits).run();
}

}  // namespace lmhost

#include "study/resolved.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/codes.hpp"
#include "study/symbolic_form.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kNames[kResolvedQuantityCount] = {
    "flops",        "memory_read",  "memory_write", "memory_intermediates",
    "matmul_flops", "useful_flops", "stored_bytes", "parameters"};

// Formulas of more nodes are not even written to see how long they are.
constexpr std::size_t kMostNodes = 200'000;

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
  TreeResolver(std::shared_ptr<const Plan> plan, const Config& config, const FormulaLimits& limits)
      : plan_(*plan),
        limits_(limits),
        forms_(plan->program, undefined_symbols(plan->program, config)) {
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
      write(at);
    }
    if (!errors_.empty()) return std::move(errors_);
    tree_.variables.assign(variables_.begin(), variables_.end());
    tree_.config_names.assign(config_names_.begin(), config_names_.end());
    return std::move(tree_);
  }

 private:
  using QuantityForms = std::array<FormId, kQuantityCount>;  // of one execution; 0: nothing

  // In the order of the aggregation, so that rounded sums round alike.
  void add_calls(const Instance& instance, QuantityForms& sums) {
    std::array<std::vector<FormId>, kQuantityCount> parts;
    for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
      const std::uint32_t at = instance.edges.first + i;
      const Edge& edge = plan_.edges[at];
      const Call& call = plan_.graph->calls[edge.call];
      const std::string_view name = call.name;
      tree_.calls[at] = {text(forms_.of(edge.count), name, "count", call.offset),
                         text(forms_.of(edge.stored_count), name, "stored_count", call.offset)};
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        const FormId costs = forms_of_[edge.child][q];
        if (forms_.is_zero(costs)) continue;
        const NodeIndex count =
            is_stored(static_cast<Quantity>(q)) ? edge.stored_count : edge.count;
        parts[q].push_back(forms_.repeated(count, costs));
      }
    }
    for (std::size_t q = 0; q < kQuantityCount; ++q) sums[q] = forms_.sum(parts[q]);
  }

  void write(InstanceIndex at) {
    const Instance& instance = plan_.instances[at];
    ResolvedInstance& written = tree_.instances[at];
    const std::uint32_t offset =
        instance.composite == nullptr ? plan_.graph->root_offset : instance.composite->offset;
    is_root_ = at == plan_.root();
    for (std::size_t q = 0; q < kResolvedQuantityCount; ++q) {
      const auto quantity = static_cast<ResolvedQuantity>(q);
      written.formulas[q] =
          text(form_of(forms_of_[at], quantity), instance.name, name_of(quantity), offset);
    }
    is_root_ = false;
    for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
      const BoundParameter& parameter = plan_.parameters[instance.parameters.first + i];
      if (parameter.origin == Origin::kUnbound) continue;
      written.bindings.push_back(
          {parameter.name, text(forms_.of(parameter.node), instance.name, parameter.name, offset),
           parameter.origin == Origin::kDefault});
    }
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

  // The text of a form, known to parse; an error names what it is of.
  std::string text(FormId form, std::string_view owner, std::string_view what,
                   std::uint32_t offset) {
    if (forms_.size(form) > kMostNodes) return too_long(owner, what, offset, "", {});
    Expression expression = forms_.expression(form);
    if (expression.text.size() > limits_.length) {
      return too_long(owner, what, offset,
                      "of " + std::to_string(expression.text.size()) + " bytes ",
                      "the limit is " + std::to_string(limits_.length) + " bytes");
    }
    // Depth is what the parser alone counts.
    const SourceText source{"formula", expression.text};
    const Result<Expression> parsed = parse_expression(expression.text, source, 0, limits_);
    if (!parsed) return too_long(owner, what, offset, "", parsed.errors().front().message);
    if (is_root_) note_names(expression);
    return std::move(expression.text);
  }

  std::string too_long(std::string_view owner, std::string_view what, std::uint32_t offset,
                       const std::string& size, std::string why) {
    constexpr std::size_t kMostErrors = 20;
    if (errors_.size() < kMostErrors) {
      errors_.push_back(error_at(*plan_.graph->source, offset, 1, codes::kFormulaTooLong,
                                 "the formula " + size + "for " + std::string(what) + " of " +
                                     quoted(owner) + " is longer than formulas may be",
                                 std::move(why)));
    }
    return {};
  }

  void note_names(const Expression& expression) {
    for (const std::string& name : expression.names)
      (name.starts_with("config.") ? config_names_ : variables_).insert(name);
  }

  const Plan& plan_;
  const FormulaLimits& limits_;
  SymbolicForms forms_;
  ResolvedTree tree_;
  std::vector<QuantityForms> forms_of_;  // by InstanceIndex
  std::set<std::string> variables_, config_names_;
  bool is_root_ = false;
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
                                          const FormulaLimits& limits) {
  return TreeResolver(std::move(plan), config, limits).run();
}

}  // namespace lmhost

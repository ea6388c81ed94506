#include "check/catalog_diff.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/diagnostic.hpp"
#include "check/sample.hpp"
#include "load/kernel_catalog.hpp"
#include "resolve/example.hpp"

namespace lmhost {
namespace {

// Everything of a kernel that decides a number or a name, as (what, text) in the order of reading.
using Facts = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const Expression* expression) {
  return expression == nullptr ? "" : expression->text;
}

// As the author wrote it where that is kept: a formula with calls in it.
std::string formula_text(const Kernel& kernel, std::string_view formula,
                         const Expression* inlined) {
  for (const auto& [name, text] : kernel.written)
    if (name == formula) return text;
  return text_of(inlined);
}

Facts facts_of(const Kernel& kernel) {
  Facts facts;
  std::string aliases;
  std::vector<std::string> sorted = kernel.aliases;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& alias : sorted) aliases += (aliases.empty() ? "" : ", ") + alias;
  if (!aliases.empty()) facts.emplace_back("aliases", aliases);
  for (const KernelParameter& row : kernel.parameters) {
    std::string text(name_of(row.type));
    if (row.optional) text += ", optional";
    if (row.default_value != nullptr) text += " = " + row.default_value->text;
    facts.emplace_back("parameter " + quoted(row.name), text);
  }
  for (const KernelFormula& row : kernel.lets)
    facts.emplace_back(row.name, text_of(row.expression));
  for (const KernelFormula& row : kernel.quantities)
    facts.emplace_back(row.name, formula_text(kernel, row.name, row.expression));
  for (const KernelOperand& row : kernel.operands) {
    const std::string name = std::string(name_of(row.direction)) + " " + quoted(row.name);
    facts.emplace_back(name, formula_text(kernel, row.name, row.elements) + " elements, " +
                                 std::string(name_of(row.role)) +
                                 (row.bits == nullptr ? "" : ", bits " + row.bits->text));
    if (row.stored_elements != nullptr)
      facts.emplace_back(name + " stored", row.stored_elements->text);
  }
  if (kernel.provenance != nullptr)
    facts.emplace_back("validated", kernel.provenance->human_validated ? "yes" : "no");
  return facts;
}

std::vector<TextChange> text_changes(const Kernel& before, const Kernel& after) {
  const Facts old_facts = facts_of(before), new_facts = facts_of(after);
  const auto find = [](const Facts& facts, const std::string& what) {
    const auto found = std::find_if(facts.begin(), facts.end(),
                                    [&](const auto& fact) { return fact.first == what; });
    return found == facts.end() ? std::string() : found->second;
  };
  std::vector<TextChange> changes;
  for (const auto& [what, text] : old_facts)
    if (std::string now = find(new_facts, what); now != text)
      changes.push_back({what, text, std::move(now)});
  for (const auto& [what, text] : new_facts)
    if (find(old_facts, what).empty()) changes.push_back({what, "", text});
  return changes;
}

// The point as a kernel takes it: parameters of the other's that it has.
KernelBindings restricted(const KernelBindings& point, const Kernel& kernel) {
  KernelBindings own = point;
  std::erase_if(own.parameters, [&](const auto& pair) {
    return std::none_of(kernel.parameters.begin(), kernel.parameters.end(),
                        [&](const KernelParameter& row) { return row.name == pair.first; });
  });
  return own;
}

struct NamedNumber {
  std::string_view name;
  Number value;
};

std::vector<NamedNumber> numbers_of(const Costs& costs) {
  return {{"flops", costs[Quantity::kFlops]},
          {"matmul_flops", costs[Quantity::kMatmulFlops]},
          {"useful_flops", costs[Quantity::kUsefulFlops]},
          {"bytes_read", costs.bytes_read()},
          {"bytes_written", costs.bytes_written()},
          {"intermediate_bytes", costs[Quantity::kIntermediateBytes]},
          {"stored_bytes_weight", costs[Quantity::kStoredBytesWeight]},
          {"stored_bytes_kv_cache", costs[Quantity::kStoredBytesKvCache]},
          {"parameters", costs[Quantity::kParameters]}};
}

std::vector<ValueChange> value_changes(const Costs& before, const Costs& after) {
  const std::vector<NamedNumber> old_numbers = numbers_of(before), new_numbers = numbers_of(after);
  std::vector<ValueChange> changes;
  for (std::size_t i = 0; i < old_numbers.size(); ++i)
    if (!(old_numbers[i].value == new_numbers[i].value))
      changes.push_back(
          {std::string(old_numbers[i].name), old_numbers[i].value, new_numbers[i].value});
  return changes;
}

// A kernel in its catalogue.
struct Side {
  const Catalog& catalog;
  const Kernel& kernel;
};

void compare_values(const Side& before, const Side& after, const CatalogDiffOptions& options,
                    KernelChange& change) {
  // Of the kernel with more to bind: what the other lacks is left out of its point.
  const bool from_after = after.kernel.parameters.size() > before.kernel.parameters.size();
  Sampler sampler((from_after ? after : before).kernel, options.seed);
  if (!sampler.is_possible()) {
    change.not_compared = "no example gives " + quoted(sampler.missing());
    return;
  }
  for (std::size_t i = 0; i < options.points; ++i) {
    const KernelBindings point = sampler.next();
    const auto costs_at = [&](const Side& side) {
      return evaluate_kernel(side.catalog, Conventions(), side.kernel,
                             restricted(point, side.kernel));
    };
    const Result<KernelCosts> old_costs = costs_at(before), new_costs = costs_at(after);
    if (!old_costs || !new_costs) {
      if (change.not_compared.empty())
        change.not_compared = (old_costs ? new_costs : old_costs).errors().front().message;
      continue;
    }
    ++change.compared;
    std::vector<ValueChange> values = value_changes(old_costs->costs, new_costs->costs);
    if (values.empty()) continue;
    if (change.differing++ != 0) continue;
    change.point = spelled(point);
    change.values = std::move(values);
  }
  if (change.compared != 0) change.not_compared.clear();
}

KernelChange one_sided(KernelChangeKind kind, const Kernel& kernel) {
  KernelChange change;
  change.kind = kind;
  change.name = kernel.name;
  for (auto& [what, text] : facts_of(kernel)) {
    const bool is_added = kind == KernelChangeKind::kAdded;
    change.texts.push_back({what, is_added ? "" : text, is_added ? text : ""});
  }
  return change;
}

}  // namespace

std::vector<KernelChange> diff_catalogs(const Catalog& before_catalog, const Plugin& before,
                                        const Catalog& after_catalog, const Plugin& after,
                                        const CatalogDiffOptions& options) {
  struct Pair {
    const Kernel* before = nullptr;
    const Kernel* after = nullptr;
  };
  std::map<std::string_view, Pair> pairs;
  for (const Kernel& kernel : before.kernels) pairs[kernel.name].before = &kernel;
  for (const Kernel& kernel : after.kernels) pairs[kernel.name].after = &kernel;

  std::vector<KernelChange> changes;
  for (const auto& [name, pair] : pairs) {
    if (pair.before == nullptr) {
      changes.push_back(one_sided(KernelChangeKind::kAdded, *pair.after));
    } else if (pair.after == nullptr) {
      changes.push_back(one_sided(KernelChangeKind::kRemoved, *pair.before));
    } else {
      // A callee that changed changes its callers, whose own text is the same.
      KernelChange change;
      change.name = name;
      change.texts = text_changes(*pair.before, *pair.after);
      compare_values({before_catalog, *pair.before}, {after_catalog, *pair.after}, options, change);
      if (!change.texts.empty() || change.differing != 0) changes.push_back(std::move(change));
    }
  }
  return changes;
}

}  // namespace lmhost

#include "study/reconcile.hpp"

#include <algorithm>
#include <cmath>

#include "study/attention_products.hpp"
#include "study/parallelism.hpp"

namespace lmhost {
namespace {

using K = Figure::Kind;
using Q = Quantity;

// Of what a count is given.
struct Measure {
  std::string_view name;     // behind the count's
  std::string_view formula;  // around the count's, which stands for x
  K kind;
  bool needs_products;
  // What the count is multiplied by; nothing where it would change nothing.
  std::optional<Number> (*factor)(const CountedParts& parts, const Figure& figure);
};

using P = const CountedParts&;
using F = const Figure&;
using Factor = std::optional<Number>;

Factor per(const Number& divisor, const Number& times) {
  return divisor == Number(1) ? Factor() : Factor(divide(times, divisor));
}

constexpr Measure kMeasures[] = {
    {"", "x", K::kOperations, false, [](P, F) { return Factor(1); }},
    {"as multiply-adds", "x / 2", K::kOperations, true,
     [](P, F) { return Factor(Number::ratio(1, 2)); }},
    {"forward and backward", "3 * x", K::kOperations, true, [](P, F) { return Factor(3); }},
    {"forward, recomputed, and backward", "4 * x", K::kOperations, true,
     [](P, F) { return Factor(4); }},
    {"per token", "x / D", K::kOperations, false, [](P p, F) { return per(p.new_tokens, 1); }},
    {"per token, as multiply-adds", "x / (2*D)", K::kOperations, true,
     [](P p, F) { return per(p.new_tokens, Number::ratio(1, 2)); }},
    {"per token, forward and backward", "3 * x / D", K::kOperations, true,
     [](P p, F) { return per(p.new_tokens, 3); }},
    {"per sequence", "x / B", K::kOperations, false, [](P p, F) { return per(p.sequences, 1); }},
    {"per sequence, as multiply-adds", "x / (2*B)", K::kOperations, true,
     [](P p, F) { return per(p.sequences, Number::ratio(1, 2)); }},
    {"", "x", K::kBytes, false, [](P, F) { return Factor(1); }},
    {"with 1000 and 1024 confused", "x", K::kBytes, false,
     [](P, F f) {
       // What is printed is too small by the factor that the larger prefix has.
       return f.other_prefix == Number(1) ? Factor() : Factor(divide(1, f.other_prefix));
     }},
    {"", "x", K::kParameters, false, [](P, F) { return Factor(1); }},
};

void add(Costs* sum, const Costs& costs) {
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    sum->values[q] = sum->values[q] + costs.values[q];
}

Number weight_elements(const CostTree& tree, const Instance& instance) {
  Number sum;
  for (std::uint32_t i = 0; i < instance.operands.count; ++i) {
    const BoundOperand& operand = tree.plan->operands[instance.operands.first + i];
    if (operand.role == Role::kWeight) sum = sum + tree.evaluation.values[operand.elements];
  }
  return sum;
}

// Whether the call stands for several, however many these are.
bool repeats(const CostTree& tree, const CostNode& node) {
  const Call* call = tree.call(node);
  return call != nullptr && call->multiplier != kNoExpression;
}

class Counter {
 public:
  Counter(const CostTree& tree, CountedParts* parts) : tree_(tree), parts_(parts) {}

  void add_node(const CostNode& node, bool is_repeated) {
    const Instance& instance = tree_.instance(node);
    if (instance.kernel == nullptr) return;
    const Costs costs = tree_.total(node);
    if (costs[Q::kBytesReadWeight].is_zero()) return;
    if (costs[Q::kMatmulFlops].is_zero()) {
      if (!costs[Q::kBytesReadIndex].is_zero()) add(&parts_->embedding, costs);
    } else if (const std::int64_t experts = bound_parameter(tree_, instance, "num_experts");
               experts != 0) {
      add_experts(instance, costs, experts);
    } else if (!is_repeated) {
      add(&parts_->head, costs);
      if (costs[Q::kParameters].is_zero())
        parts_->tied_head_elements = parts_->tied_head_elements + weight_elements(tree_, instance);
    }
  }

 private:
  // A router's products are of all experts' logits, whichever are chosen: it has no columns.
  void add_experts(const Instance& instance, const Costs& costs, std::int64_t experts) {
    const std::int64_t chosen = bound_parameter(tree_, instance, "top_k");
    if (chosen == 0 || bound_parameter(tree_, instance, "N") == 0) return;
    const Number& products = costs[Q::kMatmulFlops];
    const Number& parameters = costs[Q::kParameters];
    const auto plus = [](Number* sum, const Number& part) { *sum = *sum + part; };
    plus(&parts_->expert_products, products);
    plus(&parts_->all_expert_products, divide(products * Number(experts), Number(chosen)));
    plus(&parts_->one_expert_products, divide(products, Number(chosen)));
    plus(&parts_->expert_parameters, parameters);
    plus(&parts_->active_expert_parameters, divide(parameters * Number(chosen), Number(experts)));
  }

  const CostTree& tree_;
  CountedParts* parts_;
};

// Of nodes in preorder: which lie below one that repeats, or are such.
bool any_ancestor_repeats(const CostTree& tree, std::uint32_t node) {
  for (; node != kNoParent; node = tree.nodes[node].parent)
    if (repeats(tree, tree.nodes[node])) return true;
  return false;
}

std::string replaced(std::string_view pattern, std::string_view formula) {
  std::string text(pattern);
  const bool is_sum = formula.find(' ') != formula.npos || formula.find('/') != formula.npos;
  const bool needs_parentheses = is_sum && pattern != "x";
  const std::size_t at = text.find('x');
  return text.replace(at, 1, needs_parentheses ? "(" + std::string(formula) + ")" : formula);
}

Candidate candidate_of(const Count& count, const Measure& measure, const Number& value,
                       const Figure& figure) {
  Candidate candidate;
  candidate.name = std::string(count.name);
  if (!measure.name.empty()) candidate.name += ", " + std::string(measure.name);
  candidate.formula = replaced(measure.formula, count.formula);
  candidate.who = count.who;
  candidate.value = value;
  candidate.distance = (value.to_double() - figure.value.to_double()) / figure.value.to_double();
  const Number difference = maximum(value - figure.value, figure.value - value);
  candidate.is_as_written = compare(difference, figure.half_last_digit).value_or(1) <= 0 &&
                            std::abs(candidate.distance) <= Reconciliation::kCoarsest;
  candidate.is_close =
      !candidate.is_as_written && std::abs(candidate.distance) <= Reconciliation::kClose;
  return candidate;
}

}  // namespace

CountedParts counted_parts(const CostTree& tree, std::uint32_t node) {
  CountedParts parts;
  const CostNode& top = tree.nodes[node];
  parts.total = tree.total(top);
  const AttentionProducts attention = attention_products(tree, node);
  parts.attention = attention.dense;
  parts.useful_attention = attention.useful;
  using V = RuntimeVariable;
  parts.sequences = tree.point[V::kBatchSize];
  parts.new_tokens = parts.sequences * tree.point[V::kSeqLen];
  parts.cached_tokens = parts.new_tokens + parts.sequences * tree.point[V::kCacheLen];
  Counter counter(tree, &parts);
  const auto take_layer = [&](const CostNode& layer) {
    parts.layer = tree.per_call(layer);
    parts.layers = layer.times;
  };
  if (any_ancestor_repeats(tree, node)) take_layer(top);
  for (std::uint32_t i = node; i <= node + top.descendants; ++i) {
    const bool is_repeated = any_ancestor_repeats(tree, i);
    counter.add_node(tree.nodes[i], is_repeated);
    if (is_repeated && parts.layers.is_zero() && tree.instance(tree.nodes[i]).composite != nullptr)
      take_layer(tree.nodes[i]);
  }
  return parts;
}

Reconciliation reconcile(const CountedParts& parts, const Figure& figure) {
  Reconciliation result;
  result.figure = figure;
  result.parts = parts;
  for (const Count& count : counts()) {
    if (count.kind != figure.kind) continue;
    const std::optional<Number> whole = count.value(parts);
    if (!whole || whole->is_error() || whole->is_zero()) continue;
    for (const Measure& measure : kMeasures) {
      if (measure.kind != count.kind || (measure.needs_products && !count.is_products)) continue;
      const Factor factor = measure.factor(parts, figure);
      if (!factor) continue;
      const Number value = *whole * *factor;
      if (!value.is_error())
        result.candidates.push_back(candidate_of(count, measure, value, figure));
    }
  }
  // What stands first in the table is the likelier of two that give the same.
  std::stable_sort(result.candidates.begin(), result.candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     return std::abs(a.distance) < std::abs(b.distance);
                   });
  return result;
}

}  // namespace lmhost

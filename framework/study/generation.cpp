#include "study/generation.hpp"

#include <algorithm>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "study/range_values.hpp"

namespace lmhost {
namespace {

// Of a generation: operations and calls, added up over the passes that are evaluated one by one. Some
// seconds.
constexpr double kMostWork = 4e8;

double work_of_pass(const Plan& plan, std::size_t nodes) {
  return static_cast<double>(plan.program.size() + nodes);
}

Diagnostic too_many_passes(std::string_view what, double passes, double work, std::string hint) {
  const auto most = static_cast<std::int64_t>(kMostWork / work);
  return plain_error(ErrorKind::kInput, codes::kLimit,
                     std::string(what) + " is a sum over " +
                         to_grouped_string(Number(static_cast<std::int64_t>(passes))) +
                         " passes, more than the " + to_grouped_string(Number(most)) +
                         " that are evaluated one by one of this model",
                     std::move(hint));
}

// Fewer points are sooner evaluated than decided on as a range.
constexpr std::int64_t kShortRange = 16;

void add(Costs& sum, const Costs& costs) {
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    if (!is_stored(static_cast<Quantity>(q))) sum.values[q] = sum.values[q] + costs.values[q];
}

void keep_stored(Costs& sum, const Costs& costs) {
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    if (is_stored(static_cast<Quantity>(q))) sum.values[q] = costs.values[q];
}

class GenerationSum {
 public:
  GenerationSum(const Plan& plan, const RuntimePoint& point, const Execution& execution,
                const GenerationOptions& options)
      : plan_(plan),
        schedule_(make_schedule(plan)),
        point_(point),
        execution_(execution),
        options_(options) {}

  Result<bool> run(std::int64_t prompt, std::int64_t generated) {
    size_ = tree_size(plan_, [&](const Edge& edge) { return is_never(edge); });
    if (Result<bool> fits = check_sums(size_); !fits) return fits;
    expand();
    sums_.resize(nodes_.size());
    at(prompt, 0);
    if (Result<bool> done = add_point(); !done) return done;
    prefill_ = sums_[0];
    keep_stored(prefill_, costs_of(plan_, last_, plan_.root()));
    if (generated > 1) {
      at(1, prompt);
      if (Result<bool> done = add_range(prompt, generated - 1); !done) return done;
      // The last step alone once more: what stays resident, and the values that reports show.
      at(1, prompt + generated - 2);
      Result<Evaluation> evaluation = evaluate_plan(plan_, schedule_, point_, execution_);
      if (!evaluation) return std::move(evaluation).errors();
      last_ = std::move(*evaluation);
    }
    finish();
    return true;
  }

  Generation take(Analysis analysis) {
    Generation result;
    result.prefill = prefill_;
    result.decode = sums_[0];
    for (std::size_t q = 0; q < kQuantityCount; ++q)
      if (!is_stored(static_cast<Quantity>(q)))
        result.decode.values[q] = sums_[0].values[q] - prefill_.values[q];
    result.closed_steps = closed_steps_;
    result.plain_steps = plain_steps_;
    CostTree tree;
    tree.plan = analysis.plan;
    tree.point = point_;
    tree.evaluation = std::move(last_);
    tree.whole = size_;
    take_nodes(&tree);
    analysis.point = point_;
    analysis.tree = std::make_shared<const CostTree>(std::move(tree));
    analysis.phase = Phase::kGenerate;
    result.analysis = std::move(analysis);
    return result;
  }

 private:
  void at(std::int64_t seq_len, std::int64_t cache_len) {
    point_[RuntimeVariable::kSeqLen] = Number(seq_len);
    point_[RuntimeVariable::kCacheLen] = Number(cache_len);
  }

  // No pass executes it.
  bool is_never(const Edge& edge) const {
    const Value* count = plan_.program.constant_value(edge.count);
    return count != nullptr && count->number.is_zero();
  }

  // Every call that some pass may execute, in preorder; those that none did leave at the end.
  void expand() {
    struct Open {
      std::uint32_t node, next_edge;
    };
    nodes_.emplace_back().instance = plan_.root();
    std::vector<Open> open = {{0, 0}};
    while (!open.empty()) {
      const std::uint32_t parent = open.back().node;
      const Instance& instance = plan_.instances[nodes_[parent].instance];
      if (open.back().next_edge == instance.edges.count) {
        nodes_[parent].descendants = static_cast<std::uint32_t>(nodes_.size()) - parent - 1;
        open.pop_back();
        continue;
      }
      const std::uint32_t index = instance.edges.first + open.back().next_edge++;
      const Edge& edge = plan_.edges[index];
      if (is_never(edge)) continue;
      CostNode& child = nodes_.emplace_back();
      child.parent = parent;
      child.depth = nodes_[parent].depth + 1;
      child.edge = index;
      child.instance = edge.child;
      child.count = 0;
      open.push_back({static_cast<std::uint32_t>(nodes_.size() - 1), 0});
    }
    for (CostNode& node : nodes_) node.times = 0;
    executions_.resize(nodes_.size());
  }

  // The pass at point_, evaluated.
  Result<bool> add_point() {
    Result<Evaluation> evaluation = evaluate_plan(plan_, schedule_, point_, execution_);
    if (!evaluation) return std::move(evaluation).errors();
    last_ = std::move(*evaluation);
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      CostNode& node = nodes_[i];
      const bool is_root = node.parent == kNoParent;
      const Number count = is_root ? Number(1) : last_.values[plan_.edges[node.edge].count];
      const Number times = is_root ? Number(1) : executions_[node.parent][0] * count;
      if (times.is_zero()) {
        skip(&i);
        continue;
      }
      executions_[i] = {times};
      seen(node, count, times);
      Costs costs = costs_of(plan_, last_, node.instance);
      for (Number& value : costs.values)
        if (!(value == Number(0))) value = value * times;
      add(sums_[i], costs);
    }
    return true;
  }

  // A call that is not executed, and everything below it.
  void skip(std::uint32_t* index) const { *index += nodes_[*index].descendants; }

  static void seen(CostNode& node, const Number& count, const Number& times) {
    node.count = maximum(node.count, count);
    node.times = node.times + times;
  }

  // The decode steps from cache_len on, as few ranges as decide them.
  Result<bool> add_range(std::int64_t cache_len, std::int64_t steps) {
    struct Range {
      std::int64_t cache_len, steps;
    };
    std::vector<Range> pending = {{cache_len, steps}};
    while (!pending.empty()) {
      const Range range = pending.back();
      pending.pop_back();
      if (execution_.is_cancelled()) return cancelled_error();
      at(1, range.cache_len);
      const double work = work_of_pass(plan_, nodes_.size());
      if (options_.closed_form && range.steps > kShortRange) {
        work_ += work;
        const RangeValues values(plan_, schedule_, point_, range.steps);
        if (values.is_decided() && add_closed(values, range.steps)) continue;
        const std::int64_t half = range.steps / 2;
        pending.push_back({range.cache_len + half, range.steps - half});
        pending.push_back({range.cache_len, half});
        continue;
      }
      work_ += work * static_cast<double>(range.steps);
      if (work_ > kMostWork)
        return too_many_passes("the cost of this generation", static_cast<double>(steps), work,
                               "generate fewer tokens: the costs of this model change in another "
                               "way from step to step than sums can say");
      for (std::int64_t i = 0; i < range.steps; ++i) {
        at(1, range.cache_len + i);
        if (Result<bool> done = add_point(); !done) return done;
      }
      plain_steps_ += range.steps;
    }
    return true;
  }

  // False, and nothing added: a sum that does not fit. Evaluated point by point it says where.
  bool add_closed(const RangeValues& values, std::int64_t steps) {
    const Number last_x = Number(steps - 1);
    std::vector<Costs> sums(nodes_.size());
    std::vector<CostNode> nodes = nodes_;
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      CostNode& node = nodes[i];
      const bool is_root = node.parent == kNoParent;
      const RangeValue one = {Number(1)};
      const RangeValue& count = is_root ? one : values.count(plan_.edges[node.edge]);
      RangeValue times = is_root ? one : range_product(executions_[node.parent], count);
      if (times.empty()) return false;
      if (is_constant(times) && times[0].is_zero()) {
        skip(&i);
        continue;
      }
      Number most = 0;  // a count that is not constant only grows or only falls
      for (auto c = count.rbegin(); c != count.rend(); ++c) most = most * last_x + *c;
      seen(node, maximum(count[0], most), sum_over(times, steps));
      const RangeCosts costs = values.costs(node.instance);
      for (std::size_t q = 0; q < kQuantityCount; ++q) {
        const RangeValue& value = costs.values[q];
        if (is_stored(static_cast<Quantity>(q)) || (is_constant(value) && value[0] == Number(0)))
          continue;
        const RangeValue total = range_product(times, value);
        if (total.empty()) return false;
        sums[i].values[q] = sum_over(total, steps);
        if (sums[i].values[q].is_error()) return false;
      }
      executions_[i] = std::move(times);
    }
    nodes_ = std::move(nodes);
    for (std::size_t i = 0; i < sums.size(); ++i) add(sums_[i], sums[i]);
    closed_steps_ += steps;
    return true;
  }

  void finish() {
    std::vector<Number> stored(nodes_.size());
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      CostNode& node = nodes_[i];
      const bool is_root = node.parent == kNoParent;
      if (!is_root) {
        const Edge& edge = plan_.edges[node.edge];
        const bool is_absent = last_.values[edge.count].is_zero();
        stored[i] = is_absent ? Number(0) : stored[node.parent] * last_.values[edge.stored_count];
      } else {
        stored[i] = 1;
      }
      node.stored_times = stored[i];
      if (stored[i].is_zero()) continue;
      Costs costs = costs_of(plan_, last_, node.instance);
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        if (!(costs.values[q] == Number(0))) costs.values[q] = costs.values[q] * stored[i];
      keep_stored(sums_[i], costs);
    }
  }

  // The calls that some pass executed: with a call everything below it leaves.
  void take_nodes(CostTree* tree) {
    std::vector<std::uint32_t> kept(nodes_.size(), kNoParent);
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].times.is_zero()) continue;
      kept[i] = static_cast<std::uint32_t>(tree->nodes.size());
      CostNode& node = tree->nodes.emplace_back(nodes_[i]);
      node.descendants = 0;
      if (node.parent != kNoParent) node.parent = kept[node.parent];
      tree->sums.push_back(sums_[i]);
    }
    for (std::size_t i = tree->nodes.size(); i-- > 1;)
      tree->nodes[tree->nodes[i].parent].descendants += tree->nodes[i].descendants + 1;
    tree->nodes[0].count = 1;
  }

  const Plan& plan_;
  const Schedule schedule_;
  RuntimePoint point_;
  const Execution& execution_;
  const GenerationOptions& options_;
  std::vector<CostNode> nodes_;         // times: of all passes so far; count: the largest
  std::vector<RangeValue> executions_;  // of each node in the range at hand
  std::vector<Costs> sums_;             // by node
  Evaluation last_;
  Costs prefill_;
  std::int64_t closed_steps_ = 0, plain_steps_ = 0;
  TreeSize size_;
  double work_ = 0;
};

Result<std::int64_t> length(std::string_view name, const Number& number, std::int64_t least) {
  const std::optional<std::int64_t> value = number.to_int64();
  if (value && *value >= least) return *value;
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     std::string(name) + " must be a whole number of at least " +
                         std::to_string(least) + ", not " + to_string(number));
}

// Adds the bounds of one pass to those of every node.
void add_bounds(const CostTree& tree, const Evaluation& evaluation, const Roof& roof,
                std::vector<double>* executions, DeviceBounds* bounds) {
  const Plan& plan = *tree.plan;
  bounds->instances = bound_instances(plan, evaluation, roof);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const CostNode& node = tree.nodes[i];
    const bool is_root = node.parent == kNoParent;
    const double count = is_root ? 1 : evaluation.values[plan.edges[node.edge].count].to_double();
    (*executions)[i] = is_root ? 1 : (*executions)[node.parent] * count;
    if ((*executions)[i] != 0)
      bounds->sums[i] += bounds->instances[node.instance].times((*executions)[i]);
  }
}

}  // namespace

Result<DeviceBounds> bound_generation(const Analysis& generated, const Roof& prefill, Roof decode) {
  const CostTree& tree = *generated.tree;
  const Plan& plan = *tree.plan;
  const std::int64_t steps = generated.generated_tokens.to_int64().value_or(1) - 1;
  const double work = work_of_pass(plan, tree.nodes.size());
  if (static_cast<double>(steps) * work > kMostWork)
    return too_many_passes(
        "the time bound of this generation", static_cast<double>(steps), work,
        "generate fewer tokens, or leave the device out: costs have no such limit");
  const Schedule schedule = make_schedule(plan);
  DeviceBounds bounds;
  bounds.nodes = tree.nodes.data();
  bounds.sums.resize(tree.nodes.size());
  std::vector<double> executions(tree.nodes.size());
  Evaluation evaluation;
  RuntimePoint point = generated.point;
  const auto add_pass = [&](const Number& seq_len, const Number& cache_len, const Roof& roof) {
    point[RuntimeVariable::kSeqLen] = seq_len;
    point[RuntimeVariable::kCacheLen] = cache_len;
    evaluate_program(plan, schedule, point, 1u, evaluation.values);
    add_bounds(tree, evaluation, roof, &executions, &bounds);
  };
  add_pass(generated.prompt_tokens, Number(0), prefill);
  for (std::int64_t t = 0; t < steps; ++t)
    add_pass(Number(1), generated.prompt_tokens + Number(t), decode);
  bounds.roof = std::move(decode);
  return bounds;
}

Result<Generation> generate(Analysis plan, const Number& prompt, const Number& generated,
                            const Execution& execution, const GenerationOptions& options) {
  const Result<std::int64_t> input = length("the prompt's length", prompt, 1);
  if (!input) return input.errors();
  const Result<std::int64_t> output = length("the number of generated tokens", generated, 1);
  if (!output) return output.errors();
  GenerationSum sum(*plan.plan, plan.point, execution, options);
  if (Result<bool> done = sum.run(*input, *output); !done) return std::move(done).errors();
  plan.prompt_tokens = prompt;
  plan.generated_tokens = generated;
  return sum.take(std::move(plan));
}

}  // namespace lmhost

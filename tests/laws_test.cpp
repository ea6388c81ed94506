// Laws that hold for every graph of the tree and for random graphs, whatever the numbers are.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "aggregate/totals_program.hpp"
#include "formula/evaluate.hpp"
#include "resolve/names.hpp"
#include "support.hpp"
#include "tools/bench/synthetic.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

struct NamedPlan {
  std::string name;
  std::shared_ptr<const Plan> plan;
};

// Every graph of the tree in every mode, with every model that uses it.
const std::vector<NamedPlan>& plans() {
  static const std::vector<NamedPlan> all = [] {
    std::vector<NamedPlan> list;
    std::vector<std::string> models = built_host().model_names();
    models.push_back(LMHOST_SOURCE_DIR "/graphs/tiny.json");
    for (const std::string& model : models) {
      for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
        Workload workload;
        workload.model = model;
        workload.mode = mode;
        const Result<Analysis> analysis = built_host().plan(workload);
        REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
        list.push_back({model + " " + std::string(name_of(mode)), analysis->plan});
      }
    }
    return list;
  }();
  return all;
}

// A random tree of composites over a few kernels whose parameters are random expressions.
std::string random_graph(std::mt19937& random) {
  const auto expression = [&] {
    const char* const list[] = {"1",
                                "3",
                                "batch_size",
                                "seq_len",
                                "batch_size*seq_len",
                                "seq_len + cache_len",
                                "batch_size*(seq_len + cache_len)",
                                "min(seq_len, 5)",
                                "ceil_div(seq_len, 2)",
                                "width"};
    return std::string(list[random() % 10]);
  };
  const auto call = [&](int index, int composites) {
    const std::string name = "\"name\": \"c" + std::to_string(index) + "\", \"multiplier\": \"" +
                             std::to_string(random() % 4) +
                             (random() % 3 == 0 ? " + (1 if cache_len > 3 else 0)" : "") + "\", ";
    const std::string n = expression(), m = expression(), k = expression();
    switch (random() % 5) {
      case 0:
        return "{" + name + "\"kernel\": \"torch.nn.Linear\", \"bindings\": {\"M\": \"" + m +
               "\", \"K\": \"" + k + "\", \"N\": \"" + n + "\"}}";
      case 1:
        return "{" + name +
               "\"kernel\": \"torch.nn.functional.silu\", \"bindings\": {\"num_elements\": \"" + n +
               "\"}}";
      case 2:
        return "{" + name + "\"kernel\": \"torch.cat\", \"bindings\": {\"num_elements\": \"" + n +
               "\", \"bits\": \"kv_bits\"}}";
      default:
        if (composites == 0)
          return "{" + name +
                 "\"kernel\": \"torch.nn.functional.softmax\", \"bindings\": {\"num_elements\": "
                 "\"" +
                 n + "\"}}";
        return "{" + name + "\"kernel\": \"r.C" +
               std::to_string(random() % static_cast<unsigned>(composites)) +
               "\", \"bindings\": {\"width\": \"" + n + "\"}}";
    }
  };
  std::string text = "{\"schema\": \"lmhost.graph/1\", \"root\": \"r.Root\", \"kernels\": {";
  for (int c = 0; c < 6; ++c) {
    text += "\"r.C" + std::to_string(c) + "\": {\"parameters\": [\"width\"], \"sub_kernels\": [";
    for (int i = 0; i < 5; ++i) text += (i == 0 ? "" : ", ") + call(i, c);
    text += "]}, ";
  }
  return text +
         "\"r.Root\": {\"sub_kernels\": [{\"name\": \"x\", \"kernel\": \"r.C5\", \"bindings\": "
         "{\"width\": \"2\"}}]}}}";
}

const RuntimePoint kPoints[] = {point_at(1, 1, 0), point_at(1, 7, 0), point_at(3, 1, 12),
                                point_at(2, 5, 9), point_at(2, 0, 4)};

CostTree tree_of(const std::shared_ptr<const Plan>& plan, const RuntimePoint& point) {
  Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
  REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
  return build_cost_tree(plan, point, std::move(*evaluation));
}

void check_close(const Number& a, const Number& b) {
  if (a.is_inexact() || b.is_inexact()) {
    CHECK(a.to_double() == doctest::Approx(b.to_double()).epsilon(1e-12));
  } else {
    CHECK(to_string(a) == to_string(b));
  }
}

// The costs of one call of an atomic kernel by the plain walk over its formulas, independent of the
// program.
Costs walked_costs(const CostTree& tree, const Instance& instance) {
  const Plan& plan = *tree.plan;
  const Plugin& plugin = plan.catalog->plugin_of(*instance.kernel);
  std::map<std::string, Value, std::less<>> values;
  for (std::size_t i = 0; i < kRuntimeVariableCount; ++i) {
    const auto variable = static_cast<RuntimeVariable>(i);
    if (!is_precision_name(name_of(variable))) continue;
    const std::string bits(name_of(variable));
    values[bits] = Value::of(tree.point[variable]);
    values[bits.substr(0, bits.size() - 4) + "bytes"] =
        Value::of(divide(tree.point[variable], Number(8)));
  }
  values["bytes"] = values["a_bytes"];
  for (const PluginConstant& constant : plugin.constants)
    values[constant.name] = Value::of(constant.value);
  const FormulaScope scope{[&](std::string_view name) -> const Value* {
                             const auto found = values.find(name);
                             return found == values.end() ? nullptr : &found->second;
                           },
                           [&](std::string_view name) -> const PluginFunction* {
                             for (const PluginFunction& function : plugin.functions) {
                               if (function.name == name) return &function;
                             }
                             return nullptr;
                           }};
  const auto number = [&](const Expression& expression) {
    const FormulaValue value = evaluate_formula(expression, scope);
    REQUIRE_MESSAGE(value.ok(), expression.text << ": " << value.error_text);
    return value.value;
  };
  for (std::uint32_t i = 0; i < instance.parameters.count; ++i) {
    const BoundParameter& parameter = plan.parameters[instance.parameters.first + i];
    if (parameter.origin == Origin::kUnbound) continue;
    const Value* constant = plan.program.constant_value(parameter.node);
    values[std::string(parameter.name)] =
        parameter.origin == Origin::kDefault ? number(*instance.kernel->parameters[i].default_value)
        : constant != nullptr                ? *constant
                                             : Value::of(tree.evaluation.values[parameter.node]);
  }
  for (const KernelFormula& let : instance.kernel->lets) values[let.name] = number(*let.expression);
  Costs costs;
  bool has_useful = false;
  for (const KernelFormula& formula : instance.kernel->quantities) {
    has_useful = has_useful || formula.name == "useful_flops";
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      if (name_of(static_cast<Quantity>(q)) == formula.name)
        costs.values[q] = number(*formula.expression).number;
    }
  }
  if (!has_useful) costs[Quantity::kUsefulFlops] = costs[Quantity::kFlops];
  for (std::size_t i = 0; i < instance.kernel->operands.size(); ++i) {
    const KernelOperand& operand = instance.kernel->operands[i];
    const Role role = plan.operands[instance.operands.first + i].role;
    const RuntimeVariable defaults[] = {RuntimeVariable::kWeightBits,
                                        RuntimeVariable::kActivationBits, RuntimeVariable::kKvBits,
                                        RuntimeVariable::kIndexBits};
    const Number bits = operand.bits != nullptr
                            ? number(*operand.bits).number
                            : tree.point[defaults[static_cast<std::size_t>(role) - 1]];
    const Number elements = number(*operand.elements).number;
    const Number bytes = divide(elements * bits, Number(8));
    const auto add = [&](Quantity quantity, const Number& value) {
      costs[quantity] = costs[quantity] + value;
    };
    if (operand.direction == Direction::kRead) add(bytes_read(role), bytes);
    if (operand.direction == Direction::kWrite) add(bytes_written(role), bytes);
    if (operand.direction == Direction::kScratch) add(Quantity::kIntermediateBytes, bytes);
    Number stored(0);
    if (operand.stored_elements != nullptr) {
      stored = number(*operand.stored_elements).number;
    } else if (role == Role::kWeight && operand.direction == Direction::kRead) {
      stored = elements;
    }
    if (role == Role::kWeight) add(Quantity::kParameters, stored);
    if (role == Role::kWeight) add(Quantity::kStoredBytesWeight, divide(stored * bits, Number(8)));
    if (role == Role::kKvCache)
      add(Quantity::kStoredBytesKvCache, divide(stored * bits, Number(8)));
  }
  return costs;
}

// Conservation, and that the leaves are what the plugins' formulas say.
void check_tree(const CostTree& tree) {
  std::vector<Costs> sums(tree.nodes.size());
  std::set<InstanceIndex> checked;
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    const CostNode& node = tree.nodes[i];
    const Instance& instance = tree.instance(node);
    const Costs total = tree.total(node);
    if (instance.composite != nullptr) {
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        check_close(total.values[q], sums[i].values[q]);
    } else if (checked.insert(node.instance).second) {
      const Costs walked = walked_costs(tree, instance), computed = tree.per_call(node);
      CAPTURE(instance.name);
      for (std::size_t q = 0; q < kQuantityCount; ++q)
        check_close(computed.values[q], walked.values[q]);
    }
    if (node.parent == kNoParent) continue;
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      sums[node.parent].values[q] = sums[node.parent].values[q] + total.values[q];
    }
  }
}

std::vector<Number> differences(const Costs& a, const Costs& b) {
  std::vector<Number> list;
  for (std::size_t q = 0; q < kQuantityCount; ++q) list.push_back(a.values[q] - b.values[q]);
  return list;
}

}  // namespace

TEST_CASE("a composite is the sum over its calls, and atoms are what their formulas say") {
  for (const NamedPlan& named : plans()) {
    CAPTURE(named.name);
    for (const RuntimePoint& point : kPoints) check_tree(tree_of(named.plan, point));
  }
}

TEST_CASE("the same on random graphs, in two evaluators and any number of threads") {
  std::mt19937 random(11);
  for (int i = 0; i < 60; ++i) {
    const auto plan = plan_of(random_graph(random));
    TotalsProgram totals(*plan, make_schedule(*plan));
    for (const RuntimePoint& point : kPoints) {
      check_tree(tree_of(plan, point));
      const std::optional<Costs> fast = totals.evaluate(point);
      REQUIRE(fast.has_value());
      CHECK(*fast == totals_of(*plan, point));
    }
  }
}

TEST_CASE("the polynomial totals equal the evaluation, precision included") {
  for (const NamedPlan& named : plans()) {
    CAPTURE(named.name);
    TotalsProgram totals(*named.plan, make_schedule(*named.plan));
    for (RuntimePoint point : kPoints) {
      for (const Number& bits : {Number(16), Number(4), Number::ratio(33, 8)}) {
        point[RuntimeVariable::kWeightBits] = bits;
        point[RuntimeVariable::kActivationBits] = Number::ratio(17, 2);
        point[RuntimeVariable::kKvBits] = Number::ratio(33, 8);
        const std::optional<Costs> fast = totals.evaluate(point);
        REQUIRE(fast.has_value());
        CHECK(*fast == totals_of(*named.plan, point));
      }
    }
  }
}

TEST_CASE("the polynomial totals have no number where the evaluation has none") {
  const auto plan_with = [](std::string_view call) {
    return plan_of(
        R"({"schema": "lmhost.graph/1", "root": "m.Root", "kernels": {"m.Root": {"sub_kernels": [
            {"name": "big", "kernel": "torch.mm", "bindings": {"M": "1000", "K": "1000", "N": "1000"}}, )" +
        std::string(call) + "]}}}");
  };
  const std::string_view bindings =
      R"("kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": )";
  struct {
    std::string call;
    bool fails;  // at seq_len 5, cache_len 0
  } const rows[] = {
      {R"({"name": "a", "multiplier": "seq_len / 2", )" + std::string(bindings) + R"("1"}})", true},
      {R"({"name": "a", "multiplier": "seq_len - 7", )" + std::string(bindings) + R"("1"}})", true},
      {R"({"name": "a", )" + std::string(bindings) + R"("seq_len - 9"}})", true},
      {R"({"name": "a", )" + std::string(bindings) + R"("seq_len / 2"}})", true},
      {R"g({"name": "a", )g" + std::string(bindings) + R"g("causal_pairs(seq_len / 2, 0)"}})g",
       true},
      {R"g({"name": "a", )g" + std::string(bindings) +
           R"g("causal_pairs(min(seq_len, cache_len - 1), 3)"}})g",
       true},
      {R"g({"name": "a", )g" + std::string(bindings) +
           R"g("causal_pairs(min(seq_len, 3), cache_len)"}})g",
       false},
      {R"({"name": "a", )" + std::string(bindings) + R"("seq_len - cache_len"}})", false},
      {R"({"name": "a", )" + std::string(bindings) + R"("1 // cache_len - 1 // cache_len"}})",
       true},
      {R"({"name": "a", "kernel": "torch.Tensor.view", "when": "1 // cache_len"})", true},
      {R"({"name": "a", "multiplier": "cache_len", "stored_count": "1", "kernel": "torch.nn.Linear", "bindings": {"M": "1", "K": "2", "N": "3"}})",
       false},
      {R"({"name": "a", "multiplier": "cache_len", "stored_count": "1 // cache_len", "kernel": "torch.nn.Linear", "bindings": {"M": "1", "K": "2", "N": "3"}})",
       false}};
  for (const auto& row : rows) {
    CAPTURE(row.call);
    const auto plan = plan_with(row.call);
    TotalsProgram totals(*plan, make_schedule(*plan));
    const RuntimePoint point = point_at(1, 5, 0);
    const std::optional<Costs> fast = totals.evaluate(point);
    CHECK(failure_of(*plan, point).empty() != row.fails);
    if (row.fails) {
      CHECK_FALSE(fast.has_value());
    } else if (fast) {
      CHECK(*fast == totals_of(*plan, point));
    }
  }
  // Powers of powers: the degree is bounded, and so is the stack.
  std::string power = "seq_len";
  for (int i = 0; i < 12; ++i) power = "(" + power + ")**4";
  const auto plan = plan_with(R"({"name": "a", )" + std::string(bindings) + "\"" + power + "\"}}");
  TotalsProgram totals(*plan, make_schedule(*plan));
  CHECK(totals.evaluate(point_at(1, 1, 0)) == totals_of(*plan, point_at(1, 1, 0)));
}

TEST_CASE("threads do not change a bit") {
  std::vector<std::shared_ptr<const Plan>> all = {plan_of(bench::synthetic_graph(100'000))};
  for (const NamedPlan& named : plans()) all.push_back(named.plan);
  for (const auto& plan : all) {
    const Schedule schedule = make_schedule(*plan, 0);  // parallel at any size
    REQUIRE(schedule.is_parallel());
    const Result<Evaluation> serial = evaluate_plan(*plan, schedule, point_at(2, 3, 0), 1);
    for (unsigned threads : {2u, 3u, 8u, 0u}) {
      const Result<Evaluation> parallel =
          evaluate_plan(*plan, schedule, point_at(2, 3, 0), threads);
      CHECK(parallel->values == serial->values);
      CHECK(parallel->composite_costs == serial->composite_costs);
    }
  }
}

TEST_CASE("decoding S tokens one by one does the useful attention work of a causal prefill") {
  for (const NamedPlan& named : plans()) {
    if (named.name.find("llama") == std::string::npos || named.name.ends_with("eager")) continue;
    CAPTURE(named.name);
    constexpr int kLength = 9;
    const auto attention = [&](const RuntimePoint& point) {
      const CostTree tree = tree_of(named.plan, point);
      Number sum(0);
      for (const CostNode& node : tree.nodes) {
        const std::string_view kernel = tree.instance(node).name;
        const bool is_attention = kernel.find("scaled_dot_product_attention") != kernel.npos ||
                                  kernel.find("paged_attention") != kernel.npos;
        if (is_attention && tree.instance(node).kernel != nullptr)
          sum = sum + tree.total(node)[Quantity::kUsefulFlops];
      }
      return sum;
    };
    Number steps(0);
    for (int t = 0; t < kLength; ++t) steps = steps + attention(point_at(2, 1, t));
    const Number prefill = attention(point_at(2, kLength, 0));
    CHECK(to_string(steps) == to_string(prefill));
    CHECK_FALSE(prefill.is_zero());
  }
}

TEST_CASE("costs are affine in the batch") {
  for (const NamedPlan& named : plans()) {
    CAPTURE(named.name);
    for (const auto& [seq, cache] : {std::pair{7, 0}, std::pair{1, 12}, std::pair{5, 9}}) {
      // Eager attention copies the query for more than one sequence only, so the line starts at 2.
      const Costs two = totals_of(*named.plan, point_at(2, seq, cache)),
                  three = totals_of(*named.plan, point_at(3, seq, cache)),
                  four = totals_of(*named.plan, point_at(4, seq, cache));
      CHECK(differences(three, two) == differences(four, three));
    }
  }
}

TEST_CASE("costs never fall when batch, sequence or cache grow") {
  for (const NamedPlan& named : plans()) {
    CAPTURE(named.name);
    const int lengths[] = {0, 1, 2, 5, 16};
    // Out of the box PyTorch runs flash attention without a mask and memory-efficient attention
    // with one, and the first mask appears when several tokens meet a cache: fewer bytes are
    // written then (no log-sum-exp).
    const bool switches_kernel = named.name.ends_with("sdpa");
    const auto check_rise = [&](const RuntimePoint& low, const RuntimePoint& high) {
      for (const Number& difference :
           differences(totals_of(*named.plan, high), totals_of(*named.plan, low))) {
        CHECK_FALSE(difference.is_negative());
      }
    };
    for (std::size_t i = 0; i + 1 < std::size(lengths); ++i) {
      check_rise(point_at(lengths[i], 5, 3), point_at(lengths[i + 1], 5, 3));
      if (lengths[i] > 1) check_rise(point_at(2, lengths[i], 3), point_at(2, lengths[i + 1], 3));
      if (lengths[i] > 0 || !switches_kernel)
        check_rise(point_at(2, 5, lengths[i]), point_at(2, 5, lengths[i + 1]));
      check_rise(point_at(2, 1, lengths[i]), point_at(2, 1, lengths[i + 1]));
    }
  }
}

TEST_CASE("no sequences or no tokens cost nothing but what is constant") {
  for (const NamedPlan& named : plans()) {
    CAPTURE(named.name);
    for (const RuntimePoint& nothing : {point_at(0, 7, 0), point_at(3, 0, 0)}) {
      const Costs costs = totals_of(*named.plan, nothing),
                  one = totals_of(*named.plan, point_at(1, 1, 0));
      CHECK(costs[Quantity::kMatmulFlops].is_zero());
      CHECK(costs[Quantity::kStoredBytesKvCache].is_zero());
      CHECK(costs[Quantity::kBytesWrittenKvCache].is_zero());
      CHECK(costs[Quantity::kParameters] == one[Quantity::kParameters]);
    }
  }
}

TEST_CASE("a schedule has threads from the given work on, and children before parents") {
  for (const NamedPlan& row : plans()) {
    CAPTURE(row.name);
    const Plan& plan = *row.plan;
    const std::size_t work = plan.program.size() + plan.edges.size();
    CHECK(!make_schedule(plan, work + 1).is_parallel());
    const Schedule schedule = make_schedule(plan, work);
    REQUIRE(schedule.is_parallel());

    // Every node once, by level; every composite once, by height.
    std::vector<NodeIndex> nodes = schedule.nodes;
    CHECK(std::is_sorted(nodes.begin(), nodes.end(), [&](NodeIndex a, NodeIndex b) {
      return plan.program.level(a) < plan.program.level(b);
    }));
    std::sort(nodes.begin(), nodes.end());
    CHECK(std::adjacent_find(nodes.begin(), nodes.end()) == nodes.end());
    CHECK(nodes.size() == plan.program.size());
    CHECK(schedule.node_levels.back() == nodes.size());
    CHECK(std::is_sorted(schedule.composites.begin(), schedule.composites.end(),
                         [&](InstanceIndex a, InstanceIndex b) {
                           return plan.instances[a].height < plan.instances[b].height;
                         }));
    const auto is_composite = [](const Instance& instance) {
      return instance.composite != nullptr;
    };
    CHECK(schedule.composites.size() ==
          static_cast<std::size_t>(
              std::count_if(plan.instances.begin(), plan.instances.end(), is_composite)));
    CHECK(schedule.heights.back() == schedule.composites.size());
    CHECK(schedule.steps(plan) == plan.program.size() + schedule.composites.size());
  }
}

TEST_CASE("a node has as many operands as its operator takes, and stands one level above them") {
  using O = ProgramOp;
  const std::map<O, std::size_t> unary_and_ternary = {
      {O::kConstant, 0}, {O::kInput, 0},    {O::kSymbol, 0},     {O::kNot, 1},    {O::kAbs, 1},
      {O::kFloor, 1},    {O::kCeil, 1},     {O::kLog2, 1},       {O::kLength, 1}, {O::kDefined, 1},
      {O::kSelect, 3},   {O::kDistinct, 3}, {O::kWindowPairs, 3}};
  std::vector<NamedPlan> list = plans();
  list.push_back(
      {"unary operators", plan_of(R"json({"schema": "lmhost.graph/1", "root": "r", "kernels": {
    "r": {"sub_kernels": [{"name": "c", "kernel": "torch.nn.functional.silu", "bindings": {"num_elements":
      "floor(seq_len/2) + ceil(seq_len/3) + abs(seq_len - cache_len) + floor(log2(seq_len)) + (1 if not seq_len else 2)"}}]}}})json")});
  std::set<O> seen;
  for (const NamedPlan& row : list) {
    CAPTURE(row.name);
    const Program& program = row.plan->program;
    for (NodeIndex i = 0; i < program.size(); ++i) {
      const ProgramNode& node = program.node(i);
      const std::span<const NodeIndex> operands = program.operands(node);
      seen.insert(node.op);
      if (node.op != O::kScalar) {
        const auto found = unary_and_ternary.find(node.op);
        REQUIRE(operands.size() == (found == unary_and_ternary.end() ? 2 : found->second));
      }
      std::uint32_t level = 0;
      for (const NodeIndex operand : operands) {
        REQUIRE(operand < i);
        level = std::max(level, program.level(operand) + 1);
      }
      CHECK(program.level(i) == level);
    }
  }
  for (const O op :
       {O::kInput, O::kAbs, O::kFloor, O::kCeil, O::kLog2, O::kAdd, O::kMultiply, O::kSelect})
    CHECK(seen.count(op) == 1);
}

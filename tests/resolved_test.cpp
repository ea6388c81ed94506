// Stage 2 as formulas: what the resolved texts say is what the analysis computes.
#include "study/resolved.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <random>

#include "formula/evaluate.hpp"
#include "load/model.hpp"
#include "resolve/names.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// Every name that a resolved formula may use, at one point: the runtime variables, the bytes, and the
// config's values under "config.".
class PointScope {
 public:
  PointScope(const RuntimePoint& point, const Config& config) {
    for (std::string_view name : precision_names()) add(name, *precision_value(name, point));
    for (const auto variable :
         {RuntimeVariable::kBatchSize, RuntimeVariable::kSeqLen, RuntimeVariable::kCacheLen})
      add(name_of(variable), point[variable]);
    config_ = &config;
  }

  Number value_of(const std::string& text) const {
    const Result<Expression> expression = parse_expression(text, "resolved");
    REQUIRE_MESSAGE(expression.ok(), text << ": " << expression.errors().front().message);
    const FormulaValue value = evaluate_formula(
        *expression, {[&](std::string_view name) -> const Value* { return find(name); }, {}});
    REQUIRE_MESSAGE(value.ok(), value.error_text << " in " << text);
    return value.value.number;
  }

 private:
  void add(std::string_view name, const Number& number) {
    values_.emplace(name, Value::of(number));
  }
  const Value* find(std::string_view name) const {
    if (name.starts_with("config.")) {
      const Config::Entry* entry = config_->find(name.substr(7));
      return entry == nullptr ? nullptr : &entry->value;
    }
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }

  std::map<std::string, Value, std::less<>> values_;
  const Config* config_;
};

RuntimePoint random_point(std::mt19937& random) {
  const auto below = [&](unsigned end) { return Number(static_cast<int>(random() % end)); };
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(1) + below(9);
  point[RuntimeVariable::kSeqLen] = random() % 3 == 0 ? Number(1) : Number(1) + below(5000);
  point[RuntimeVariable::kCacheLen] = random() % 3 == 0 ? Number(0) : below(100'000);
  constexpr int kBits[] = {4, 8, 16, 32};
  for (const auto variable : {RuntimeVariable::kWeightBits, RuntimeVariable::kActivationBits,
                              RuntimeVariable::kKvBits, RuntimeVariable::kIndexBits})
    point[variable] = Number(kBits[random() % 4]);
  point[RuntimeVariable::kWeightBits] =
      random() % 2 == 0 ? Number::ratio(33, 8) : point[RuntimeVariable::kWeightBits];
  return point;
}

std::shared_ptr<const Plan> planned(const Model& model, Mode mode, bool keeps_config) {
  Workload workload;
  workload.mode = mode;
  workload.keep_config = keeps_config;
  Result<Analysis> analysis = built_host().plan(model, workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  return analysis->plan;
}

ResolvedTree resolved(const std::shared_ptr<const Plan>& plan, const Config& config) {
  Result<ResolvedTree> tree = resolve_symbolically(plan, config);
  REQUIRE_MESSAGE(tree.ok(), render(tree.ok() ? Diagnostics{} : tree.errors()));
  return std::move(*tree);
}

// Every node of the analysis against the node of the resolved tree that the same calls lead to.
std::size_t compare(const CostTree& costs, const ResolvedTree& tree, const PointScope& scope) {
  const Plan& symbolic = *tree.plan;
  std::vector<InstanceIndex> twins(costs.nodes.size());
  std::map<std::pair<InstanceIndex, InstanceIndex>, bool> compared;
  for (std::size_t at = 0; at < costs.nodes.size(); ++at) {
    const CostNode& node = costs.nodes[at];
    twins[at] = symbolic.root();
    if (node.parent != kNoParent) {
      // The parent's edge with the same call.
      const Instance& parent = symbolic.instances[twins[node.parent]];
      const std::uint32_t call = costs.plan->edges[node.edge].call;
      std::uint32_t edge = parent.edges.first;
      while (symbolic.edges[edge].call != call) ++edge;
      REQUIRE(edge < parent.edges.first + parent.edges.count);
      twins[at] = symbolic.edges[edge].child;
      REQUIRE(scope.value_of(tree.calls[edge].count) == node.count);
    }
    if (!compared.try_emplace({node.instance, twins[at]}, true).second) continue;
    const Costs expected = costs.per_call(node);
    for (std::size_t q = 0; q < kResolvedQuantityCount; ++q) {
      const auto quantity = static_cast<ResolvedQuantity>(q);
      CAPTURE(costs.path(node));
      CAPTURE(name_of(quantity));
      CAPTURE(tree.instances[twins[at]].formulas[q].substr(0, 2000));
      REQUIRE(to_string(scope.value_of(tree.instances[twins[at]].formulas[q])) ==
              to_string(quantity_of(expected, quantity)));
      REQUIRE(scope.value_of(tree.instances[twins[at]].formulas[q]) ==
              quantity_of(expected, quantity));
    }
  }
  return compared.size();
}

// Every graph of the tree with every config that names its architecture, and the graphs that bring
// their own.
std::vector<Model> all_models() {
  std::vector<Model> models;
  const auto add = [&](const std::string& name, bool is_required) {
    Result<Model> model =
        load_model({name, std::nullopt, {}, built_host().prefix(), nullptr, nullptr});
    if (is_required)
      REQUIRE_MESSAGE(model.ok(), render(model.ok() ? Diagnostics{} : model.errors()));
    if (model.ok()) models.push_back(std::move(*model));
  };
  for (const std::string& name : built_host().model_names()) add(name, true);
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(LMHOST_SOURCE_DIR "/tests/inputs/hf-configs"))
    files.push_back(entry.path().string());
  for (const auto& entry : std::filesystem::directory_iterator(LMHOST_SOURCE_DIR "/graphs"))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files)
    if (!file.ends_with(".schema.json")) add(file, false);
  return models;
}

bool has_costs(const Model& model, Mode mode) {
  Workload workload;
  workload.mode = mode;
  return built_host().plan(model, workload).ok();
}

}  // namespace

TEST_CASE("law: resolved formulas have the values of the analysis, node by node") {
  std::mt19937 random(42);
  std::size_t nodes = 0, trees = 0;
  std::map<std::string, int> graphs;
  for (const Model& model : all_models()) {
    for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
      if (!has_costs(model, mode)) continue;  // a graph file without its config
      CAPTURE(model.name);
      CAPTURE(name_of(mode));
      ++graphs[model.graph->source->name.substr(model.graph->source->name.rfind('/') + 1)];
      const std::shared_ptr<const Plan> plan = planned(model, mode, false);
      const ResolvedTree trees_of[] = {
          resolved(plan, model.config),
          resolved(planned(model, mode, true), model.config),
      };
      for (int i = 0; i < 3; ++i) {
        const RuntimePoint point = random_point(random);
        Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
        REQUIRE_MESSAGE(evaluation.ok(),
                        render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
        const CostTree costs = build_cost_tree(plan, point, std::move(*evaluation));
        const PointScope scope(point, model.config);
        for (const ResolvedTree& tree : trees_of) nodes += compare(costs, tree, scope);
      }
      trees += 2;
    }
  }
  CHECK(nodes > 5'000);
  CHECK(trees >= 40);
  CHECK(graphs.size() >= 3);  // gpt2, llama, tiny
  MESSAGE(nodes << " nodes of " << trees << " resolved trees");
}

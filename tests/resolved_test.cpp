// Stage 2 as formulas: what the resolved texts say is what the analysis computes.
#include "study/resolved.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <random>

#include "chains.hpp"
#include "formula/evaluate.hpp"
#include "load/model.hpp"
#include "report/resolved.hpp"
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

  // With what the parts of a tree's formulas are here.
  PointScope with(const std::vector<ResolvedLet>& lets) const {
    PointScope scope = *this;
    for (const ResolvedLet& let : lets) {
      REQUIRE(scope.find(let.name) == nullptr);
      scope.add(let.name, scope.value_of(let.text));
    }
    return scope;
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
std::size_t compare(const CostTree& costs, const ResolvedTree& tree, const PointScope& config) {
  const PointScope scope = config.with(tree.lets);
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

namespace {

// A model of the given text, with or without config values.
Model model_of(const std::string& text) {
  Result<Model> model = load_model(
      {"g.json", std::nullopt, {}, built_host().prefix(), text_named("g.json", text), nullptr});
  REQUIRE_MESSAGE(model.ok(), render(model.ok() ? Diagnostics{} : model.errors()));
  return std::move(*model);
}

std::string graph_with(const std::string& config, const std::string& kernels) {
  return "{\"schema\": \"lmhost.graph/1\", \"root\": \"m.M\", \"config\": {" + config +
         "}, \"kernels\": {" + kernels + "}}";
}

// Both forms of the tree against the analysis at these points.
void check_law(const Model& model, const std::vector<RuntimePoint>& points) {
  const std::shared_ptr<const Plan> plan = planned(model, Mode::kSdpa, false);
  const ResolvedTree trees[] = {resolved(plan, model.config),
                                resolved(planned(model, Mode::kSdpa, true), model.config)};
  for (const RuntimePoint& point : points) {
    Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
    REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
    const CostTree costs = build_cost_tree(plan, point, std::move(*evaluation));
    for (const ResolvedTree& tree : trees) compare(costs, tree, PointScope(point, model.config));
  }
}

std::string root_flops(const Model& model, bool keeps_config) {
  const ResolvedTree tree = resolved(planned(model, Mode::kSdpa, keeps_config), model.config);
  return tree.instances[tree.plan->root()][ResolvedQuantity::kFlops];
}

const std::string kExperts =
    R"g("m.M": {"sub_kernels": [
      {"name": "a", "kernel": "torch.nn.Linear", "bindings": {"M": "batch_size*seq_len", "K": "config.d", "N": "7"}},
      {"name": "e", "kernel": "m.E", "multiplier": "config.layers"},
      {"name": "b", "kernel": "torch.nn.Linear", "bindings": {"M": "batch_size", "K": "config.d", "N": "5"}},
      {"name": "f", "kernel": "m.E", "multiplier": "1 if seq_len > 1 else 0"}]},
    "m.E": {"sub_kernels": [
      {"name": "up", "kernel": "lmhost.grouped_expert_matmul",
       "bindings": {"num_tokens": "batch_size*seq_len", "top_k": "config.k", "num_experts": "config.experts", "K": "config.d", "N": "3"}},
      {"name": "n", "kernel": "torch.nn.functional.silu", "bindings": {"num_elements": "batch_size*seq_len*3"}},
      {"name": "down", "kernel": "lmhost.grouped_expert_matmul", "multiplier": "2",
       "bindings": {"num_tokens": "batch_size*seq_len + cache_len", "top_k": "config.k", "num_experts": "config.experts", "K": "3", "N": "config.d"}}]})g";

}  // namespace

TEST_CASE("expectations round in the order of the analysis") {
  const Model model =
      model_of(graph_with(R"g("d": 11, "layers": 7, "k": 2, "experts": 9)g", kExperts));
  std::vector<RuntimePoint> points;
  for (int seq = 1; seq < 40; ++seq) points.push_back(point_at(1 + seq % 3, seq, seq * 7 % 5));
  check_law(model, points);
  // The weights read are inexact, so this test is about something.
  const ResolvedTree tree = resolved(planned(model, Mode::kSdpa, true), model.config);
  const std::string& read = tree.instances[tree.plan->root()][ResolvedQuantity::kMemoryRead];
  CHECK(read.find("distinct(config.experts, config.k, ") != std::string::npos);
  CHECK(PointScope(points[3], model.config).value_of(read).is_inexact());
}

TEST_CASE("an absent call costs nothing, although its formulas would fail") {
  // `moe` reads a config name that this model does not have, `part` divides by 0 at seq_len 1.
  const std::string kernels = R"g("m.M": {"sub_kernels": [
      {"name": "a", "kernel": "torch.nn.functional.silu", "bindings": {"num_elements": "seq_len*config.d"}},
      {"name": "moe", "kernel": "m.X", "when": "defined(config.experts)", "bindings": {"n": "config.experts"}},
      {"name": "shared", "kernel": "m.X", "multiplier": "config.n_shared", "bindings": {"n": "config.shared_size"}},
      {"name": "part", "kernel": "m.X", "multiplier": "seq_len - 1", "bindings": {"n": "ceil_div(cache_len, seq_len - 1)"}}]},
    "m.X": {"parameters": ["n"], "sub_kernels": [
      {"name": "s", "kernel": "torch.nn.functional.silu", "bindings": {"num_elements": "n*seq_len"}}]})g";
  const Model dense = model_of(graph_with(R"g("d": 4, "n_shared": 0)g", kernels));
  check_law(dense, {point_at(1, 1, 6), point_at(1, 3, 6)});
  const Model sparse =
      model_of(graph_with(R"g("d": 4, "experts": 8, "n_shared": 2, "shared_size": 5)g", kernels));
  check_law(sparse, {point_at(1, 1, 6), point_at(1, 3, 6)});
}

TEST_CASE("text functions of the config, macros, lets and defaults are expanded or kept") {
  const std::string kernels = R"g("m.M": {
    "variables": {"act": "config.act if defined(config.act) else 'silu'"},
    "sub_kernels": [
      {"name": "full", "kernel": "torch.nn.functional.silu", "multiplier": "count(config.types, 'full')",
       "bindings": {"num_elements": "seq_len*len(config.types)"}},
      {"name": "gelu", "kernel": "torch.nn.functional.silu", "when": "act == 'gelu'", "bindings": {"num_elements": "2*seq_len"}},
      {"name": "silu", "kernel": "torch.nn.functional.silu", "when": "act != 'gelu' and not config.off", "bindings": {"num_elements": "3*seq_len"}},
      {"name": "none", "kernel": "torch.nn.functional.silu", "when": "config.window == None", "bindings": {"num_elements": "5*seq_len"}},
      {"name": "e", "kernel": "torch.einsum", "bindings": {"equation": "'ij,jk->ik'", "i": "seq_len", "j": "config.d", "k": "cache_len"}}]})g";
  for (
      const std::string& config :
      {std::string(
           R"g("types": ["full", "w", "full"], "act": "gelu", "off": false, "window": null, "d": 3)g"),
       std::string(R"g("types": ["w"], "off": 0, "window": 16, "d": 3)g"),
       std::string(R"g("types": [], "off": "yes", "window": 0, "d": 3)g")}) {
    check_law(model_of(graph_with(config, kernels)),
              {point_at(1, 1, 6), point_at(2, 3, 6), point_at(2, 30, 0)});
  }
}

TEST_CASE("random graphs: the law again") {
  std::mt19937 random(5);
  const auto expression = [&] {
    constexpr const char* kList[] = {"1",
                                     "config.a",
                                     "batch_size",
                                     "seq_len*config.a",
                                     "(seq_len + cache_len)*batch_size",
                                     "min(seq_len, config.b)",
                                     "ceil_div(seq_len, config.b)",
                                     "width",
                                     "width*width // 3",
                                     "causal_pairs(seq_len, cache_len)",
                                     "width if seq_len > config.b else seq_len**2"};
    return std::string(kList[random() % std::size(kList)]);
  };
  for (int i = 0; i < 40; ++i) {
    std::string kernels;
    for (int c = 0; c < 4; ++c) {
      kernels += (c == 0 ? "" : ", ") + ("\"m.C" + std::to_string(c)) +
                 "\": {\"parameters\": [\"width=config.b\"], \"sub_kernels\": [";
      for (int k = 0; k < 4; ++k) {
        kernels += (k == 0 ? "" : ", ") + ("{\"name\": \"k" + std::to_string(k)) +
                   "\", \"multiplier\": \"" + std::to_string(random() % 3) + " + config.a\", ";
        if (random() % 4 == 0) kernels += "\"when\": \"cache_len > 3 or config.b == 2\", ";
        if (c > 0 && random() % 2 == 0) {
          kernels += "\"kernel\": \"m.C" + std::to_string(random() % static_cast<unsigned>(c)) +
                     "\", \"bindings\": {\"width\": \"" + expression() + "\"}}";
        } else {
          kernels += "\"kernel\": \"torch.nn.Linear\", \"bindings\": {\"M\": \"" + expression() +
                     "\", \"K\": \"" + expression() + "\", \"N\": \"" + expression() + "\"}}";
        }
      }
      kernels += "]}";
    }
    kernels += R"g(, "m.M": {"sub_kernels": [{"name": "c", "kernel": "m.C3"}]})g";
    const Model model = model_of(graph_with(
        "\"a\": " + std::to_string(1 + i % 3) + ", \"b\": " + std::to_string(1 + i % 4), kernels));
    check_law(model, {point_at(1, 1, 0), point_at(2, 5, 9), point_at(3, 7, 2)});
  }
}

TEST_CASE("the texts themselves") {
  const std::string kernels = R"g("m.M": {"sub_kernels": [
      {"name": "q", "kernel": "torch.nn.Linear", "bindings": {"M": "batch_size*seq_len", "K": "config.d", "N": "config.d"}},
      {"name": "k", "kernel": "torch.nn.Linear", "bindings": {"M": "batch_size*seq_len", "K": "config.d", "N": "config.d"}},
      {"name": "s", "kernel": "torch.mm", "multiplier": "config.layers", "bindings": {"M": "seq_len", "K": "config.d", "N": "cache_len + seq_len"}}]})g";
  const Model model = model_of(graph_with(R"g("d": 3, "layers": 5)g", kernels));
  // q and k are equal terms; s counts `layers` times: 2*M*K*N each.
  CHECK(root_flops(model, true) ==
        "4*batch_size*seq_len*config.d**2 + "
        "2*seq_len*config.d*config.layers*(seq_len + cache_len)");
  // 2*2*3*3 = 36; 5*2*3 = 30.
  CHECK(root_flops(model, false) == "36*batch_size*seq_len + 30*seq_len*(seq_len + cache_len)");
}

TEST_CASE("a formula beyond the limits is an error that names what it is of") {
  const std::string kernels = R"g("m.M": {"sub_kernels": [
      {"name": "q", "kernel": "torch.mm", "bindings": {"M": "batch_size", "K": "seq_len", "N": "cache_len"}},
      {"name": "k", "kernel": "torch.mm", "bindings": {"M": "seq_len", "K": "seq_len", "N": "cache_len"}}]})g";
  const Model model = model_of(graph_with("", kernels));
  FormulaLimits limits;
  limits.length = 50;
  const Result<ResolvedTree> tree =
      resolve_symbolically(planned(model, Mode::kSdpa, false), model.config, limits);
  REQUIRE_FALSE(tree.ok());
  const std::string text = render(tree.errors());
  CHECK(text.find("the formula of 55 bytes for flops of 'm.M' is longer than formulas may be "
                  "[E205]") != std::string::npos);
  CHECK(text.find("the limit is 50 bytes") != std::string::npos);
  CHECK(text.find("g.json:1:") != std::string::npos);
}

TEST_CASE("what is used often is written once, and means the same") {
  for (const Chain& chain : kChains) {
    if (chain.may_overflow) continue;
    for (const int length : {2, 12, 60}) {
      CAPTURE(chain.step);
      CAPTURE(length);
      const Model model = model_of(chained(chain, length));
      const ResolvedTree tree = resolved(planned(model, Mode::kSdpa, true), model.config);
      std::size_t characters = 0;
      for (const ResolvedLet& let : tree.lets) characters += let.text.size();
      for (const std::string& formula : tree.instances.back().formulas)
        characters += formula.size();
      CHECK(characters < 60'000);
      CHECK((length < 60 || !tree.lets.empty()));
      CHECK((length > 2 || tree.lets.empty()));
      // Names of parts are no variables of the model.
      for (const std::string& name : tree.variables)
        CHECK((name == "batch_size" || name == "seq_len" || name == "cache_len" ||
               name == "a_bytes"));
      CHECK(tree.variables.size() >= 2);
      check_law(model, {point_at(1, 1, 0), point_at(2, 50, 9), point_at(3, 7, 2)});
    }
  }
}

TEST_CASE("a coefficient that leaves 128 bits is an error that names the call") {
  // In sums of calls, in what repeats, and below: 2**126 + 2**126, 2**100*2**100, 2**127.
  const struct {
    std::string_view kernels, call;
  } rows[] = {
      {R"("m.M": {"sub_kernels": [{"name": "a", "kernel": "m.S", "count": "2**126"},
          {"name": "b", "kernel": "m.S", "count": "2**126"}]},
          "m.S": {"sub_kernels": [{"name": "x", "kernel": "torch.nn.ReLU", "bindings": {"num_elements": "seq_len"}}]})",
       "b"},
      {R"("m.M": {"sub_kernels": [{"name": "a", "kernel": "m.S", "count": "2**100"}]},
          "m.S": {"sub_kernels": [{"name": "x", "kernel": "torch.nn.ReLU", "count": "2**100",
                                   "bindings": {"num_elements": "seq_len"}}]})",
       "a"},
      {R"("m.M": {"sub_kernels": [{"name": "a", "kernel": "m.S"}, {"name": "c", "kernel": "m.S"},
          {"name": "d", "kernel": "torch.nn.ReLU", "count": "2**126", "bindings": {"num_elements": "seq_len"}}]},
          "m.S": {"sub_kernels": [{"name": "x", "kernel": "torch.nn.ReLU", "count": "2**125",
                                   "bindings": {"num_elements": "seq_len"}}]})",
       "d"},
  };
  for (const auto& row : rows) {
    const Model model = model_of(graph_with("", std::string(row.kernels)));
    const Result<ResolvedTree> tree =
        resolve_symbolically(planned(model, Mode::kSdpa, true), model.config);
    REQUIRE_FALSE(tree.ok());
    REQUIRE(tree.errors().size() == 1);
    CHECK(tree.errors()[0].message ==
          "overflow of 128 bits in the coefficients of flops at call '" + std::string(row.call) +
              "'");
    CHECK(tree.errors()[0].code == "E305");
  }
}

TEST_CASE("resolving stops at its budget, and says at what") {
  const Model model = model_of(chained(kChains[0], 20));
  const std::shared_ptr<const Plan> plan = planned(model, Mode::kSdpa, false);
  const auto refusal = [&](const SymbolicLimits& limits) {
    const Result<ResolvedTree> tree = resolve_symbolically(plan, model.config, {}, limits);
    REQUIRE_FALSE(tree.ok());
    return tree.errors().front().message;
  };
  SymbolicLimits limits;
  limits.steps = 9;
  CHECK(refusal(limits) == "the formulas need more than 9 steps of algebra");
  limits = {};
  limits.parts = 9;
  CHECK(refusal(limits) == "the formulas need more than 9 terms and factors at once");
  limits = {};
  limits.characters = 30;
  CHECK(refusal(limits) == "the formulas need more than 30 characters");
}

TEST_CASE("a tree of calls that nobody would read is refused with its size") {
  std::string kernels;
  for (int i = 0; i < 60; ++i) {
    const std::string next = "m.L" + std::to_string(i + 1);
    kernels += (i == 0 ? "\"m.M" : "\"m.L" + std::to_string(i)) +
               R"(": {"sub_kernels": [{"name": "a", "kernel": ")" + next +
               R"("}, {"name": "b", "kernel": ")" + next + R"("}]}, )";
  }
  kernels += R"("m.L60": {"sub_kernels": [{"name": "x", "kernel": "torch.nn.ReLU",
                "bindings": {"num_elements": "seq_len"}}]})";
  const Model model = model_of(graph_with("", kernels));
  Workload workload;
  const Result<Analysis> analysis = built_host().plan(model, workload);
  REQUIRE(analysis.ok());
  const ResolvedTree tree = resolved(analysis->plan, model.config);
  // 2**60 calls of 1 FLOP an element.
  CHECK(tree.instances.back().formulas[0] == "1152921504606846976*seq_len");
  const auto refusal = [&](const ResolvedOptions& options) {
    const Result<Text> text = write_resolved(*analysis, tree, options, TextStyle());
    const Result<std::string> json = write_resolved_json(*analysis, tree, options);
    REQUIRE_FALSE(text.ok());
    REQUIRE_FALSE(json.ok());
    CHECK(text.errors()[0].message == json.errors()[0].message);
    return text.errors()[0].message + "; " + text.errors()[0].hint;
  };
  CHECK(refusal({}) ==
        "the formulas need more than 67,108,864 characters; `--depth N` leaves the calls below N "
        "levels out");
  ResolvedOptions options;
  options.limits.levels = 50;
  CHECK(refusal(options) ==
        "the calls are 61 levels deep, more than the 50 that are printed; `--depth 50` leaves the "
        "deeper ones out");
  options.depth = 5;
  CHECK(write_resolved(*analysis, tree, options, TextStyle()).ok());
  CHECK(write_resolved_json(*analysis, tree, options).ok());
}

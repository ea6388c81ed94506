// lmhost.resolved/1: what is written passes the published schema, and says what the tree says.
#include "report/resolved.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <fstream>
#include <iterator>

#include "load/model.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_MESSAGE(!document.HasParseError(), text.substr(0, 300));
  return document;
}

bool passes_schema(const rapidjson::Document& document) {
  static const rapidjson::Document schema_json =
      parsed(file_text(LMHOST_SOURCE_DIR "/graphs/resolved.schema.json"));
  static const rapidjson::SchemaDocument schema(schema_json);
  rapidjson::SchemaValidator validator(schema);
  return document.Accept(validator);
}

struct Written {
  Analysis analysis;
  ResolvedTree tree;
  std::string json(const ResolvedOptions& options = {}) const {
    Result<std::string> text = write_resolved_json(analysis, tree, options);
    REQUIRE(text.ok());
    return std::move(*text);
  }
};

Written written(const std::string& model, Mode mode, bool keeps_config,
                bool allows_unknown = false) {
  Workload workload;
  workload.model = model;
  workload.mode = mode;
  workload.keep_config = keeps_config;
  workload.allow_unknown = allows_unknown;
  Result<Analysis> analysis = built_host().plan(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  Result<ResolvedTree> tree = resolve_symbolically(analysis->plan, *analysis->config);
  REQUIRE_MESSAGE(tree.ok(), render(tree.ok() ? Diagnostics{} : tree.errors()));
  return {std::move(*analysis), std::move(*tree)};
}

// Calls in the JSON below a composite, against the plan; returns how many.
std::size_t compare(const rapidjson::Value& node, const ResolvedTree& tree, InstanceIndex index) {
  const Plan& plan = *tree.plan;
  const Instance& instance = plan.instances[index];
  for (std::size_t q = 0; q < kResolvedQuantityCount; ++q) {
    const std::string key(name_of(static_cast<ResolvedQuantity>(q)));
    CHECK(node[key.c_str()].GetString() == tree.instances[index].formulas[q]);
  }
  if (instance.edges.count == 0) return 1;
  const rapidjson::Value& children = node["children"];
  REQUIRE(children.MemberCount() == instance.edges.count);
  std::size_t count = 1;
  for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
    const Edge& edge = plan.edges[instance.edges.first + i];
    const auto& member = *(children.MemberBegin() + i);
    CHECK(std::string(member.name.GetString()) == plan.graph->calls[edge.call].name);
    CHECK(member.value["count"].GetString() == tree.calls[instance.edges.first + i].count);
    CHECK(std::string(member.value["kernel"].GetString()) == plan.instances[edge.child].name);
    count += compare(member.value, tree, edge.child);
  }
  return count;
}

}  // namespace

TEST_CASE("every model, mode and treatment of the config passes the schema") {
  std::vector<std::string> models = built_host().model_names();
  models.push_back(LMHOST_SOURCE_DIR "/graphs/tiny.json");
  std::size_t calls = 0;
  for (const std::string& model : models) {
    for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
      for (bool keeps_config : {false, true}) {
        CAPTURE(model);
        const Written all = written(model, mode, keeps_config);
        const rapidjson::Document json = parsed(all.json());
        CHECK(passes_schema(json));
        CHECK_FALSE(json["is_truncated"].GetBool());
        CHECK(std::string(json["config"].GetString()) == (keeps_config ? "kept" : "replaced"));
        CHECK(json["config_names"].Empty() == !keeps_config);
        calls += compare(json, all.tree, all.tree.plan->root());
      }
    }
  }
  CHECK(calls > 2'000);
}

TEST_CASE("the schema refuses what is no resolved tree") {
  const std::string good = written(LMHOST_SOURCE_DIR "/graphs/tiny.json", Mode::kSdpa, true).json();
  CHECK(passes_schema(parsed(good)));
  struct {
    const char* from;
    const char* to;
  } const changes[] = {{"lmhost.resolved/1", "lmhost.resolved/2"},
                       {"\"flops\":\"", "\"flop\":\""},
                       {"\"count\":\"", "\"count\":7,\"c\":\""},
                       {"\"type\":\"atomic\"", "\"type\":\"leaf\""},
                       {"\"children\"", "\"sub_kernels\""},
                       {"\"config\":\"kept\"", "\"config\":\"\""},
                       {"\"is_truncated\":false", "\"is_truncated\":\"no\""}};
  for (const auto& change : changes) {
    std::string bad = good;
    const std::size_t at = bad.find(change.from);
    REQUIRE(at != std::string::npos);
    bad.replace(at, std::string(change.from).size(), change.to);
    CAPTURE(change.from);
    CHECK_FALSE(passes_schema(parsed(bad)));
  }
}

TEST_CASE("depth and room cut the tree, never the formulas") {
  const Written all = written("llama-2-7b", Mode::kSdpa, false);
  const rapidjson::Document whole = parsed(all.json());
  const rapidjson::Document flat = parsed(all.json({0, 1'000'000}));
  const rapidjson::Document small = parsed(all.json({std::nullopt, 6}));
  CHECK(passes_schema(flat));
  CHECK(passes_schema(small));
  CHECK_FALSE(flat.HasMember("children"));
  CHECK(flat["is_truncated"].GetBool());
  CHECK(small["is_truncated"].GetBool());
  CHECK(std::string(flat["flops"].GetString()) == whole["flops"].GetString());
  const std::string text =
      write_resolved(all.analysis, all.tree, {1, 1'000'000}, TextStyle()).value();
  CHECK(text.find("\nmodel  transformers.models.llama.modeling_llama.LlamaModel\n") !=
        std::string::npos);
  CHECK(text.find("model.layers") == std::string::npos);
  CHECK(text.find("Deeper calls are left out") != std::string::npos);
}

TEST_CASE("unknown kernels are named and have no formulas") {
  Result<Model> model = load_model(
      {"g.json",
       std::nullopt,
       {},
       built_host().prefix(),
       text_named(
           "g.json",
           R"({"schema": "lmhost.graph/1", "root": "m.M", "kernels": {"m.M": {"sub_kernels": [
      {"name": "a", "kernel": "no.such"},
      {"name": "b", "kernel": "torch.nn.functional.silu", "bindings": {"num_elements": "seq_len"}}]}}})"),
       nullptr});
  REQUIRE(model.ok());
  Workload workload;
  workload.allow_unknown = true;
  const Result<Analysis> analysis = built_host().plan(*model, workload);
  REQUIRE(analysis.ok());
  const Result<ResolvedTree> tree = resolve_symbolically(analysis->plan, Config());
  REQUIRE(tree.ok());
  const rapidjson::Document json = parsed(write_resolved_json(*analysis, *tree, {}).value());
  CHECK(passes_schema(json));
  REQUIRE(json["unknown"].Size() == 1);
  CHECK(std::string(json["unknown"][0].GetString()) == "no.such");
  CHECK(std::string(json["children"]["a"]["type"].GetString()) == "unknown");
  CHECK_FALSE(json["children"]["a"].HasMember("flops"));
  CHECK(write_resolved(*analysis, *tree, {}, TextStyle())
            .value()
            .str()
            .find("unknown: not in the formulas") != std::string::npos);
}

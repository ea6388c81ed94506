// What several test files need: the built plugins, graphs from text, one call to analyze.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "aggregate/aggregate.hpp"
#include "aggregate/cost_tree.hpp"
#include "base/diagnostic.hpp"
#include "host.hpp"
#include "load/graph.hpp"
#include "load/plugin_discovery.hpp"
#include "resolve/plan.hpp"

namespace lmhost::test {

// The first-party plugins, loaded once.
inline std::shared_ptr<const Catalog> first_party_catalog() {
  static const std::shared_ptr<const Catalog> catalog = [] {
    Result<Catalog> loaded = load_catalog({{}, {}, LMHOST_BINARY_DIR "/lib/lmhost/plugins-0"});
    REQUIRE_MESSAGE(loaded.ok(), render(loaded.ok() ? Diagnostics{} : loaded.errors()));
    return std::make_shared<const Catalog>(std::move(loaded).value());
  }();
  return catalog;
}

// The host of the build tree.
inline const Host& built_host() {
  static const Host host = [] {
    HostOptions options;
    options.prefix = LMHOST_BINARY_DIR;
    Result<Host> opened = Host::open(options);
    REQUIRE_MESSAGE(opened.ok(), render(opened.ok() ? Diagnostics{} : opened.errors()));
    return std::move(opened).value();
  }();
  return host;
}

inline std::shared_ptr<const SourceText> text_named(std::string name, std::string text) {
  return std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
}

// A plan for a graph given as text; `errors` receives what went wrong.
inline std::shared_ptr<const Plan> plan_of(std::string_view text, std::string* errors = nullptr,
                                           ResolveOptions options = {}) {
  const auto give_up = [&](const Diagnostics& diagnostics) -> std::shared_ptr<const Plan> {
    if (errors == nullptr) FAIL(render(diagnostics));
    *errors = render(diagnostics);
    return nullptr;
  };
  Result<Graph> graph = load_graph(text_named("g.json", std::string(text)));
  if (!graph) return give_up(graph.errors());
  const Config config = graph->config.value_or(Config());
  auto plan = resolve(std::make_shared<const Graph>(std::move(*graph)), first_party_catalog(),
                      std::make_shared<const Conventions>(), config, options);
  if (!plan) return give_up(plan.errors());
  if (errors != nullptr) errors->clear();
  return *plan;
}

inline RuntimePoint point_at(int batch, int seq, int cache) {
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(batch);
  point[RuntimeVariable::kSeqLen] = Number(seq);
  point[RuntimeVariable::kCacheLen] = Number(cache);
  return point;
}

inline Costs totals_of(const Plan& plan, const RuntimePoint& point, unsigned threads = 1) {
  const Result<Evaluation> evaluation = evaluate_plan(plan, make_schedule(plan), point, threads);
  REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
  return costs_of(plan, *evaluation, plan.root());
}

inline std::string failure_of(const Plan& plan, const RuntimePoint& point) {
  const Result<Evaluation> evaluation = evaluate_plan(plan, make_schedule(plan), point);
  return evaluation.ok() ? "" : render(evaluation.errors());
}

}  // namespace lmhost::test

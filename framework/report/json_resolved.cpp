// A resolved tree as lmhost.resolved/1 (graphs/resolved.schema.json).
#include "report/json_writer.hpp"
#include "report/resolved.hpp"
#include "report/resolved_walk.hpp"

namespace lmhost {
namespace {

void write_list(std::string_view key, const std::vector<std::string>& words, JsonWriter& json) {
  json.key(key);
  json.begin_array();
  for (const std::string& word : words) json.value(std::string_view(word));
  json.end_array();
}

void write_header(const Analysis& analysis, const ResolvedTree& tree, JsonWriter& json) {
  const Plan& plan = *tree.plan;
  json.member("schema", "lmhost.resolved/1");
  json.member("model", std::string_view(analysis.model_name));
  json.member("mode", name_of(plan.mode));
  json.member("conventions", std::string_view(plan.conventions->name));
  json.member("config", plan.keeps_config ? "kept" : "replaced");
  json.line();
  write_list("variables", tree.variables, json);
  write_list("config_names", tree.config_names, json);
  std::vector<std::string> unknown;
  for (const Instance& instance : plan.instances)
    if (instance.is_unknown()) unknown.emplace_back(instance.name);
  write_list("unknown", unknown, json);
  if (tree.lets.empty()) return;
  json.line();
  json.key("lets");
  json.begin_array();
  for (const ResolvedLet& let : tree.lets) {
    json.line();
    json.begin_object();
    json.member("name", std::string_view(let.name));
    json.member("formula", std::string_view(let.text));
    json.end_object();
  }
  json.end_array();
}

void write_call(const ResolvedTree& tree, const ResolvedStep& step, JsonWriter& json) {
  const Plan& plan = *tree.plan;
  const Call& call = plan.graph->calls[plan.edges[step.edge].call];
  const ResolvedCall& counts = tree.calls[step.edge];
  json.key(call.name);
  json.begin_object();
  json.member("kernel", plan.instances[step.instance].name);
  json.member("count", std::string_view(counts.count));
  if (counts.stored_count != counts.count)
    json.member("stored_count", std::string_view(counts.stored_count));
  if (!call.lines.empty()) json.member("lines", call.lines);
}

void write_costs(const ResolvedTree& tree, InstanceIndex index, JsonWriter& json) {
  const Plan& plan = *tree.plan;
  const Instance& instance = plan.instances[index];
  json.member("type", instance.composite != nullptr ? "composite"
                      : instance.kernel != nullptr  ? "atomic"
                                                    : "unknown");
  if (instance.is_unknown()) return;
  if (instance.kernel != nullptr)
    json.member("plugin", std::string_view(plan.catalog->plugin_of(*instance.kernel).id));
  const ResolvedInstance& formulas = tree.instances[index];
  if (!formulas.bindings.empty()) {
    json.key("bindings");
    json.begin_object();
    for (const ResolvedBinding& binding : formulas.bindings)
      json.member(binding.parameter, std::string_view(binding.text));
    json.end_object();
  }
  for (std::size_t q = 0; q < kResolvedQuantityCount; ++q) {
    const auto quantity = static_cast<ResolvedQuantity>(q);
    json.member(name_of(quantity), std::string_view(formulas[quantity]));
  }
}

}  // namespace

Result<std::string> write_resolved_json(const Analysis& analysis, const ResolvedTree& tree,
                                        const ResolvedOptions& options) {
  if (Result<bool> fits = check_size(tree, options); !fits) return std::move(fits).errors();
  JsonWriter json;
  json.begin_object();
  write_header(analysis, tree, json);
  ResolvedWalk walk(*tree.plan, options);
  // Open "children" objects: the calls of depth d stand in the d-th. The composite around the d-th is
  // still open too; around the first it is the document.
  std::uint32_t open = 0;
  const auto close_to = [&](std::uint32_t depth) {
    for (; open > depth; --open) {
      json.end_object();
      if (open > 1) json.end_object();
    }
  };
  for (ResolvedStep step; walk.next(step);) {
    close_to(step.depth);
    json.line();
    if (step.depth == 0) {
      json.member("kernel_name", tree.plan->instances[step.instance].name);
    } else {
      write_call(tree, step, json);
    }
    write_costs(tree, step.instance, json);
    if (step.has_children) {
      json.key("children");
      json.begin_object();
      open = step.depth + 1;
    } else if (step.depth > 0) {
      json.end_object();
    }
  }
  close_to(0);
  json.member("is_truncated", walk.is_truncated());
  json.end_object();
  return json.take();
}

}  // namespace lmhost

#include "report/graph_json.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "formula/rewrite.hpp"
#include "report/json_writer.hpp"
#include "report/kernel_catalog.hpp"

namespace lmhost {
namespace {

// The formula as this format writes it.
std::string text_of(const Expression& expression) {
  const bool is_template = expression.text.find_first_of("{$^") != std::string::npos;
  return is_template ? print(expression) : expression.text;
}

void write_text(JsonWriter* json, std::string_view key, std::string_view text) {
  if (!text.empty()) json->member(key, text);
}

class GraphWriter {
 public:
  explicit GraphWriter(const Graph& graph) : graph_(graph) { name_composites(); }

  std::string write() {
    json_.begin_object();
    json_.member("schema", "lmhost.graph/1");
    if (!graph_.doc.empty()) json_.line();
    write_text(&json_, "doc", graph_.doc);
    json_.line();
    json_.member("root", names_[graph_.root_composite]);
    write_architectures();
    write_source();
    write_requirements();
    write_variables(graph_.variables);
    write_config();
    json_.line();
    json_.key("kernels");
    json_.begin_object();
    for (std::uint32_t i = 0; i < graph_.composites.size(); ++i)
      if (first_of_[i] == i) write_composite(i);
    json_.end_object();
    write_catalog();
    json_.end_object();
    return json_.take();
  }

 private:
  // ---- names ----

  // A nested tree has a composite for every place, so that one name may stand for several. Children
  // stand behind their parents there, so walking backwards knows the names of all that are called.
  void name_composites() {
    const std::size_t count = graph_.composites.size();
    first_of_.resize(count);
    names_.resize(count);
    std::map<std::string_view, std::vector<std::uint32_t>> same_name;
    for (std::uint32_t i = 0; i < count; ++i) same_name[graph_.composites[i].name].push_back(i);
    for (std::uint32_t i = 0; i < count; ++i) {
      first_of_[i] = i;
      names_[i] = graph_.composites[i].name;
    }
    std::set<std::string_view> taken;  // by calls that mean somebody else's kernel
    for (const Call& call : graph_.calls)
      if (call.composite == kNoComposite && same_name.contains(call.kernel))
        taken.insert(call.kernel);
    if (same_name.size() == count && taken.empty()) return;
    std::map<std::string, std::uint32_t> known;  // what a composite says, with its children's
    for (std::uint32_t i = static_cast<std::uint32_t>(count); i-- > 0;) {
      if (same_name[graph_.composites[i].name].size() == 1) continue;
      const auto [at, is_new] = known.try_emplace(signature(i), i);
      if (!is_new) first_of_[i] = at->second;
    }
    // That found the last of each; a reader meets the first one first.
    std::map<std::uint32_t, std::uint32_t> first_by_last;
    for (std::uint32_t i = 0; i < count; ++i)
      first_of_[i] = first_by_last.try_emplace(first_of_[i], i).first->second;
    for (const auto& [name, indices] : same_name) number(name, indices, taken.contains(name));
  }

  void number(std::string_view name, const std::vector<std::uint32_t>& indices, bool is_taken) {
    int number = 0;
    for (const std::uint32_t i : indices) {
      if (first_of_[i] != i) continue;
      if (++number > 1 || is_taken) names_[i] = std::string(name) + "#" + std::to_string(number);
    }
  }

  std::string signature(std::uint32_t index) const {
    const Composite& composite = graph_.composites[index];
    std::string text;
    const auto add = [&](std::string_view part) { text.append(part).push_back('\0'); };
    add(composite.name);
    add(composite.location);
    for (std::uint32_t i = 0; i < composite.calls.count; ++i) {
      const Call& call = graph_.calls[composite.calls.first + i];
      for (const std::string_view part : {call.name, call.kernel, call.lines, call.call_site})
        add(part);
      add(call.composite == kNoComposite ? "" : std::to_string(first_of_[call.composite]));
      for (const ExpressionIndex index : {call.multiplier, call.when, call.stored_count})
        add(index == kNoExpression ? "" : graph_.expressions[index].text);
      for (std::uint32_t k = 0; k < call.binding_count; ++k) {
        const Binding& binding = graph_.bindings[call.first_binding + k];
        add(binding.parameter);
        add(graph_.expressions[binding.expression].text);
      }
      add("");
    }
    return text;
  }

  // ---- the graph ----

  void write_architectures() {
    if (graph_.architectures.empty()) return;
    json_.line();
    json_.key("architectures");
    json_.begin_array();
    for (const std::string_view name : graph_.architectures) json_.value(name);
    json_.end_array();
  }

  void write_source() {
    if (graph_.source_package.empty() && graph_.source_version.empty() &&
        graph_.source_file.empty())
      return;
    json_.line();
    json_.key("source");
    json_.begin_object();
    write_text(&json_, "package", graph_.source_package);
    write_text(&json_, "version", graph_.source_version);
    write_text(&json_, "file", graph_.source_file);
    json_.end_object();
  }

  void write_requirements() {
    if (graph_.requires_plugins.empty()) return;
    json_.line();
    json_.key("requires");
    json_.begin_object();
    for (const Requirement& row : graph_.requires_plugins) json_.member(row.plugin, row.range);
    json_.end_object();
  }

  void write_expression(std::string_view key, ExpressionIndex index) {
    if (index != kNoExpression) json_.member(key, text_of(graph_.expressions[index]));
  }

  void write_variables(const std::vector<CompositeVariable>& variables) {
    if (variables.empty()) return;
    json_.line();
    json_.key("variables");
    json_.begin_object();
    for (const CompositeVariable& row : variables) {
      json_.line();
      write_expression(row.name, row.expression);
    }
    json_.end_object();
  }

  void write_value(const Value& value) {
    switch (value.kind) {
      case Value::Kind::kNone:
        return json_.null();
      case Value::Kind::kNumber:
        return value.is_boolean ? json_.value(!value.number.is_zero()) : json_.value(value.number);
      case Value::Kind::kString:
        return json_.value(value.string);
      case Value::Kind::kList:
        json_.begin_array();
        for (const Value& element : value.list) write_value(element);
        return json_.end_array();
      case Value::Kind::kObject:  // inside a list: its presence is all that was kept
        json_.begin_object();
        return json_.end_object();
    }
  }

  // Names are sorted, so that "rope_scaling" stands in front of "rope_scaling.factor", though not
  // always right in front of it.
  void write_config() {
    if (!graph_.config || graph_.config->empty()) return;
    json_.line();
    json_.key("config");
    write_config_below("");
  }
  void write_config_below(const std::string& prefix) {
    json_.begin_object();
    for (const std::string_view name : graph_.config->names()) {
      if (!name.starts_with(prefix) || name.find('.', prefix.size()) != name.npos) continue;
      const Config::Entry* entry = graph_.config->find(name);
      json_.key(name.substr(prefix.size()));
      if (entry->value.kind == Value::Kind::kObject)
        write_config_below(std::string(name) + ".");
      else
        write_value(entry->value);
    }
    json_.end_object();
  }

  void write_catalog() {
    if (graph_.kernels.empty()) return;
    json_.line();
    json_.key("catalog");
    json_.begin_array();
    for (const Plugin& plugin : graph_.kernels) {
      json_.line();
      write_kernel_catalog(plugin, &json_);
    }
    json_.end_array();
  }

  // ---- composites ----

  void write_composite(std::uint32_t index) {
    const Composite& composite = graph_.composites[index];
    json_.line();
    json_.key(names_[index]);
    json_.begin_object();
    write_text(&json_, "doc", composite.doc);
    write_text(&json_, "location", composite.location);
    write_text(&json_, "lines", composite.lines);
    write_parameters(composite);
    write_variables(composite.variables);
    write_calls(composite.calls);
    if (composite.sdpa || composite.fused) {
      json_.line();
      json_.key("modes");
      json_.begin_object();
      for (const auto& [name, calls] :
           {std::pair("sdpa", composite.sdpa), std::pair("fused", composite.fused)}) {
        if (!calls) continue;
        json_.key(name);
        json_.begin_object();
        write_calls(*calls);
        json_.end_object();
      }
      json_.end_object();
    }
    json_.end_object();
  }

  void write_parameters(const Composite& composite) {
    if (composite.parameters.empty()) return;
    json_.line();
    json_.key("parameters");
    json_.begin_array();
    for (const CompositeParameter& row : composite.parameters) {
      std::string text(row.name);
      if (row.default_value != kNoExpression)
        text += "=" + text_of(graph_.expressions[row.default_value]);
      json_.value(text);
    }
    json_.end_array();
  }

  void write_calls(const CallRange& calls) {
    json_.line();
    json_.key("sub_kernels");
    json_.begin_array();
    for (std::uint32_t i = 0; i < calls.count; ++i) {
      json_.line();
      write_call(graph_.calls[calls.first + i]);
    }
    json_.end_array();
  }

  void write_call(const Call& call) {
    json_.begin_object();
    json_.member("name", call.name);
    json_.member("kernel", call.composite == kNoComposite ? std::string(call.kernel)
                                                          : names_[first_of_[call.composite]]);
    if (call.binding_count > 0) {
      json_.key("bindings");
      json_.begin_object();
      for (std::uint32_t i = 0; i < call.binding_count; ++i) {
        const Binding& binding = graph_.bindings[call.first_binding + i];
        write_expression(binding.parameter, binding.expression);
      }
      json_.end_object();
    }
    write_expression("multiplier", call.multiplier);
    write_expression("when", call.when);
    write_expression("stored_count", call.stored_count);
    write_roles(call);
    write_text(&json_, "lines", call.lines);
    write_text(&json_, "call_site", call.call_site);
    write_text(&json_, "doc", call.doc);
    json_.end_object();
  }

  void write_roles(const Call& call) {
    if (call.role_count == 0) return;
    json_.key("roles");
    json_.begin_object();
    for (std::uint32_t i = 0; i < call.role_count; ++i) {
      const RoleOverride& row = graph_.roles[call.first_role + i];
      json_.member(row.operand, name_of(row.role));
    }
    json_.end_object();
  }

  const Graph& graph_;
  JsonWriter json_;
  std::vector<std::uint32_t> first_of_;  // by composite: the first that says the same
  std::vector<std::string> names_;
};

}  // namespace

std::string write_graph(const Graph& graph) { return GraphWriter(graph).write(); }

}  // namespace lmhost

#include "resolve/composite_call.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "formula/rewrite.hpp"
#include "load/kernel_names.hpp"
#include "resolve/example.hpp"

namespace lmhost {
namespace {

Result<std::uint32_t> find_composite(const Graph& graph, std::string_view given) {
  std::vector<SpelledName> names;
  for (std::size_t i = 0; i < graph.composites.size(); ++i) {
    // Trees name a composite as often as they call it.
    const auto found = graph.composite_by_name.find(graph.composites[i].name);
    const bool is_first = found == graph.composite_by_name.end() || found->second == i;
    if (is_first) names.push_back({graph.composites[i].name, i});
  }
  const std::vector<std::size_t> owners = match_spelling(names, given);
  if (owners.size() == 1) return static_cast<std::uint32_t>(owners.front());
  if (owners.empty()) {
    std::vector<std::string_view> known;
    for (const SpelledName& row : names) known.push_back(row.name);
    return plain_error(ErrorKind::kUsage, codes::kUnknownKernel,
                       "the graph has no kernel " + quoted(given), did_you_mean(given, known));
  }
  std::vector<std::string> candidates;
  for (std::size_t owner : owners) candidates.emplace_back(graph.composites[owner].name);
  return ambiguous_spelling(given, std::move(candidates));
}

const Number kNotGiven(-1);  // no precision

// The runtime variables' places.
std::optional<Number> CompositeCall::*length_named(std::string_view name) {
  if (name == "batch_size") return &CompositeCall::batch_size;
  if (name == "seq_len") return &CompositeCall::seq_len;
  if (name == "cache_len") return &CompositeCall::cache_len;
  return nullptr;
}

class Caller {
 public:
  Caller(Graph& graph, std::uint32_t composite)
      : graph_(graph), composite_(graph.composites[composite]) {}

  void bind(const std::string& name, const Value& value, CompositeCall& call) {
    auto& list = composite_.parameters;
    const auto parameter =
        std::find_if(list.begin(), list.end(),
                     [&](const CompositeParameter& known) { return known.name == name; });
    if (parameter != list.end()) {
      parameter->default_value = static_cast<ExpressionIndex>(graph_.expressions.size());
      graph_.expressions.push_back(constant_expression(value));
      return;
    }
    if (const auto length = length_named(name)) {
      if (value.kind != Value::Kind::kNumber) return wrong_value(name, value);
      call.*length = value.number;
      return;
    }
    if (!assign(precision_, name, value)) return wrong_value(name, value);
    if (!precision_.parameters.empty()) {
      precision_.parameters.clear();
      unknown(name);
    }
  }

  void set_precision(CompositeCall& call) const {
    const auto set = [](std::optional<Number>& bits, const Number& given) {
      if (given != kNotGiven) bits = given;
    };
    set(call.w_bits, precision_.w_bits);
    set(call.a_bits, precision_.a_bits);
    set(call.kv_bits, precision_.kv_bits);
    set(call.index_bits, precision_.index_bits);
  }

  Diagnostics& errors() { return errors_; }

 private:
  void wrong_value(const std::string& name, const Value& value) {
    errors_.push_back(plain_error(
        ErrorKind::kInput, codes::kWrongArgument,
        quoted(name) + " must be an exact number of 0 or more, not " + to_string(value)));
  }
  void unknown(const std::string& name) {
    std::vector<std::string_view> known = {"batch_size", "seq_len", "cache_len", "bytes"};
    for (const CompositeParameter& parameter : composite_.parameters)
      known.push_back(parameter.name);
    errors_.push_back(plain_error(ErrorKind::kInput, codes::kUnknownParameter,
                                  quoted(composite_.name) + " has no parameter " + quoted(name),
                                  did_you_mean(name, known)));
  }

  Graph& graph_;
  Composite& composite_;
  KernelBindings precision_{{}, kNotGiven, kNotGiven, kNotGiven, kNotGiven, {}};
  Diagnostics errors_;
};

}  // namespace

Result<CompositeCall> call_composite(const Model& model, std::string_view name,
                                     const std::vector<std::pair<std::string, Value>>& arguments) {
  const Result<std::uint32_t> composite = find_composite(*model.graph, name);
  if (!composite) return composite.errors();
  auto graph = std::make_shared<Graph>(*model.graph);
  graph->root_composite = *composite;
  graph->root = graph->composites[*composite].name;
  graph->root_offset = graph->composites[*composite].offset;
  CompositeCall call;
  call.model = model;
  Caller caller(*graph, *composite);
  for (const auto& [argument, value] : arguments) caller.bind(argument, value, call);
  if (!caller.errors().empty()) return std::move(caller.errors());
  caller.set_precision(call);
  call.model.graph = std::move(graph);
  return call;
}

}  // namespace lmhost

// Graphs made in memory, by way of their text: what reads a file reads and checks them too. Each call
// is a part of the text with a name of its own, so that every error, of whatever stage, names it.
#include <array>
#include <charconv>

#include "api/objects.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "load/json.hpp"
#include "report/json_writer.hpp"

namespace lmhost::v0 {
namespace {

struct Named {
  std::string name, text;
};

struct CompositeRow {
  std::string name;
  std::vector<std::string> parameters;
  std::vector<GraphCall> calls;
};

// Without the end of line.
std::string taken(JsonWriter& json) {
  std::string text = json.take();
  text.pop_back();
  return text;
}

std::string json_string(const std::string& text) {
  JsonWriter json;
  json.value(text);
  return taken(json);
}

std::string json_of(const GraphCall& call) {
  JsonWriter json;
  json.begin_object();
  json.member("name", call.name);
  json.member("kernel", call.kernel);
  if (!call.bindings.empty()) {
    json.key("bindings");
    json.begin_object();
    for (const auto& [parameter, formula] : call.bindings) json.member(parameter, formula.text);
    json.end_object();
  }
  const std::pair<const char*, const GraphFormula*> formulas[] = {
      {"count", &call.count}, {"when", &call.when}, {"stored_count", &call.stored_count}};
  for (const auto& [key, formula] : formulas)
    if (!formula->text.empty()) json.member(key, formula->text);
  json.end_object();
  return taken(json);
}

std::string json_of(const std::vector<std::string>& texts) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
  return taken(json);
}

// The text under construction: lines, each the part that its label names.
class Lines {
 public:
  explicit Lines(std::string name) : source_{std::move(name), {}, {}} {}

  void add(const std::string& label, const std::string& line) {
    source_.parts.push_back({source_.name + ": " + label, source_.text.size()});
    source_.text += line + "\n";
  }
  // Members of an object, each a line.
  void add_members(const char* key, const std::string& label, const std::vector<Named>& members) {
    if (members.empty()) return;
    add("graph", "\"" + std::string(key) + "\": {");
    for (const Named& member : members)
      add(label + quoted(member.name),
          json_string(member.name) + ": " + member.text + (&member == &members.back() ? "" : ","));
    add("graph", "},");
  }
  SourceText take() && { return std::move(source_); }

 private:
  SourceText source_;
};

}  // namespace

struct LMHOST_LOCAL GraphBuilder::Data {
  std::string root;
  std::vector<Named> config;     // as JSON
  std::vector<Named> variables;  // likewise
  std::vector<CompositeRow> composites;
  std::string homeless;  // the first call in front of every composite

  SourceText text(const std::string& name) const;
};

SourceText GraphBuilder::Data::text(const std::string& name) const {
  Lines lines(name);
  lines.add("graph", R"({"schema": "lmhost.graph/1", "root": )" + json_string(root) + ",");
  lines.add_members("config", "config ", config);
  lines.add_members("variables", "variable ", variables);
  lines.add("graph", R"("kernels": {)");
  for (const CompositeRow& composite : composites) {
    const std::string label = "composite " + quoted(composite.name);
    lines.add(label, json_string(composite.name) + R"(: {"parameters": )" +
                         json_of(composite.parameters) + R"(, "sub_kernels": [)");
    for (const GraphCall& call : composite.calls)
      lines.add("call " + quoted(call.name) + " of " + quoted(composite.name),
                json_of(call) + (&call == &composite.calls.back() ? "" : ","));
    lines.add(label, &composite == &composites.back() ? "]}" : "]},");
  }
  lines.add("graph", "}}");
  return std::move(lines).take();
}

GraphValue::GraphValue(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  json_.assign(digits.data(), end);
}

GraphValue::GraphValue(const char* text) : json_(json_string(text)) {}

GraphValue::GraphValue(const std::string& text) : json_(json_string(text)) {}

GraphValue::GraphValue(const std::vector<GraphValue>& list) {
  for (const GraphValue& value : list) json_ += (json_.empty() ? "[" : ", ") + value.json();
  json_ += json_.empty() ? "[]" : "]";
}

GraphValue GraphValue::from_json(std::string json) {
  GraphValue value;
  value.json_ = std::move(json);
  return value;
}

GraphBuilder::GraphBuilder(std::string root) : data_(std::make_unique<Data>()) {
  data_->root = std::move(root);
}
GraphBuilder::~GraphBuilder() = default;
GraphBuilder::GraphBuilder(GraphBuilder&&) noexcept = default;
GraphBuilder& GraphBuilder::operator=(GraphBuilder&&) noexcept = default;

GraphBuilder& GraphBuilder::config(std::string name, const GraphValue& value) {
  data_->config.push_back({std::move(name), value.json()});
  return *this;
}

GraphBuilder& GraphBuilder::variable(std::string name, GraphFormula formula) {
  data_->variables.push_back({std::move(name), json_string(formula.text)});
  return *this;
}

GraphBuilder& GraphBuilder::composite(std::string name, std::vector<std::string> parameters) {
  data_->composites.push_back({std::move(name), std::move(parameters), {}});
  return *this;
}

GraphBuilder& GraphBuilder::call(GraphCall call) {
  if (!data_->composites.empty())
    data_->composites.back().calls.push_back(std::move(call));
  else if (data_->homeless.empty())
    data_->homeless = quoted(call.name);
  return *this;
}

std::string GraphBuilder::to_json() const { return data_->text("").text; }

Result<Graph> Host::build(const GraphBuilder& builder, const std::string& name) const {
  const GraphBuilder::Data& made = *builder.data_;
  if (!made.homeless.empty())
    return plain_error(ErrorKind::kUsage, codes::kUsage,
                       "call " + made.homeless + " is in no composite",
                       "composite() begins the one that calls are added to");
  // By themselves first: a value must not close the object that it is in.
  Diagnostics errors;
  for (const Named& member : made.config) {
    const auto value = JsonDocument::parse(std::make_shared<const SourceText>(
        SourceText{name + ": config " + quoted(member.name), member.text}));
    if (!value) errors.insert(errors.end(), value.errors().begin(), value.errors().end());
  }
  if (!errors.empty()) return errors;
  const auto source = std::make_shared<const SourceText>(made.text(name));
  Result<Model> loaded = load_model({name, {}, {}, data_->host.prefix(), source, {}});
  if (!loaded) return std::move(loaded).errors();
  return Graph(std::make_shared<const Graph::Data>(Graph::Data{std::move(loaded).value()}));
}

}  // namespace lmhost::v0

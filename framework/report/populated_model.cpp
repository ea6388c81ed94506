#include "report/populated_model.hpp"

#include <vector>

#include "report/json_writer.hpp"

namespace lmhost {
namespace {

class PopulatedWriter {
 public:
  PopulatedWriter(const PopulatedModel& populated, const PopulateRequest& request)
      : populated_(populated), request_(request) {}

  std::string write(JsonValue model) {
    json_.begin_object();
    for (const JsonMember& member : model.members()) {
      if (member.key() == "layers" || member.key() == "populated") continue;
      json_.line();
      json_.key(member.key());
      scalar(member.value);
    }
    json_.line();
    write_source();
    json_.line();
    json_.key("layers");
    open(model.find("layers"));
    while (!open_.empty()) step();
    json_.line();
    json_.end_object();
    return json_.take();
  }

 private:
  struct Level {
    JsonValue::Elements::Iterator at, end;
  };

  // What the other members of a model and of a layer are, once the format is checked.
  void scalar(JsonValue value) {
    if (value.is(JsonKind::kString))
      json_.value(value.string());
    else if (value.is(JsonKind::kNumber))
      json_.value(value.number());
    else if (value.is(JsonKind::kBoolean))
      json_.value(value.boolean());
    else
      json_.null();
  }

  void write_source() {
    json_.key("populated");
    json_.begin_object();
    json_.member("config", std::string_view(request_.config->source()));
    // Where an installation lies says nothing about the numbers.
    const std::string& rules = request_.rules->file->name;
    json_.member("rules", std::string_view(rules).substr(rules.rfind('/') + 1));
    json_.end_object();
  }

  void open(JsonValue layers) {
    json_.begin_array();
    open_.push_back({layers.elements().begin(), layers.elements().end()});
  }

  void step() {
    Level& level = open_.back();
    if (!(level.at != level.end)) {
      open_.pop_back();
      json_.line();
      json_.end_array();
      if (!open_.empty()) json_.end_object();  // of the layer around them
      return;
    }
    const JsonValue layer = *level.at;
    ++level.at;
    json_.line();
    json_.begin_object();
    for (const JsonMember& member : layer.members()) {
      const std::string_view key = member.key();
      if (key == "sub_layers" || key == "origins" || key == "parameters") continue;
      json_.key(key);
      scalar(member.value);
    }
    if (const JsonValue below = layer.find("sub_layers"); below.exists()) {
      keep_parameters(layer);
      json_.key("sub_layers");
      return open(below);
    }
    write_parameters(populated_.layers[next_++]);
    json_.end_object();
  }

  // Of a composite layer: what it computes itself is not ours to fill.
  void keep_parameters(JsonValue layer) {
    for (const std::string_view key : {"parameters", "origins"}) {
      const JsonValue own = layer.find(key);
      if (!own.exists()) continue;
      json_.key(key);
      json_.begin_object();
      for (const JsonMember& member : own.members()) {
        json_.key(member.key());
        scalar(member.value);
      }
      json_.end_object();
    }
  }

  void write_parameters(const PopulatedLayer& layer) {
    json_.line();
    json_.key("parameters");
    json_.begin_object();
    for (const PopulatedParameter& parameter : layer.parameters) {
      json_.key(parameter.name);
      if (!parameter.text.empty())
        json_.value(parameter.text);
      else if (parameter.value.kind == Value::Kind::kString)
        json_.value("'" + parameter.value.string + "'");
      else if (parameter.value.is_boolean)
        json_.value(!parameter.value.number.is_zero());
      else
        json_.value(parameter.value.number);
    }
    json_.end_object();
    json_.line();
    json_.key("origins");
    json_.begin_object();
    for (const PopulatedParameter& parameter : layer.parameters)
      json_.member(parameter.name, origin(parameter));
    json_.end_object();
  }

  // "derived: num_attention_heads*head_dim (config.head_dim, config.num_attention_heads)".
  static std::string origin(const PopulatedParameter& parameter) {
    std::string text(name_of(parameter.origin));
    if (!parameter.rule.empty()) text += ": " + parameter.rule;
    std::string keys;
    for (const std::string& key : parameter.config_keys)
      keys += (keys.empty() ? "" : ", ") + ("config." + key);
    if (keys.empty()) return text;
    return text + (parameter.rule.empty() ? ": " + keys : " (" + keys + ")");
  }

  const PopulatedModel& populated_;
  const PopulateRequest& request_;
  JsonWriter json_;
  std::vector<Level> open_;
  std::size_t next_ = 0;  // of the populated layers
};

}  // namespace

std::string write_populated_model(JsonValue model, const PopulatedModel& populated,
                                  const PopulateRequest& request) {
  return PopulatedWriter(populated, request).write(model);
}

}  // namespace lmhost

// Level by level, so that the calls of a composite lie side by side; no recursion.
#include "load/formats/model_representation.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

#include "base/codes.hpp"
#include "formula/template.hpp"
#include "load/formats/json_template.hpp"
#include "load/formats/seed_names.hpp"

namespace lmhost {
namespace {

enum LayerKey { kName, kClass, kRepeat, kSubLayers, kParameters, kOrigins };
constexpr std::array<std::string_view, 6> kLayerKeys = {"name",       "class",      "repeat",
                                                        "sub_layers", "parameters", "origins"};
// "populated" says from what: written by `lmhost populate`.
constexpr std::array<std::string_view, 6> kModelKeys = {"model_id", "layers",  "description",
                                                        "title",    "$schema", "populated"};
constexpr std::array<std::string_view, 5> kExamplesKeys = {"$schema", "title", "description",
                                                           "examples", "layer_classification"};
constexpr std::string_view kInternal = "internal";

struct Layer {
  JsonValue json;
  std::array<JsonValue, kLayerKeys.size()> members;
  JsonValue operator[](LayerKey key) const { return members[key]; }
};

// ^[a-zA-Z_][a-zA-Z0-9_.]*\.[A-Z][a-zA-Z0-9_]*$
bool is_class_path(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == text.npos || dot == 0) return false;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const std::string_view module = text.substr(0, dot), name = text.substr(dot + 1);
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' &&
         std::all_of(name.begin(), name.end(), is_word) &&
         !(module[0] >= '0' && module[0] <= '9') && module[0] != '.' &&
         std::all_of(module.begin(), module.end(), [&](char c) { return is_word(c) || c == '.'; });
}

class ModelDecoder {
 public:
  explicit ModelDecoder(GraphBuilder* builder) : builder_(*builder), graph_(builder->graph) {}

  void decode(JsonValue root) {
    graph_.root_offset = static_cast<std::uint32_t>(root.offset());
    if (root.find("examples").exists())
      decode_examples(root);
    else
      decode_model(root);
    while (!pending_.empty() && !builder_.is_enough()) {
      const Pending next = pending_.front();
      pending_.pop_front();
      decode_layers(next);
    }
    add_byte_widths();
  }

 private:
  struct Pending {
    std::uint32_t composite;
    JsonValue layers;
    JsonValue parameters;  // of the layer itself; may not exist
  };

  void check_keys(JsonValue object, std::span<const std::string_view> known,
                  std::string_view what) {
    for (const JsonMember& member : object.members()) builder_.key_index(member, known, what);
  }

  void decode_model(JsonValue root) {
    check_keys(root, kModelKeys, "a model");
    graph_.root_composite = open_model(root, &graph_.root);
  }

  // The name of a model, and the composite of its layers.
  std::uint32_t open_model(JsonValue model, std::string_view* name) {
    const JsonValue id = model.find("model_id");
    if (id.exists())
      *name = builder_.kernel_name(id, "model_id");
    else
      builder_.missing(model, "model_id", "the model");
    const JsonValue layers = model.find("layers");
    if (!layers.exists()) builder_.missing(model, "layers", "the model");
    return open(*name, model, layers, {});
  }

  void decode_examples(JsonValue root) {
    check_keys(root, kExamplesKeys, "a list of models");
    const JsonValue title = root.find("title");
    graph_.root = title.exists() ? builder_.string(title, "title") : "examples";
    Composite list;
    list.name = graph_.root;
    list.offset = static_cast<std::uint32_t>(root.offset());
    graph_.root_composite = static_cast<std::uint32_t>(graph_.composites.size());
    graph_.composites.push_back(list);
    const JsonValue examples = root.find("examples");
    if (!builder_.expect(examples, JsonKind::kObject, "examples")) return;
    CallRange range = builder_.begin_calls();
    names_.clear();
    for (const JsonMember& member : examples.members()) {
      if (!builder_.expect(member.value, JsonKind::kObject, member.key())) continue;
      check_keys(member.value, kModelKeys, "a model");
      Call call;
      call.offset = static_cast<std::uint32_t>(member.value.offset());
      call.name = builder_.call_name(member.name, &names_);
      call.composite = open_model(member.value, &call.kernel);
      call.kernel_offset = static_cast<std::uint32_t>(member.name.offset());
      if (call.composite == kNoComposite || !builder_.add_call(call, member.value)) return;
    }
    builder_.end_calls(&range);
    graph_.composites[graph_.root_composite].calls = range;
  }

  std::uint32_t open(std::string_view name, JsonValue at, JsonValue layers, JsonValue parameters) {
    const auto index = static_cast<std::uint32_t>(graph_.composites.size());
    if (index >= builder_.limits.composites) {
      builder_.fail(at, codes::kLimit,
                    "more than " + std::to_string(builder_.limits.composites) + " composites");
      return kNoComposite;
    }
    Composite composite;
    composite.name = name;
    composite.offset = static_cast<std::uint32_t>(at.offset());
    graph_.composite_by_name.emplace(composite.name, index);
    graph_.composites.push_back(std::move(composite));
    if (layers.exists()) pending_.push_back({index, layers, parameters});
    return index;
  }

  void decode_layers(const Pending& pending) {
    const std::string_view key =
        pending.composite == graph_.root_composite ? "layers" : "sub_layers";
    if (!builder_.expect(pending.layers, JsonKind::kArray, key)) return;
    if (pending.layers.size() == 0)
      builder_.fail(pending.layers, codes::kBadValue, quoted(key) + " must not be empty");
    CallRange range = builder_.begin_calls();
    names_.clear();
    for (const JsonValue json : pending.layers.elements()) {
      if (builder_.is_enough() || !builder_.add_call(decode_layer(read(json)), json)) return;
    }
    if (pending.parameters.exists()) add_internal(pending);
    builder_.end_calls(&range);
    graph_.composites[pending.composite].calls = range;
  }

  Layer read(JsonValue json) {
    Layer layer;
    layer.json = json;
    if (!builder_.expect(json, JsonKind::kObject, "a layer")) return layer;
    for (const JsonMember& member : json.members()) {
      const std::size_t key = builder_.key_index(member, kLayerKeys, "a layer");
      if (key < kLayerKeys.size()) layer.members[key] = member.value;
    }
    if (!layer[kName].exists()) builder_.missing(json, "name", "the layer");
    if (!layer[kClass].exists()) builder_.missing(json, "class", "the layer");
    const JsonValue origins = layer[kOrigins];
    if (origins.exists() && builder_.expect(origins, JsonKind::kObject, "origins"))
      for (const JsonMember& member : origins.members())
        builder_.expect(member.value, JsonKind::kString, member.key());
    return layer;
  }

  Call decode_layer(const Layer& layer) {
    Call call = begin_call(layer.json);
    if (layer[kName].exists()) call.name = builder_.call_name(layer[kName], &names_);
    if (layer[kClass].exists()) {
      call.kernel = class_name(layer[kClass]);
      call.kernel_offset = static_cast<std::uint32_t>(layer[kClass].offset());
    }
    if (layer[kRepeat].exists()) read_repeat(layer[kRepeat], &call);
    if (layer[kSubLayers].exists())
      call.composite = open(call.kernel, layer.json, layer[kSubLayers], layer[kParameters]);
    else if (layer[kParameters].exists())
      bind(layer[kParameters], &call);
    return call;
  }

  Call begin_call(JsonValue at) const {
    Call call;
    call.offset = static_cast<std::uint32_t>(at.offset());
    call.first_binding = static_cast<std::uint32_t>(graph_.bindings.size());
    call.first_role = static_cast<std::uint32_t>(graph_.roles.size());
    return call;
  }

  std::string_view class_name(JsonValue value) {
    const std::string_view name = builder_.string(value, "class");
    if (value.is(JsonKind::kString) && !is_class_path(name))
      builder_.fail(value, codes::kBadValue, quoted(name) + " is no path of a class",
                    "write it with its module: torch.nn.modules.linear.Linear");
    return name;
  }

  void read_repeat(JsonValue value, Call* call) {
    if (!builder_.expect(value, JsonKind::kNumber, "repeat")) return;
    const Number count = value.number();
    if (!count.is_integer() || count.is_negative() || count.is_zero())
      return builder_.fail(value, codes::kBadValue, "'repeat' must be a whole number from 1");
    call->multiplier = builder_.expression(value, "repeat");
    call->multiplier_offset = GraphBuilder::expression_offset(value);
  }

  // What a composite computes itself: a kernel of its class, though the graph has a composite of
  // that name.
  void add_internal(const Pending& pending) {
    const Composite& composite = graph_.composites[pending.composite];
    Call call = begin_call(pending.parameters);
    std::string name(kInternal);
    while (!names_.add(builder_.keep(name)).is_new) name += '_';
    call.name = builder_.keep(name);
    call.kernel = composite.name;
    call.kernel_offset = static_cast<std::uint32_t>(pending.parameters.offset());
    bind(pending.parameters, &call);
    builder_.add_call(call, pending.parameters);
  }

  void bind(JsonValue parameters, Call* call) {
    if (!builder_.expect(parameters, JsonKind::kObject, "parameters")) return;
    for (const JsonMember& member : parameters.members()) {
      Binding binding;
      binding.parameter = member.key();
      binding.expression = member.value.is(JsonKind::kString)
                               ? template_expression(member.value)
                               : builder_.expression(member.value, member.key());
      binding.offset = GraphBuilder::expression_offset(member.value);
      if (binding.expression == kNoExpression) continue;
      graph_.bindings.push_back(binding);
      ++call->binding_count;
    }
  }

  ExpressionIndex template_expression(JsonValue value) {
    Result<Template> parsed = template_of(value);
    if (!parsed) {
      for (const Diagnostic& error : parsed.errors()) builder_.fail(error);
      return kNoExpression;
    }
    for (const ModuleCall& call : parsed->calls)
      builder_.fail(error_in(value, call.offset, call.length, codes::kFormulaSyntax,
                             "a parameter of a layer cannot call a module"));
    if (!parsed->calls.empty()) return kNoExpression;
    // The same text is the same expression: q_proj, k_proj and v_proj say the same.
    const NameSet::Added added = texts_.add(value.string());
    if (!added.is_new) return expression_of_[added.index];
    graph_.expressions.push_back(std::move(parsed->expression));
    expression_of_.push_back(static_cast<ExpressionIndex>(graph_.expressions.size() - 1));
    return expression_of_.back();
  }

  // dtype_bytes and its kin, as variables of the graph.
  void add_byte_widths() {
    for (const ByteWidth& width : kByteWidths) {
      const bool is_used = std::any_of(
          graph_.expressions.begin(), graph_.expressions.end(), [&](const Expression& expression) {
            return std::find(expression.names.begin(), expression.names.end(), width.name) !=
                   expression.names.end();
          });
      if (!is_used) continue;
      Result<Expression> meaning = parse_expression(width.meaning, "the seeds' names");
      graph_.expressions.push_back(std::move(meaning).value());
      graph_.variables.push_back({width.name,
                                  static_cast<ExpressionIndex>(graph_.expressions.size() - 1),
                                  graph_.root_offset});
    }
  }

  GraphBuilder& builder_;
  Graph& graph_;
  std::deque<Pending> pending_;
  NameSet names_;  // of the calls of one composite
  NameSet texts_;
  std::vector<ExpressionIndex> expression_of_;  // by index in texts_
};

bool is_model(JsonValue value) {
  if (!value.is(JsonKind::kObject)) return false;
  const JsonValue layers = value.find("layers");
  return layers.exists() && (value.find("model_id").exists() || layers.is(JsonKind::kArray));
}

}  // namespace

bool is_model_representation(JsonValue root) {
  if (is_model(root)) return true;
  if (!root.is(JsonKind::kObject)) return false;
  const JsonValue examples = root.find("examples");
  if (!examples.exists() || !examples.is(JsonKind::kObject) || examples.size() == 0) return false;
  return is_model((*examples.members().begin()).value);
}

void decode_model_representation(JsonValue root, GraphBuilder* builder) {
  ModelDecoder(builder).decode(root);
}

}  // namespace lmhost

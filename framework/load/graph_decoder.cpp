// Decodes `lmhost.graph/1`. One function per JSON object of the format; each lists the keys it
// knows, and the schema graphs/graph.schema.json says the same (tests/graph_schema_test.cpp).
#include <algorithm>
#include <array>
#include <utility>

#include "base/codes.hpp"
#include "load/graph_forms.hpp"
#include "load/graph_syntax.hpp"
#include "load/kernel_catalog.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kSchema = "lmhost.graph/1";

class GraphDecoder {
 public:
  explicit GraphDecoder(GraphBuilder* builder) : builder_(*builder), graph_(builder->graph) {}

  void decode(JsonValue root);

 private:
  void decode_root_member(std::size_t key, const JsonMember& member);
  void decode_catalog(JsonValue catalog);
  void decode_source(JsonValue source);
  void decode_requires(JsonValue ranges);
  void decode_architectures(JsonValue names);
  void decode_variables(JsonValue variables, std::vector<CompositeVariable>* out);
  void decode_kernels(JsonValue kernels);
  void decode_composite(const JsonMember& member, Composite* composite);
  void decode_parameters(JsonValue parameters, Composite* composite);
  void decode_modes(JsonValue modes, Composite* composite);
  CallRange decode_mode(JsonValue mode);
  CallRange decode_calls(JsonValue calls);
  void decode_call(JsonValue json);
  void decode_call_member(std::size_t key, const JsonMember& member, Call* call);
  void decode_count(const JsonMember& member, Call* call);
  void find_root();

  GraphBuilder& builder_;
  Graph& graph_;
  NameSet kernels_;     // the composites, then all others that are called
  NameSet call_names_;  // of the list being read
  JsonValue root_name_;
};

constexpr std::array<std::string_view, 11> kRootKeys = {
    "schema",    "doc",    "root",    "architectures", "source", "requires",
    "variables", "config", "kernels", "$schema",       "catalog"};

void GraphDecoder::decode(JsonValue root) {
  const JsonValue schema = root.find("schema");
  if (!schema.exists()) {
    builder_.fail(root, codes::kMissingKey, "the graph has no 'schema'",
                  "it says \"schema\": \"lmhost.graph/1\"");
    if (!root.find("kernels").exists()) return;  // something else altogether: one error says it
  } else if (schema.is(JsonKind::kString) && schema.string() != kSchema) {
    return builder_.fail(schema, codes::kUnknownSchema, "unknown schema " + quoted(schema.string()),
                         "this version reads " + quoted(kSchema));
  }
  bool has_kernels = false;
  for (const JsonMember& member : root.members()) {
    const std::size_t key = builder_.key_index(member, kRootKeys, "a graph");
    has_kernels = has_kernels || member.key() == "kernels";
    decode_root_member(key, member);
  }
  if (!root_name_.exists()) builder_.missing(root, "root", "the graph");
  if (!has_kernels) return builder_.missing(root, "kernels", "the graph");
  find_root();
}

void GraphDecoder::decode_root_member(std::size_t key, const JsonMember& member) {
  switch (key) {
    case 0:
      builder_.expect(member.value, JsonKind::kString, "schema");
      return;
    case 1:
      graph_.doc = builder_.string(member.value, "doc");
      return;
    case 2:
      root_name_ = member.value;
      graph_.root = builder_.string(member.value, "root");
      graph_.root_offset = static_cast<std::uint32_t>(member.value.offset());
      return;
    case 3:
      return decode_architectures(member.value);
    case 4:
      return decode_source(member.value);
    case 5:
      return decode_requires(member.value);
    case 6:
      return decode_variables(member.value, &graph_.variables);
    case 7: {
      Result<Config> config = Config::from_json(member.value);
      if (config)
        graph_.config = std::move(config).value();
      else
        for (const Diagnostic& error : config.errors()) builder_.fail(error);
      return;
    }
    case 8:
      return decode_kernels(member.value);
    case 9:
      builder_.expect(member.value, JsonKind::kString, "$schema");
      return;
    case 10:
      return decode_catalog(member.value);
    default:
      return;
  }
}

// One lmhost.kernels/1, or a list of them.
void GraphDecoder::decode_catalog(JsonValue catalog) {
  const auto read = [&](JsonValue json) {
    Result<Plugin> plugin = read_kernel_catalog(json);
    if (plugin) return graph_.kernels.push_back(std::move(plugin).value());
    for (const Diagnostic& error : plugin.errors()) builder_.fail(error);
  };
  if (catalog.is(JsonKind::kObject)) return read(catalog);
  if (!builder_.expect(catalog, JsonKind::kArray, "catalog")) return;
  for (const JsonValue json : catalog.elements()) read(json);
}

void GraphDecoder::decode_architectures(JsonValue names) {
  if (!builder_.expect(names, JsonKind::kArray, "architectures")) return;
  for (const JsonValue name : names.elements())
    graph_.architectures.push_back(builder_.string(name, "architectures"));
}

void GraphDecoder::decode_source(JsonValue source) {
  constexpr std::array<std::string_view, 3> kKeys = {"package", "version", "file"};
  std::string_view* const fields[] = {&graph_.source_package, &graph_.source_version,
                                      &graph_.source_file};
  if (!builder_.expect(source, JsonKind::kObject, "source")) return;
  for (const JsonMember& member : source.members()) {
    const std::size_t key = builder_.key_index(member, kKeys, "'source'");
    if (key < kKeys.size()) *fields[key] = builder_.string(member.value, kKeys[key]);
  }
}

void GraphDecoder::decode_requires(JsonValue ranges) {
  if (!builder_.expect(ranges, JsonKind::kObject, "requires")) return;
  for (const JsonMember& member : ranges.members()) {
    if (!builder_.expect(member.value, JsonKind::kString, member.key())) continue;
    const std::string_view range = member.value.string();
    if (!is_version_range(range))
      builder_.fail(member.value, codes::kBadValue, quoted(range) + " is no range of versions",
                    "write \">=1.0 <2\"");
    graph_.requires_plugins.push_back(
        {member.key(), range, static_cast<std::uint32_t>(member.value.offset())});
  }
}

void GraphDecoder::decode_variables(JsonValue variables, std::vector<CompositeVariable>* out) {
  if (!builder_.expect(variables, JsonKind::kObject, "variables")) return;
  for (const JsonMember& member : variables.members()) {
    if (!is_identifier(member.key()))
      builder_.fail(member.name, codes::kBadValue,
                    quoted(member.key()) + " is no name of a variable");
    out->push_back({member.key(), builder_.expression(member.value, member.key()),
                    GraphBuilder::expression_offset(member.value)});
  }
}

// Names first, so that a call knows at once whether it executes a composite.
void GraphDecoder::decode_kernels(JsonValue kernels) {
  if (!builder_.expect(kernels, JsonKind::kObject, "kernels")) return;
  std::size_t calls = 0;
  for (const JsonMember& member : kernels.members()) {
    const std::size_t count = graph_.composites.size();
    if (count == builder_.limits.composites)
      return builder_.fail(member.name, codes::kLimit,
                           "more than " + std::to_string(count) + " composites");
    Composite& composite = graph_.composites.emplace_back();
    composite.name = member.key();
    composite.offset = static_cast<std::uint32_t>(member.name.offset());
    graph_.composite_by_name.emplace(composite.name, static_cast<std::uint32_t>(count));
    kernels_.add(composite.name);
    calls += count_calls(member.value);
  }
  calls = std::min(calls, builder_.limits.calls);
  graph_.calls.reserve(calls);
  graph_.bindings.reserve(3 * calls);
  Composite* composite = graph_.composites.data();
  for (const JsonMember& member : kernels.members()) {
    if (builder_.is_enough()) return;
    decode_composite(member, composite++);
  }
}

void GraphDecoder::decode_composite(const JsonMember& member, Composite* composite) {
  constexpr std::array<std::string_view, 7> kKeys = {
      "doc", "location", "lines", "parameters", "variables", "sub_kernels", "modes"};
  if (composite->name.empty())
    builder_.fail(member.name, codes::kBadValue, "a kernel needs a name");
  if (!builder_.expect(member.value, JsonKind::kObject, composite->name)) return;
  bool has_calls = false;
  for (const JsonMember& part : member.value.members()) {
    switch (builder_.key_index(part, kKeys, "a composite kernel")) {
      case 0:
        composite->doc = builder_.string(part.value, "doc");
        break;
      case 1:
        composite->location = builder_.string(part.value, "location");
        break;
      case 2:
        composite->lines = builder_.lines(part.value);
        break;
      case 3:
        decode_parameters(part.value, composite);
        break;
      case 4:
        decode_variables(part.value, &composite->variables);
        break;
      case 5:
        composite->calls = decode_calls(part.value);
        has_calls = true;
        break;
      case 6:
        decode_modes(part.value, composite);
        break;
      default:
        break;
    }
  }
  if (!has_calls)
    builder_.missing(member.value, "sub_kernels",
                     "the composite kernel " + quoted(composite->name));
}

// "name" or "name=default".
void GraphDecoder::decode_parameters(JsonValue parameters, Composite* composite) {
  if (!builder_.expect(parameters, JsonKind::kArray, "parameters")) return;
  NameSet names;
  for (const JsonValue json : parameters.elements()) {
    if (!builder_.expect(json, JsonKind::kString, "parameters")) continue;
    const std::string_view text = json.string();
    const std::size_t equals = text.find('=');
    CompositeParameter parameter;
    parameter.name = trimmed(text.substr(0, equals));
    parameter.offset = static_cast<std::uint32_t>(json.offset());
    if (!is_identifier(parameter.name))
      builder_.fail(json, codes::kBadValue, quoted(text) + " declares no parameter",
                    "write \"name\" or \"name=default\"");
    else if (!names.add(parameter.name).is_new)
      builder_.fail(json, codes::kDuplicateName, "duplicate parameter " + quoted(parameter.name));
    if (equals != text.npos) {
      parameter.default_value = builder_.expression_in(json, equals + 1);
      parameter.default_offset = static_cast<std::uint32_t>(json.string_offset(equals + 1));
    }
    composite->parameters.push_back(parameter);
  }
}

void GraphDecoder::decode_modes(JsonValue modes, Composite* composite) {
  constexpr std::array<std::string_view, 2> kModes = {"sdpa", "fused"};
  if (!builder_.expect(modes, JsonKind::kObject, "modes")) return;
  for (const JsonMember& member : modes.members()) {
    if (member.key() == "eager") {
      builder_.fail(member.name, codes::kUnknownKey, "the mode 'eager' has no place in 'modes'",
                    "its calls are the kernel's own 'sub_kernels'");
      continue;
    }
    const std::size_t mode = builder_.key_index(member, kModes, "'modes'");
    const CallRange calls = decode_mode(member.value);
    if (mode == 0) composite->sdpa = calls;
    if (mode == 1) composite->fused = calls;
  }
}

CallRange GraphDecoder::decode_mode(JsonValue mode) {
  constexpr std::array<std::string_view, 2> kKeys = {"doc", "sub_kernels"};
  CallRange calls;
  if (!builder_.expect(mode, JsonKind::kObject, "a mode")) return calls;
  if (!mode.find("sub_kernels").exists()) builder_.missing(mode, "sub_kernels", "the mode");
  for (const JsonMember& member : mode.members()) {
    switch (builder_.key_index(member, kKeys, "a mode")) {
      case 0:
        builder_.string(member.value, "doc");
        break;
      case 1:
        calls = decode_calls(member.value);
        break;
      default:
        break;
    }
  }
  return calls;
}

CallRange GraphDecoder::decode_calls(JsonValue calls) {
  CallRange range = builder_.begin_calls();
  if (!builder_.expect(calls, JsonKind::kArray, "sub_kernels")) return range;
  call_names_.clear();
  for (const JsonValue call : calls.elements()) {
    if (builder_.is_enough()) break;
    decode_call(call);
  }
  builder_.end_calls(&range);
  return range;
}

enum CallKey {
  kName,
  kKernel,
  kBindings,
  kMultiplier,
  kCount,
  kWhen,
  kStoredCount,
  kRoles,
  kLines,
  kCallSite,
  kDoc
};
constexpr std::array<std::string_view, 11> kCallKeys = {
    "name",         "kernel", "bindings", "multiplier", "count", "when",
    "stored_count", "roles",  "lines",    "call_site",  "doc"};

void GraphDecoder::decode_call(JsonValue json) {
  if (!json.is(JsonKind::kObject))
    return builder_.fail(json, codes::kWrongType,
                         "a call must be an object, not " + std::string(name_of(json.kind())));
  Call call;
  call.offset = static_cast<std::uint32_t>(json.offset());
  call.first_binding = static_cast<std::uint32_t>(graph_.bindings.size());
  call.first_role = static_cast<std::uint32_t>(graph_.roles.size());
  bool has_name = false, has_kernel = false;
  for (const JsonMember& member : json.members()) {
    const std::size_t key = builder_.key_index(member, kCallKeys, "a call");
    has_name = has_name || key == kName;
    has_kernel = has_kernel || key == kKernel;
    decode_call_member(key, member, &call);
  }
  if (!has_name) builder_.missing(json, "name", "the call");
  if (!has_kernel) builder_.missing(json, "kernel", "the call");
  const std::uint32_t kernel = kernels_.add(call.kernel).index;
  if (kernel < graph_.composites.size()) call.composite = kernel;
  builder_.add_call(call, json);
}

void GraphDecoder::decode_call_member(std::size_t key, const JsonMember& member, Call* call) {
  switch (key) {
    case kName:
      call->name = builder_.call_name(member.value, &call_names_);
      return;
    case kKernel:
      call->kernel = builder_.kernel_name(member.value, "kernel");
      call->kernel_offset = static_cast<std::uint32_t>(member.value.offset());
      return;
    case kBindings:
      if (!builder_.expect(member.value, JsonKind::kObject, "bindings")) return;
      for (const JsonMember& binding : member.value.members()) builder_.add_binding(call, binding);
      return;
    case kMultiplier:
    case kCount:
      return decode_count(member, call);
    case kWhen:
      call->when = builder_.expression(member.value, "when");
      call->when_offset = GraphBuilder::expression_offset(member.value);
      return;
    case kStoredCount:
      call->stored_count = builder_.expression(member.value, "stored_count");
      call->stored_count_offset = GraphBuilder::expression_offset(member.value);
      return;
    case kRoles:
      return builder_.add_roles(call, member.value);
    case kLines:
      call->lines = builder_.lines(member.value);
      return;
    case kCallSite:
      call->call_site = builder_.string(member.value, "call_site");
      return;
    case kDoc:
      call->doc = builder_.string(member.value, "doc");
      return;
    default:
      return;
  }
}

void GraphDecoder::decode_count(const JsonMember& member, Call* call) {
  if (call->multiplier_offset != 0)
    builder_.fail(member.name, codes::kDuplicateKey, "'multiplier' and 'count' mean the same",
                  "keep one of them");
  call->multiplier = builder_.expression(member.value, member.key());
  call->multiplier_offset = GraphBuilder::expression_offset(member.value);
}

void GraphDecoder::find_root() {
  const auto root = graph_.composite_by_name.find(graph_.root);
  if (root != graph_.composite_by_name.end()) {
    graph_.root_composite = root->second;
  } else if (root_name_.exists() && root_name_.is(JsonKind::kString)) {
    std::vector<std::string_view> names;
    for (const Composite& composite : graph_.composites) names.push_back(composite.name);
    builder_.fail(root_name_, codes::kUnknownKernel,
                  "the root " + quoted(graph_.root) + " is none of this file's kernels",
                  did_you_mean(graph_.root, names));
  }
}

}  // namespace

void decode_graph(JsonValue root, GraphBuilder* builder) { GraphDecoder(builder).decode(root); }

}  // namespace lmhost

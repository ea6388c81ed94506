// The entry points of graph loading, and the graph's own small functions.
#include "load/graph.hpp"

#include <utility>

#include "base/codes.hpp"
#include "load/formats/model_representation.hpp"
#include "load/graph_forms.hpp"

namespace lmhost {

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::kEager:
      return "eager";
    case Mode::kSdpa:
      return "sdpa";
    case Mode::kFused:
      return "fused";
  }
  return {};
}

std::optional<Mode> mode_named(std::string_view name) {
  for (const Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused})
    if (name == name_of(mode)) return mode;
  return std::nullopt;
}

CallRange Composite::calls_in(Mode mode) const {
  if (mode == Mode::kFused && fused) return *fused;
  if (mode >= Mode::kSdpa && sdpa) return *sdpa;
  return calls;
}

const Composite* Graph::find(std::string_view name) const {
  const auto at = composite_by_name.find(name);
  return at == composite_by_name.end() ? nullptr : &composites[at->second];
}

bool is_graph(JsonValue root) {
  if (!root.is(JsonKind::kObject)) return false;
  for (const std::string_view key : {"schema", "kernels", "kernel_name", "kernel_type"})
    if (root.find(key).exists()) return true;
  return false;
}

Result<Graph> load_graph(const JsonDocument& document, const GraphLimits& limits) {
  const JsonValue root = document.root();
  GraphBuilder builder(document, limits);
  if (!root.is(JsonKind::kObject)) {
    builder.fail(root, codes::kWrongType,
                 "a graph must be an object, not " + std::string(name_of(root.kind())));
  } else if (is_model_representation(root)) {
    decode_model_representation(root, &builder);
  } else if (!root.find("schema").exists() &&
             (root.find("kernel_name").exists() || root.find("kernel_type").exists())) {
    decode_nested_tree(root, &builder);
  } else {
    decode_graph(root, &builder);
    find_cycles(&builder);
  }
  return builder.finish();
}

Result<Graph> load_graph(std::shared_ptr<const SourceText> source, const GraphLimits& limits) {
  const Result<JsonDocument> document = JsonDocument::parse(std::move(source));
  if (!document) return document.errors();
  return load_graph(document.value(), limits);
}

Result<Graph> load_graph_file(const std::string& path) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  if (!document) return document.errors();
  return load_graph(document.value());
}

}  // namespace lmhost

// The entry points of graph loading, and the graph's own small functions.
#include "load/graph.hpp"

#include <utility>

#include "load/formats/input.hpp"

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

Result<Graph> load_graph(const JsonDocument& document, const GraphLimits& limits) {
  return decode_input(input_of(document), {limits, ""});
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

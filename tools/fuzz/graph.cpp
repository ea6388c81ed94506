// Any bytes as a graph file: loading ends with a graph or with errors, each of which has a message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "load/graph.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto source = std::make_shared<lmhost::SourceText>();
  source->name = "fuzz.json";
  source->text.assign(reinterpret_cast<const char*>(data), size);
  const lmhost::Result<lmhost::Graph> graph = lmhost::load_graph(source);
  if (graph) return 0;
  if (graph.errors().empty()) std::abort();
  for (const lmhost::Diagnostic& error : graph.errors())
    if (error.message.empty() || error.code.empty()) std::abort();
  return 0;
}

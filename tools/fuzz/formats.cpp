// Any bytes as a file of one of the formats of others, and as two files of a folder: reading ends with
// errors or with a graph that can be written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "load/formats/input.hpp"
#include "report/graph_json.hpp"

namespace {

using namespace lmhost;

void check(const Result<Graph>& graph) {
  if (!graph) {
    if (graph.errors().empty()) std::abort();
    for (const Diagnostic& error : graph.errors())
      if (error.message.empty() || error.code.empty()) std::abort();
    return;
  }
  for (const Diagnostic& note : graph->notes)
    if (note.line == 0) std::abort();
  if (graph->root_composite == kNoComposite) return;
  const std::string text = write_graph(*graph);
  const auto source = std::make_shared<const SourceText>(SourceText{"written.json", text});
  const Result<Graph> again = load_graph(source);
  if (again && write_graph(*again) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  GraphLimits limits;
  limits.calls = 10'000;
  limits.composites = 1'000;
  const auto whole = std::make_shared<const SourceText>(SourceText{"fuzz.json", text});
  if (const Result<JsonDocument> document = JsonDocument::parse(whole))
    check(decode_input(input_of(*document), {limits, ""}));

  // Files of a folder are separated by a NUL.
  std::vector<std::shared_ptr<const SourceText>> files;
  for (std::size_t begin = 0, part = 0; begin <= text.size() && part < 4; ++part) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    files.push_back(std::make_shared<const SourceText>(
        SourceText{"k." + std::to_string(part) + ".json", text.substr(begin, end - begin)}));
    begin = end + 1;
  }
  if (const Result<Input> input = input_of("folder", std::move(files)))
    check(decode_input(*input, {limits, ""}));
  return 0;
}

// Any bytes as JSON: reading ends with errors or with a tree that can be walked, whose places lie
// in the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "load/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmhost;
  auto source = std::make_shared<SourceText>();
  source->name = "fuzz.json";
  source->text.assign(reinterpret_cast<const char*>(data), size);
  const Result<JsonDocument> document = JsonDocument::parse(source);
  if (!document) {
    if (document.errors().empty()) std::abort();
    return 0;
  }
  std::vector<JsonValue> open = {document->root()};
  while (!open.empty()) {
    const JsonValue value = open.back();
    open.pop_back();
    if (value.offset() + value.length() > size) std::abort();
    if (value.is(JsonKind::kArray))
      for (const JsonValue element : value.elements()) open.push_back(element);
    if (value.is(JsonKind::kObject)) {
      for (const JsonMember member : value.members()) {
        open.push_back(member.name);
        open.push_back(member.value);
        if (value.find(member.key()).offset() != member.value.offset()) std::abort();
      }
    }
    if (value.is(JsonKind::kString) && !value.string().empty())
      if (value.string_offset(value.string().size() - 1) >= size) std::abort();
    if (value.is(JsonKind::kNumber) && value.number().is_error()) std::abort();
  }
  return 0;
}

// Any bytes as a module database, and as one template: reading ends with kernels or with errors, each
// of which has a message, and what is linked has a text that parses back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "formula/template.hpp"
#include "load/formats/module_database.hpp"

namespace {

void check(const lmhost::Diagnostics& errors) {
  for (const lmhost::Diagnostic& error : errors)
    if (error.message.empty() || error.code.empty()) std::abort();
}

void check_formulas(const lmhost::Plugin& plugin) {
  for (const lmhost::Kernel& kernel : plugin.kernels)
    for (const lmhost::KernelFormula& formula : kernel.quantities) {
      const std::string& text = formula.expression->text;
      // Linking may make a formula longer than one may be written.
      if (text.size() < 10'000 && !lmhost::parse_expression(text, "linked")) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto source = std::make_shared<lmhost::SourceText>();
  source->name = "fuzz.json";
  source->text.assign(reinterpret_cast<const char*>(data), size);
  const auto parsed = lmhost::parse_template(source->text, *source, 0);
  if (!parsed) check(parsed.errors());
  const auto document = lmhost::JsonDocument::parse(source);
  if (!document) return 0;
  const auto database = lmhost::read_module_database(*document);
  if (!database && database.errors().empty()) std::abort();
  if (!database) {
    check(database.errors());
    return 0;
  }
  check(database->problems);
  check(database->warnings);
  check_formulas(database->plugin);
  return 0;
}

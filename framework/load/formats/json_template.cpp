#include "load/formats/json_template.hpp"

#include <algorithm>
#include <utility>

namespace lmhost {

Result<Template> template_of(JsonValue string) {
  const std::string_view text = string.string();
  if (!string.has_escapes()) return parse_template(text, string.source(), string.offset() + 1);
  Result<Template> parsed = parse_template(text, string.source().name);
  if (parsed) return parsed;
  Diagnostics errors;
  for (const Diagnostic& error : parsed.errors()) {
    // Of a text of several lines, which an escape can make, the first byte of the line is known.
    std::size_t begin = 0;
    for (std::size_t line = 1; line < error.line; ++line) begin = text.find('\n', begin) + 1;
    begin = std::min(begin + std::max<std::size_t>(error.column, 1) - 1, text.size());
    const std::size_t length = std::min(error.length, text.size() - begin);
    errors.push_back(error_in(string, begin, length, error.code, error.message, error.hint));
  }
  return errors;
}

}  // namespace lmhost

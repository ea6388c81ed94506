// What a handle knows about its value beyond the tape.
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "load/json.hpp"
#include "load/json_escape.hpp"

namespace lmhost {

std::string_view name_of(JsonKind kind) {
  constexpr std::string_view kNames[] = {"null",     "a boolean", "a number",
                                         "a string", "an array",  "an object"};
  return kNames[static_cast<std::size_t>(kind)];
}

Number JsonValue::number() const {
  const std::string_view written = text();
  if (const std::optional<Number> exact = parse_number(written)) return *exact;
  double value = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (error == std::errc()) return Number::inexact(value);
  // Too small or, past the reader's own check, too large by a rounding.
  const std::size_t exponent = written.find_first_of("eE");
  const bool is_small = exponent == written.npos || written[exponent + 1] == '-';
  return Number::inexact(is_small ? 0 : std::numeric_limits<double>::max());
}

std::size_t JsonValue::string_offset(std::size_t index) const {
  const JsonNode& n = node();
  const std::string_view text = tape_->source->text;
  if (text[n.offset] != '"') return n.offset + index;  // a Python constant
  if (n.detail >> 3 == 0) return n.offset + 1 + index;
  std::size_t at = n.offset + 1;
  for (std::size_t decoded = 0; at < n.offset + n.extent - 1;) {
    const JsonUnit unit = next_unit(text.substr(at));
    if (decoded + unit.decoded > index) break;
    decoded += unit.decoded;
    at += unit.raw;
  }
  return at;
}

JsonValue JsonValue::find(std::string_view key) const {
  for (const JsonMember member : members())
    if (member.key() == key) return member.value;
  return {};
}

Diagnostic error_at(JsonValue value, std::string_view code, std::string message, std::string hint) {
  return error_at(value.source(), value.offset(), value.length(), code, std::move(message),
                  std::move(hint));
}

Diagnostic error_in(JsonValue string, std::size_t index, std::size_t length, std::string_view code,
                    std::string message, std::string hint) {
  const std::size_t begin = string.string_offset(index), end = string.string_offset(index + length);
  return error_at(string.source(), begin, end - begin, code, std::move(message), std::move(hint));
}

}  // namespace lmhost

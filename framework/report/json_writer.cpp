#include "report/json_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/visible.hpp"
#include "report/columns.hpp"

#include <rapidjson/writer.h>

namespace lmhost {
namespace {

// What RapidJSON writes into, byte by byte: a growing buffer that can put the next token on a line
// of its own, after its comma.
class Sink {
 public:
  using Ch = char;

  void Put(char byte) {
    if (line_pending_) {
      line_pending_ = false;
      if (byte == ',') push(byte);
      push('\n');
      if (byte == ',') return;
    }
    push(byte);
  }
  void Flush() {}

  void start_line() { line_pending_ = true; }
  std::string take() {
    buffer_.resize(size_);
    size_ = 0;
    return std::move(buffer_);
  }

 private:
  void push(char byte) {
    if (size_ == buffer_.size()) buffer_.resize(std::max(2 * size_, kFirstSize));
    buffer_[size_++] = byte;
  }

  static constexpr std::size_t kFirstSize = 1024;
  std::string buffer_;  // its first size_ bytes
  std::size_t size_ = 0;
  bool line_pending_ = false;
};

rapidjson::SizeType size_of(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

void append_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += "0123456789abcdef"[unit >> shift & 0xF];
}

// One character of a string: as it is where it can be seen, else as its UTF-16 units.
void append_json(std::string& out, const Glyph& glyph, std::string_view bytes) {
  if (!glyph.is_spelled) {
    if (bytes == "\"" || bytes == "\\") out += '\\';
    out += bytes;
    return;
  }
  const char kind = glyph.text[1];
  std::uint32_t code = 0;
  for (const char digit : glyph.text.substr(2))
    code = code * 16 + static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  if (code == '\n' || code == '\r' || code == '\t') {
    out += code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t";
  } else if (kind == 'x' && code >= 0x80) {
    out += "\\ufffd";
  } else if (code < 0x10000) {
    append_unit(out, code);
  } else {
    append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
  }
}

}  // namespace

struct JsonWriter::State {
  Sink sink;
  rapidjson::Writer<Sink> writer{sink};

  void write_string(std::string_view text);
};

// RapidJSON escapes what JSON demands. Other characters that a terminal would obey or hide are \uXXXX
// as well: the value is the same. Bytes that are no UTF-8 have no place in JSON; U+FFFD stands there.
void JsonWriter::State::write_string(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x7F; });
  if (is_plain) {
    writer.String(text.data(), size_of(text));
    return;
  }
  std::string quoted = "\"";
  while (!text.empty()) {
    const Glyph glyph = next_glyph(text);
    append_json(quoted, glyph, text.substr(0, glyph.bytes));
    text.remove_prefix(glyph.bytes);
  }
  quoted += '"';
  writer.RawValue(quoted.data(), quoted.size(), rapidjson::kStringType);
}

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {}
JsonWriter::~JsonWriter() = default;

void JsonWriter::begin_object() { state_->writer.StartObject(); }
void JsonWriter::end_object() { state_->writer.EndObject(); }
void JsonWriter::begin_array() { state_->writer.StartArray(); }
void JsonWriter::end_array() { state_->writer.EndArray(); }
void JsonWriter::key(std::string_view name) { state_->write_string(name); }
void JsonWriter::value(std::string_view text) { state_->write_string(text); }
void JsonWriter::value(bool truth) { state_->writer.Bool(truth); }
void JsonWriter::value(std::size_t count) { state_->writer.Uint64(count); }
void JsonWriter::null() { state_->writer.Null(); }
void JsonWriter::line() { state_->sink.start_line(); }

void JsonWriter::value(const Number& number) {
  if (number.is_error()) return null();
  if (const std::optional<std::int64_t> integer = number.to_int64()) {
    state_->writer.Int64(*integer);
    return;
  }
  std::string text = to_string(number);
  if (text.find('/') != std::string::npos) text = to_string(Number::inexact(number.to_double()));
  state_->writer.RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void JsonWriter::quantity(std::string_view name, const Number& number) {
  member(name, number);
  if (!number.is_exact()) return;
  constexpr Int128 kLargestExact = Int128{1} << 53;
  const Int128 numerator = number.numerator();
  const bool fits = number.is_integer() ? numerator <= kLargestExact && numerator >= -kLargestExact
                                        : to_string(number).find('/') == std::string::npos;
  if (!fits) member(std::string(name) + "_exact", to_string(number));
}

void JsonWriter::costs(std::string_view name, const Costs& costs) {
  key(name);
  begin_object();
  cost_members(costs);
  end_object();
}

void JsonWriter::cost_members(const Costs& costs) {
  bool inexact = false;
  for (std::size_t i = 0; i < kQuantityCount; ++i) {
    quantity(name_of(static_cast<Quantity>(i)), costs.values[i]);
    inexact = inexact || costs.values[i].is_inexact();
  }
  for (const DerivedQuantity& derived : derived_quantities())
    quantity(derived.key, derived.value(costs));
  if (!inexact) return;
  key("inexact");
  begin_array();
  for (std::size_t i = 0; i < kQuantityCount; ++i)
    if (costs.values[i].is_inexact()) value(name_of(static_cast<Quantity>(i)));
  for (const DerivedQuantity& derived : derived_quantities())
    if (derived.value(costs).is_inexact()) value(derived.key);
  end_array();
}

std::string JsonWriter::take() {
  std::string text = state_->sink.take();
  text += '\n';
  return text;
}

}  // namespace lmhost

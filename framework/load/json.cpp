// The only file that includes RapidJSON's reader.
//
// What RapidJSON 1.1 leaves to its caller, and is done here: duplicate keys, depth, integers beyond
// 64 bits, NUL bytes, byte order marks, lone low surrogates, places of values, texts of errors.
#include "load/json.hpp"

#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/codes.hpp"
#include "load/json_escape.hpp"
#include "load/json_stream.hpp"
#include "load/name_set.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

constexpr std::uint32_t detail_of(JsonKind kind, std::size_t rest = 0) {
  return static_cast<std::uint32_t>(rest << 3) | static_cast<std::uint32_t>(kind);
}

// Receives the reader's events and writes the tape. Returning false stops the reader; `errors` then
// says why.
class TapeWriter {
 public:
  TapeWriter(const SourceText& source, const JsonStream& stream, const JsonOptions& options)
      : source_(source), stream_(stream), options_(options) {
    // Untouched pages cost nothing; growing a large tape would copy it.
    nodes.reserve(std::min(options.values, source.text.size() / 6 + 16));
  }

  std::vector<JsonNode> nodes;
  std::vector<std::string> decoded;
  Diagnostics errors;

  bool Null() { return word(4, JsonKind::kNull, 0); }
  bool Bool(bool truth) { return word(truth ? 4 : 5, JsonKind::kBoolean, truth ? 1 : 0); }
  bool Int(int) { return number(); }
  bool Uint(unsigned) { return number(); }
  bool Int64(std::int64_t) { return number(); }
  bool Uint64(std::uint64_t) { return number(); }
  bool Double(double value) { return number(std::isinf(value)); }
  bool RawNumber(const char*, std::size_t, bool) { return number(); }

  bool Key(const char*, std::size_t length, bool) { return string(length); }
  bool String(const char*, std::size_t length, bool) { return string(length) && count_child(); }

  bool StartObject() { return open(JsonKind::kObject); }
  bool StartArray() { return open(JsonKind::kArray); }
  bool EndObject(std::size_t) {
    find_duplicates(open_.back());
    return close();
  }
  bool EndArray(std::size_t) { return close(); }

  // "'{' in line 3 is not closed"
  std::string unclosed() const {
    if (open_.empty()) return {};
    const std::size_t offset = nodes[open_.back()].offset;
    return "'" + std::string(1, source_.text[offset]) + "' in line " +
           std::to_string(line_column(source_, offset).line) + " is not closed";
  }

 private:
  static constexpr std::size_t kMostErrors = 100;
  static constexpr std::size_t kSafeDigits = 38;  // 10^38 - 1 < 2^127

  bool fail(std::size_t offset, std::size_t length, std::string_view code, std::string message,
            std::string hint = {}) {
    errors.push_back(
        lmhost::error_at(source_, offset, length, code, std::move(message), std::move(hint)));
    return false;
  }

  bool add(std::size_t offset, std::size_t extent, std::uint32_t detail) {
    if (nodes.size() >= options_.values)
      return fail(offset, 1, codes::kLimit,
                  "more than " + std::to_string(options_.values) + " values");
    nodes.push_back(
        {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(extent), detail});
    return true;
  }

  bool count_child() {
    if (!open_.empty()) nodes[open_.back()].detail += 1u << 3;
    return true;
  }

  bool word(std::size_t length, JsonKind kind, std::size_t rest) {
    return add(stream_.Tell() - length, length, detail_of(kind, rest)) && count_child();
  }

  // The event comes behind the number, which is the run of its letters that ends there.
  bool number(bool is_infinite = false) {
    const std::size_t end = stream_.Tell();
    std::size_t start = end;
    while (start > 0 && is_number_letter(source_.text[start - 1])) --start;
    const std::size_t length = end - start;
    const std::string_view text = std::string_view(source_.text).substr(start, length);
    if (text.back() >= '0' && text.back() <= '9') {
      if (is_infinite) return fail(start, length, codes::kJsonSyntax, "number out of range");
      const bool is_integer = text.find_first_of(".eE") == text.npos;
      if (length > kSafeDigits && is_integer && !parse_number(text) && errors.size() < kMostErrors)
        fail(start, length, codes::kBadValue, "this number does not fit 128 bits");
      return add(start, length, detail_of(JsonKind::kNumber)) && count_child();
    }
    if (!options_.python_constants)
      return fail(start, length, codes::kJsonSyntax, quoted(text) + " is not a JSON number");
    decoded.emplace_back(text);
    return add(start, length, detail_of(JsonKind::kString, decoded.size())) && count_child();
  }
  static bool is_number_letter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '+' || c == '-';
  }

  bool string(std::size_t length) {
    const std::size_t start = stream_.string_start(), extent = stream_.Tell() - start;
    if (extent == length + 2) return add(start, extent, detail_of(JsonKind::kString));
    const std::string_view raw = std::string_view(source_.text).substr(start + 1, extent - 2);
    std::string text;
    text.reserve(length);
    for (std::size_t i = 0; i < raw.size();) {
      const JsonUnit unit = next_unit(raw.substr(i));
      if (unit.raw == 1) {
        text += raw[i];
      } else if (unit.code >= 0xDC00 && unit.code < 0xE000) {
        return fail(start + 1 + i, unit.raw, codes::kJsonSyntax, "half of a surrogate pair");
      } else {
        append_utf8(text, unit.code);
      }
      i += unit.raw;
    }
    decoded.push_back(std::move(text));
    return add(start, extent, detail_of(JsonKind::kString, decoded.size()));
  }

  bool open(JsonKind kind) {
    const std::size_t offset = stream_.Tell();
    if (open_.size() >= options_.depth)
      return fail(offset, 1, codes::kLimit,
                  "nested deeper than " + std::to_string(options_.depth) + " levels");
    count_child();
    open_.push_back(static_cast<std::uint32_t>(nodes.size()));
    return add(offset, 0, detail_of(kind));
  }

  bool close() {
    nodes[open_.back()].extent = static_cast<std::uint32_t>(nodes.size());
    open_.pop_back();
    return true;
  }

  std::string_view key_at(std::size_t index) const {
    const JsonNode& node = nodes[index];
    if (node.detail >> 3 != 0) return decoded[(node.detail >> 3) - 1];
    return std::string_view(source_.text).substr(node.offset + 1, node.extent - 2);
  }

  // Index of the key behind the member whose key is at `index`.
  std::size_t next_key(std::size_t index) const {
    const JsonNode& value = nodes[index + 1];
    return (value.detail & 7) >= static_cast<std::uint32_t>(JsonKind::kArray) ? value.extent
                                                                              : index + 2;
  }

  void find_duplicates(std::size_t object) {
    constexpr std::size_t kFew = 8;  // for which comparing all pairs is faster than a table
    const std::size_t count = nodes[object].detail >> 3;
    std::string_view few[kFew];
    std::size_t seen = 0;
    keys_.clear();
    for (std::size_t i = object + 1; i < nodes.size() && errors.size() < kMostErrors;
         i = next_key(i)) {
      const std::string_view key = key_at(i);
      bool is_new = true;
      if (count > kFew) {
        is_new = keys_.add(key).is_new;
      } else {
        is_new = std::find(few, few + seen, key) == few + seen;
        few[seen++] = key;
      }
      if (!is_new) report_duplicate(object, i);
    }
  }

  void report_duplicate(std::size_t object, std::size_t index) {
    const std::string_view key = key_at(index);
    std::size_t first = object + 1;
    while (key_at(first) != key) first = next_key(first);
    fail(nodes[index].offset, nodes[index].extent, codes::kDuplicateKey,
         "duplicate key " + quoted(key),
         "first in line " + std::to_string(line_column(source_, nodes[first].offset).line));
  }

  const SourceText& source_;
  const JsonStream& stream_;
  const JsonOptions& options_;
  std::vector<std::uint32_t> open_;  // nodes of the containers that are not closed yet
  NameSet keys_;
};

// What stands at `offset`, for "expected ..., found ...".
std::string found(std::string_view text, std::size_t offset) {
  const char c = text[offset];
  if (c >= 0x20 && c < 0x7F) return ", found '" + std::string(1, c) + "'";
  char digits[3] = {'0', '0', 0};
  const auto byte = static_cast<unsigned char>(c);
  std::to_chars(byte < 16 ? digits + 1 : digits, digits + 2, byte, 16);
  return ", found the byte 0x" + std::string(digits);
}

// What the author may have meant by a value or key that does not start as one.
std::string value_hint(std::string_view text, std::size_t offset) {
  const std::string_view rest = text.substr(offset);
  for (const std::string_view word : {"True", "False", "None"})
    if (rest.starts_with(word)) return "JSON spells it true, false or null";
  if (rest.starts_with('\'')) return "JSON strings take double quotes";
  if (rest.starts_with('/') || rest.starts_with('#')) return "JSON has no comments";
  const std::size_t before = text.substr(0, offset).find_last_not_of(" \t\r\n");
  if ((rest.starts_with(']') || rest.starts_with('}')) && before != text.npos &&
      text[before] == ',')
    return "JSON allows no comma before a closing bracket";
  return {};
}

std::string_view expected(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorValueInvalid:
      return "expected a value";
    case rapidjson::kParseErrorObjectMissName:
      return "expected a key in double quotes";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected ':' after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected ',' or '}'";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected ',' or ']'";
    case rapidjson::kParseErrorNumberMissFraction:
      return "expected a digit after the decimal point";
    case rapidjson::kParseErrorNumberMissExponent:
      return "expected a digit in the exponent";
    default:
      return "expected JSON";
  }
}

Diagnostic string_error(const SourceText& source, rapidjson::ParseErrorCode code,
                        std::size_t offset) {
  const auto error = [&source, offset](std::size_t length, std::string message,
                                       std::string hint = {}) {
    return error_at(source, offset, length, codes::kJsonSyntax, std::move(message),
                    std::move(hint));
  };
  switch (code) {
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
      return error(2, "\\u takes four hexadecimal digits");
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return error(6, "half of a surrogate pair");
    case rapidjson::kParseErrorStringInvalidEncoding:
      return error(1, "the text is not UTF-8" + found(source.text, offset));
    default:
      break;
  }
  if (source.text[offset] == '\\') return error(2, "unknown escape in a string");
  if (source.text[offset] == '\n' || source.text[offset] == '\r')
    return error(1, "the line ends inside a string", "is the closing quote missing?");
  return error(1, "a control character in a string must be escaped" + found(source.text, offset));
}

// The reader's error as one of ours.
Diagnostic syntax_error(const SourceText& source, const SourceFile& file, const JsonStream& stream,
                        const TapeWriter& writer, rapidjson::ParseErrorCode code,
                        std::size_t offset) {
  const std::string_view text =
      std::string_view(source.text).substr(0, file.begin + file.text.size());
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      if (offset >= text.size())
        return error_at(source, offset, 1, codes::kJsonSyntax, "the text is empty: expected JSON");
      break;  // a NUL byte
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return error_at(source, offset, 1, codes::kJsonSyntax,
                      "text behind the end of the JSON value");
    case rapidjson::kParseErrorNumberTooBig:
      return error_at(source, offset, 1, codes::kJsonSyntax, "number out of range");
    case rapidjson::kParseErrorStringMissQuotationMark:
      if (offset < text.size()) return string_error(source, code, offset);
      return error_at(source, stream.string_start(), 1, codes::kJsonSyntax,
                      "the text ends inside this string");
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
    case rapidjson::kParseErrorStringEscapeInvalid:
    case rapidjson::kParseErrorStringInvalidEncoding:
      return string_error(source, code, offset);
    default:
      break;
  }
  if (offset >= text.size())
    return error_at(source, text.size(), 1, codes::kJsonSyntax,
                    "the text ends too early: " + std::string(expected(code)), writer.unclosed());
  return error_at(source, offset, 1, codes::kJsonSyntax,
                  std::string(expected(code)) + found(text, offset), value_hint(text, offset));
}

// Byte order marks, which would only show as strange bytes.
std::optional<Diagnostic> encoding_error(const SourceText& source, const SourceFile& file) {
  const std::string_view text = file.text;
  if (text.starts_with("\xEF\xBB\xBF"))
    return error_at(source, file.begin, 3, codes::kJsonSyntax,
                    "byte order mark before the JSON text",
                    "save the file as UTF-8 without a byte order mark");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return error_at(source, file.begin, 2, codes::kJsonSyntax, "the text is UTF-16",
                    "save the file as UTF-8");
  return std::nullopt;
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::shared_ptr<const SourceText> source,
                                         const JsonOptions& options) {
  const SourceFile whole = {source->name, source->text, 0};
  return parse_file(std::move(source), whole, options);
}

Result<JsonDocument> JsonDocument::parse_part(std::shared_ptr<const SourceText> source,
                                              std::size_t part, const JsonOptions& options) {
  const SourceFile file = file_at(*source, source->parts[part].begin);
  return parse_file(std::move(source), file, options);
}

Result<JsonDocument> JsonDocument::parse_file(std::shared_ptr<const SourceText> source,
                                              const SourceFile& file, const JsonOptions& options) {
  if (source->text.size() > std::min<std::size_t>(options.bytes, 0xFFFFFFF0))
    return plain_error(
        ErrorKind::kInput, codes::kLimit,
        quoted(source->name) + " is longer than " + std::to_string(options.bytes) + " bytes");
  if (std::optional<Diagnostic> error = encoding_error(*source, file)) return std::move(*error);

  JsonStream stream(source->text, file.begin, file.begin + file.text.size());
  TapeWriter writer(*source, stream, options);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag | rapidjson::kParseInsituFlag |
                              rapidjson::kParseNanAndInfFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, writer);
  if (result.IsError() && result.Code() != rapidjson::kParseErrorTermination)
    writer.errors.push_back(
        syntax_error(*source, file, stream, writer, result.Code(), result.Offset()));
  else if (!result.IsError() && !stream.at_end())
    writer.errors.push_back(
        error_at(*source, stream.Tell(), 1, codes::kJsonSyntax,
                 "text behind the end of the JSON value" + found(source->text, stream.Tell())));
  if (!writer.errors.empty()) return std::move(writer.errors);

  auto tape = std::make_shared<JsonTape>();
  tape->source = std::move(source);
  tape->nodes = std::move(writer.nodes);
  tape->decoded = std::make_shared<const std::vector<std::string>>(std::move(writer.decoded));
  return JsonDocument(std::move(tape));
}

Result<JsonDocument> JsonDocument::read(const std::string& path, const JsonOptions& options) {
  Result<std::shared_ptr<const SourceText>> source = read_text(path, options.bytes);
  if (!source) return std::move(source).errors();
  return parse(std::move(source).value(), options);
}

}  // namespace lmhost

// JSON text as a compact tree that keeps the byte offset of every value, so that errors point at
// file:line:col.
//
// Read by RapidJSON's SAX parser, iteratively, with limits. Refused with a place: syntax errors,
// text that is not UTF-8, a byte order mark, duplicate keys (all of them), integers beyond
// 128 bits, nesting and size beyond the limits. A value takes 12 bytes; strings without escapes are
// views of the text, so whoever keeps one must keep the text (document.source()), and
// document.strings() for those with escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "lmhost/number.hpp"
#include "load/text_file.hpp"

namespace lmhost {

enum class JsonKind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
std::string_view name_of(
    JsonKind kind);  // "null", "a boolean", "a number", "a string", "an array", "an object"

struct JsonOptions {
  std::size_t bytes = kLongestText;  // REQUIRES: below 4 GiB
  std::size_t depth = 512;
  std::size_t values = 20'000'000;
  bool python_constants =
      false;  // NaN, Infinity and -Infinity, as Python's json writes them, read as strings
};

// One value. A container is followed by its subtree: elements, or keys and values in turn.
struct JsonNode {
  std::uint32_t offset;  // of the first byte in the text
  std::uint32_t
      extent;  // scalar: bytes in the text; container: index of the node behind the subtree
  // Low bits: the kind. The rest: elements or members of a container, 1 or 0 for a boolean, 1 + the
  // index among the decoded strings for a string with escapes.
  std::uint32_t detail;
};

struct JsonTape {
  std::shared_ptr<const SourceText> source;
  std::vector<JsonNode> nodes;  // preorder; the root is the first
  std::shared_ptr<const std::vector<std::string>> decoded;
};

// A light handle to one value of a document; valid as long as the document or a copy of it.
class JsonValue {
 public:
  class Members;
  class Elements;

  JsonValue() = default;
  bool exists() const { return tape_ != nullptr; }

  JsonKind kind() const { return static_cast<JsonKind>(node().detail & 7); }
  bool is(JsonKind kind) const { return this->kind() == kind; }
  bool boolean() const { return node().detail >> 3 != 0; }  // REQUIRES: kBoolean
  // REQUIRES: kNumber. Exact where it fits an exact number, else inexact; never an error: the
  // reader has refused integers beyond 128 bits.
  Number number() const;
  std::string_view string() const {  // REQUIRES: kString; decoded
    const JsonNode& n = node();
    if (n.detail >> 3 != 0) return (*tape_->decoded)[(n.detail >> 3) - 1];
    return std::string_view(tape_->source->text).substr(n.offset + 1, n.extent - 2);
  }
  bool has_escapes() const { return is(JsonKind::kString) && node().detail >> 3 != 0; }
  std::size_t size() const {  // elements or members; 0 for scalars
    return kind() >= JsonKind::kArray ? node().detail >> 3 : 0;
  }

  std::size_t offset() const {
    return node().offset;
  }                             // of the first byte in the text; of a string: its quote
  std::size_t length() const {  // in bytes, with the quotes of a string; 1 for arrays and objects
    return kind() >= JsonKind::kArray ? 1 : node().extent;
  }
  // The value as written. REQUIRES: a scalar
  std::string_view text() const {
    return std::string_view(tape_->source->text).substr(node().offset, node().extent);
  }
  // Byte offset in the text of the byte `index` of a string's decoded value (follows escapes); of
  // the closing quote for index == size. REQUIRES: kString
  std::size_t string_offset(std::size_t index) const;

  // Usage: for (JsonMember member : value.members()) ..., for (JsonValue element :
  // value.elements()) ...
  Members members() const;    // in order. REQUIRES: kObject
  Elements elements() const;  // in order. REQUIRES: kArray
  // The member of that key, or a handle that does not exist. Linear. REQUIRES: kObject
  JsonValue find(std::string_view key) const;

  const SourceText& source() const { return *tape_->source; }

 private:
  friend class JsonDocument;
  JsonValue(const JsonTape* tape, std::uint32_t index) : tape_(tape), index_(index) {}
  const JsonNode& node() const { return tape_->nodes[index_]; }
  std::uint32_t next() const { return kind() >= JsonKind::kArray ? node().extent : index_ + 1; }

  const JsonTape* tape_ = nullptr;
  std::uint32_t index_ = 0;
};

struct JsonMember {
  JsonValue name;  // a string
  JsonValue value;
  std::string_view key() const { return name.string(); }
};

class JsonValue::Elements {
 public:
  struct Iterator {
    JsonValue at;
    JsonValue operator*() const { return at; }
    Iterator& operator++() {
      at.index_ = at.next();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at.index_ != other.at.index_; }
  };
  explicit Elements(JsonValue array) : array_(array) {}
  Iterator begin() const { return {JsonValue(array_.tape_, array_.index_ + 1)}; }
  Iterator end() const { return {JsonValue(array_.tape_, array_.next())}; }

 private:
  JsonValue array_;
};

class JsonValue::Members {
 public:
  struct Iterator {
    JsonValue at;  // the key
    JsonMember operator*() const { return {at, JsonValue(at.tape_, at.index_ + 1)}; }
    Iterator& operator++() {
      at.index_ = JsonValue(at.tape_, at.index_ + 1).next();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at.index_ != other.at.index_; }
  };
  explicit Members(JsonValue object) : object_(object) {}
  Iterator begin() const { return {JsonValue(object_.tape_, object_.index_ + 1)}; }
  Iterator end() const { return {JsonValue(object_.tape_, object_.next())}; }

 private:
  JsonValue object_;
};

inline JsonValue::Members JsonValue::members() const { return Members(*this); }
inline JsonValue::Elements JsonValue::elements() const { return Elements(*this); }

// A whole text, immutable. Copies share it. Thread safety: const access from any thread.
class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::shared_ptr<const SourceText> source,
                                    const JsonOptions& options = {});
  // The same for one file of a text made of several; offsets are those of the whole text.
  // REQUIRES: `part` is below source->parts.size().
  static Result<JsonDocument> parse_part(std::shared_ptr<const SourceText> source, std::size_t part,
                                         const JsonOptions& options = {});
  // read_text, then parse.
  static Result<JsonDocument> read(const std::string& path, const JsonOptions& options = {});

  JsonValue root() const { return JsonValue(tape_.get(), 0); }
  const std::shared_ptr<const SourceText>& source() const { return tape_->source; }
  // What keeps decoded strings alive after the document.
  std::shared_ptr<const void> strings() const { return tape_->decoded; }

 private:
  explicit JsonDocument(std::shared_ptr<const JsonTape> tape) : tape_(std::move(tape)) {}
  static Result<JsonDocument> parse_file(std::shared_ptr<const SourceText> source,
                                         const SourceFile& file, const JsonOptions& options);
  std::shared_ptr<const JsonTape> tape_;
};

// An error that points at a whole value, or at `length` decoded bytes of a string from `index`.
Diagnostic error_at(JsonValue value, std::string_view code, std::string message,
                    std::string hint = {});
Diagnostic error_in(JsonValue string, std::size_t index, std::size_t length, std::string_view code,
                    std::string message, std::string hint = {});

}  // namespace lmhost

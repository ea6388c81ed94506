// The text as RapidJSON's reader takes it. Private to load/json.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lmhost {

// Bytes that end a string or need a closer look: quote, backslash, control characters, all that is
// not ASCII.
inline bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// True when all of eight bytes are plain, by the usual zero-byte trick on each condition.
inline bool are_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = word ^ kOnes * '"', backslash = word ^ kOnes * '\\';
  const std::uint64_t control = (word - kOnes * 0x20) & ~word;
  const std::uint64_t special =
      ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | control | word;
  return (special & kHigh) == 0;
}

// RapidJSON's stream concept over a constant text. Parsing is "in situ", which makes the reader
// hand its output back to the stream; the stream counts it instead of writing it. A string whose
// decoded size is its raw size has no escapes.
class JsonStream {
 public:
  typedef char Ch;

  // Reads [begin, end) of the text; offsets are those of the whole.
  JsonStream(std::string_view text, std::size_t begin, std::size_t end)
      : begin_(text.data()), at_(begin_ + begin), end_(begin_ + end) {}

  // What is read is followed by a NUL, which is what the reader takes for its end.
  char Peek() const { return *at_; }
  // A broken UTF-8 sequence at the end makes the reader take more than there is.
  char Take() { return at_ != end_ ? *at_++ : '\0'; }
  std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }

  // Called behind the opening quote of a string. Most strings are plain: skipped here, eight bytes
  // at a time.
  char* PutBegin() {
    string_ = at_;
    while (end_ - at_ >= 8 && are_plain(at_)) at_ += 8;
    while (is_plain(*at_)) ++at_;
    put_ = static_cast<std::size_t>(at_ - string_);
    return nullptr;
  }
  void Put(char) { ++put_; }
  std::size_t PutEnd(char*) { return put_; }
  void Flush() {}

  void skip_whitespace() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
  }
  // Offset of the last string's opening quote.
  std::size_t string_start() const { return static_cast<std::size_t>(string_ - begin_) - 1; }
  bool at_end() const { return at_ == end_; }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
  const char* string_ = nullptr;
  std::size_t put_ = 0;
};

// Found by the reader through its argument, in place of the one that takes a character at a time.
inline void SkipWhitespace(JsonStream& stream) { stream.skip_whitespace(); }

}  // namespace lmhost

// Escapes in JSON strings that the reader has accepted. Private to load/json*.cpp.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace lmhost {

// One character of a JSON string: how many bytes as written and decoded, and its code.
struct JsonUnit {
  std::size_t raw = 1;
  std::size_t decoded = 1;
  char32_t code = 0;
};

inline char32_t hex4(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

// REQUIRES: `rest` starts at a character of a string that the reader accepted.
inline JsonUnit next_unit(std::string_view rest) {
  if (rest[0] != '\\') return {1, 1, static_cast<unsigned char>(rest[0])};
  constexpr std::string_view kLetters = "bfnrt", kValues = "\b\f\n\r\t";
  if (rest[1] != 'u') {
    const std::size_t letter = kLetters.find(rest[1]);
    return {2, 1, static_cast<unsigned char>(letter == kLetters.npos ? rest[1] : kValues[letter])};
  }
  const char32_t code = hex4(rest.substr(2));
  if (code >= 0xD800 && code < 0xDC00)
    return {12, 4, 0x10000 + ((code - 0xD800) << 10) + (hex4(rest.substr(8)) - 0xDC00)};
  return {6, static_cast<std::size_t>(code < 0x80 ? 1 : code < 0x800 ? 2 : 3), code};
}

inline void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

}  // namespace lmhost

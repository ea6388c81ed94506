#include "load/plugin_table.hpp"

#include <algorithm>
#include <iterator>

namespace lmhost {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The length of the UTF-8 sequence at `at`, or 0: no overlong forms, no surrogates, nothing above
// U+10FFFF (Unicode 15, table 3-7).
std::size_t utf8_sequence(const unsigned char* at, const unsigned char* end) {
  const unsigned char first = *at;
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xC2   ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || static_cast<std::size_t>(end - at) < size) return 0;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < low || at[1] > high) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if ((at[i] & 0xC0) != 0x80) return 0;
  return size;
}

bool is_word(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

// A dot-separated part of a version's pre-release or build: [0-9A-Za-z-]+.
bool is_version_part(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (is_letter(c) && c != '_') || is_digit(c) || c == '-';
  });
}

bool is_plain_number(std::string_view part) {
  return !part.empty() && (part.size() == 1 || part[0] != '0') &&
         std::all_of(part.begin(), part.end(), is_digit);
}

// Cuts the text before the first `mark` off `rest`; all of it when there is none.
std::string_view cut(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return head;
}

bool are_version_parts(std::string_view text, bool numbers_are_plain) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const std::string_view part = cut(text, '.');
    if (!is_version_part(part)) return false;
    const bool number = std::all_of(part.begin(), part.end(), is_digit);
    if (numbers_are_plain && number && !is_plain_number(part)) return false;
  }
  return true;
}

}  // namespace

std::string TablePlace::text() const {
  std::string text;
  if (owner_kind != nullptr) text = std::string(owner_kind) + " '" + std::string(owner) + "'";
  if (kind != nullptr) {
    if (!text.empty()) text += ", ";
    text += std::string(kind) + " " + std::to_string(index + 1);
  }
  if (!text.empty()) text += ": ";
  return text;
}

void TableReader::error(std::string_view code, const TablePlace& place,
                        const std::string& problem) {
  if (!full()) add(plugin_error(path_, code, place.text() + problem));
}

std::string_view TableReader::string(const char* text, const TablePlace& place, const char* field) {
  if (text == nullptr) {
    error(codes::kPluginTable, place, std::string(field) + " is NULL");
    return {};
  }
  const std::size_t size = ::strnlen(text, kLongestString + 1);
  if (size > kLongestString) {
    error(codes::kPluginTable, place, std::string(field) + " is longer than 64 KiB");
    return {};
  }
  if (!is_utf8({text, size})) {
    error(codes::kPluginTable, place, std::string(field) + " is not UTF-8");
    return {};
  }
  return {text, size};
}

std::optional<std::string_view> TableReader::optional_string(const char* text,
                                                             const TablePlace& place,
                                                             const char* field) {
  if (text == nullptr) return std::nullopt;
  return string(text, place, field);
}

bool TableReader::check_span(const lmh_span& span, const TablePlace& place,
                             std::uint32_t required) {
  if (span.count == 0) return true;
  std::string problem;
  if (span.count > kMostElements) {
    problem = std::to_string(span.count) + " rows, more than " + std::to_string(kMostElements);
  } else if (span.data == nullptr) {
    problem = std::to_string(span.count) + " rows at NULL";
  } else if (span.stride < required || span.stride > kLargestStruct ||
             span.stride % sizeof(void*) != 0) {
    problem = "rows of " + std::to_string(span.stride) + " bytes, which no header declares";
  } else {
    return true;
  }
  TablePlace owner = place;
  owner.kind = nullptr;
  error(codes::kPluginTable, owner, "the table of " + std::string(place.kind) + "s has " + problem);
  return false;
}

void TableReader::newer_feature(const TablePlace& place, const char* structure, std::uint32_t at) {
  // The field's place, not the first byte of it that is not zero: that depends on an address.
  const std::uint32_t word = at / 8 * 8;
  error(codes::kNewerFeature, place,
        "uses a field of " + std::string(structure) + " that this host does not know (byte " +
            std::to_string(word) + "); it needs a newer lmhost");
}

bool is_dotted_name(std::string_view text) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty())
    if (!is_word(cut(text, '.'))) return false;
  return true;
}

bool is_precision_variable(std::string_view text) {
  return text.ends_with('s') &&  // as all of them do: most names are decided here
         std::find(std::begin(kPrecisionVariables), std::end(kPrecisionVariables), text) !=
             std::end(kPrecisionVariables);
}

// semver.org 2.0.0: MAJOR.MINOR.PATCH[-PRE.RELEASE][+BUILD]
bool is_semantic_version(std::string_view text) {
  const std::size_t plus = text.find('+');
  if (plus != std::string_view::npos && !are_version_parts(text.substr(plus + 1), false))
    return false;
  text = text.substr(0, plus);
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos && !are_version_parts(text.substr(dash + 1), true))
    return false;
  text = text.substr(0, dash);
  if (std::count(text.begin(), text.end(), '.') != 2) return false;
  return is_plain_number(cut(text, '.')) && is_plain_number(cut(text, '.')) &&
         is_plain_number(text);
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  // Nearly every string is ASCII: eight bytes at a time while no high bit is set.
  for (std::uint64_t word; end - at >= 8; at += 8) {
    std::memcpy(&word, at, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < end) {
    const std::size_t size = utf8_sequence(at, end);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

}  // namespace lmhost

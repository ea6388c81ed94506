#include "base/visible.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace lmhost {
namespace {

struct Range {
  char32_t first, last;
};

// Ascending. Characters that move the cursor, reorder the line, vanish, or mean nothing: categories
// Cc, Cf, Zl, Zp, Co and Cn of the Unicode Character Database 15 as far as they are whole ranges, the
// fillers of Hangul and the selectors of variants, which are as good as blank.
constexpr Range kHidden[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x3164, 0x3164},   {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0x1FFFE, 0x1FFFF}, {0x2FFFE, 0x2FFFF}, {0x3FFFE, 0x10FFFF},
};

// Two columns wide: East Asian Width W and F, by blocks.
constexpr Range kWide[] = {
    {0x1100, 0x115E},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

// Of no width: marks that stand on the character before.
constexpr Range kCombining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x1AB0, 0x1ACE},
    {0x1DC0, 0x1DFF}, {0x20D0, 0x20F0}, {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t code) {
  const Range* range =
      std::lower_bound(std::begin(ranges), std::end(ranges), code,
                       [](const Range& entry, char32_t value) { return entry.last < value; });
  return range != std::end(ranges) && code >= range->first;
}

// Length of the UTF-8 sequence at the start of `text`, or 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
      (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

char32_t decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  char32_t code = sequence.size() == 1   ? lead
                  : sequence.size() == 2 ? lead & 0x1Fu
                  : sequence.size() == 3 ? lead & 0x0Fu
                                         : lead & 0x07u;
  for (std::size_t i = 1; i < sequence.size(); ++i)
    code = code << 6 | (static_cast<unsigned char>(sequence[i]) & 0x3Fu);
  return code;
}

Glyph spelled(std::size_t bytes, char prefix, std::uint32_t value, int digits) {
  Glyph glyph = {bytes, 0, true, {'\\', prefix}};
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    glyph.text += "0123456789abcdef"[value >> shift & 0xF];
  glyph.columns = glyph.text.size();
  return glyph;
}

}  // namespace

Glyph next_glyph(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return spelled(1, 'x', static_cast<unsigned char>(text[0]), 2);
  const char32_t code = decode(text.substr(0, length));
  if (is_in(kHidden, code))
    return code < 0x80      ? spelled(length, 'x', code, 2)
           : code < 0x10000 ? spelled(length, 'u', code, 4)
                            : spelled(length, 'U', code, 8);
  const std::size_t columns = is_in(kCombining, code) ? 0 : is_in(kWide, code) ? 2 : 1;
  return {length, columns, false, std::string(text.substr(0, length))};
}

void append_visible(std::string& out, std::string_view foreign) {
  while (!foreign.empty()) {
    const auto plain = static_cast<std::size_t>(
        std::find_if(foreign.begin(), foreign.end(),
                     [](unsigned char c) { return c < 0x20 || c >= 0x7F; }) -
        foreign.begin());
    out += foreign.substr(0, plain);
    foreign.remove_prefix(plain);
    if (foreign.empty()) break;
    const Glyph glyph = next_glyph(foreign);
    out += glyph.text;
    foreign.remove_prefix(glyph.bytes);
  }
}

std::string visible(std::string_view text) {
  std::string result;
  append_visible(result, text);
  return result;
}

}  // namespace lmhost

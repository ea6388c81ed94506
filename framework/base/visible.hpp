// Foreign text as a person may see it: names, docs, paths and answers that others wrote, in which
// escape sequences, line ends, reordering and vanishing characters may stand. Every printer of
// every format begins with what this file says can be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lmhost {

// One displayed character: the bytes it stands for, the columns it takes and how it is printed.
struct Glyph {
  std::size_t bytes = 1;
  std::size_t columns = 1;
  bool is_spelled = false;  // else the bytes themselves are printed
  std::string text;
};

// REQUIRES: text is not empty. Controls (C0, DEL, C1), line and paragraph separators, bidirectional
// marks, zero-width and filling characters, noncharacters, private use, planes without characters
// and bytes that are not UTF-8 are spelled \x1b, \u202e or \U000e0001.
Glyph next_glyph(std::string_view text);

// The text with such characters spelled; of visible text the text itself, so that applying it twice
// changes nothing.
std::string visible(std::string_view text);
void append_visible(std::string& out, std::string_view foreign);

}  // namespace lmhost

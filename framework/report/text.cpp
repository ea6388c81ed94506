#include "report/text.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

#include "base/visible.hpp"

namespace lmhost {
namespace {

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

// -12, 4.125, 1e+30: as numbers are printed here, so never with a plus before them.
bool is_number(std::string_view text) {
  const auto skip_digits = [&] {
    const std::size_t before = text.size();
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') text.remove_prefix(1);
    return text.size() != before;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (!skip_digits()) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!skip_digits()) return false;
  }
  if (!text.starts_with('e')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return skip_digits() && text.empty();
}

// Each character by a table of spellings; the others as they are.
struct Spelling {
  std::string_view plain, spelled;
};
template <std::size_t N>
void spell_by(const Spelling (&table)[N], std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Spelling* entry = std::find_if(std::begin(table), std::end(table), [&](const auto& row) {
      return text.starts_with(row.plain);
    });
    const std::size_t size = entry == std::end(table) ? 1 : entry->plain.size();
    out += entry == std::end(table) ? text.substr(0, 1) : entry->spelled;
    text.remove_prefix(size);
  }
}

constexpr Spelling kLatex[] = {
    {"\\", "\\textbackslash{}"},
    {"~", "\\textasciitilde{}"},
    {"^", "\\textasciicircum{}"},
    {"&", "\\&"},
    {"%", "\\%"},
    {"$", "\\$"},
    {"#", "\\#"},
    {"_", "\\_"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"<", "\\textless{}"},
    {">", "\\textgreater{}"},
    {"×", "$\\times$"},
    {"≥", "$\\geq$"},
    {"≤", "$\\leq$"},
    {"·", "$\\cdot$"},
    {"…", "\\dots{}"},
};

constexpr Spelling kMermaid[] = {
    {"\"", "#quot;"}, {"#", "#35;"}, {"&", "#amp;"}, {"<", "#lt;"},
    {">", "#gt;"},    {"`", "#96;"}, {";", "#59;"},  {"%%", "#37;#37;"},
};

constexpr Spelling kDot[] = {{"\"", "\\\""}, {"\\", "\\\\"}};
constexpr Spelling kFolded[] = {{";", ":"}};

// An escape sequence of colour at the start of `text`, or 0.
std::size_t colour_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

struct Word {
  std::size_t blanks = 0;  // before it
  std::size_t columns = 0;
  std::string text;
};

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words(1);
  bool in_word = false;
  while (!line.empty()) {
    const std::size_t colour = colour_length(line);
    if (colour == 0 && line[0] == ' ') {
      if (in_word) words.emplace_back();
      in_word = false;
      ++words.back().blanks;
      line.remove_prefix(1);
      continue;
    }
    std::size_t bytes = colour;
    if (colour == 0) {
      const Glyph glyph = next_glyph(line);
      bytes = glyph.bytes;
      words.back().columns += glyph.columns;
      in_word = true;
    }
    words.back().text += line.substr(0, bytes);
    line.remove_prefix(bytes);
  }
  return words;
}

// Where the lines below a long one begin: behind its label ("memory     weights ..."), if there is
// one, else a little further in than the line itself.
std::size_t hanging_indent(const std::vector<Word>& words, std::size_t width) {
  constexpr std::size_t kDeepest = 40;
  const std::size_t own = words.front().blanks;
  std::size_t indent = own + 2, column = 0;
  for (std::size_t i = 0; i < words.size() && column < kDeepest; ++i) {
    column += words[i].blanks;
    if (i != 0 && words[i].blanks >= 2) {
      indent = column;
      break;
    }
    column += words[i].columns;
  }
  if (own >= kDeepest / 2) indent = own;
  return indent > width / 2 ? std::min<std::size_t>(2, width / 2) : indent;
}

void append_folded(std::string& out, std::string_view line, std::size_t width) {
  const std::vector<Word> words = words_of(line);
  std::size_t columns = 0;
  for (const Word& word : words) columns += word.blanks + word.columns;
  if (columns <= width) {
    out += line;
    return;
  }
  const std::size_t indent = hanging_indent(words, width);
  std::size_t at = 0;
  bool is_first = true;
  for (const Word& word : words) {
    if (!is_first && at + word.blanks + word.columns > width) {
      out += '\n';
      out.append(indent, ' ');
      at = indent;
    } else {
      out.append(word.blanks, ' ');
      at += word.blanks;
    }
    out += word.text;
    at += word.columns;
    is_first = false;
  }
}

}  // namespace

void spell_text(std::string& out, std::string_view foreign) { append_visible(out, foreign); }

void spell_csv(std::string& out, std::string_view foreign) {
  std::string cell;
  for (std::string_view rest = foreign; !rest.empty();) {
    const Glyph glyph = next_glyph(rest);
    cell += glyph.text == "\\" ? std::string("\\x5c") : glyph.text;
    rest.remove_prefix(glyph.bytes);
  }
  if (!cell.empty() && !is_number(cell) &&
      std::string_view("=+-@'").find(cell[0]) != std::string_view::npos)
    cell.insert(0, "'");
  if (cell.find_first_of(",\"") == std::string::npos && !cell.starts_with(' ') &&
      !cell.ends_with(' ')) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  out += '"';
}

void spell_markdown(std::string& out, std::string_view foreign) {
  const std::string text = visible(foreign);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    const char before = i == 0 ? ' ' : text[i - 1];
    const char next = rest.size() > 1 ? rest[1] : ' ';
    bool is_special = std::string_view("\\|`<*~$").find(text[i]) != std::string_view::npos;
    // Within a word an underline is a letter; elsewhere it would be emphasis.
    is_special = is_special || (text[i] == '_' && !(is_word(before) && is_word(next)));
    is_special = is_special || (text[i] == '&' && (is_word(next) || next == '#'));
    // [text](link), [text][reference], [reference]: link; and links that need no brackets.
    is_special = is_special || (text[i] == ']' && (next == '(' || next == '[' || next == ':'));
    is_special = is_special || rest.starts_with("://") ||
                 (text[i] == '.' && i >= 3 && std::string_view(text).substr(i - 3, 3) == "www");
    if (is_special) out += '\\';
    out += text[i];
  }
}

void spell_latex(std::string& out, std::string_view foreign) {
  std::string text = visible(foreign);
  // Behind the end of a row either would be an argument of it.
  if (text.starts_with('[') || text.starts_with('*')) {
    out.append("{").append(text, 0, 1).append("}");
    text.erase(0, 1);
  }
  spell_by(kLatex, out, text);
}

void spell_dot(std::string& out, std::string_view foreign) {
  spell_by(kDot, out, visible(foreign));
}

void spell_mermaid(std::string& out, std::string_view foreign) {
  spell_by(kMermaid, out, visible(foreign));
}

void spell_folded(std::string& out, std::string_view foreign) {
  spell_by(kFolded, out, visible(foreign));
}

std::string folded_lines(std::string_view text, std::size_t width) {
  if (width == 0) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    append_folded(out, text.substr(0, end), width);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace lmhost

// What is printed, by format. Words of ours and words that others wrote (names, docs, paths, answers)
// are told apart by type: a string literal is ours and goes in as it is; every other string is foreign
// and is spelled as its format needs. A printer builds the type of its format, so there is nothing to
// remember and nothing to forget: an undistinguished std::string cannot end a line, close a quote or
// reach the terminal raw.
#pragma once

#include <concepts>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace lmhost {

// Each appends foreign text as its format shows it. All begin with base/visible.hpp.
void spell_text(std::string& out, std::string_view foreign);
// A whole cell. Quoted where commas, quotes or blanks at an end need it. A cell that is no number and
// that a spreadsheet would run (= + - @ first) or that starts with ' has a ' before it; a backslash
// and what cannot be shown are \x5c, \x1b, \u202e. To undo: unquote, drop one leading ', replace
// \xHH (a byte), \uHHHH and \UHHHHHHHH (code points).
void spell_csv(std::string& out, std::string_view foreign);
// Inline text, of a table's cell too: nothing in it is markup, HTML, a link or the end of a cell.
void spell_markdown(std::string& out, std::string_view foreign);
// Special characters as commands; the signs of reports too.
void spell_latex(std::string& out, std::string_view foreign);
// Inside of a quoted string of Graphviz.
void spell_dot(std::string& out, std::string_view foreign);
// Inside of a quoted label: Mermaid has entities instead of escapes (#quot;), and reads HTML.
void spell_mermaid(std::string& out, std::string_view foreign);
// A frame of a stack: a semicolon would end it.
void spell_folded(std::string& out, std::string_view foreign);

template <void (*spell)(std::string&, std::string_view)>
class Spelled {
 public:
  Spelled() = default;
  // NOLINTBEGIN(google-explicit-constructor): the point is that += and + take either kind.
  template <std::size_t N>
  Spelled(const char (&own)[N]) : text_(own, N - 1) {}
  template <std::same_as<const char*> T>
  Spelled(const T& foreign) {
    spell(text_, foreign);
  }
  Spelled(std::string_view foreign) { spell(text_, foreign); }
  Spelled(const std::string& foreign) { spell(text_, foreign); }
  // Given back as a plain string it is foreign to every other text: spelled again, never raw.
  operator std::string() const { return text_; }
  // NOLINTEND(google-explicit-constructor)

  // Text that is spelled for this format already.
  static Spelled of_spelled(std::string text) {
    Spelled result;
    result.text_ = std::move(text);
    return result;
  }
  static Spelled blanks(std::size_t count) { return of_spelled(std::string(count, ' ')); }

  Spelled& operator+=(const Spelled& other) {
    text_ += other.text_;
    return *this;
  }
  friend Spelled operator+(Spelled left, const Spelled& right) {
    left += right;
    return left;
  }
  friend bool operator==(const Spelled& left, std::string_view right) {
    return left.text_ == right;
  }
  friend std::ostream& operator<<(std::ostream& stream, const Spelled& text) {
    return stream << text.text_;
  }

  bool empty() const { return text_.empty(); }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

using Text = Spelled<spell_text>;
using CsvText = Spelled<spell_csv>;
using MarkdownText = Spelled<spell_markdown>;
using LatexText = Spelled<spell_latex>;
using DotText = Spelled<spell_dot>;
using MermaidText = Spelled<spell_mermaid>;
using FoldedText = Spelled<spell_folded>;

// A result: text for people, or a document of some format.
class Document {
 public:
  Document() = default;
  // NOLINTBEGIN(google-explicit-constructor): a printer's result is a document.
  Document(Text text) : text_(text.str()), is_for_people_(true) {}
  template <void (*spell)(std::string&, std::string_view)>
  Document(const Spelled<spell>& text) : text_(text.str()) {}
  // NOLINTEND(google-explicit-constructor)
  // JSON, source, a file as it is: a format whose writer spells foreign text itself.
  static Document exact(std::string text) {
    Document result;
    result.text_ = std::move(text);
    return result;
  }

  Document& operator+=(const Text& more) {
    text_ += more.str();
    is_for_people_ = true;
    return *this;
  }
  bool empty() const { return text_.empty(); }
  bool is_for_people() const { return is_for_people_; }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
  bool is_for_people_ = false;
};

// Text for people with its long lines broken at blanks, what follows below the text behind a line's
// label or two columns further in. Colours take no room; a longer word stands alone. Width 0: as is.
std::string folded_lines(std::string_view text, std::size_t width);

}  // namespace lmhost

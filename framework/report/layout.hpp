// Text in columns: alignment by display width, tree guides, bars, and the two or three colours that
// reports use. Cells are foreign text: a table shows what is visible of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/text.hpp"

namespace lmhost {

struct TextStyle {
  bool colour = false;
  bool unicode = true;  // else ASCII only
  bool bars = false;
  bool exact = false;  // whole numbers instead of scaled ones
  unsigned width = 100;
};

// The signs of a style: what has no ASCII form is spelled differently.
struct Signs {
  explicit Signs(const TextStyle& style) : unicode(style.unicode) {}
  std::string_view times() const { return unicode ? "×" : "x"; }
  std::string_view dot() const { return unicode ? " · " : " | "; }
  std::string_view at_least() const { return unicode ? "≥" : ">="; }
  std::string_view at_most() const { return unicode ? "≤" : "<="; }
  std::string_view ellipsis() const { return unicode ? "…" : ".."; }
  bool unicode;
};

enum class Ink { kPlain, kBold, kDim, kBar };
Text painted(const Text& text, Ink ink, const TextStyle& style);

// Columns of what is printed of it.
std::size_t display_width(std::string_view text);
// Visible, cut at the left so that the telling end stays: "…functional.scaled_dot_product_attention".
std::string cut_left(std::string_view text, std::size_t width, const TextStyle& style);
// Visible, in lines of at most `width`, broken at white space; a longer word stands alone.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
std::string bar(double share, std::size_t width, const TextStyle& style);  // share in 0..1, padded

// The guides left of every row of a preorder tree: "", "├─ ", "│  └─ ", from the rows' depths.
std::vector<std::string> tree_guides(const std::vector<std::uint32_t>& depths,
                                     const TextStyle& style);

struct TableColumn {
  std::string header;
  bool left = false;
  Ink ink = Ink::kPlain;
};

class Table {
 public:
  explicit Table(std::vector<TableColumn> columns);

  // REQUIRES: as many cells as columns.
  void add(std::vector<std::string> cells);
  std::size_t width(std::size_t column) const;  // of its widest cell

  // Columns two blanks apart, no blank at the end of a line, every line ended by '\n'.
  Text text(const TextStyle& style, std::string_view indent = "") const;
  MarkdownText markdown() const;
  // A tabular with the rules of the package booktabs. Cells are plain text.
  LatexText latex() const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace lmhost

#include "report/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/visible.hpp"

namespace lmhost {
namespace {

constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

}  // namespace

Text painted(const Text& text, Ink ink, const TextStyle& style) {
  if (!style.colour || ink == Ink::kPlain || text.empty()) return text;
  Text result;
  if (ink == Ink::kBold) result += "\x1b[1m";
  if (ink == Ink::kDim) result += "\x1b[2m";
  if (ink == Ink::kBar) result += "\x1b[36m";
  return result + text + "\x1b[0m";
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = next_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string cut_left(std::string_view text, std::size_t width, const TextStyle& style) {
  const std::string shown = visible(text);
  std::size_t left = display_width(shown);
  if (left <= width) return shown;
  const std::string_view mark = Signs(style).ellipsis();
  const std::size_t keep = width > display_width(mark) ? width - display_width(mark) : 1;
  std::string_view rest = shown;
  while (left > keep) {
    const Glyph glyph = next_glyph(rest);
    left -= glyph.columns;
    rest.remove_prefix(glyph.bytes);
  }
  return std::string(mark) + std::string(rest);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n\r"), text.size());
    const std::string word = visible(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!lines.back().empty()) {
      if (display_width(lines.back()) + 1 + display_width(word) > width)
        lines.emplace_back();
      else
        lines.back() += ' ';
    }
    lines.back() += word;
  }
  return lines;
}

std::string bar(double share, std::size_t width, const TextStyle& style) {
  share = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  const auto eighths =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(width) * 8));
  std::string text;
  std::size_t cells = eighths / 8;
  if (!style.unicode) {
    cells = (eighths + 4) / 8;
    text.assign(cells, '#');
  } else {
    for (std::size_t i = 0; i < cells; ++i) text += "█";
    if (eighths % 8 != 0) {
      text += kEighths[eighths % 8];
      ++cells;
    }
  }
  text.append(width > cells ? width - cells : 0, ' ');
  return text;
}

std::vector<std::string> tree_guides(const std::vector<std::uint32_t>& depths,
                                     const TextStyle& style) {
  const std::string_view through = style.unicode ? "│  " : "|  ";
  const std::string_view branch = style.unicode ? "├─ " : "|- ";
  const std::string_view last = style.unicode ? "└─ " : "`- ";
  std::vector<std::string> guides(depths.size());
  // From the bottom up: open[d] says that a later row continues the list at depth d.
  std::vector<bool> open;
  for (std::size_t i = depths.size(); i-- > 0;) {
    const std::uint32_t depth = depths[i];
    open.resize(depth + 1, false);
    if (depth > 0) {
      for (std::uint32_t d = 1; d < depth; ++d)
        guides[i] += open[d] ? through : std::string_view("   ");
      guides[i] += open[depth] ? branch : last;
    }
    open[depth] = true;
  }
  return guides;
}

Table::Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  for (TableColumn& column : columns_) column.header = visible(column.header);
}

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = visible(cell);
  rows_.push_back(std::move(cells));
}

std::size_t Table::width(std::size_t column) const {
  // A longer cell pushes what follows it aside, rather than all others with it: no row pays for the
  // longest name.
  constexpr std::size_t kWidest = 256;
  std::size_t widest = display_width(columns_[column].header);
  for (const auto& row : rows_) {
    const std::size_t width = display_width(row[column]);
    if (width <= kWidest) widest = std::max(widest, width);
  }
  return widest;
}

Text Table::text(const TextStyle& style, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) widths.push_back(width(i));
  const bool has_header = std::any_of(columns_.begin(), columns_.end(),
                                      [](const auto& column) { return !column.header.empty(); });

  Text text;
  auto add_line = [&](auto cell_of, bool is_header) {
    Text line = indent;
    std::size_t blanks = 0;  // not yet written: none at the end of a line
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::size_t end = cell.find_last_not_of(' ') + 1;
      const std::size_t pad = widths[i] - std::min(widths[i], display_width(cell));
      blanks += (i == 0 ? 0 : 2) + (columns_[i].left ? 0 : pad);
      if (end != 0) {
        line += Text::blanks(blanks);
        line += painted(cell.substr(0, end), is_header ? Ink::kBold : columns_[i].ink, style);
        blanks = 0;
      }
      blanks += cell.size() - end + (columns_[i].left ? pad : 0);
    }
    text += line;
    text += "\n";
  };
  if (has_header)
    add_line([&](std::size_t i) -> const std::string& { return columns_[i].header; }, true);
  for (const auto& row : rows_)
    add_line([&](std::size_t i) -> const std::string& { return row[i]; }, false);
  return text;
}

LatexText Table::latex() const {
  LatexText text = "\\begin{tabular}{";
  for (const TableColumn& column : columns_) text += column.left ? LatexText("l") : LatexText("r");
  text += "}\n\\toprule\n";
  const auto add_line = [&](auto cell_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view cell = cell_of(i);
      const std::size_t blanks = std::min(cell.find_first_not_of(' '), cell.size());
      if (i != 0) text += " & ";
      // Half an em for each blank of indentation.
      if (blanks != 0 && blanks != cell.size()) {
        text += "\\hspace*{";
        text += std::to_string(blanks / 2);
        text += blanks % 2 != 0 ? LatexText(".5em}") : LatexText("em}");
      }
      text += cell.substr(blanks);
    }
    text += " \\\\\n";
  };
  add_line([&](std::size_t i) -> std::string_view { return columns_[i].header; });
  text += "\\midrule\n";
  for (const auto& row : rows_) add_line([&](std::size_t i) -> std::string_view { return row[i]; });
  return text + "\\bottomrule\n\\end{tabular}\n";
}

MarkdownText Table::markdown() const {
  MarkdownText text = "|";
  for (const TableColumn& column : columns_) {
    text += " ";
    text += column.header;
    text += " |";
  }
  text += "\n|";
  for (const TableColumn& column : columns_)
    text += column.left ? MarkdownText(" :-- |") : MarkdownText(" --: |");
  text += "\n";
  for (const auto& row : rows_) {
    text += "|";
    for (const std::string& cell : row) {
      text += " ";
      text += cell;
      text += " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace lmhost

#include "report/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lmhost {
namespace {

constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

void trim_end(std::string* line) {
  while (!line->empty() && line->back() == ' ') line->pop_back();
}

}  // namespace

std::string painted(std::string_view text, Ink ink, const TextStyle& style) {
  if (!style.colour || ink == Ink::kPlain || text.empty()) return std::string(text);
  const std::string_view code = ink == Ink::kBold  ? "\x1b[1m"
                                : ink == Ink::kDim ? "\x1b[2m"
                                                   : "\x1b[36m";
  return std::string(code) + std::string(text) + "\x1b[0m";
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string cut_left(std::string_view text, std::size_t width, const TextStyle& style) {
  const std::size_t whole = display_width(text);
  if (whole <= width) return std::string(text);
  const std::string_view mark = Signs(style).ellipsis();
  const std::size_t keep = width > display_width(mark) ? width - display_width(mark) : 1;
  std::size_t begin = 0;
  for (std::size_t dropped = 0; begin < text.size(); ++begin) {
    if (is_continuation(text[begin])) continue;
    if (dropped++ == whole - keep) break;
  }
  return std::string(mark) + std::string(text.substr(begin));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
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

std::string Table::text(const TextStyle& style, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) widths.push_back(width(i));
  const bool has_header = std::any_of(columns_.begin(), columns_.end(),
                                      [](const auto& column) { return !column.header.empty(); });

  std::string text;
  auto add_line = [&](auto cell_of, bool is_header) {
    std::string line(indent);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string pad(widths[i] - std::min(widths[i], display_width(cell)), ' ');
      const std::string ink = painted(cell, is_header ? Ink::kBold : columns_[i].ink, style);
      line += i == 0 ? "" : "  ";
      line += columns_[i].left ? ink + pad : pad + ink;
    }
    trim_end(&line);
    text += line;
    text += '\n';
  };
  if (has_header)
    add_line([&](std::size_t i) -> const std::string& { return columns_[i].header; }, true);
  for (const auto& row : rows_)
    add_line([&](std::size_t i) -> const std::string& { return row[i]; }, false);
  return text;
}

std::string latex_text(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kCommands[] = {
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
  std::string result;
  while (!text.empty()) {
    std::string_view sign = text.substr(0, 1), command = sign;
    for (const auto& [plain, spelled] : kCommands)
      if (text.starts_with(plain)) {
        sign = plain;
        command = spelled;
      }
    result += command;
    text.remove_prefix(sign.size());
  }
  return result;
}

std::string Table::latex() const {
  std::string text = "\\begin{tabular}{";
  for (const TableColumn& column : columns_) text += column.left ? 'l' : 'r';
  text += "}\n\\toprule\n";
  const auto add_line = [&](auto cell_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view cell = cell_of(i);
      const std::size_t blanks = std::min(cell.find_first_not_of(' '), cell.size());
      if (i != 0) text += " & ";
      // Half an em for each blank of indentation.
      if (blanks != 0 && blanks != cell.size())
        text += "\\hspace*{" + std::to_string(blanks / 2) + (blanks % 2 != 0 ? ".5em}" : "em}");
      text += latex_text(cell.substr(blanks));
    }
    text += " \\\\\n";
  };
  add_line([&](std::size_t i) -> std::string_view { return columns_[i].header; });
  text += "\\midrule\n";
  for (const auto& row : rows_) add_line([&](std::size_t i) -> std::string_view { return row[i]; });
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string Table::markdown() const {
  std::string text = "|";
  for (const TableColumn& column : columns_) text += " " + column.header + " |";
  text += "\n|";
  for (const TableColumn& column : columns_) text += column.left ? " :-- |" : " --: |";
  text += '\n';
  for (const auto& row : rows_) {
    text += '|';
    for (const std::string& cell : row) {
      text += ' ';
      for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
      text += " |";
    }
    text += '\n';
  }
  return text;
}

}  // namespace lmhost

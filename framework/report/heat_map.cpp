#include "report/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace lmhost {
namespace {

constexpr std::size_t kShades = 5;
// Light to dark, readable with black and white text, and apart for the colour-blind.
constexpr const char* kColours[kShades] = {"48;5;195;38;5;16", "48;5;117;38;5;16",
                                           "48;5;74;38;5;16", "48;5;31;38;5;231",
                                           "48;5;24;38;5;231"};
constexpr const char* kSigns[kShades] = {" ", "░", "▒", "▓", "█"};
constexpr const char* kAsciiSigns[kShades] = {" ", ".", ":", "+", "#"};

class Shading {
 public:
  explicit Shading(const HeatMap& map) {
    for (const HeatCell& cell : map.cells) {
      if (cell.is_out || !(cell.value > 0)) continue;
      least_ = least_ == 0 ? cell.value : std::min(least_, cell.value);
      most_ = std::max(most_, cell.value);
    }
  }
  std::size_t of(double value) const {
    if (!(value > 0) || !(most_ > least_)) return 0;
    const double share = std::log(value / least_) / std::log(most_ / least_);
    return std::min(kShades - 1, static_cast<std::size_t>(share * kShades));
  }

 private:
  double least_ = 0, most_ = 0;
};

std::string padded_left(const std::string& text, std::size_t width) {
  const std::size_t own = display_width(text);
  return std::string(width > own ? width - own : 0, ' ') + text;
}

// Nothing ends in blanks.
void end_line(Text& text) {
  std::string trimmed = text.str();
  trimmed.resize(trimmed.find_last_not_of(' ') + 1);
  text = Text::of_spelled(std::move(trimmed)) + "\n";
}

}  // namespace

Text write_heat_map(const HeatMap& map, const TextStyle& style) {
  const Shading shading(map);
  const std::string out_sign = style.unicode ? "·" : "OOM";
  const auto cell_text = [&](const HeatCell& cell) { return cell.is_out ? out_sign : cell.text; };

  std::size_t label_width = display_width(map.row_name);
  for (const std::string& row : map.rows) label_width = std::max(label_width, display_width(row));
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < map.columns.size(); ++c) {
    std::size_t width = display_width(map.columns[c]);
    for (std::size_t r = 0; r < map.rows.size(); ++r)
      width = std::max(width, display_width(cell_text(map.cells[r * map.columns.size() + c])));
    widths.push_back(width);
  }

  Text text = painted(map.title, Ink::kBold, style);
  if (!map.column_name.empty()) text += "  (" + Text(map.column_name) + " across)";
  text += "\n" + Text(map.row_name) + Text::blanks(label_width - display_width(map.row_name));
  // Without colours a sign has its column behind the numbers.
  const std::string no_sign(style.colour ? 0 : 2, ' ');
  for (std::size_t c = 0; c < map.columns.size(); ++c)
    text += "  " + Text(padded_left(map.columns[c], widths[c])) + no_sign;
  end_line(text);
  bool any_out = false;
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    text += padded_left(map.rows[r], label_width);
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const HeatCell& cell = map.cells[r * map.columns.size() + c];
      any_out = any_out || cell.is_out;
      if (cell.is_out) {
        text += "  " + Text(padded_left(out_sign, widths[c])) + no_sign;
        continue;
      }
      const std::size_t shade = shading.of(cell.value);
      if (style.colour) {
        text +=
            "  \x1b[" + Text(kColours[shade]) + "m" + padded_left(cell.text, widths[c]) + "\x1b[0m";
      } else {
        const std::string sign = style.unicode ? kSigns[shade] : kAsciiSigns[shade];
        text += "  " + Text(padded_left(cell.text, widths[c])) + " " + sign;
      }
    }
    end_line(text);
  }
  if (any_out) text += Text(out_sign) + " = out of memory\n";
  return text;
}

}  // namespace lmhost

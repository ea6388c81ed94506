#include "report/roofline.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/table.hpp"
#include "report/units.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kHeight = 16;
constexpr std::size_t kAxis = 8;  // what stands left of the plot: "  100 T "
constexpr std::size_t kLeastWidth = 40;
constexpr std::size_t kMostWidth = 92;
constexpr std::size_t kLetters = 12;

struct Point {
  char letter = ' ';  // ' ': no FLOPs, so no place
  double intensity = 0;
  double rate = 0;  // FLOP/s at the bound
};

// From 10^low to 10^high over `cells` cells.
struct Axis {
  double low, high;
  std::size_t cells;

  double value(std::size_t cell) const {
    return std::pow(
        10, low + (high - low) * (static_cast<double>(cell) + 0.5) / static_cast<double>(cells));
  }
  std::size_t cell(double value) const {
    const double share = (std::log10(value) - low) / (high - low);
    const double place = std::floor(share * static_cast<double>(cells));
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(cells) - 1));
  }
};

class Plot {
 public:
  Plot(const Roof& roof, const std::vector<Point>& points, const TextStyle& style)
      : roof_(roof), points_(points), unicode_(style.unicode) {
    const std::size_t width = std::clamp<std::size_t>(style.width > kAxis ? style.width - kAxis : 0,
                                                      kLeastWidth, kMostWidth);
    double least = roof.ridge() / 100, most = roof.ridge() * 10;
    for (const Point& point : points) {
      if (point.letter == ' ') continue;
      least = std::min(least, point.intensity);
      most = std::max(most, point.intensity);
    }
    x_ = {std::floor(std::log10(least)), std::ceil(std::log10(most)), width};
    double lowest = std::min(roof.matrix_peak / 100, roof.bandwidth * std::pow(10, x_.low));
    for (const Point& point : points)
      if (point.letter != ' ') lowest = std::min(lowest, point.rate);
    y_ = {std::floor(std::log10(lowest)), std::ceil(std::log10(roof.matrix_peak) + 1e-9), kHeight};
    cells_.assign(kHeight, std::vector<std::string>(width, " "));
  }

  Text text() {
    draw_roof();
    draw_points();
    Text text = "FLOP/s\n";
    for (std::size_t row = kHeight; row-- > 0;) {
      std::string line = row_label(row);
      line.append(unicode_ ? "│" : "|");
      for (const std::string& cell : cells_[row]) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      text += Text(line) + "\n";
    }
    return text + x_axis();
  }

 private:
  void draw_roof() {
    const std::size_t ridge = x_.cell(roof_.ridge());
    std::size_t before = kHeight;
    for (std::size_t column = 0; column < x_.cells; ++column) {
      const bool is_flat = column > ridge;
      const double rate = column >= ridge ? roof_.matrix_peak : roof_.bandwidth * x_.value(column);
      const std::size_t row = y_.cell(rate);
      // A slope that is steeper than the cells leaves no gaps.
      for (std::size_t r = std::min(before + 1, row); before < row && r < row; ++r)
        cells_[r][column] = unicode_ ? "╱" : "/";
      cells_[row][column] = column == ridge ? (unicode_ ? "┬" : "+")
                            : is_flat       ? (unicode_ ? "─" : "-")
                                            : (unicode_ ? "╱" : "/");
      before = row;
    }
    for (std::size_t row = 0; row < y_.cell(roof_.matrix_peak); ++row)
      cells_[row][ridge] = unicode_ ? "┊" : ":";
  }

  // Where several share a cell the first, the one that takes longest, is seen.
  void draw_points() {
    for (std::size_t i = points_.size(); i-- > 0;)
      if (points_[i].letter != ' ')
        cells_[y_.cell(points_[i].rate)][x_.cell(points_[i].intensity)] =
            std::string(1, points_[i].letter);
  }

  // At the cell that a power of ten falls into.
  std::string row_label(std::size_t row) const {
    for (double decade = y_.low; decade < y_.high + 0.5; ++decade)
      if (y_.cell(std::pow(10, decade)) == row && decade < y_.high) {
        std::string label = format_rate(std::pow(10, decade), "");
        if (label.back() == ' ') label.pop_back();
        return std::string(kAxis - 2 - std::min(label.size(), kAxis - 2), ' ') + label + " ";
      }
    return std::string(kAxis - 1, ' ');
  }

  Text x_axis() const {
    std::string rule(kAxis - 1, ' ');
    rule += unicode_ ? "└" : "+";
    std::string labels(kAxis + x_.cells + 12, ' ');
    for (std::size_t column = 0; column < x_.cells; ++column) rule += unicode_ ? "─" : "-";
    for (double decade = x_.low; decade < x_.high - 0.5; ++decade) {
      const std::string label = decade < 0
                                    ? format_fixed(std::pow(10, decade), static_cast<int>(-decade))
                                    : format_rate(std::pow(10, decade), "");
      labels.replace(kAxis + x_.cell(std::pow(10, decade) * 1.0000001), label.size(), label);
    }
    labels.replace(kAxis + x_.cells - 6, 18, "FLOP/B            ");
    labels.erase(labels.find_last_not_of(' ') + 1);
    return Text(rule) + "\n" + labels + "\n";
  }

  const Roof& roof_;
  const std::vector<Point>& points_;
  bool unicode_;
  Axis x_{}, y_{};
  std::vector<std::vector<std::string>> cells_;  // from the bottom
};

}  // namespace

Text write_roofline(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                    const TextStyle& style) {
  const CostTree& tree = *analysis.tree;
  RowOptions choice = options;
  choice.rows = options.rows == 0 ? kLetters : std::min(options.rows, kLetters);
  const Rows rows = make_rows(tree, choice);
  const double whole = summary.device->whole().seconds;
  std::vector<Point> points;
  Table table({{"", true, Ink::kBold},
               {"KERNEL", true, Ink::kPlain},
               {"%TIME", false, Ink::kPlain},
               {"TIME", false, Ink::kPlain},
               {"FLOP/B", false, Ink::kPlain},
               {"FLOP/s", false, Ink::kPlain},
               {"BOUND", true, Ink::kPlain}});
  char next = 'A';
  constexpr std::size_t kOthers = 52;  // of the columns beside the kernel's name
  for (std::size_t i = 1; i < rows.rows.size(); ++i) {
    const Row& row = rows.rows[i];
    const Costs costs = costs_of(tree, rows, row);
    const Bound bound = bound_of(tree, rows, row, options.device);
    const double flops = costs[Quantity::kFlops].to_double();
    const double bytes = (costs.bytes_read() + costs.bytes_written()).to_double();
    if (!(bound.seconds > 0)) continue;  // views: no time, no place
    Point point;
    if (flops > 0 && bytes > 0 && row.folded == 0)
      point = {next++, flops / bytes, flops / bound.seconds};
    points.push_back(point);
    table.add(
        {point.letter == ' ' ? "-" : std::string(1, point.letter),
         cut_left(row_name(tree, row, style), std::max<std::size_t>(style.width, 80) - kOthers,
                  style),
         format_fixed(whole > 0 ? 100 * bound.seconds / whole : 0, 1),
         format_seconds(bound.seconds),
         format_intensity(costs[Quantity::kFlops], costs.bytes_read() + costs.bytes_written()),
         flops > 0 ? format_rate(flops / bound.seconds, "") : "0",
         std::string(name_of(bound.limit()))});
  }
  return heading_lines(summary, analysis, style) + "\n" +
         Plot(summary.device->roof, points, style).text() + "\n" + table.text(style) + "\n" +
         footer_lines(summary, analysis, style);
}

}  // namespace lmhost

#include "report/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace lmhost {
namespace {

constexpr std::array<std::string_view, 11> kSiPrefixes = {"",  "k", "M", "G", "T", "P",
                                                          "E", "Z", "Y", "R", "Q"};
constexpr std::array<std::string_view, 7> kCountPrefixes = {"", "k", "M", "B", "T", "P", "E"};
constexpr std::array<std::string_view, 9> kBinaryPrefixes = {"",   "Ki", "Mi", "Gi", "Ti",
                                                             "Pi", "Ei", "Zi", "Yi"};

// Scales until what is printed is below `base`: 999,995 is "1.00 M", not "1000.00 k".
std::string scaled(const Number& number, double base, std::span<const std::string_view> prefixes,
                   std::string_view unit, bool trims_whole = false) {
  if (number.is_error()) return "error";
  double value = number.to_double();
  std::size_t step = 0;
  while (step + 1 < prefixes.size() && std::fabs(value) >= base - (step == 0 ? 0.0 : 0.005)) {
    value /= base;
    ++step;
  }
  std::string text = number.is_inexact() ? "~" : "";
  const bool is_whole =
      number.is_integer() && (step == 0 || (trims_whole && value == std::floor(value)));
  text += step == 0 && is_whole ? to_string(number) : format_fixed(value, is_whole ? 0 : 2);
  if (step > 0 || !unit.empty()) text += ' ';
  text += prefixes[step];
  text += unit;
  return text;
}

}  // namespace

std::string format_fixed(double value, int decimals) {
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals);
  return std::string(buffer.data(), end.ptr);
}

std::string format_seconds(double seconds) {
  constexpr std::array<std::string_view, 4> kUnits = {"s", "ms", "us", "ns"};
  if (!(seconds > 0)) return "0";
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && seconds < 0.999995) {
    seconds *= 1000;
    ++unit;
  }
  return format_fixed(seconds, 2) + " " + std::string(kUnits[unit]);
}

std::string format_rate(double per_second, std::string_view unit) {
  std::size_t step = 0;
  while (step + 1 < kSiPrefixes.size() && per_second >= 999.95) {
    per_second /= 1000;
    ++step;
  }
  std::string text = format_fixed(per_second, per_second >= 100 ? 1 : per_second >= 10 ? 2 : 3);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + " " + std::string(kSiPrefixes[step]) + std::string(unit);
}

std::string format_count(const Number& number) { return scaled(number, 1000, kSiPrefixes, ""); }

std::string format_parameters(const Number& number) {
  return scaled(number, 1000, kCountPrefixes, "");
}

std::string format_bytes(const Number& number) { return scaled(number, 1000, kSiPrefixes, "B"); }

std::string format_capacity(const Number& number) {
  return scaled(number, 1024, kBinaryPrefixes, "B", true);
}

std::string format_percent(const Number& part, const Number& whole) {
  const double total = whole.to_double();
  if (!(total > 0)) return "";
  return format_fixed(100 * part.to_double() / total, 1);
}

std::string format_intensity(const Number& numerator, const Number& denominator) {
  const double below = denominator.to_double();
  if (!(below > 0)) return "-";
  const double value = numerator.to_double() / below;
  return format_fixed(value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

}  // namespace lmhost

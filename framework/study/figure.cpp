#include "study/figure.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "base/codes.hpp"

namespace lmhost {
namespace {

using K = Figure::Kind;

struct Unit {
  std::string_view name;  // in lower case
  K kind;
};
constexpr Unit kUnits[] = {
    {"flop", K::kOperations},
    {"flops", K::kOperations},
    {"mac", K::kOperations},
    {"macs", K::kOperations},
    {"b", K::kBytes},
    {"byte", K::kBytes},
    {"bytes", K::kBytes},
    {"param", K::kParameters},
    {"params", K::kParameters},
    {"parameter", K::kParameters},
    {"parameters", K::kParameters},
};

Diagnostic no_figure(const std::string& option, const std::string& text, std::string_view why,
                     std::string hint =
                         "write 61.48TFLOP, 14.6TMAC, 13.5GB, 12.55GiB or "
                         "'6.74B parameters'") {
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     option + " " + quoted(text) + " " + std::string(why), std::move(hint));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// The exponent of 1000 or 1024 of a prefix; of one that does not exist nothing. k is K.
std::optional<int> steps_of(char prefix) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(prefix)));
  const std::size_t at = kPrefixes.find(upper);
  return at == kPrefixes.npos ? std::nullopt : std::optional<int>(static_cast<int>(at) + 1);
}

Number to_power(int base, int exponent) {
  Number result = 1;
  for (int i = 0; i < exponent; ++i) result = result * Number(base);
  return result;
}

struct Scale {
  Number factor = 1;
  K kind = K::kOperations;
  Number other_prefix = 1;
};

// Of what stands behind the digits: "TFLOPs", "GiB", "B parameters".
std::optional<Scale> scale_of(std::string_view word) {
  const std::string small = lower(word);
  for (const Unit& unit : kUnits) {
    if (!small.ends_with(unit.name)) continue;
    std::string prefix(word.substr(0, word.size() - unit.name.size()));
    while (prefix.ends_with(' ')) prefix.pop_back();
    if (prefix.empty()) return Scale{1, unit.kind, 1};
    const bool is_binary = prefix.size() == 2 && prefix[1] == 'i';
    if (prefix.size() > 1 && !is_binary) continue;
    const bool is_billion = unit.kind == K::kParameters && lower(prefix) == "b";
    const std::optional<int> steps = is_billion ? std::optional<int>(3) : steps_of(prefix[0]);
    if (!steps || (is_binary && unit.kind != K::kBytes)) continue;
    const Number decimal = to_power(1000, *steps), binary = to_power(1024, *steps);
    const Number factor = is_binary ? binary : decimal;
    if (unit.kind != K::kBytes) return Scale{factor, unit.kind, 1};
    return Scale{factor, unit.kind, divide(is_binary ? decimal : binary, factor)};
  }
  return std::nullopt;
}

struct Digits {
  std::string text;      // without separators of thousands
  int decimals = 0;      // behind the point
  int exponent = 0;      // behind an e
  std::size_t size = 0;  // of the text read
};

Digits read_digits(std::string_view text) {
  Digits digits;
  bool has_point = false;
  std::size_t at = 0;
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
  };
  for (; at < text.size(); ++at) {
    if (text[at] == ',' && !has_point && is_digit(at + 1)) continue;
    if (text[at] == '.' && !has_point)
      has_point = true;
    else if (!is_digit(at))
      break;
    else if (has_point)
      ++digits.decimals;
    digits.text += text[at];
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const std::size_t begin = at + 1 + (at + 1 < text.size() && text[at + 1] == '+' ? 1 : 0);
    std::size_t end = begin;
    while (is_digit(end) && end - begin < 3) ++end;
    if (end > begin) {
      digits.exponent = std::stoi(std::string(text.substr(begin, end - begin)));
      at = end;
    }
  }
  digits.size = at;
  return digits;
}

}  // namespace

Result<Figure> parse_figure(const std::string& option, const std::string& text) {
  const Digits digits = read_digits(text);
  const std::optional<Number> number = parse_number(digits.text);
  std::string_view word = std::string_view(text).substr(digits.size);
  while (word.starts_with(' ')) word.remove_prefix(1);
  if (!number) return no_figure(option, text, "is not a number with a unit");
  if (word.ends_with("/s") || word.ends_with("ps"))
    return no_figure(option, text, "is a rate",
                     "a count is wanted; --measured of analyze compares rates");
  const std::optional<Scale> scale = scale_of(word);
  if (!scale)
    return no_figure(option, text, word.empty() ? "has no unit" : "has no unit that is known");
  Figure figure;
  figure.text = text;
  figure.kind = scale->kind;
  const Number factor = scale->factor * to_power(10, digits.exponent);
  figure.value = *number * factor;
  figure.half_last_digit = divide(factor, Number(2) * to_power(10, digits.decimals));
  figure.other_prefix = scale->other_prefix;
  if (!figure.value.is_exact() || !figure.half_last_digit.is_exact())
    return no_figure(option, text, "is too large", "");
  if (figure.value.is_zero()) return no_figure(option, text, "is nothing to find", "");
  return figure;
}

}  // namespace lmhost

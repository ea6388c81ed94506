#include "tools/lmhost/values.hpp"

#include <utility>

#include "base/codes.hpp"

namespace lmhost::tool {
namespace {

// The factor of a suffix, or 0.
std::int64_t factor_of(char suffix) {
  switch (suffix) {
    case 'k':
      return 1'000;
    case 'm':
      return 1'000'000;
    case 'g':
      return 1'000'000'000;
    case 't':
      return 1'000'000'000'000;
    case 'K':
      return std::int64_t{1} << 10;
    case 'M':
      return std::int64_t{1} << 20;
    case 'G':
      return std::int64_t{1} << 30;
    case 'T':
      return std::int64_t{1} << 40;
    default:
      return 0;
  }
}

bool is_decimal_text(std::string_view text) {
  bool digits = false, point = false;
  for (const char c : text) {
    if (c == '.' && !point)
      point = true;
    else if (c >= '0' && c <= '9')
      digits = true;
    else
      return false;
  }
  return digits;
}

}  // namespace

Diagnostic bad_value(std::string_view option, std::string_view text, std::string_view why,
                     std::string hint) {
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     std::string(option) + " " + quoted(text) + " " + std::string(why),
                     std::move(hint));
}

Result<Number> parse_count(std::string_view option, std::string_view text) {
  if (text.size() > 1 && text[0] == '-' && is_decimal_text(text.substr(1)))
    return bad_value(option, text, "must not be negative");
  // 1e6, as --set takes it. Without a suffix: of 1e3k nobody knows what it is.
  if (const std::size_t e = text.find_first_of("eE"); e != text.npos &&
                                                      is_decimal_text(text.substr(0, e)) &&
                                                      text.back() >= '0' && text.back() <= '9') {
    const std::optional<Number> number = parse_number(text);
    if (number && number->is_integer()) return *number;
  }
  const std::int64_t factor = text.empty() ? 0 : factor_of(text.back());
  const std::string_view digits = factor == 0 ? text : text.substr(0, text.size() - 1);
  if (!is_decimal_text(digits))
    return bad_value(option, text, "is not a whole number",
                     "write 2048, 2K (= 2048) or 2k (= 2000)");
  const std::optional<Number> number = parse_number(digits);
  if (!number) return bad_value(option, text, "is too large");
  const bool is_binary = factor != 0 && text.back() < 'a';
  if (is_binary && digits.find('.') != std::string_view::npos)
    return bad_value(option, text, "has a decimal point and a binary suffix",
                     "did you mean '" + std::string(digits) +
                         std::string(1, static_cast<char>(text.back() + 32)) +
                         "', which is decimal?");
  const Number result = *number * Number(factor == 0 ? std::int64_t{1} : factor);
  if (!result.is_integer()) return bad_value(option, text, "is not a whole number");
  return result;
}

Result<Number> parse_bits(std::string_view option, std::string_view text) {
  const bool is_negative = text.size() > 1 && text[0] == '-' && is_decimal_text(text.substr(1));
  const std::optional<Number> number = is_decimal_text(text) ? parse_number(text) : std::nullopt;
  if (!is_negative && !number)
    return bad_value(option, text, "is not a number of bits", "write 16, 4 or 4.125");
  if (is_negative || number->is_zero()) return bad_value(option, text, "must be more than 0 bits");
  return *number;
}

Result<Number> parse_rate(std::string_view option, std::string_view text) {
  std::string_view digits = text;
  for (const std::string_view unit : {"FLOP/s", "B/s"})
    if (digits.ends_with(unit)) digits.remove_suffix(unit.size());
  std::int64_t factor = 1;
  constexpr std::string_view kPrefixes = "kMGTP";
  if (const std::size_t step =
          digits.empty() ? std::string_view::npos : kPrefixes.find(digits.back());
      step != std::string_view::npos) {
    for (std::size_t i = 0; i <= step; ++i) factor *= 1000;
    digits.remove_suffix(1);
  }
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  const std::optional<Number> number =
      is_decimal_text(digits) ? parse_number(digits) : std::nullopt;
  if (!number || number->is_zero())
    return bad_value(option, text, "is not a rate above 0", "write 312T, 989.4T or 2039G");
  return *number * Number(factor);
}

Result<Number> parse_size(std::string_view option, std::string_view text) {
  constexpr std::string_view kPrefixes = "KMGT";
  std::string_view digits = text;
  const bool is_binary = digits.ends_with("iB");
  if (is_binary)
    digits.remove_suffix(2);
  else if (digits.ends_with('B'))
    digits.remove_suffix(1);
  std::int64_t factor = 1;
  if (const std::size_t step =
          digits.empty() ? std::string_view::npos : kPrefixes.find(digits.back());
      step != std::string_view::npos) {
    for (std::size_t i = 0; i <= step; ++i) factor *= is_binary ? 1024 : 1000;
    digits.remove_suffix(1);
  }
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  const std::optional<Number> number =
      is_decimal_text(digits) ? parse_number(digits) : std::nullopt;
  const Number bytes = number ? floor(*number * Number(factor)) : Number(0);
  if (!bytes.is_exact() || bytes.is_zero())
    return bad_value(option, text, "is not a size above 0", "write 80GB or 80GiB");
  return bytes;
}

std::optional<Number> bits_of_type(std::string_view name) {
  if (name == "auto") return std::nullopt;
  if (name == "float32" || name == "fp32" || name == "float") return Number(32);
  if (name.substr(0, 3) == "fp8" || name == "int8") return Number(8);
  // Blocks of 32 with a 16-bit scale (ggml): 8.5 and 4.5 bits an element.
  if (name == "q8_0") return Number::ratio(17, 2);
  if (name == "q4_0") return Number::ratio(9, 2);
  return Number(16);
}

}  // namespace lmhost::tool

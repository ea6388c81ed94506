// Exact rationals in checked 128-bit arithmetic. Numerators are 128 bits, denominators positive
// 64-bit; every result is reduced, so equal values have equal representations.
#include "lmhost/number.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace lmhost {
namespace {

constexpr std::int64_t kMaxDenominator = std::numeric_limits<std::int64_t>::max();

UInt128 magnitude(Int128 value) {
  return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

UInt128 greatest_common_divisor(UInt128 a, UInt128 b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

Number overflow() { return Number::error(ArithmeticError::kOverflow); }

// The first error wins, so that the message names the cause and not a consequence.
const Number* first_error(const Number& a, const Number& b) {
  if (a.is_error()) return &a;
  return b.is_error() ? &b : nullptr;
}

bool either_inexact(const Number& a, const Number& b) { return a.is_inexact() || b.is_inexact(); }

// a.numerator * scale_a ± b.numerator * scale_b over a common denominator.
template <bool kSubtract>
Number combine(const Number& a, const Number& b) {
  if (const Number* error = first_error(a, b)) return *error;
  if (either_inexact(a, b)) {
    return Number::inexact(kSubtract ? a.to_double() - b.to_double()
                                     : a.to_double() + b.to_double());
  }
  const auto common = static_cast<std::int64_t>(greatest_common_divisor(
      static_cast<UInt128>(a.denominator()), static_cast<UInt128>(b.denominator())));
  const std::int64_t scale_a = b.denominator() / common;
  const std::int64_t scale_b = a.denominator() / common;
  Int128 x, y, sum;
  std::int64_t denominator;
  if (__builtin_mul_overflow(a.numerator(), static_cast<Int128>(scale_a), &x) ||
      __builtin_mul_overflow(b.numerator(), static_cast<Int128>(scale_b), &y) ||
      (kSubtract ? __builtin_sub_overflow(x, y, &sum) : __builtin_add_overflow(x, y, &sum)) ||
      __builtin_mul_overflow(a.denominator(), scale_a, &denominator)) {
    return overflow();
  }
  return Number::ratio(sum, denominator);
}

Number multiply_exact(Int128 an, std::int64_t ad, Int128 bn, std::int64_t bd) {
  // Reduce crosswise first, so that a product that fits never overflows on the way.
  const auto g1 = greatest_common_divisor(magnitude(an), static_cast<UInt128>(bd));
  const auto g2 = greatest_common_divisor(magnitude(bn), static_cast<UInt128>(ad));
  Int128 numerator;
  std::int64_t denominator;
  if (__builtin_mul_overflow(an / static_cast<Int128>(g1), bn / static_cast<Int128>(g2),
                             &numerator) ||
      __builtin_mul_overflow(ad / static_cast<std::int64_t>(g2), bd / static_cast<std::int64_t>(g1),
                             &denominator)) {
    return overflow();
  }
  return Number::ratio(numerator, denominator);
}

Int128 floor_of(const Number& a) {
  const Int128 quotient = a.numerator() / a.denominator();
  return quotient * a.denominator() > a.numerator() ? quotient - 1 : quotient;
}

Number integer_power(Number base, std::uint64_t exponent) {
  Number result(1);
  while (exponent != 0) {
    if ((exponent & 1) != 0) result = result * base;
    exponent >>= 1;
    if (exponent != 0) base = base * base;
    if (result.is_error()) return result;
    // Squared past the range: any later factor would overflow too.
    if (base.is_error()) return base;
  }
  return result;
}

std::string digits_of(UInt128 value) {
  char buffer[40];
  char* end = buffer + sizeof buffer;
  char* cursor = end;
  do {
    *--cursor = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return std::string(cursor, end);
}

// The digits after the point of a reduced fraction below 1 whose denominator has only the factors 2
// and 5, else "".
std::string decimal_digits(std::int64_t remainder, std::int64_t denominator) {
  std::int64_t rest = denominator;
  while (rest % 2 == 0) rest /= 2;
  while (rest % 5 == 0) rest /= 5;
  if (rest != 1) return {};
  std::string digits;
  UInt128 current = static_cast<UInt128>(remainder);
  while (current != 0) {
    current *= 10;
    digits.push_back(
        static_cast<char>('0' + static_cast<int>(current / static_cast<UInt128>(denominator))));
    current %= static_cast<UInt128>(denominator);
  }
  return digits;
}

std::string group_digits(std::string text) {
  std::size_t begin = text.starts_with('-') ? 1 : 0;
  std::size_t end = text.find_first_not_of("0123456789", begin);
  if (end == std::string::npos) end = text.size();
  for (std::size_t i = end; i > begin + 3;) text.insert(i -= 3, ",");
  return text;
}

}  // namespace

Number Number::ratio(Int128 numerator, Int128 denominator) {
  if (denominator == 0) return error(ArithmeticError::kDivisionByZero);
  if (denominator == 1) return Number(numerator);
  const UInt128 divisor = greatest_common_divisor(magnitude(numerator), magnitude(denominator));
  UInt128 top = magnitude(numerator) / divisor;
  const UInt128 bottom = magnitude(denominator) / divisor;
  const bool negative = (numerator < 0) != (denominator < 0);
  const UInt128 limit = (UInt128{1} << 127) - 1;
  if (bottom > static_cast<UInt128>(kMaxDenominator) || top > limit) return overflow();
  Number result(negative ? -static_cast<Int128>(top) : static_cast<Int128>(top));
  result.denominator_ = static_cast<std::int64_t>(bottom);
  return result;
}

Number Number::inexact(double value) {
  if (!std::isfinite(value))
    return error(std::isnan(value) ? ArithmeticError::kDomain : ArithmeticError::kOverflow);
  value += 0.0;  // -0.0 becomes 0.0: one zero, one spelling
  Number result;
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  result.numerator_ = static_cast<Int128>(bits);
  result.denominator_ = kInexactTag;
  return result;
}

Number Number::error(ArithmeticError reason, std::uint32_t detail) {
  Number result;
  result.numerator_ = static_cast<Int128>(reason) | (static_cast<Int128>(detail) << 32);
  result.denominator_ = kErrorTag;
  return result;
}

double Number::to_double() const {
  if (is_error()) return std::numeric_limits<double>::quiet_NaN();
  if (is_inexact()) {
    const auto bits = static_cast<std::uint64_t>(numerator_);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  return static_cast<double>(numerator_) / static_cast<double>(denominator_);
}

std::optional<std::int64_t> Number::to_int64() const {
  if (!is_integer()) return std::nullopt;
  const auto narrow = static_cast<std::int64_t>(numerator_);
  return narrow == numerator_ ? std::optional(narrow) : std::nullopt;
}

std::size_t Number::hash() const {
  const auto low = static_cast<std::uint64_t>(numerator_);
  const auto high = static_cast<std::uint64_t>(numerator_ >> 64);
  std::uint64_t mixed =
      low ^ (high * 0x9E3779B97F4A7C15u) ^ (static_cast<std::uint64_t>(denominator_) << 32);
  mixed ^= mixed >> 29;
  return static_cast<std::size_t>(mixed * 0xBF58476D1CE4E5B9u);
}

Number slow_add(const Number& a, const Number& b) { return combine<false>(a, b); }
Number slow_subtract(const Number& a, const Number& b) { return combine<true>(a, b); }

Number slow_multiply(const Number& a, const Number& b) {
  if (const Number* error = first_error(a, b)) return *error;
  if (either_inexact(a, b)) return Number::inexact(a.to_double() * b.to_double());
  return multiply_exact(a.numerator(), a.denominator(), b.numerator(), b.denominator());
}

Number divide(const Number& a, const Number& b) {
  if (const Number* error = first_error(a, b)) return *error;
  if (b.is_zero()) return Number::error(ArithmeticError::kDivisionByZero);
  if (either_inexact(a, b)) return Number::inexact(a.to_double() / b.to_double());
  if (a.is_integer() && b.is_integer()) return Number::ratio(a.numerator(), b.numerator());
  const Number reciprocal = Number::ratio(b.denominator(), b.numerator());
  return reciprocal.is_error() ? reciprocal : a * reciprocal;
}

Number floor_divide(const Number& a, const Number& b) {
  if (a.is_integer() && b.is_integer() && b.numerator() > 0) {
    const Int128 quotient = a.numerator() / b.numerator();
    return Number(quotient * b.numerator() > a.numerator() ? quotient - 1 : quotient);
  }
  return floor(divide(a, b));
}

Number modulo(const Number& a, const Number& b) { return a - b * floor_divide(a, b); }

Number power(const Number& base, const Number& exponent) {
  if (const Number* error = first_error(base, exponent)) return *error;
  if (base.is_exact() && exponent.is_integer()) {
    const Int128 n = exponent.numerator();
    if (n < 0 && base.is_zero()) return Number::error(ArithmeticError::kDivisionByZero);
    const UInt128 steps = magnitude(n);
    if (base.is_integer() && magnitude(base.numerator()) <= 1) {
      if (base.is_zero()) return Number(n == 0 ? 1 : 0);
      return base.numerator() == 1 || steps % 2 == 0 ? Number(1) : Number(-1);
    }
    if (steps > 127 * 64) return overflow();
    const Number result = integer_power(base, static_cast<std::uint64_t>(steps));
    return n < 0 ? divide(Number(1), result) : result;
  }
  if (base.is_negative()) return Number::error(ArithmeticError::kDomain);
  if (base.is_zero() && exponent.is_negative())
    return Number::error(ArithmeticError::kDivisionByZero);
  return Number::inexact(std::pow(base.to_double(), exponent.to_double()));
}

Number floor(const Number& a) {
  if (a.is_integer() || a.is_error()) return a;
  if (a.is_inexact()) return Number::inexact(std::floor(a.to_double()));
  return Number(floor_of(a));
}

Number ceil(const Number& a) {
  if (a.is_integer() || a.is_error()) return a;
  if (a.is_inexact()) return Number::inexact(std::ceil(a.to_double()));
  return Number(floor_of(a) + 1);  // not an integer, so the floor is strictly below
}

Number log2(const Number& a) {
  if (a.is_error()) return a;
  if (a.is_zero() || a.is_negative()) return Number::error(ArithmeticError::kDomain);
  if (a.is_exact() && (a.is_integer() || a.numerator() == 1)) {
    const UInt128 value =
        a.is_integer() ? magnitude(a.numerator()) : static_cast<UInt128>(a.denominator());
    if ((value & (value - 1)) == 0) {
      int exponent = 0;
      for (UInt128 rest = value; rest > 1; rest >>= 1) ++exponent;
      return Number(a.is_integer() ? exponent : -exponent);
    }
  }
  return Number::inexact(std::log2(a.to_double()));
}

std::optional<int> compare(const Number& a, const Number& b) {
  if (a.is_error() || b.is_error()) return std::nullopt;
  if (either_inexact(a, b)) {
    const double x = a.to_double(), y = b.to_double();
    return x < y ? -1 : (x > y ? 1 : 0);
  }
  const Int128 floor_a = floor_of(a), floor_b = floor_of(b);
  if (floor_a != floor_b) return floor_a < floor_b ? -1 : 1;
  // Remainders are below their 64-bit denominators, so the cross products fit.
  const Int128 rest_a = (a.numerator() - floor_a * a.denominator()) * b.denominator();
  const Int128 rest_b = (b.numerator() - floor_b * b.denominator()) * a.denominator();
  return rest_a < rest_b ? -1 : (rest_a > rest_b ? 1 : 0);
}

Number minimum(const Number& a, const Number& b) {
  if (const Number* error = first_error(a, b)) return *error;
  const Number& chosen = *compare(a, b) <= 0 ? a : b;
  return either_inexact(a, b) && chosen.is_exact() ? Number::inexact(chosen.to_double()) : chosen;
}

Number maximum(const Number& a, const Number& b) {
  if (const Number* error = first_error(a, b)) return *error;
  const Number& chosen = *compare(a, b) >= 0 ? a : b;
  return either_inexact(a, b) && chosen.is_exact() ? Number::inexact(chosen.to_double()) : chosen;
}

std::string to_string(Int128 value) {
  std::string digits = digits_of(magnitude(value));
  return value < 0 ? "-" + digits : digits;
}

std::string to_string(const Number& number) {
  if (number.is_error()) return std::string(describe(number.error_reason()));
  if (number.is_inexact()) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number.to_double()).ptr;
    return std::string(buffer, end);
  }
  if (number.is_integer()) return to_string(number.numerator());
  const UInt128 top = magnitude(number.numerator());
  const auto bottom = static_cast<UInt128>(number.denominator());
  const std::string digits =
      decimal_digits(static_cast<std::int64_t>(top % bottom), number.denominator());
  if (digits.empty()) return to_string(number.numerator()) + "/" + digits_of(bottom);
  return (number.numerator() < 0 ? "-" : "") + digits_of(top / bottom) + "." + digits;
}

std::string to_grouped_string(const Number& number) {
  return number.is_error() ? to_string(number) : group_digits(to_string(number));
}

std::optional<Number> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Int128 digits = 0;
  int scale = 0;
  bool any = false, point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --scale;
      if (__builtin_mul_overflow(digits, static_cast<Int128>(10), &digits) ||
          __builtin_add_overflow(digits, static_cast<Int128>(c - '0'), &digits)) {
        return std::nullopt;
      }
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    if (++i < text.size() && text[i] == '+' && !text.substr(i).starts_with("+-")) ++i;
    int exponent = 0;
    const auto [end, status] =
        std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    if (status != std::errc() || end != text.data() + text.size() || exponent > 1000 ||
        exponent < -1000) {
      return std::nullopt;
    }
    scale += exponent;
  }
  if (digits == 0) return Number(0);
  // Divided by the whole power, not multiplied by its reciprocal: 0.25000000000000000000 is 1/4,
  // although 10**-20 has no 64-bit denominator.
  const Number whole(negative ? -digits : digits);
  const Number result = scale < 0 ? divide(whole, power(Number(10), Number(-scale)))
                                  : whole * power(Number(10), Number(scale));
  if (result.is_error()) return std::nullopt;
  return result;
}

std::string_view describe(ArithmeticError reason) {
  switch (reason) {
    case ArithmeticError::kOverflow:
      return "overflow of 128 bits";
    case ArithmeticError::kDivisionByZero:
      return "division by zero";
    case ArithmeticError::kDomain:
      return "argument outside the function's domain";
    case ArithmeticError::kNotANumber:
      return "not a number";
    case ArithmeticError::kUnbound:
      return "no value";
    case ArithmeticError::kFunction:
      return "the plugin's function failed";
  }
  return "error";
}

}  // namespace lmhost

// The one number type of every cost: an exact rational in checked 128-bit arithmetic, or a double
// marked inexact.
//
// Exact numbers never round and never wrap: an operation whose result does not fit gives an error
// number, which carries its reason through every later operation, as a NaN would. A result that
// depends on an inexact number is inexact. Thread safety: plain value. Size 32 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lmhost/export.hpp"

namespace lmhost {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

enum class ArithmeticError : std::uint32_t {
  kOverflow = 1,    // does not fit 128 bits
  kDivisionByZero,  // x / 0, x // 0, x % 0, 0 ** -1
  kDomain,      // log2 of a number <= 0, a fractional power of a negative one, a negative length
  kNotANumber,  // a string, list or None where a number is needed
  kUnbound,     // a name without a value
  kFunction     // a plugin function reported an error
};

class LMHOST_PUBLIC Number {
 public:
  constexpr Number() = default;
  constexpr Number(int value) : numerator_(value) {}           // NOLINT: implicit on purpose
  constexpr Number(std::int64_t value) : numerator_(value) {}  // NOLINT
  constexpr Number(std::uint64_t value) : numerator_(static_cast<Int128>(value)) {}  // NOLINT
  constexpr Number(Int128 value) : numerator_(value) {}                              // NOLINT

  static Number ratio(Int128 numerator,
                      Int128 denominator);  // reduced; error when the denominator is 0
  static Number inexact(double value);      // error when not finite
  // `detail` is the caller's: the index of whatever explains the error.
  static Number error(ArithmeticError reason, std::uint32_t detail = 0);

  bool is_error() const { return denominator_ == kErrorTag; }
  bool is_inexact() const { return denominator_ == kInexactTag; }
  bool is_exact() const { return denominator_ > 0; }
  bool is_integer() const { return denominator_ == 1; }
  bool is_zero() const { return is_exact() ? numerator_ == 0 : is_inexact() && to_double() == 0; }
  bool is_negative() const { return is_exact() ? numerator_ < 0 : is_inexact() && to_double() < 0; }

  Int128 numerator() const { return numerator_; }            // REQUIRES: is_exact()
  std::int64_t denominator() const { return denominator_; }  // REQUIRES: is_exact()
  ArithmeticError error_reason() const {
    return static_cast<ArithmeticError>(numerator_ & 0xFFFFFFFF);
  }
  std::uint32_t error_detail() const { return static_cast<std::uint32_t>(numerator_ >> 32); }

  double to_double() const;                      // to within an ulp; NaN for an error
  std::optional<std::int64_t> to_int64() const;  // exact integers that fit, else nothing

  // Bitwise: the same kind and the same value (two equal inexact numbers have the same bits).
  friend bool operator==(const Number& a, const Number& b) {
    return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
  }
  std::size_t hash() const;

 private:
  static constexpr std::int64_t kInexactTag = 0;
  static constexpr std::int64_t kErrorTag = -1;

  friend Number operator+(const Number& a, const Number& b);
  friend Number operator-(const Number& a, const Number& b);
  friend Number operator*(const Number& a, const Number& b);

  // Integer or numerator; the bits of the double when inexact; reason and detail when an error.
  Int128 numerator_ = 0;
  std::int64_t denominator_ = 1;  // > 0: exact and reduced
};

LMHOST_PUBLIC Number slow_add(const Number& a, const Number& b);
LMHOST_PUBLIC Number slow_subtract(const Number& a, const Number& b);
LMHOST_PUBLIC Number slow_multiply(const Number& a, const Number& b);

// The fast path, two integers, is inline: it is what one analysis consists of.
inline Number operator+(const Number& a, const Number& b) {
  Int128 sum;
  if (a.denominator_ == 1 && b.denominator_ == 1 &&
      !__builtin_add_overflow(a.numerator_, b.numerator_, &sum))
    return Number(sum);
  return slow_add(a, b);
}
inline Number operator-(const Number& a, const Number& b) {
  Int128 difference;
  if (a.denominator_ == 1 && b.denominator_ == 1 &&
      !__builtin_sub_overflow(a.numerator_, b.numerator_, &difference))
    return Number(difference);
  return slow_subtract(a, b);
}
inline Number operator*(const Number& a, const Number& b) {
  Int128 product;
  if (a.denominator_ == 1 && b.denominator_ == 1) {
    const auto x = static_cast<std::int64_t>(a.numerator_);
    const auto y = static_cast<std::int64_t>(b.numerator_);
    if (x == a.numerator_ && y == b.numerator_) return Number(static_cast<Int128>(x) * y);
    if (!__builtin_mul_overflow(a.numerator_, b.numerator_, &product)) return Number(product);
  }
  return slow_multiply(a, b);
}
inline Number operator-(const Number& a) { return Number(0) - a; }

LMHOST_PUBLIC Number divide(const Number& a, const Number& b);  // exact
LMHOST_PUBLIC Number
floor_divide(const Number& a,
             const Number& b);  // rounds towards minus infinity, as Python's //
LMHOST_PUBLIC Number modulo(const Number& a, const Number& b);  // a - b*floor(a/b)
LMHOST_PUBLIC Number power(const Number& base,
                           const Number& exponent);  // exact for integer exponents
LMHOST_PUBLIC Number floor(const Number& a);
LMHOST_PUBLIC Number ceil(const Number& a);
LMHOST_PUBLIC Number log2(const Number& a);  // exact for powers of two
LMHOST_PUBLIC Number minimum(const Number& a, const Number& b);
LMHOST_PUBLIC Number maximum(const Number& a, const Number& b);

// -1, 0 or 1; nothing when either is an error.
LMHOST_PUBLIC std::optional<int> compare(const Number& a, const Number& b);

// "27062588932096"; "33/64" as "0.515625"; "1/3" as "1/3"; inexact numbers as the shortest decimal
// that reads back.
LMHOST_PUBLIC std::string to_string(const Number& number);
// "27,062,588,932,096": thousands separated in the integer part.
LMHOST_PUBLIC std::string to_grouped_string(const Number& number);
LMHOST_PUBLIC std::string to_string(Int128 value);
// Exact: "12", "4.5", "1e9", "4.125". Nothing when malformed or out of range.
LMHOST_PUBLIC std::optional<Number> parse_number(std::string_view text);

LMHOST_PUBLIC std::string_view describe(
    ArithmeticError reason);  // "overflow of 128 bits", "division by zero", ...

}  // namespace lmhost

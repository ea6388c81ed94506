// Exact arithmetic: rationals, 128-bit limits, inexact numbers, spelling.
#include "lmhost/number.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

using namespace lmhost;

namespace {

const Int128 kMost = static_cast<Int128>((UInt128{1} << 127) - 1);

Number number(std::string_view text) {
  const std::optional<Number> parsed = parse_number(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

}  // namespace

TEST_CASE("numbers are spelled exactly") {
  struct {
    Number value;
    const char* plain;
    const char* grouped;
  } const rows[] = {
      {Number(0), "0", "0"},
      {Number(-7), "-7", "-7"},
      {Number(999), "999", "999"},
      {Number(1000), "1000", "1,000"},
      {Number(-123456), "-123456", "-123,456"},
      {Number(29261612187648), "29261612187648", "29,261,612,187,648"},
      {Number(kMost), "170141183460469231731687303715884105727",
       "170,141,183,460,469,231,731,687,303,715,884,105,727"},
      {Number::ratio(1, 2), "0.5", "0.5"},
      {Number::ratio(-33, 64), "-0.515625", "-0.515625"},
      {Number::ratio(12345678, 5), "2469135.6", "2,469,135.6"},
      {Number::ratio(1, 3), "1/3", "1/3"},
      {Number::ratio(6, -4), "-1.5", "-1.5"},
      {Number::inexact(7.25), "7.25", "7.25"},
      {Number::ratio(1, 0), "division by zero", "division by zero"},
  };
  for (const auto& row : rows) {
    CHECK(to_string(row.value) == row.plain);
    CHECK(to_grouped_string(row.value) == row.grouped);
  }
}

TEST_CASE("there is one zero") {
  CHECK(Number::inexact(-0.0) == Number::inexact(0));
  CHECK(to_string(Number::inexact(-3) * Number(0)) == "0");
}

TEST_CASE("numbers are read exactly") {
  CHECK(number("4.125") == Number::ratio(33, 8));
  CHECK(number("1e9") == Number(1000000000));
  CHECK(number("1.5e-3") == Number::ratio(3, 2000));
  CHECK(number("-0.1") == Number::ratio(-1, 10));
  CHECK(number(".5") == Number::ratio(1, 2));
  CHECK(number("0e-400") == Number(0));
  CHECK(number("0.25000000000000000000000000") == Number::ratio(1, 4));
  CHECK(number("1.1920928955078125e-07") == Number::ratio(1, 8388608));
  CHECK_FALSE(parse_number("1e+-5").has_value());
  CHECK(number("170141183460469231731687303715884105727") == Number(kMost));
  for (const char* text :
       {"", "-", "1x", "1.2.3", "0x10", "e5", "1e", "1e999",
        "170141183460469231731687303715884105728", "1701411834604692317316873037158841057270",
        "0.00000000000000000000000000000001"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}

TEST_CASE("operators, as Python's") {
  struct {
    const char* what;
    Number got;
    Number expected;
  } const rows[] = {
      {"1/2 + 1/3", Number::ratio(1, 2) + Number::ratio(1, 3), Number::ratio(5, 6)},
      {"1/2 - 1/2", Number::ratio(1, 2) - Number::ratio(1, 2), Number(0)},
      {"2/3 * 3/2", Number::ratio(2, 3) * Number::ratio(3, 2), Number(1)},
      {"7 / 2", divide(Number(7), Number(2)), Number::ratio(7, 2)},
      {"7 // 2", floor_divide(Number(7), Number(2)), Number(3)},
      {"-7 // 2", floor_divide(Number(-7), Number(2)), Number(-4)},
      {"7 // -2", floor_divide(Number(7), Number(-2)), Number(-4)},
      {"-7 % 3", modulo(Number(-7), Number(3)), Number(2)},
      {"7.5 // 2", floor_divide(Number::ratio(15, 2), Number(2)), Number(3)},
      {"2 ** 100", power(Number(2), Number(100)), Number(Int128{1} << 100)},
      {"2 ** -2", power(Number(2), Number(-2)), Number::ratio(1, 4)},
      {"0 ** 0", power(Number(0), Number(0)), Number(1)},
      {"(-1) ** 10**9", power(Number(-1), Number(1000000000)), Number(1)},
      {"floor(-1/2)", floor(Number::ratio(-1, 2)), Number(-1)},
      {"ceil(-1/2)", ceil(Number::ratio(-1, 2)), Number(0)},
      {"log2(4096)", log2(Number(4096)), Number(12)},
      {"log2(1/8)", log2(Number::ratio(1, 8)), Number(-3)},
      {"min(1/3, 1/2)", minimum(Number::ratio(1, 3), Number::ratio(1, 2)), Number::ratio(1, 3)},
      {"max(-1, -2)", maximum(Number(-1), Number(-2)), Number(-1)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(to_string(row.got) == to_string(row.expected));
    CHECK(row.got == row.expected);
  }
}

TEST_CASE("what does not fit is an error, never a wrapped number") {
  struct {
    const char* what;
    Number got;
    ArithmeticError reason;
  } const rows[] = {
      {"max + 1", Number(kMost) + Number(1), ArithmeticError::kOverflow},
      {"-max - 2", Number(-kMost) - Number(2), ArithmeticError::kOverflow},
      {"2^64 * 2^64", Number(Int128{1} << 64) * Number(Int128{1} << 64),
       ArithmeticError::kOverflow},
      {"10 ** 100", power(Number(10), Number(100)), ArithmeticError::kOverflow},
      {"denominator", Number::ratio(1, INT64_MAX) * Number::ratio(1, 3),
       ArithmeticError::kOverflow},
      {"1 / 0", divide(Number(1), Number(0)), ArithmeticError::kDivisionByZero},
      {"1 % 0", modulo(Number(1), Number(0)), ArithmeticError::kDivisionByZero},
      {"0 ** -1", power(Number(0), Number(-1)), ArithmeticError::kDivisionByZero},
      {"log2(0)", log2(Number(0)), ArithmeticError::kDomain},
      {"(-2) ** 0.5", power(Number(-2), Number::ratio(1, 2)), ArithmeticError::kDomain},
      {"error carries on", (divide(Number(1), Number(0)) + Number(1)) * Number(0),
       ArithmeticError::kDivisionByZero},
      {"infinity", Number::inexact(1e308) * Number::inexact(1e308), ArithmeticError::kOverflow},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    REQUIRE(row.got.is_error());
    CHECK(row.got.error_reason() == row.reason);
  }
}

TEST_CASE("inexact numbers stay marked") {
  const Number half = Number::inexact(0.5);
  CHECK((half + Number(1)).is_inexact());
  CHECK((Number(2) * half).is_inexact());
  CHECK(minimum(half, Number(0)).is_inexact());
  CHECK(power(Number(2), Number::ratio(1, 2)).to_double() == doctest::Approx(1.4142135623730951));
  CHECK_FALSE(power(Number(2), Number(3)).is_inexact());
}

TEST_CASE("comparison is exact where cross products would overflow") {
  const Number a = Number::ratio(kMost, INT64_MAX), b = Number::ratio(kMost - 1, INT64_MAX);
  CHECK(compare(a, b) == 1);
  CHECK(compare(b, a) == -1);
  CHECK(compare(a, a) == 0);
  CHECK_FALSE(compare(a, divide(Number(1), Number(0))).has_value());
}

TEST_CASE("random integers agree with 128-bit arithmetic of the compiler") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto x = static_cast<std::int64_t>(random()) >> (random() % 60);
    const auto y = static_cast<std::int64_t>(random()) >> (random() % 60);
    const Int128 wide_x = x, wide_y = y;
    REQUIRE(Number(x) + Number(y) == Number(wide_x + wide_y));
    REQUIRE(Number(x) - Number(y) == Number(wide_x - wide_y));
    REQUIRE(Number(x) * Number(y) == Number(wide_x * wide_y));
    if (y == 0) continue;
    const Int128 quotient =
        wide_x / wide_y - ((wide_x % wide_y != 0) && ((x < 0) != (y < 0)) ? 1 : 0);
    REQUIRE(floor_divide(Number(x), Number(y)) == Number(quotient));
    REQUIRE(floor_divide(Number(x), Number(y)) * Number(y) + modulo(Number(x), Number(y)) ==
            Number(x));
    REQUIRE(divide(Number(x), Number(y)) * Number(y) == Number(x));
  }
}

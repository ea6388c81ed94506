// How numbers look to people: counts and traffic in SI units, capacity in binary ones. Machine
// formats do not use this.
//
// Two decimals, so that columns line up; an inexact number (an expectation) starts with "~". The
// locale is never used.
#pragma once

#include <string>
#include <string_view>

#include "lmhost/number.hpp"

namespace lmhost {

std::string format_count(const Number& number);  // "29.26 T", "512"
std::string format_parameters(
    const Number& number);                          // "6.74 B": billions, as the field writes them
std::string format_bytes(const Number& number);     // "13.48 GB", "512 B"
std::string format_capacity(const Number& number);  // "12.55 GiB", "512 KiB"
std::string format_percent(const Number& part,
                           const Number& whole);  // "93.9"; "" when the whole is 0
// "742", "0.67"; "-" when the denominator is 0.
std::string format_intensity(const Number& numerator, const Number& denominator);
std::string format_seconds(double seconds);  // "113.83 ms", "1.20 us"; "0" for nothing
// Four digits that count, no zeros behind them: "989.4 TFLOP/s", "3.35 TB/s".
std::string format_rate(double per_second, std::string_view unit);
std::string format_fixed(double value, int decimals);

}  // namespace lmhost

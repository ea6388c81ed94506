// Values of options: numbers as vLLM writes them, types as bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lmhost/number.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

// `option` is as the user knows it: "--seq-len", "LMHOST_THREADS".

// vLLM's human_readable_int: 2048, 1k = 1000, 1K = 1024, 25.6k = 25600, 2M = 2097152, 1e6. Lower case is
// decimal, upper case binary; decimals go with lower case only.
Result<Number> parse_count(std::string_view option, std::string_view text);
// More than 0; decimals are fine: 4.125.
Result<Number> parse_bits(std::string_view option, std::string_view text);
// Bits of a type name of --dtype and --kv-cache-dtype; nothing for "auto". REQUIRES: one of the
// choices.
std::optional<Number> bits_of_type(std::string_view name);

// "312T", "2039G", "989.4 TFLOP/s", "3.35TB/s": SI prefixes, always decimal. More than 0.
Result<Number> parse_rate(std::string_view option, std::string_view text);

// "80GB", "80GiB", "80G" (decimal): bytes, more than 0.
Result<Number> parse_size(std::string_view option, std::string_view text);

// "--seq-len 'abc' is not a whole number".
Diagnostic bad_value(std::string_view option, std::string_view text, std::string_view why,
                     std::string hint = {});

}  // namespace lmhost::tool

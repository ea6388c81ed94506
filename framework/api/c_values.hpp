// Between the structs of lmhost.h and the values of the C++ API.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "api/objects.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "lmhost/lmhost.h"

namespace lmhost::v0 {

inline Diagnostic misuse(std::string message, std::string hint = {}) {
  return plain_error(ErrorKind::kUsage, codes::kUsage, std::move(message), std::move(hint));
}

inline std::string text_or(const char* text, const char* otherwise = "") {
  return text == nullptr ? otherwise : text;
}

inline std::vector<std::string> texts(const char* const* list, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(text_or(list[i]));
  return all;
}

// A copy that is zero where the caller's struct ends. Errors: no size, or something set in a part
// that only a later library knows.
template <class T>
Result<T> read_struct(const T* from, const char* name) {
  T copy = {};
  if (from == nullptr) return copy;
  const std::size_t size = from->struct_size;
  if (size < sizeof(std::size_t))
    return misuse(std::string(name) + ".struct_size is not set",
                  "write options.struct_size = sizeof options");
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  for (std::size_t i = sizeof(T); i < size; ++i)
    if (bytes[i] != 0)
      return misuse(std::string(name) + " has a member that this library does not know",
                    "the program was compiled for a later lmhost");
  std::memcpy(&copy, from, std::min(size, sizeof(T)));
  return copy;
}

// Of an array of structs that may be longer in the caller's library. REQUIRES: the first says its size.
template <class T>
const T* element(const T* first, std::size_t index) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) +
                                    index * first->struct_size);
}

// Every finite double is a fraction of a power of two.
inline Number exact(double value) {
  constexpr int kMostBits = 62;
  if (!std::isfinite(value)) return Number::error(ArithmeticError::kNotANumber);
  int exponent = 0;
  const double scaled = std::ldexp(std::frexp(value, &exponent), 53);
  exponent -= 53;
  auto mantissa = static_cast<std::int64_t>(scaled);
  for (; exponent < 0 && mantissa % 2 == 0 && mantissa != 0; ++exponent) mantissa /= 2;
  if (mantissa == 0) return Number(0);
  if (exponent > kMostBits || exponent < -kMostBits)
    return Number::error(ArithmeticError::kOverflow);
  if (exponent >= 0) return Number(static_cast<Int128>(mantissa) << exponent);
  return Number::ratio(mantissa, Int128{1} << -exponent);
}

inline Result<RuntimePoint> read_point(const lmh_point* from) {
  const Result<lmh_point> read = read_struct(from, "lmh_point");
  if (!read) return read.errors();
  if (read->struct_size < sizeof(lmh_point))
    return misuse("lmh_point.struct_size is too small", "lmh_plan_point() fills a point");
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(read->batch_size);
  point[RuntimeVariable::kSeqLen] = Number(read->seq_len);
  point[RuntimeVariable::kCacheLen] = Number(read->cache_len);
  point[RuntimeVariable::kWeightBits] = exact(read->w_bits);
  point[RuntimeVariable::kActivationBits] = exact(read->a_bits);
  point[RuntimeVariable::kKvBits] = exact(read->kv_bits);
  point[RuntimeVariable::kIndexBits] = exact(read->index_bits);
  return point;
}

inline lmh_number to_c(const Number& number) {
  lmh_number result = {};
  result.value = number.to_double();
  if (!number.is_exact()) return result;
  result.high = static_cast<std::int64_t>(number.numerator() >> 64);
  result.low = static_cast<std::uint64_t>(number.numerator());
  result.denominator = number.denominator();
  return result;
}

inline lmh_costs to_c(const Costs& costs) {
  lmh_costs result = {};
  for (std::size_t q = 0; q < kQuantityCount; ++q) result.values[q] = to_c(costs.values[q]);
  return result;
}

}  // namespace lmhost::v0

// Random arguments for a kernel: sizes of every magnitude, both truths, common precisions.
//
// The same seed and kernel give the same points on every machine and in every version of the
// standard library. Texts, which no dice can write, optional parameters and those that costs need
// not grow with (a window, a number of groups) come from the worked examples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/catalog.hpp"
#include "resolve/example.hpp"

namespace lmhost {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();                                                // splitmix64
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }  // REQUIRES: limit > 0

 private:
  std::uint64_t state_;
};

class Sampler {
 public:
  Sampler(const Kernel& kernel, std::uint64_t seed);

  // False when a text has neither a default nor an example that gives one.
  bool is_possible() const { return missing_.empty(); }
  const std::string& missing() const { return missing_; }

  KernelBindings next();
  std::int64_t size();  // as it gives one

  Dice& dice() { return dice_; }

 private:
  bool is_given(const KernelBindings& example, std::string_view name) const;
  Value value_of(const KernelParameter& parameter, const KernelBindings* example);

  const Kernel& kernel_;
  Dice dice_;
  std::uint64_t largest_ = 1;
  std::vector<KernelBindings> examples_;
  std::string missing_;
};

// "M=2, K=3, w_bits=16, ...": a point for messages.
std::string spelled(const KernelBindings& point);

// "input_bits": a precision, not a size.
bool is_precision(const KernelParameter& parameter);

}  // namespace lmhost

// What formulas as results may cost: one budget of work and memory for everything symbolic. Counts, no
// clock, so that the same input meets the same limit everywhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace lmhost {

struct SymbolicLimits {
  std::size_t steps = 20'000'000;                  // terms and factors looked at
  std::size_t parts = 2'000'000;                   // terms and factors kept at once
  std::size_t terms = 4'096;                       // of one closed form
  std::size_t length = std::size_t{1} << 20;       // characters of one closed form
  std::size_t characters = std::size_t{64} << 20;  // of everything that is written
  // No limits: a formula of more characters or deeper nesting has its shared parts named.
  std::size_t whole = 8'192;
  std::size_t nesting = 64;
  std::size_t levels = 250;  // of calls in a printed tree
};

class SymbolicBudget {
 public:
  explicit SymbolicBudget(const SymbolicLimits& limits = {}) : limits_(limits) {}

  const SymbolicLimits& limits() const { return limits_; }

  // Each is false from the first time on that a limit is passed.
  bool spend(std::size_t steps) { return use(steps_, steps, limits_.steps, "steps of algebra"); }
  bool keep(std::size_t parts) {
    return use(parts_, parts, limits_.parts, "terms and factors at once");
  }
  void release(std::size_t parts) { parts_ -= parts; }
  void release_all() { parts_ = 0; }
  bool write(std::size_t characters) {
    return use(characters_, characters, limits_.characters, "characters");
  }

  // Of one closed form; nothing is used up.
  bool fits(std::size_t length) {
    std::size_t none = 0;
    return use(none, length, limits_.length, "characters for one formula");
  }
  // What a formula nests after its parts are named.
  bool nests(std::size_t depth) {
    std::size_t none = 0;
    return use(none, depth, kDepthFactor * limits_.nesting, "levels of nesting for one formula");
  }

  bool is_exhausted() const { return !passed_.empty(); }
  // "more than 20,000,000 steps of algebra". REQUIRES: is_exhausted()
  std::string passed() const;
  // E107. REQUIRES: is_exhausted()
  Diagnostic error() const;

 private:
  bool use(std::size_t& used, std::size_t more, std::size_t limit, std::string_view what) {
    used = more > kMost - used ? kMost : used + more;
    if (used > limit && passed_.empty()) passed_ = what, passed_limit_ = limit;
    return passed_.empty();
  }

  // What may fail is not named, so that a formula may nest deeper than its parts are meant to.
  static constexpr std::size_t kDepthFactor = 2;
  static constexpr std::size_t kMost = static_cast<std::size_t>(-1);

  SymbolicLimits limits_;
  std::size_t steps_ = 0;
  std::size_t parts_ = 0;
  std::size_t characters_ = 0;
  std::string_view passed_;
  std::size_t passed_limit_ = 0;
};

}  // namespace lmhost

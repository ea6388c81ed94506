// Nearest names for many mistakes in one text: each looks at every known name, so the names looked at
// are counted.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace lmhost {

class Suggestions {
 public:
  static constexpr std::size_t kMost = 100;
  static constexpr std::size_t kMostNames = 1'000'000;

  // Whether another mistake may have one.
  bool may_suggest() const { return count_ < kMost && names_ < kMostNames; }

  // nearest_name() and did_you_mean(), or "" when there were enough.
  std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
    if (!may_suggest()) return "";
    ++count_;
    names_ += candidates.size();
    return nearest_name(name, candidates);
  }
  std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
    const std::string found = nearest(name, candidates);
    return found.empty() ? "" : "did you mean " + lmhost::quoted(found) + "?";
  }

 private:
  std::size_t count_ = 0;
  std::size_t names_ = 0;
};

}  // namespace lmhost

#include "study/named_parts.hpp"

#include <algorithm>
#include <limits>

namespace lmhost {
namespace {

constexpr std::size_t kName = 4;        // characters of "t123"
constexpr std::size_t kDefinition = 8;  // of what stands around a definition
constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

std::size_t saturated_sum(std::size_t a, std::size_t b) { return a > kMost - b ? kMost : a + b; }

}  // namespace

bool is_numbered(std::string_view word, std::string_view prefix) {
  return word.starts_with(prefix) &&
         word.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

std::uint32_t NamedParts::add(std::span<const std::uint32_t> children, std::size_t length,
                              Kind kind, std::uint32_t guarded) {
  Part part{length,
            length,
            1,
            static_cast<std::uint32_t>(children_.size()),
            static_cast<std::uint32_t>(children.size()),
            guarded,
            kind};
  for (std::uint32_t child : children) {
    part.whole = saturated_sum(part.whole, parts_[child].whole);
    part.depth = std::max(part.depth, parts_[child].depth + 1);
  }
  children_.insert(children_.end(), children.begin(), children.end());
  parts_.push_back(part);
  return static_cast<std::uint32_t>(parts_.size() - 1);
}

std::size_t NamedParts::choose(std::size_t nesting) {
  // From the top: how often each part is used, and whether only under a condition anywhere.
  std::vector<std::uint32_t> uses(parts_.size(), 0);
  std::vector<bool> is_guarded(parts_.size(), false);
  for (std::uint32_t root : roots_) ++uses[root];
  for (std::size_t at = parts_.size(); at-- > 0;) {
    if (uses[at] == 0) continue;
    const Part& part = parts_[at];
    const std::span<const std::uint32_t> below = children(part);
    for (std::size_t i = 0; i < below.size(); ++i) {
      ++uses[below[i]];
      if (is_guarded[at] || (i < 32 && ((part.guarded >> i) & 1U) != 0))
        is_guarded[below[i]] = true;
    }
  }
  // From the bottom: how long each is with the names below it.
  named_.assign(parts_.size(), false);
  lengths_.assign(parts_.size(), 0);
  std::vector<std::uint32_t> depths(parts_.size(), 1);
  std::size_t total = 0;
  for (std::size_t at = 0; at < parts_.size(); ++at) {
    if (uses[at] == 0) continue;
    const Part& part = parts_[at];
    lengths_[at] = part.length;
    for (std::uint32_t child : children(part)) {
      lengths_[at] = saturated_sum(lengths_[at], named_[child] ? kName : lengths_[child]);
      depths[at] = std::max(depths[at], named_[child] ? 2 : depths[child] + 1);
    }
    deepest_ = std::max(deepest_, depths[at]);
    const bool can_be_named =
        part.kind == Kind::kSafe || (part.kind == Kind::kRisky && !is_guarded[at]);
    const std::size_t saved = lengths_[at] > kName ? lengths_[at] - kName : 0;
    const bool is_shorter = uses[at] > 1 && saved > (kName + kDefinition) / (uses[at] - 1);
    if (!can_be_named || (!is_shorter && depths[at] <= nesting)) continue;
    named_[at] = true;
    total = saturated_sum(total, saturated_sum(lengths_[at], kDefinition));
  }
  for (std::uint32_t root : roots_)
    total = saturated_sum(total, named_[root] ? kName : lengths_[root]);
  return total;
}

}  // namespace lmhost

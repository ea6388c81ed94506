// Two profiles side by side: which node of one is which node of the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/profile.hpp"

namespace lmhost {

enum class Change {
  kKept,     // the same name, whatever it costs and whatever kernel it calls now
  kRenamed,  // another name: the same kernel, or a composite of mostly the same calls
  kAdded,
  kRemoved
};
std::string_view name_of(Change change);  // "kept", "renamed", "added", "removed"

struct ComparedNode {
  std::uint32_t parent = 0xFFFFFFFF;  // into Comparison::nodes; none for the root
  std::uint32_t depth = 0;
  Change change = Change::kKept;
  std::optional<std::uint32_t> base;  // into Profile::nodes; one of the two at least
  std::optional<std::uint32_t> now;
};

struct Comparison {
  const Profile* base = nullptr;
  const Profile* now = nullptr;
  std::vector<ComparedNode> nodes;  // preorder; in the order of `now`, removed calls last

  // 0 where the node is not.
  Costs base_costs(const ComparedNode& node) const;
  Costs now_costs(const ComparedNode& node) const;
  const ProfileNode& either(const ComparedNode& node) const;  // of `now`, else of `base`
};

// Roots are one; then, composite by composite, calls of the same name (the k-th of a name with the
// k-th), then among the rest those of the same kernel, then composites of which at least half of the
// calls have the same names; in order. What is left was added or removed, with all below it.
// REQUIRES: both outlive the result.
Comparison compare_profiles(const Profile& base, const Profile& now);

}  // namespace lmhost

#include "study/comparison.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace lmhost {
namespace {

using Indices = std::vector<std::uint32_t>;

Indices children_of(const Profile& profile, std::uint32_t parent) {
  Indices children;
  const std::uint32_t end = parent + profile.nodes[parent].descendants + 1;
  for (std::uint32_t child = parent + 1; child < end; child += profile.nodes[child].descendants + 1)
    children.push_back(child);
  return children;
}

using Names = std::set<std::string_view>;

Names child_names(const Profile& profile, std::uint32_t parent) {
  Names names;
  for (const std::uint32_t child : children_of(profile, parent))
    names.insert(profile.nodes[child].name);
  return names;
}

// The pairs among the children of one composite of each side.
class Matcher {
 public:
  Matcher(const Profile& base, const Profile& now, std::uint32_t base_parent,
          std::uint32_t now_parent)
      : base_(base),
        now_(now),
        base_children_(children_of(base, base_parent)),
        now_children_(children_of(now, now_parent)),
        base_taken_(base_children_.size()),
        partner_(now_children_.size()) {}

  // In the order of `now`, removed ones last.
  std::vector<ComparedNode> match() {
    pair_by([](const ProfileNode& node) -> std::string_view { return node.name; });
    pair_by([](const ProfileNode& node) -> std::string_view { return node.kernel; });
    similar_composites();
    std::vector<ComparedNode> pairs;
    for (std::size_t i = 0; i < now_children_.size(); ++i) {
      ComparedNode& pair = pairs.emplace_back();
      pair.now = now_children_[i];
      pair.change = Change::kAdded;
      if (!partner_[i]) continue;
      pair.base = base_children_[*partner_[i]];
      const bool same = base_.nodes[*pair.base].name == now_.nodes[*pair.now].name;
      pair.change = same ? Change::kKept : Change::kRenamed;
    }
    for (std::size_t i = 0; i < base_children_.size(); ++i) {
      if (base_taken_[i]) continue;
      ComparedNode& pair = pairs.emplace_back();
      pair.base = base_children_[i];
      pair.change = Change::kRemoved;
    }
    return pairs;
  }

 private:
  // Those that nobody has yet, in order.
  template <class Key>
  void pair_by(const Key& key) {
    std::map<std::string_view, std::vector<std::size_t>> places;  // of a key, last one first
    for (std::size_t i = base_children_.size(); i-- > 0;)
      if (!base_taken_[i]) places[key(base_.nodes[base_children_[i]])].push_back(i);
    for (std::size_t i = 0; i < now_children_.size(); ++i) {
      if (partner_[i]) continue;
      const auto found = places.find(key(now_.nodes[now_children_[i]]));
      if (found == places.end() || found->second.empty()) continue;
      take(i, found->second.back());
      found->second.pop_back();
    }
  }

  void take(std::size_t now, std::size_t base) {
    partner_[now] = base;
    base_taken_[base] = true;
  }

  // Composites of which half of the calls have the same names. Every pair is looked at, so of very
  // many nobody is.
  void similar_composites() {
    constexpr std::size_t kMostPairs = 1'000'000;
    std::vector<std::pair<std::size_t, Names>> old, young;
    for (std::size_t k = 0; k < base_children_.size(); ++k)
      if (!base_taken_[k] && base_.nodes[base_children_[k]].is_composite)
        old.emplace_back(k, child_names(base_, base_children_[k]));
    for (std::size_t i = 0; i < now_children_.size(); ++i)
      if (!partner_[i] && now_.nodes[now_children_[i]].is_composite)
        young.emplace_back(i, child_names(now_, now_children_[i]));
    if (old.size() * young.size() > kMostPairs) return;
    for (const auto& [i, names] : young)
      for (const auto& [k, others] : old) {
        if (base_taken_[k] || !is_similar(others, names)) continue;
        take(i, k);
        break;
      }
  }

  static bool is_similar(const Names& old, const Names& young) {
    // Half of all cannot be shared by sets of so different sizes.
    if (old.size() > 2 * young.size() || young.size() > 2 * old.size()) return false;
    const auto shared = std::count_if(old.begin(), old.end(),
                                      [&](std::string_view name) { return young.contains(name); });
    const std::size_t all = old.size() + young.size() - static_cast<std::size_t>(shared);
    return shared > 0 && 2 * static_cast<std::size_t>(shared) >= all;
  }

  const Profile& base_;
  const Profile& now_;
  const Indices base_children_, now_children_;
  std::vector<bool> base_taken_;
  std::vector<std::optional<std::size_t>> partner_;  // of now_children_: into base_children_
};

// Children of a node that only one side has.
std::vector<ComparedNode> alone(const Comparison& comparison, const ComparedNode& node) {
  std::vector<ComparedNode> children;
  const bool is_added = node.change == Change::kAdded;
  for (const std::uint32_t child : is_added ? children_of(*comparison.now, *node.now)
                                            : children_of(*comparison.base, *node.base)) {
    ComparedNode& pair = children.emplace_back();
    pair.change = node.change;
    (is_added ? pair.now : pair.base) = child;
  }
  return children;
}

}  // namespace

std::string_view name_of(Change change) {
  constexpr std::string_view kNames[] = {"kept", "renamed", "added", "removed"};
  return kNames[static_cast<std::size_t>(change)];
}

Costs Comparison::base_costs(const ComparedNode& node) const {
  return node.base ? base->nodes[*node.base].total : Costs();
}
Costs Comparison::now_costs(const ComparedNode& node) const {
  return node.now ? now->nodes[*node.now].total : Costs();
}
const ProfileNode& Comparison::either(const ComparedNode& node) const {
  return node.now ? now->nodes[*node.now] : base->nodes[*node.base];
}

Comparison compare_profiles(const Profile& base, const Profile& now) {
  Comparison result;
  result.base = &base;
  result.now = &now;
  ComparedNode root;
  root.base = root.now = 0;
  std::vector<ComparedNode> pending = {root};
  while (!pending.empty()) {
    const ComparedNode node = pending.back();
    pending.pop_back();
    const auto index = static_cast<std::uint32_t>(result.nodes.size());
    result.nodes.push_back(node);
    std::vector<ComparedNode> children = node.base && node.now
                                             ? Matcher(base, now, *node.base, *node.now).match()
                                             : alone(result, node);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      child->parent = index;
      child->depth = node.depth + 1;
      pending.push_back(*child);
    }
  }
  return result;
}

}  // namespace lmhost

// The calls of a resolved tree in preorder, without recursion.
#pragma once

#include <cstdint>
#include <vector>

#include "lmhost/result.hpp"
#include "report/resolved.hpp"

namespace lmhost {

struct ResolvedStep {
  InstanceIndex instance = 0;
  std::uint32_t edge = 0;  // into Plan::edges; of the root meaningless
  std::uint32_t depth = 0;
  bool has_children = false;  // that the walk goes on to
};

class ResolvedWalk {
 public:
  ResolvedWalk(const Plan& plan, const ResolvedOptions& options)
      : plan_(plan), options_(options), stack_{{plan.root(), 0, 0, false}} {}

  // The next call, or false at the end.
  bool next(ResolvedStep& step) {
    if (stack_.empty()) return false;
    step = stack_.back();
    stack_.pop_back();
    const IndexRange edges = plan_.instances[step.instance].edges;
    step.has_children = edges.count > 0 && (!options_.depth || step.depth < *options_.depth) &&
                        seen_ + edges.count < options_.nodes;
    is_truncated_ = is_truncated_ || (edges.count > 0 && !step.has_children);
    if (!step.has_children) return true;
    seen_ += edges.count;
    for (std::uint32_t i = edges.count; i-- > 0;) {
      const std::uint32_t edge = edges.first + i;
      stack_.push_back({plan_.edges[edge].child, edge, step.depth + 1, false});
    }
    return true;
  }
  bool is_truncated() const { return is_truncated_; }  // calls were left out

 private:
  const Plan& plan_;
  const ResolvedOptions& options_;
  std::vector<ResolvedStep> stack_;
  std::size_t seen_ = 0;
  bool is_truncated_ = false;
};

// Whether the tree can be printed within the limits: E107.
Result<bool> check_size(const ResolvedTree& tree, const ResolvedOptions& options);

}  // namespace lmhost

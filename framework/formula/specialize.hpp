// A program with some of its inputs fixed: what then is constant folds away, and so do conditions that
// the rest decides, so that a closed form or a sweep has only what varies in it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "formula/node_facts.hpp"
#include "formula/program.hpp"

namespace lmhost {

struct SpecializedProgram {
  Program program;               // its open inputs are those of the original, in the same places
  std::vector<NodeIndex> nodes;  // by the original's node
};

// `value` gives the number of an input that is fixed, nothing of one that stays; `is_positive` says
// which of those stay above 0. Where a node of the original has a value, its node has the same.
SpecializedProgram specialize(const Program& program,
                              const std::function<std::optional<Number>(InputName)>& value,
                              const NodeFacts::IsPositive& is_positive);

}  // namespace lmhost

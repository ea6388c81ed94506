// What a cost is made of when one input grows: the term that wins, and from where it does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/cost_forms.hpp"

namespace lmhost {

// From `at` on, and up to 2^32, `winner` costs more than `loser`.
struct Crossover {
  std::string winner, loser;
  Number at;
};

struct Asymptotic {
  Number coefficient;  // of the dominant term
  std::uint32_t degree = 0;
  std::string kernel;  // which has the most of it
  // From here on the dominant term is more than all others together. Nothing: from the smallest value.
  std::optional<Number> dominant_from;
  std::vector<Crossover>
      crossovers;        // of the winning kernel over every one that is larger at first
  std::string obstacle;  // why there is none: a part that is no polynomial in the input
};

// The cost of a node as a single input grows from `least`, everything else fixed. REQUIRES: the forms
// are of a program with that one input.
Asymptotic asymptotic_of(CostForms& forms, const NodePath& node, const CostWeights& weights,
                         InputName input, std::int64_t least);

}  // namespace lmhost

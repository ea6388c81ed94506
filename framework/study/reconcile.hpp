// Which way of counting gives a number that a paper or another tool prints for the same model at the
// same point. A candidate is a count (what is counted: rows of kCounts, reconcile_counts.cpp) in a
// measure (of what: whole, per token, as multiply-adds; rows of kMeasures, reconcile.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "study/figure.hpp"

namespace lmhost {

// What counts are made of, of all executions of one node.
struct CountedParts {
  Costs total;
  Costs embedding;            // look-ups in tables of weights
  Costs head;                 // products with weights outside of everything that repeats
  Number tied_head_elements;  // of such weights, those that are stored elsewhere
  Number attention, useful_attention;
  // Of experts, if there are any: as executed, of all of them, and of one per token.
  Number expert_products, all_expert_products, one_expert_products;
  Number expert_parameters, active_expert_parameters;
  Number sequences, new_tokens,
      cached_tokens;  // those in the cache after the pass, of all sequences
  Costs layer;        // one execution of the outermost composite that repeats
  Number layers;      // how often; 0: nothing repeats
};
CountedParts counted_parts(const CostTree& tree, std::uint32_t node);

// One way to count.
struct Count {
  std::string_view name;
  std::string_view formula;  // in the letters of `letters_of`; of what has no formula what it is
  std::string_view who;      // counts so; may be empty
  Figure::Kind kind;
  bool is_products;                                           // so that a multiply-add is two
  std::optional<Number> (*value)(const CountedParts& parts);  // nothing: the node has no such part
};
std::span<const Count> counts();

struct Candidate {
  std::string name;     // "matrix products, as multiply-adds"
  std::string formula;  // "M / 2"
  std::string_view who;
  Number value;
  double distance = 0;         // (value - figure) / figure
  bool is_as_written = false;  // rounds to the figure, and is within kCoarsest of it
  bool is_close = false;       // not that, but within kClose of it
};

struct Reconciliation {
  static constexpr double kClose = 0.005;
  // One digit may stand for anything within a half: too much to call it found.
  static constexpr double kCoarsest = 0.05;
  Figure figure;
  CountedParts parts;
  std::vector<Candidate> candidates;  // nearest first
  bool is_found() const {
    return !candidates.empty() && (candidates[0].is_as_written || candidates[0].is_close);
  }
};
Reconciliation reconcile(const CountedParts& parts, const Figure& figure);

// What the letters in formulas stand for: ("N", "parameters", 6738415616). Only those that are used.
struct Letter {
  std::string_view letter, meaning;
  Number value;
};
std::vector<Letter> letters_of(const CountedParts& parts, std::string_view formulas);

}  // namespace lmhost

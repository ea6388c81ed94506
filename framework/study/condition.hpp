// What must not happen to a metric from one report to the next: the text of --fail-if.
//
//   condition := metric [ "@" node ] ( ">" | ">=" | "<" | "<=" | "==" | "!=" ) limit
//   limit     := "+" or "-" number [suffix]   the change: new - base
//              | [ "+" | "-" ] number "%"     the change in percent of the base
//              | number [suffix]              the new value itself
//   suffix    := k M G T P E (powers of 1000) | Ki Mi Gi Ti Pi Ei (powers of 1024), then B or FLOP
//
// "flops>+1%" "bytes_read@model.layers.mlp>+0" "parameters>=8.1G" "stored_bytes>16GiB". Blanks
// may stand between the parts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

struct Condition {
  enum class Relation { kAbove, kAtLeast, kBelow, kAtMost, kEqual, kNotEqual };
  enum class Kind { kValue, kChange, kPercent };

  SourceText source;   // "--fail-if" and the whole text, for errors
  std::string metric;  // as written
  std::size_t metric_offset = 0;
  std::string node;  // a path; empty: the whole model
  std::size_t node_offset = 0;
  Relation relation = Relation::kAbove;
  Kind kind = Kind::kValue;
  Number limit;
};

// Errors: E608, at its column.
Result<Condition> parse_condition(std::string_view text);

// What the condition looks at: the new value, the change, or the change in percent. A change from
// nothing to something is without measure: more than any percentage, an error number here.
Number measured(const Condition& condition, const Number& base, const Number& now);
bool is_met(const Condition& condition, const Number& base, const Number& now);

}  // namespace lmhost

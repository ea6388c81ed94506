// What the printers of comparisons share: cells, and the rows of one pair by module.
#pragma once

#include <string>

#include "report/comparison.hpp"

namespace lmhost {

std::string amount_text(const Column& column, const Number& value, const TextStyle& style);
// With its sign; "0" for none.
std::string change_text(const Column& column, const Number& delta, const TextStyle& style);
// "+19.2 %"; "new" from nothing, "" where nothing changes.
std::string percent_text(double base, double now);
std::string percent_text(const Number& base, const Number& now);

// The tree of a pair: siblings by how much they change, what does not change folded.
Table node_rows(const Comparison& comparison, const Column& metric,
                const ComparisonOptions& options, const TextStyle& style);

}  // namespace lmhost

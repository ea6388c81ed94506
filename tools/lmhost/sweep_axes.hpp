// -P NAME=VALUES: what a sweep varies, in the grammar of llama-bench.
//
//   VALUES  = item {"," item}
//   item    = value | first "-" last | first "-" last "+" step | first "-" last "*" factor
// "x" may stand for "*". Counts take the suffixes of every other option: 2K is 2048, 2k is 2000.
#pragma once

#include <string>
#include <vector>

#include "lmhost/number.hpp"
#include "study/sweep.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct ValueRange {
  std::string text;  // of a value that is no number; else the range
  bool is_number = true;
  Number first, last, step;
  bool is_geometric = false;
};

// An axis before its values are written out: a range of a billion values is one word.
struct AxisText {
  std::string argument;                    // "batch_size=1-256*2"
  std::string name;                        // canonical: "batch_size", "dtype", "num_hidden_layers"
  std::vector<RuntimeVariable> variables;  // else a config name, "mode" or "hw"
  std::vector<ValueRange> ranges;
  bool is_config = false;
  Number count;

  // The numbers of the smallest and the largest value. REQUIRES: all are numbers.
  Number smallest() const;
  Number largest() const;
  bool is_numeric() const;
};

// All -P of the command line. Errors: no values, a malformed range, a name twice or given by an
// option of its own as well.
Result<std::vector<AxisText>> read_axes(const Arguments& arguments);

// Points of the grid: the product of the counts.
Number grid_size(const std::vector<AxisText>& axes);

// With every value written out. Errors: too many values, a value twice.
Result<SweepAxis> expand_axis(const AxisText& axis);

}  // namespace lmhost::tool

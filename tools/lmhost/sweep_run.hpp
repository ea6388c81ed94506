// The running of a sweep: blocks of points in parallel, their rows in order, a line of progress, and
// an end that loses nothing when somebody presses Ctrl-C.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/sweep.hpp"
#include "tools/lmhost/row_sink.hpp"

namespace lmhost::tool {

// "sweep 412/1,190  35%  2.1k points/s  eta 0:00:01" on standard error, where that is a terminal, after
// the first second.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t total);
  ~ProgressLine();  // takes the line away
  void update(std::size_t done);

 private:
  std::size_t total_;
  bool on_terminal_;
  bool shown_ = false;
  double start_, last_ = 0;
};

// While it lives, SIGINT and SIGTERM ask instead of ending the program; a second one ends it.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  static int signal();  // the one that came, or 0
};

// Appends the rows of a block's points [0, count), the first being `point` of the sweep.
using FormatBlock = std::function<void(const SweepBlock& block, std::size_t point,
                                       std::size_t count, std::string& text)>;

struct SweepRange {
  std::size_t first = 0;
  std::size_t end = 0;
  bool has_header = true;  // the rows behind it are the first
};
// Shard `index` (from 1) of `count`: shards follow each other and are as long as each other, give or
// take a point.
SweepRange shard_of(std::size_t size, std::size_t index, std::size_t count);

// Writes the header and every row of the range. The exit status: 0, or 128 + a signal. Errors: of the sink, and of the
// first point that an analysis refuses, with the rows before it written.
Result<int> run_sweep(const Sweep& sweep, SweepRange range, unsigned threads, std::string header,
                      const FormatBlock& format, RowSink& sink);

}  // namespace lmhost::tool

// What stands behind the public objects. Inside of the library lmhost::v0::Host is the public one
// and lmhost::Host the pipeline.
#pragma once

#define LMHOST_INSIDE

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aggregate/totals_program.hpp"
#include "host.hpp"
#include "lmhost/lmhost.hpp"
#include "load/model.hpp"
#include "report/summary.hpp"
#include "study/grid_table.hpp"

// What stands behind a public object is not public.
#define LMHOST_LOCAL __attribute__((visibility("hidden")))

namespace lmhost::v0 {

struct LMHOST_LOCAL Host::Data {
  lmhost::Host host;
};

struct LMHOST_LOCAL Graph::Data {
  Model model;
};

// Scratch that threads borrow for one question, since a question costs less than an allocation.
class ScratchPool {
 public:
  using Scratch = std::unique_ptr<TotalsProgram::Scratch>;

  Scratch take() {
    const std::lock_guard guard(lock_);
    if (free_.empty()) return std::make_unique<TotalsProgram::Scratch>();
    Scratch scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }
  void give(Scratch scratch) {
    const std::lock_guard guard(lock_);
    free_.push_back(std::move(scratch));
  }

 private:
  std::mutex lock_;
  std::vector<Scratch> free_;
};

struct LMHOST_LOCAL Plan::Data {
  Data(Analysis planned, std::string installation);

  Result<Costs> totals(const RuntimePoint& point, TotalsProgram::Scratch& scratch) const;

  Analysis analysis;  // without a tree
  std::string prefix;
  Schedule schedule;
  TotalsProgram program;
  mutable ScratchPool pool;
};

struct LMHOST_LOCAL Sweep::Data {
  GridTable table;
};

struct LMHOST_LOCAL Report::Data {
  Analysis analysis;
  Summary summary;
  std::string prefix;
};

// The caller's words as the pipeline's. Refers to `options`.
struct Run {
  explicit Run(const RunOptions& options) : execution(options.threads) {
    execution.cancelled = options.cancelled;
    if (options.parallel_for) execution.parallel_for = &options.parallel_for;
    if (options.progress) execution.progress = &options.progress;
  }
  Execution execution;
};

// Why a point is none; empty when it is one.
Diagnostics check_point(const RuntimePoint& point, const Config& config);

}  // namespace lmhost::v0

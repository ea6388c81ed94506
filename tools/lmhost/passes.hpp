// One pass of a model, a generation or a training step: which one the options ask for, and its
// analysis with what the report says beside the table.
#pragma once

#include <vector>

#include "host.hpp"
#include "report/summary.hpp"
#include "study/training.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct Passes {
  Phase phase = Phase::kPass;
  Number prompt_tokens, generated_tokens;
  const Optimizer* optimizer = nullptr;            // of a training step
  const MfuConvention* mfu_convention = nullptr;
};

// Errors: options that contradict the phase, E611. `workload` is what read_workload() gives.
Result<Passes> read_passes(const Arguments& arguments, const Workload& workload);

struct PassesResult {
  Analysis analysis;
  std::vector<ReportSection> sections;
};

Result<PassesResult> analyze_passes(const Host& host, const Workload& workload,
                                    const Passes& passes);

}  // namespace lmhost::tool

// One pass of a model, a generation or a training step: which one the options ask for, and its
// analysis with what the report says beside the table.
#pragma once

#include <memory>
#include <vector>

#include "host.hpp"
#include "report/summary.hpp"
#include "study/training.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct Passes {
  Phase phase = Phase::kPass;
  Number prompt_tokens, generated_tokens;
  const Optimizer* optimizer = nullptr;  // of a training step
  const MfuConvention* mfu_convention = nullptr;
};

// Errors: options that contradict the phase, E611. `workload` is what read_workload() gives.
Result<Passes> read_passes(const Arguments& arguments, const Workload& workload);

struct PassesResult {
  Analysis analysis;
  std::vector<ReportSection> sections;
  Number model_flops;  // of a training step, by the convention in force
};

Result<PassesResult> analyze_passes(const Host& host, const Workload& workload,
                                    const Passes& passes);

// The least time on the device that the options name; nothing when they name none.
Result<std::shared_ptr<const DeviceBounds>> bound_passes(const Arguments& arguments,
                                                         const Host& host,
                                                         const Analysis& analysis);

// What a bound says beyond time: model FLOPs utilisation of a measured training step, and the least
// price of a million tokens. Errors: E601, E611.
Result<bool> add_bound_sections(const Arguments& arguments, const Passes& passes,
                                const Number& model_flops, const Analysis& analysis,
                                Summary* summary);

}  // namespace lmhost::tool

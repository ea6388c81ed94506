// A whole generation: a prompt of `prompt` tokens, then `generated` tokens, of each sequence.
//
// The prefill (seq_len = prompt, cache_len = 0) gives the first token; each later token is a decode
// step: seq_len = 1 on cache_len = prompt + t, t = 0 .. generated - 2. The costs are the sum of those
// `generated` passes, exactly: where counts and costs are polynomials in cache_len, by Faulhaber's
// formula, on as long a range as they stay so; elsewhere point by point. What stays resident is that
// of the last pass: the last token is never read back, so the cache ends at prompt + generated - 1.
#pragma once

#include <cstdint>

#include "aggregate/analysis.hpp"
#include "evaluate/evaluate.hpp"
#include "lmhost/result.hpp"
#include "study/device_bound.hpp"

namespace lmhost {

struct Generation {
  Analysis analysis;              // its tree has every node that some pass executes, with sums
  Costs prefill;                  // of the whole model; stored quantities: of that pass
  Costs decode;                   // all steps together; stored quantities: of the last
  std::int64_t closed_steps = 0;  // in closed form
  std::int64_t plain_steps = 0;   // evaluated one by one
};

struct GenerationOptions {
  bool closed_form = true;  // false: every step is evaluated; for tests
};

// `plan` as Host::plan() gives it: no tree yet; its point's lengths are not read. Errors: what any of
// the passes gives; E601 when a length is no whole number or `generated` is below 1.
Result<Generation> generate(Analysis plan, const Number& prompt, const Number& generated,
                            const Execution& execution = 1u, const GenerationOptions& options = {});

// The least time on a device: the sum of the bounds of the passes, each of them computed, since a call
// may be bounded by computing in one and by memory in the next. `generated` is what generate() gave;
// shares of a device may differ by phase. Error: E107, more passes than can be evaluated one by one.
Result<DeviceBounds> bound_generation(const Analysis& generated, const Roof& prefill, Roof decode);

}  // namespace lmhost

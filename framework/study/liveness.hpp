// How much memory activations take at once: the peak over the calls in their order, not their sum.
//
// A graph says in which order calls run and how large what they read and write is, not which value
// a call reads. That is inferred from sizes, per composite, as in a Python function:
//   - What a call writes is born there. A read takes the youngest value of its size and role that
//     nobody has read yet; failing that the oldest that was read before lives on until now (a
//     residual), which is never shorter than the truth; failing that it is an argument, which the
//     caller holds.
//   - A value dies after its last read. One that is never read is returned and lives in the caller.
//   - While a call runs, its outputs and scratch live, and the whole of what it writes to a cache
//     (a cache that grows by copying holds both copies).
//   - A repeated call holds what one execution holds: the next takes what the last returned.
//   - A call of which a rank holds a part (sharding.hpp) creates that part of its values; what it
//     reads from outside is whole.
// The peak leans upwards, because a value whose reader cannot be told is kept.
#pragma once

#include <string>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

struct Liveness {
  Number peak;            // bytes
  std::string peak_path;  // the call during which the peak is reached
  bool is_split = false;  // of that call a rank holds a part
};

// `shares` by Plan::edges. REQUIRES: an evaluation without errors.
Liveness live_activations(const Plan& plan, const Evaluation& evaluation,
                          const std::vector<Number>& shares);

}  // namespace lmhost

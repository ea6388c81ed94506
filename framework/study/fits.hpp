// Whether a model with so many sequences of such a length fits on devices, and what would.
//
// The memory of a rank: its weights, the cache of `sequences` sequences of `length` tokens, and the
// activations of the larger of two steps (see liveness.hpp): one new token of every sequence at full
// length, and as many new tokens as a step may have. Buffers of communication are no part of it. All
// bytes are exact, and every answer of solve is the exact largest: it fits, one more does not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/analysis.hpp"
#include "evaluate/evaluate.hpp"
#include "study/sharding.hpp"

namespace lmhost {

struct Serving {
  Number sequences = 1;       // at once, of one data-parallel replica
  Number length = 2048;       // tokens of each, prompt and answer together
  Number step_tokens = 8192;  // new tokens of one step at most (--max-num-batched-tokens)
  Number usable;              // bytes of one device
  Parallelism parallelism;
  RuntimePoint precision;  // its bits
};

struct Footprint {
  RankStorage storage;
  Number activations;
  std::string activations_path;  // the call of the peak
  bool is_prefill_peak = false;
  bool is_split_peak = false;  // the call of the peak is divided by tensor parallelism
  Number total() const { return storage.weights + storage.kv_cache + activations; }
};

// A question asked many times of one plan.
class Fits {
 public:
  // REQUIRES: an analysis with plan, config and point.
  static Result<Fits> make(Analysis analysis);

  const ModelShape& shape() const { return shape_; }
  const Analysis& analysis() const { return analysis_; }
  // Errors: sizes that do not go together, layers that cannot be cut.
  Diagnostics check(const Serving& serving, std::optional<std::int64_t> devices) const;

  Result<Footprint> footprint(const Serving& serving) const;
  Result<bool> fits(const Serving& serving) const;

  // The largest that fits; 0: not even 1. At most 2^40, for a model without a cache.
  Result<Number> most_sequences(Serving serving) const;
  Result<Number> longest(Serving serving) const;
  // The least number of devices on which it fits, tensor parallelism first, with the given
  // data-parallel replicas; nothing when 4096 do not do.
  Result<std::optional<Parallelism>> fewest_devices(Serving serving) const;
  // The widest weights that fit, of kWeightTypes; nothing when none does.
  struct WeightType {
    std::string_view name;
    Number bits;
  };
  static std::vector<WeightType> weight_types();
  Result<std::optional<WeightType>> widest_weights(Serving serving) const;

 private:
  Fits() = default;
  Result<CostTree> tree_at(const RuntimePoint& point) const;
  // The largest value of 1.. for which it fits; `set` puts it into the question.
  template <class Set>
  Result<Number> largest(Serving serving, Set set) const;

  Analysis analysis_;
  Schedule schedule_;
  ModelShape shape_;
  bool has_layers_ = false;
};

}  // namespace lmhost

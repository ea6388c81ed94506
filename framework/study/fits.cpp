#include "study/fits.hpp"

#include <utility>

#include "aggregate/aggregate.hpp"
#include "base/codes.hpp"
#include "study/liveness.hpp"

namespace lmhost {
namespace {

using V = RuntimeVariable;

bool is_at_most(const Number& a, const Number& b) { return compare(a, b).value_or(1) <= 0; }

}  // namespace

Result<Fits> Fits::make(Analysis analysis) {
  Fits fits;
  fits.analysis_ = std::move(analysis);
  fits.schedule_ = make_schedule(*fits.analysis_.plan);
  Result<CostTree> tree = fits.tree_at(fits.analysis_.point);
  if (!tree) return std::move(tree).errors();
  if (tree->truncated)
    return plain_error(ErrorKind::kInput, codes::kLimit,
                       "the graph has too many calls to tell what each device would hold");
  fits.shape_ = shape_of(*tree, *fits.analysis_.config);
  fits.has_layers_ = has_layers(*tree, fits.shape_);
  return fits;
}

Diagnostics Fits::check(const Serving& serving, std::optional<std::int64_t> devices) const {
  Diagnostics errors = check_parallelism(serving.parallelism, shape_, devices);
  if (errors.empty() && serving.parallelism.pipeline > 1 && !has_layers_)
    errors.push_back(plain_error(ErrorKind::kUsage, codes::kUsage,
                                 "--pipeline-parallel-size needs layers to cut, and no calls of "
                                 "the graph add up to the config's number of layers",
                                 "use tensor parallelism"));
  return errors;
}

Result<CostTree> Fits::tree_at(const RuntimePoint& point) const {
  Result<Evaluation> evaluation = evaluate_plan(*analysis_.plan, schedule_, point);
  if (!evaluation) return std::move(evaluation).errors();
  return build_cost_tree(analysis_.plan, point, std::move(*evaluation));
}

Result<Footprint> Fits::footprint(const Serving& serving) const {
  RuntimePoint decode = serving.precision;
  decode[V::kBatchSize] = serving.sequences;
  decode[V::kSeqLen] = Number(1);
  decode[V::kCacheLen] = serving.length - Number(1);
  Result<CostTree> tree = tree_at(decode);
  if (!tree) return std::move(tree).errors();
  Footprint result;
  result.storage = rank_storage(*tree, serving.parallelism, shape_);

  // One long piece stands for the pieces of several prompts: as many tokens, and never less memory.
  RuntimePoint prefill = serving.precision;
  const Number tokens = minimum(serving.step_tokens, serving.sequences * serving.length);
  prefill[V::kBatchSize] = Number(1);
  prefill[V::kSeqLen] = tokens;
  prefill[V::kCacheLen] = maximum(serving.length - tokens, Number(0));
  Result<Evaluation> evaluation = evaluate_plan(*analysis_.plan, schedule_, prefill);
  if (!evaluation) return std::move(evaluation).errors();
  const auto live = [&](const Evaluation& step) {
    return live_activations(*analysis_.plan, step,
                            activation_shares(*analysis_.plan, step, serving.parallelism, shape_));
  };
  Liveness largest = live(tree->evaluation);
  Liveness of_prefill = live(*evaluation);
  result.is_prefill_peak = is_at_most(largest.peak, of_prefill.peak);
  if (result.is_prefill_peak) largest = std::move(of_prefill);
  result.activations = ceil(largest.peak);
  result.activations_path = std::move(largest.peak_path);
  result.is_split_peak = largest.is_split;
  return result;
}

Result<bool> Fits::fits(const Serving& serving) const {
  Result<Footprint> needed = footprint(serving);
  if (!needed) return std::move(needed).errors();
  return is_at_most(needed->total(), serving.usable);
}

// Every part grows with both numbers, so that doubling and then halving finds the exact border.
template <class Set>
Result<Number> Fits::largest(Serving serving, Set set) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t good = 0, bad = 1;
  while (bad <= kMost) {
    set(&serving, Number(bad));
    Result<bool> is_good = fits(serving);
    if (!is_good) return std::move(is_good).errors();
    if (!*is_good) break;
    good = bad;
    bad *= 2;
  }
  if (good == kMost) return Number(good);
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    set(&serving, Number(middle));
    Result<bool> is_good = fits(serving);
    if (!is_good) return std::move(is_good).errors();
    (*is_good ? good : bad) = middle;
  }
  return Number(good);
}

Result<Number> Fits::most_sequences(Serving serving) const {
  return largest(std::move(serving),
                 [](Serving* at, const Number& value) { at->sequences = value; });
}

Result<Number> Fits::longest(Serving serving) const {
  return largest(std::move(serving), [](Serving* at, const Number& value) { at->length = value; });
}

Result<std::optional<Parallelism>> Fits::fewest_devices(Serving serving) const {
  constexpr std::int64_t kMost = 4096;
  const std::int64_t stages = has_layers_ ? shape_.layers : 1;
  serving.parallelism.expert = 1;
  for (std::int64_t ranks = 1; ranks <= kMost; ++ranks) {
    for (std::int64_t tensor = ranks; tensor >= 1; --tensor) {
      if (ranks % tensor != 0 || ranks / tensor > stages) continue;
      serving.parallelism.tensor = tensor;
      serving.parallelism.pipeline = ranks / tensor;
      if (!check(serving, std::nullopt).empty()) continue;
      Result<bool> is_good = fits(serving);
      if (!is_good) return std::move(is_good).errors();
      if (*is_good) return std::optional<Parallelism>(serving.parallelism);
    }
    // Neither heads nor layers can be cut further.
    if (shape_.heads != 0 && ranks >= shape_.heads * stages) break;
  }
  return std::optional<Parallelism>();
}

// True sizes, scales included: fp8 by blocks of 128 x 128 with an fp32 scale adds 0.02 % and is
// left at 8; MXFP4 has an 8-bit scale for 32 elements, NVFP4 one for 16, AWQ and GPTQ a 16-bit one
// for 128.
std::vector<Fits::WeightType> Fits::weight_types() {
  return {{"float32", Number(32)},
          {"bfloat16", Number(16)},
          {"fp8", Number(8)},
          {"nvfp4", Number::ratio(9, 2)},
          {"mxfp4", Number::ratio(17, 4)},
          {"int4 with groups of 128", Number::ratio(33, 8)}};
}

Result<std::optional<Fits::WeightType>> Fits::widest_weights(Serving serving) const {
  for (const WeightType& type : weight_types()) {
    serving.precision[V::kWeightBits] = type.bits;
    Result<bool> is_good = fits(serving);
    if (!is_good) return std::move(is_good).errors();
    if (*is_good) return std::optional<WeightType>(type);
  }
  return std::optional<WeightType>();
}

}  // namespace lmhost

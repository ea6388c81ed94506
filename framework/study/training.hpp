// One training step: forward and backward pass over batch_size sequences of seq_len tokens.
//
// Backward FLOPs are what a kernel declares (backward_flops, backward_matmul_flops), else twice its
// forward ones: the gradient of a product with respect to each of its two factors is a product of
// the same size (Kaplan et al. 2020, arXiv:2001.08361, section 2.1; PaLM, arXiv:2204.02311, appendix
// B). A lookup, a copy and a view have none to double. Useful FLOPs: of a kernel that declares them
// the share of its matmul FLOPs stays what it was.
//
// Backward traffic has no declaration yet and follows one rule: inputs are read again (not by a
// kernel without arithmetic, whose gradient needs none of them), the gradient of every output is
// read, twice by a kernel with matrix products, which has two of them; the gradient of every input
// but indices is written, in the input's role and precision. Intermediates are counted again.
//
// Not in the costs: the optimizer's step, gradient accumulation and exchange, activations kept or
// recomputed between the passes.
#pragma once

#include <span>
#include <string_view>

#include "aggregate/analysis.hpp"
#include "evaluate/evaluate.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "study/device_bound.hpp"

namespace lmhost {

// How many bytes an optimizer keeps per parameter, besides the weights and their gradients.
struct Optimizer {
  std::string_view name;
  Number state_bytes;           // per parameter
  bool has_master = false;      // and an fp32 copy of weights of fewer bits
  bool in_weight_type = false;  // state_bytes counts numbers in the weights' type instead
  std::string_view doc;
  std::string_view source;
};
std::span<const Optimizer> optimizers();  // the first is the default
const Optimizer* find_optimizer(std::string_view name);

// What "model FLOPs" of a step are: the numerator of model FLOPs utilisation.
struct MfuConvention {
  std::string_view name;
  std::string_view formula;
  std::string_view source;
};
std::span<const MfuConvention> mfu_conventions();  // the first is the default
const MfuConvention* find_mfu_convention(std::string_view name);

struct Training {
  Analysis analysis;  // its tree has sums: forward and backward
  Costs forward, backward;
  Number tokens;            // of a step
  Number attention_matmul;  // forward: matrix products of two activations, dense
  Number attention_useful;  // the part of it that no mask throws away
  Number weight_bytes, gradient_bytes, optimizer_bytes, master_bytes;

  Number model_flops(const MfuConvention& convention) const;
};

// `forward` as Host::analyze() gives it. Errors: a cache that is not empty, E611; costs that do not
// fit 128 bits, E305.
Result<Training> train(Analysis forward, const Optimizer& optimizer);

// The least time of both passes on a device, each backward call bounded by itself. `trained` is what
// train() gave.
DeviceBounds bound_training(const Analysis& trained, Roof roof);

}  // namespace lmhost

// What of a model one of several devices holds.
//
// Which weights are split, by role and kernel, as vLLM and Megatron-LM do it:
//   - the matrix of a kernel that multiplies matrices: over the tensor-parallel ranks;
//   - a table of which a call reads rows (an embedding): the same, by whole rows, when it has a row
//     for every word of the vocabulary; else (positions) every rank has all of it;
//   - experts (a kernel with num_experts that reads only those hit): over the expert-parallel ranks,
//     by whole experts, and within each over the tensor-parallel ones that are left;
//   - a router, biases, norms and everything else: every rank has all of it;
//   - the cache: by key/value heads; with more ranks than such heads each rank has one, and the
//     projections that make it likewise. A cache without heads (latent attention): every rank.
// Activations are split between two products of weights as Megatron-LM pairs them (a matrix cut by
// columns, later one cut by rows, whose result is whole again): in a composite that calls several
// products itself, from the first to the last, if the last gives as many columns as the first takes.
// What has no such pair (the logits of a lone lm_head) is whole on every rank. Whole experts on ranks of
// their own get as many tokens as the router sends: between their products only the cut of each expert
// over the ranks that are left divides.
// Pipeline stages hold whole layers, as evenly as vLLM cuts them: what is left over goes to the
// stages before the last. What comes before the layers is on the first stage, what follows on the
// last, which has a copy of its own of a tied embedding. Data parallelism divides nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "evaluate/evaluate.hpp"
#include "study/parallelism.hpp"

namespace lmhost {

// Bytes of the rank that holds most.
struct RankStorage {
  Number weights;
  Number kv_cache;
  std::int64_t stage = 0;
  std::int64_t layers = 0;  // of that stage
};

// At the tree's point. REQUIRES: check_parallelism() found nothing; with pipeline > 1 the layers are
// known, see has_layers().
RankStorage rank_storage(const CostTree& tree, const Parallelism& parallelism,
                         const ModelShape& shape);
// Of what each call (Plan::edges) creates, the part that a rank holds. In a composite that keeps a
// cache no finer than by key/value heads, so that the part is never less than the truth.
std::vector<Number> activation_shares(const Plan& plan, const Evaluation& evaluation,
                                      const Parallelism& parallelism, const ModelShape& shape);
// Whether the tree shows num_hidden_layers calls that can be cut into stages.
bool has_layers(const CostTree& tree, const ModelShape& shape);

}  // namespace lmhost

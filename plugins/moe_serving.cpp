// Mixture of experts as serving engines launch it: the choice of experts from finished logits, the
// sorting of tokens by expert, and the sum of the experts' rows. Part of the plugin moe, which has
// the grouped product between them. Ids and maps are int32 there.

#include <lmhost/sdk.hpp>

namespace {

using lmhost::sdk::Plugin;

void add_top_k(Plugin& plugin) {
  plugin.kernel("lmhost.moe_top_k")
      .doc(
          "Scores, choice and renormalisation from router logits (num_tokens, num_experts) in one "
          "kernel -> routing weights float32 and expert ids int32 (num_tokens, top_k). Comparisons "
          "are no FLOPs; the choice of groups is left out.")
      .source(
          "vLLM csrc/moe/topk_softmax_kernels.cu topk_softmax, topk_sigmoid; "
          "grouped_topk_kernels.cu "
          "(0.33.0); Shazeer et al. 2017, arXiv:1701.06538, equations 3 to 5")
      .alias({"vllm._custom_ops.topk_softmax", "vllm._custom_ops.grouped_topk"})
      .params({"num_tokens -- rows of the logits", "num_experts -- routed experts",
               "top_k -- experts per token",
               "scoring:string='softmax' -- 'softmax' or 'sigmoid' of the logits",
               "normalizes:bool=1 -- divides the chosen weights by their sum",
               "has_correction_bias:bool=0 -- adds a bias to every score before the choice",
               "scales_weights:bool=0 -- multiplies the chosen weights by a routed scaling factor",
               "writes_source_rows:bool=0 -- writes the row of each choice, too",
               "logit_bits:float=32 -- bits per logit"})
      .let("chosen", "num_tokens*top_k")
      .flops(
          "num_tokens*num_experts*(scoring_flops(scoring) + has_correction_bias) + "
          "chosen*(2*normalizes + scales_weights)",
          "renormalisation is one addition and one division per chosen weight")
      .reads("logits", "num_tokens*num_experts", "logit_bits")
      .weight("correction_bias", "num_experts*has_correction_bias", nullptr, "32")
      .writes("weights", "chosen", "32")
      .operand(LMH_WRITE, LMH_INDEX, "experts", "chosen", nullptr, "32")
      .operand(LMH_WRITE, LMH_INDEX, "source_rows", "chosen*writes_source_rows", nullptr, "32")
      .example("num_tokens=3, num_experts=7, top_k=2, writes_source_rows=1",
               "flops=117, read=84, write=72, write_index=48", "21*5 + 6*2; read 4*21; write 3*4*6")
      .example(
          "num_tokens=3, num_experts=7, top_k=2, scoring='sigmoid', has_correction_bias=1, "
          "scales_weights=1",
          "flops=123, read=112, write=48, stored=28, parameters=7",
          "21*(4 + 1) + 6*3; read 4*(21 + 7); write 2*4*6")
      .example("num_tokens=3, num_experts=7, top_k=2, normalizes=0, logit_bits=16",
               "flops=105, read=42, write=48", "21*5; read 2*21");
}

void add_align(Plugin& plugin) {
  plugin.kernel("lmhost.moe_align_block_size")
      .doc(
          "Sorts token-expert pairs by expert and pads each expert's rows to whole blocks of "
          "block_size, so that a block has one expert: sorted pairs, one expert id a block, the "
          "padded count. Small batches take one kernel, others count first and scatter then.")
      .source(
          "vLLM csrc/moe/moe_align_sum_kernels.cu moe_align_block_size: one kernel below 1,024 "
          "pairs "
          "and up to 64 experts; model_executor/layers/fused_moe/moe_align_block_size.py (0.33.0)")
      .alias({"vllm._custom_ops.moe_align_block_size"})
      .params({"num_tokens -- tokens routed", "top_k -- experts per token",
               "num_experts -- routed experts", "block_size~ -- rows of a block"})
      .let("pairs", "num_tokens*top_k", "token-expert pairs")
      .let("room", "pairs + num_experts*(block_size - 1)", "rows when every expert is padded")
      .let("padded", "min(pairs*block_size, room) if pairs < num_experts else room",
           "rows of the buffer of sorted pairs")
      .let("two_kernels", "0 if pairs < 1024 and num_experts <= 64 else 1")
      .flops("0")
      .operand(LMH_READ, LMH_INDEX, "experts", "pairs*(1 + two_kernels)", nullptr, "32")
      .operand(LMH_READ, LMH_INDEX, "offsets_read", "(num_experts + 1)*two_kernels", nullptr, "32")
      .operand(LMH_WRITE, LMH_INDEX, "sorted_pairs", "padded + pairs*two_kernels", nullptr, "32",
               "filled with a mark first, where a second kernel scatters")
      .operand(LMH_WRITE, LMH_INDEX, "block_experts", "ceil_div(padded, block_size) + 1", nullptr,
               "32", "and the padded count")
      .operand(LMH_WRITE, LMH_INDEX, "offsets", "(num_experts + 1)*two_kernels", nullptr, "32")
      .example("num_tokens=3, top_k=2, num_experts=7, block_size=16", "flops=0, read=24, write=412",
               "6 < 7: min(96, 6 + 105) = 96 rows, 6 blocks: read 4*6; write 4*(96 + 6 + 1)")
      .example("num_tokens=512, top_k=8, num_experts=128, block_size=64",
               "flops=0, read=33284, write=66304",
               "4096 + 128*63 = 12160 rows, 190 blocks: read 4*(8192 + 129); write 4*(12160 + 4096 "
               "+ 191 + 129)");
}

void add_rows(Plugin& plugin) {
  plugin.kernel("lmhost.moe_permute")
      .doc(
          "Copies the row of each token once for each of its experts, sorted by expert: x "
          "(num_tokens, K) -> (num_tokens*top_k, K), with the map back.")
      .source(
          "TensorRT-LLM cutlass_kernels/moe_gemm expandInputRowsKernel; vLLM "
          "csrc/moe/moe_permute_unpermute_op.cu (0.33.0)")
      .params({"num_tokens -- rows of x", "top_k -- experts per token", "K -- columns of x"})
      .flops("0")
      .reads("input", "num_tokens*K")
      .operand(LMH_READ, LMH_INDEX, "experts", "num_tokens*top_k", nullptr, "32")
      .writes("output", "num_tokens*top_k*K")
      .operand(LMH_WRITE, LMH_INDEX, "map", "num_tokens*top_k", nullptr, "32")
      .example("num_tokens=3, top_k=2, K=5, bytes=2", "flops=0, read=54, write=84",
               "read 2*15 + 4*6; write 2*30 + 4*6");

  plugin.kernel("lmhost.moe_sum")
      .doc(
          "Sum of the rows that the experts of a token made: (num_tokens, top_k, K) -> "
          "(num_tokens, "
          "K); weighted where the second product has not applied the routing weights.")
      .source(
          "vLLM csrc/moe/moe_align_sum_kernels.cu moe_sum (0.33.0); finalizeMoeRoutingKernel of "
          "TensorRT-LLM")
      .alias({"vllm._custom_ops.moe_sum"})
      .params({"num_tokens -- tokens", "top_k -- experts per token", "K -- columns of a row",
               "weighted:bool=0 -- multiplies each row by its routing weight"})
      .flops("num_tokens*K*(max(top_k - 1, 0) + top_k*weighted)")
      .reads("rows", "num_tokens*top_k*K")
      .reads("routing_weights", "num_tokens*top_k*weighted", "32")
      .writes("output", "num_tokens*K")
      .example("num_tokens=3, top_k=2, K=5, bytes=2", "flops=15, read=60, write=30",
               "15*1; read 2*30; write 2*15")
      .example("num_tokens=3, top_k=2, K=5, weighted=1, bytes=2", "flops=45, read=84, write=30",
               "15*(1 + 2); read 2*30 + 4*6")
      .example("num_tokens=3, top_k=1, K=5, bytes=2", "flops=0, read=30, write=30", "a copy");
}

}  // namespace

void add_serving_experts(Plugin& plugin) {
  add_top_k(plugin);
  add_align(plugin);
  add_rows(plugin);
}

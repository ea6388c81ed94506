// PyTorch's attention cores. attention_serving.cpp has those of serving engines, kv_cache.cpp the
// cache updates; together they are the plugin attention. Projections, rotary embedding and output
// linear are calls of their own.
//
// Shapes: query (B,H,S_q,D), key (B,H_kv,S_kv,D), value (B,H_kv,S_kv,D_v), output (B,H,S_q,D_v).
// With grouped-query heads (Ainslie et al. 2023, arXiv:2305.13245) every query head computes (H in
// FLOPs), but keys and values exist once per group (H_kv in bytes).
//
// flops and matmul_flops are dense, S_q*S_kv scores per head, as PyTorch executes and
// torch.utils.flop_counter counts them. useful_flops is the part of matmul_flops that no mask
// throws away: the two products over unmasked pairs, which no convention changes; softmax, scale
// and mask addition are not in it. The backward pass of the kernels without materialised scores
// computes them again: Dao et al. 2022, arXiv:2205.14135, Algorithm 4; five products as
// torch/utils/flop_counter.py sdpa_backward_flop counts them. That of the math kernel is twice the
// forward pass, the default. Pairs are aligned to the lower right: the S_kv - S_q keys before
// the first query are visible to every query.

#include <lmhost/sdk.hpp>

#include <string>

void add_serving_attention(lmhost::sdk::Plugin& plugin);  // attention_serving.cpp
void add_cache_updates(lmhost::sdk::Plugin& plugin);      // kv_cache.cpp

namespace {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

constexpr const char* kPairs =
    "window_pairs(S_q, S_kv - S_q, window) if window > 0 else (causal_pairs(S_q, S_kv - S_q) if "
    "is_causal else S_q*S_kv)";

// Parameters that every multi-head core begins with.
Kernel& add_shape(Kernel& kernel) {
  return kernel.params({"B -- sequences", "H -- query heads", "S_q -- query tokens of a sequence",
                        "S_kv -- key and value tokens of a sequence, cached ones included",
                        "D -- head size of queries and keys"});
}

// One kernel without materialised scores: FlashAttention and the memory-efficient one.
Kernel& add_fused_core(Kernel& kernel, const char* has_logsumexp) {
  add_shape(kernel).params(
      {"H_kv=H -- key and value heads; divides H", "D_v=D -- head size of values",
       "is_causal:bool=0 -- query i sees the past and the queries up to itself (useful_flops only)",
       "window~=0 -- a query sees this many keys, itself included, as the mask says (useful_flops "
       "only); 0: no window",
       "mask_elements=0 -- stored elements of the additive mask before broadcasting; 0: no mask",
       "mask_bits~:float=a_bits -- bits per element of the mask; 8 is a boolean mask",
       "tile_q~=0 -- query rows of one tile, each of which reads K and V again; 0: K and V are "
       "read once",
       has_logsumexp});
  return kernel.let("scores", "B*H*S_q*S_kv", "elements of the score matrix, which stays on chip")
      .let("pairs", kPairs, "unmasked query-key pairs of one head")
      .let("pair_flops",
           "2*(D + D_v) + scale_flops + softmax_flops + (mask_flops if mask_elements > 0 else 0)",
           "per score: QK and PV products, scale, softmax, mask addition")
      .let("kv_reads", "ceil_div(S_q, tile_q) if tile_q > 0 else 1", "times that K and V are read")
      .flops("scores*pair_flops")
      .matmul_flops("2*scores*(D + D_v)")
      .useful_flops("2*B*H*pairs*(D + D_v)", "QK and PV products over unmasked pairs")
      .backward_flops(
          "scores*(2*(3*D + 2*D_v) + 2*scale_flops + softmax_flops + 2 + (mask_flops if "
          "mask_elements > 0 else 0)) + 2*B*H*S_q*D_v",
          "five products, scale and softmax again, P*(dP - delta), delta = rowsum(dO*O)")
      .backward_matmul_flops("2*scores*(3*D + 2*D_v)", "QK again, dP, dV, dQ, dK")
      .revision(2)
      .reads("query", "B*H*S_q*D")
      .reads("key", "B*H_kv*S_kv*D*kv_reads")
      .reads("value", "B*H_kv*S_kv*D_v*kv_reads")
      .reads("attn_mask", "mask_elements", "mask_bits")
      .writes("output", "B*H*S_q*D_v")
      .writes("logsumexp", "B*H*S_q*has_logsumexp", "32",
              "softmax statistics, kept for a backward pass");
}

void add_sdpa(Plugin& plugin) {
  add_fused_core(
      plugin.kernel("torch.nn.functional.scaled_dot_product_attention"),
      "has_logsumexp:bool=1 -- the kernel also writes one fp32 number per query and head")
      .doc(
          "softmax(Q K^T / sqrt(D) + mask) V by the flash kernel, which PyTorch prefers wherever "
          "it can. K and V are read with their own heads (enable_gqa); repeat_kv is a call of its "
          "own. A boolean mask is first converted to an additive one in the activations' type. "
          "Bind torch.ops.aten._scaled_dot_product_attention_math where no fused kernel applies.")
      .source(
          "torch/nn/functional.py:6414; torch/utils/flop_counter.py:420 sdpa_flop_count (2.15); "
          "mask conversion: aten/src/ATen/native/transformers/attention.cpp "
          "convert_boolean_attn_mask; tiles: Dao 2023, arXiv:2307.08691, Algorithm 1")
      .alias({"F.scaled_dot_product_attention", "torch.ops.aten.scaled_dot_product_attention",
              "aten::scaled_dot_product_attention"})
      .let("converted", "mask_elements if mask_bits == 8 else 0",
           "elements of the mask made from a boolean one")
      .reads("additive_mask_read", "converted")
      .writes("additive_mask_written", "converted")
      .scratch("additive_mask", "converted")
      .example("B=1, H=12, S_q=64, S_kv=64, D=64, bytes=2",
               "flops=12877824, matmul_flops=12582912, useful_flops=12582912, read=294912, "
               "write=101376, scratch=0, backward_matmul_flops=31457280, "
               "backward_flops=31997952",
               "49,152 scores * (2*128 + 1 + 5); read 3*12*64*64*2; write 12*64*64*2 + 12*64*4; "
               "backward 49,152 * (2*5*64 + 2 + 5 + 2) + 2*12*64*64")
      .example(
          "B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, is_causal=1, mask_elements=15, "
          "mask_bits=8, bytes=2",
          "flops=3870, matmul_flops=3240, useful_flops=2592, read=657, write=498, scratch=30",
          "90 scores * (2*18 + 1 + 5 + 1); pairs 3*2 + 6 = 12: 6*12*36; read 2*(126 + 70 + 110) + "
          "15 + 2*15; write 2*198 + 4*18 + 2*15")
      .example(
          "B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, window=2, tile_q=2, has_logsumexp=0, "
          "bytes=2",
          "flops=3780, matmul_flops=3240, useful_flops=1296, read=972, write=396, scratch=0",
          "90*(36 + 6); pairs 3*2: 6*6*36; two query tiles: read 2*(126 + 2*(70 + 110)); write "
          "2*198");

  add_fused_core(
      plugin.kernel("torch.ops.aten._scaled_dot_product_flash_attention"),
      "has_logsumexp:bool=1 -- the kernel also writes one fp32 number per query and head")
      .doc(
          "FlashAttention: scores live in on-chip tiles only. With tile_q each tile of query rows "
          "reads K and V again; key tiles that a causal mask hides are counted as read.")
      .source(
          "Dao 2023, arXiv:2307.08691, Algorithm 1 (outer loop over query tiles, inner loop over K "
          "and V); outputs: torch/_meta_registrations.py:6422; FLOPs: "
          "torch/utils/flop_counter.py:420 (2.15)")
      .alias({"aten::_scaled_dot_product_flash_attention",
              "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu",
              "aten::_scaled_dot_product_flash_attention_for_cpu",
              "torch.ops.aten._scaled_dot_product_cudnn_attention",
              "aten::_scaled_dot_product_cudnn_attention",
              "torch.ops.aten._flash_attention_forward", "aten::_flash_attention_forward",
              "flash_attn.flash_attn_func"})
      .example("B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, is_causal=1, bytes=2",
               "flops=3780, matmul_flops=3240, useful_flops=2592, read=612, write=468",
               "90 scores * (2*18 + 1 + 5); pairs 3*2 + 6 = 12: 6*12*36; read 2*(126 + 70 + 110); "
               "write 2*198 + 4*18")
      .example("B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, window=2, tile_q=2, bytes=2",
               "flops=3780, matmul_flops=3240, useful_flops=1296, read=972, write=468",
               "pairs 3*min(.., 2) = 6: 6*6*36; two query tiles: read 2*(126 + 2*(70 + 110))")
      .example(
          "B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, mask_elements=15, mask_bits=32, "
          "has_logsumexp=0, bytes=2",
          "flops=3870, matmul_flops=3240, useful_flops=3240, read=672, write=396",
          "90*(36 + 6 + 1); read 2*306 + 4*15; write 2*198");

  add_fused_core(
      plugin.kernel("torch.ops.aten._scaled_dot_product_efficient_attention"),
      "has_logsumexp:bool=0 -- one fp32 number per query and head, written for training only")
      .doc(
          "Memory-efficient attention: as flash, with an additive mask. PyTorch's kernel has no "
          "grouped-query heads (H_kv=H); a mask whose rows are no multiple of 8 elements is padded "
          "first, which is not counted.")
      .source(
          "Rabe and Staats 2021, arXiv:2112.05682; outputs: torch/_meta_registrations.py:6806; "
          "FLOPs: torch/utils/flop_counter.py:420 (2.15)")
      .alias({"aten::_scaled_dot_product_efficient_attention",
              "torch.ops.aten._efficient_attention_forward", "aten::_efficient_attention_forward",
              "xformers.ops.memory_efficient_attention"})
      .example(
          "B=2, H=3, S_q=5, S_kv=5, D=7, is_causal=1, mask_elements=25, bytes=2",
          "flops=5250, matmul_flops=4200, useful_flops=2520, read=1310, write=420",
          "150 scores * (2*14 + 1 + 5 + 1); pairs 15: 6*15*28; read 2*(3*210 + 25); write 2*210")
      .example("B=2, H=3, S_q=5, S_kv=5, D=7, has_logsumexp=1, bytes=2",
               "flops=5100, matmul_flops=4200, useful_flops=4200, read=1260, write=540",
               "150*(28 + 6); read 2*3*210; write 2*210 + 4*30")
      .example(
          "B=2, H=3, S_q=5, S_kv=5, D=7, H_kv=1, D_v=3, window=2, tile_q=2, mask_elements=25, "
          "mask_bits=32, bytes=2",
          "flops=4050, matmul_flops=3000, useful_flops=1080, read=1120, write=180",
          "150*(20 + 7); pairs 1 + 4*2 = 9: 6*9*20; three query tiles: read 2*(210 + 3*(70 + 30)) "
          "+ 4*25; write 2*90");
}

// The math kernel as PyTorch's dispatcher shows it, operator by operator.
void add_math(Plugin& plugin) {
  Kernel& kernel = plugin.kernel("torch.ops.aten._scaled_dot_product_attention_math");
  add_shape(kernel).params(
      {"H_kv~=H -- key and value heads; fewer than H are repeated by a copy",
       "D_v=D -- head size of values",
       "is_causal:bool=0 -- without a mask, a causal one is built and added",
       "window~=0 -- a query sees this many keys, itself included, as the mask says (useful_flops "
       "only); 0: no window",
       "mask_elements~=0 -- stored elements of the additive mask before broadcasting; 0: no mask",
       "mask_bits:float=a_bits -- bits per element of the mask",
       "compute_bits~:float=max(a_bits, 32) -- bf16 and fp16 are computed in fp32; bind a_bits "
       "under torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)",
       "safe_softmax:bool=1 -- rows that are masked throughout are set to 0 (torch 2.5 and "
       "later)"});
  kernel
      .doc(
          "softmax(Q K^T / sqrt(D) + mask) V with materialised scores. In order, each operator "
          "reading its inputs and writing its result: casts of Q, K, V to compute_bits; Q scaled "
          "by D^-1/4; causal mask built (ones, tril, where); K and V repeated for grouped-query "
          "heads; K scaled; QK product; mask added in place; softmax; safe softmax (isneginf, all, "
          "where in place); PV product; casts of output and scores back. scratch is the sum of "
          "everything allocated besides the output. Scalars are not counted.")
      .source(
          "aten/src/ATen/native/transformers/attention.cpp _scaled_dot_product_attention_math, "
          "_safe_softmax, pre_process_group_query_attention_input; operators recorded with torch "
          "2.15")
      .alias({"aten::_scaled_dot_product_attention_math"})
      .let("casts", "1 if compute_bits != a_bits else 0")
      .let("repeats", "1 if H_kv != H else 0")
      .let("built_mask", "S_q*S_kv if is_causal and mask_elements == 0 else 0",
           "elements of the causal mask")
      .let("adds_mask", "1 if is_causal or mask_elements > 0 else 0")
      .let("q", "B*H*S_q*D")
      .let("k", "B*H_kv*S_kv*D")
      .let("v", "B*H_kv*S_kv*D_v")
      .let("k_all", "B*H*S_kv*D", "keys with the heads repeated")
      .let("v_all", "B*H*S_kv*D_v", "values with the heads repeated")
      .let("score", "B*H*S_q*S_kv", "elements of the score matrix")
      .let("out", "B*H*S_q*D_v")
      .let("pairs", kPairs, "unmasked query-key pairs of one head")
      .let("pair_flops", "2*(D + D_v) + softmax_flops + mask_flops*adds_mask")
      .flops("score*pair_flops + scale_flops*(q + k_all)",
             "the scale is applied to Q and K, not to the scores")
      .matmul_flops("2*score*(D + D_v)")
      .useful_flops("2*B*H*pairs*(D + D_v)", "QK and PV products over unmasked pairs")
      .reads("query", "q")
      .reads("key", "k")
      .reads("value", "v")
      .reads("attn_mask", "mask_elements", "mask_bits")
      .writes("output", "out");
  const auto add_intermediate = [&kernel](const char* name, const char* held, const char* written,
                                          const char* read, const char* bits) {
    const std::string base = name;
    kernel.writes((base + "_written").c_str(), written, bits);
    kernel.reads((base + "_read").c_str(), read, bits);
    kernel.scratch(name, held, bits);
  };
  add_intermediate("cast_inputs", "(q + k + v)*casts", "(q + k + v)*casts", "(q + k + v)*casts",
                   "compute_bits");
  add_intermediate("repeated_heads", "(k_all + v_all)*repeats", "(k_all + v_all)*repeats",
                   "(k_all + v_all)*repeats", "compute_bits");
  add_intermediate("scaled_query_key", "q + k_all", "q + k_all", "q + k_all", "compute_bits");
  add_intermediate("boolean_mask", "2*built_mask", "2*built_mask", "2*built_mask", "8");
  add_intermediate("causal_mask", "built_mask", "built_mask", "built_mask", "compute_bits");
  add_intermediate("scores", "score", "score*(1 + adds_mask)",
                   "score*(1 + adds_mask + safe_softmax)", "compute_bits");
  add_intermediate("masked_flags", "(score + B*H*S_q)*safe_softmax",
                   "(score + B*H*S_q)*safe_softmax", "(score + B*H*S_q)*safe_softmax", "8");
  add_intermediate("probabilities", "score", "score*(1 + safe_softmax)",
                   "score*(1 + safe_softmax + casts)", "compute_bits");
  add_intermediate("uncast_output", "out*casts", "out*casts", "out*casts", "compute_bits");
  kernel
      .writes("cast_scores_written", "score*casts", nullptr, "the second result, which SDPA drops")
      .scratch("cast_scores", "score*casts")
      .example("B=1, H=2, S_q=3, S_kv=5, D=7, a_bits=32",
               "flops=1102, matmul_flops=840, useful_flops=840, read=1692, write=1012, scratch=724",
               "30 scores * (2*14 + 5) + scale 42 + 70; in fp32 read 4*(182 inputs + 112 scaled + "
               "2*30 scores + 2*30 probabilities) + 36 flags; write 4*(112 + 30 + 60 + 42) + 36; "
               "scratch 4*(112 + 30 + 30) + 36")
      .example(
          "B=1, H=6, S_q=3, S_kv=5, D=7, H_kv=2, D_v=11, is_causal=1, bytes=2",
          "flops=4116, matmul_flops=3240, useful_flops=2592, read=8490, write=7734, scratch=6618",
          "90 scores * (36 + 5 + 1) + scale 126 + 210; pairs 12: 72*36; read 2*306 + 4*(306 casts "
          "+ 540 repeated + 336 scaled + 15 mask + 3*90 scores + 3*90 probabilities + 198 output) "
          "+ 2*15 + 90 + 18; write 2*198 + 4*(306 + 540 + 336 + 15 + 2*90 + 2*90 + 198) + 2*90 + "
          "30 + 108; scratch 4*(306 + 540 + 336 + 15 + 90 + 90 + 198) + 2*90 + 30 + 108")
      .example("B=1, H=2, S_q=3, S_kv=5, D=7, mask_elements=15, safe_softmax=0, a_bits=32",
               "flops=1132, matmul_flops=840, useful_flops=840, read=1596, write=976, scratch=688",
               "1,102 + 30 mask additions; read 4*(182 + 112 + 15 mask + 2*30 scores + 30 "
               "probabilities); write 4*(112 + 2*30 + 30 + 42); scratch 4*(112 + 30 + 30)")
      .example(
          "B=1, H=2, S_q=3, S_kv=5, D=7, window=2, mask_elements=15, mask_bits=32, "
          "compute_bits=16, bytes=2",
          "flops=1132, matmul_flops=840, useful_flops=336, read=984, write=584, scratch=380",
          "30*(28 + 5 + 1) + 112; pairs 3*2: 12*28; no casts: read 2*(182 + 112 + 3*30 + 2*30) + "
          "4*15 + 36; write 2*(112 + 2*30 + 2*30 + 42) + 36; scratch 2*(112 + 30 + 30) + 36");
}

}  // namespace

LMHOST_PLUGIN(attention, "1.0.0", "Attention cores and key/value cache updates") {
  plugin.license("Apache-2.0");
  plugin.constant(
      "softmax_flops", "5",
      "FLOPs of softmax per score: maximum, subtraction, exponential, sum, division",
      "stable softmax, Milakov and Gimelshein 2018, arXiv:1805.02867, Algorithm 2, one FLOP each");
  plugin.constant(
      "scale_flops", "1", "FLOPs of scaling one score (math kernel: one element of Q or K)",
      "one multiplication by D^-1/2 (D^-1/4), Vaswani et al. 2017, arXiv:1706.03762, equation 1");
  plugin.constant("mask_flops", "1", "FLOPs of adding a mask tensor, per score", "one addition");
  plugin.constant("soft_cap_flops", "7", "FLOPs of a soft cap per score: division, tanh, product",
                  "cap*tanh(score/cap), Gemma 2, arXiv:2408.00118, section 2; tanh as "
                  "pointwise.tanh_flops, 5");
  plugin.constant("rotary_flops", "3", "FLOPs of a rotary embedding per rotated element",
                  "x*cos + rotate_half(x)*sin, arXiv:2104.09864 eq. 34; embedding.rotary_flops");
  add_sdpa(plugin);
  add_math(plugin);
  add_serving_attention(plugin);
  add_cache_updates(plugin);
}

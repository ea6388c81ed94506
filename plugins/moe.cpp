// Mixture of experts: the router and the grouped matrix product over the experts that the tokens
// hit.
//
// FLOPs follow the top_k experts of each token. Weight traffic follows the number of distinct
// experts that a batch of tokens hits, which depends on the data: `bound` chooses the lower bound
// (all tokens agree), the expectation for independent uniform choices, E*(1 - (1 - k/E)^T), or the
// upper bound (as different as possible). All experts are stored.

#include <lmhost/sdk.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using lmhost::sdk::Plugin;

std::string distinct_experts(const std::vector<std::string>& arguments) {
  if (arguments[0] == "lower") return "top_k if num_tokens > 0 else 0";
  if (arguments[0] == "expected") return "distinct(num_experts, top_k, num_tokens)";
  if (arguments[0] == "upper") return "min(num_experts, num_tokens*top_k)";
  throw std::invalid_argument("bound is 'lower', 'expected' or 'upper', not '" + arguments[0] +
                              "'");
}

std::string scoring_flops(const std::vector<std::string>& arguments) {
  if (arguments[0] == "softmax") return "softmax_flops";
  if (arguments[0] == "sigmoid") return "sigmoid_flops";
  throw std::invalid_argument("scoring is 'softmax' or 'sigmoid', not '" + arguments[0] + "'");
}

void add_router(Plugin& plugin) {
  plugin.macro("scoring_flops", 1, &scoring_flops, "scoring_flops(scoring): FLOPs per logit");
  plugin.kernel("lmhost.moe_router")
      .doc(
          "Logits = x W^T, scores, top-k, renormalisation;  x (num_tokens, hidden_size), W "
          "(num_experts, hidden_size) -> weights and expert numbers (num_tokens, top_k). Two "
          "passes: a matrix product writes the logits, a fused kernel reads them. Comparisons of "
          "top-k are no FLOPs; DeepSeek's choice of groups is left out.")
      .source(
          "transformers/models/mixtral/modeling_mixtral.py:103-110, models/qwen3_moe and "
          "models/deepseek_v3 alike (5.23); fused as vLLM's topk_softmax; Shazeer et al. 2017, "
          "arXiv:1701.06538, equations 3 to 5")
      .params({"num_tokens -- rows of x", "hidden_size -- columns of x",
               "num_experts -- routed experts", "top_k -- experts per token",
               "scoring:string='softmax' -- 'softmax' or 'sigmoid' of the logits",
               "normalizes:bool=1 -- divides the chosen weights by their sum",
               "has_correction_bias:bool=0 -- adds a bias to every score before the choice",
               "scales_weights:bool=0 -- multiplies the chosen weights by a routed scaling factor",
               "input_bits:float=a_bits -- bits per element of x",
               "weight_bits:float=w_bits -- bits per element of W",
               "logit_bits:float=input_bits -- bits per logit",
               "score_bits:float=32 -- bits per routing weight and bias element"})
      .let("logits", "num_tokens*num_experts")
      .let("chosen", "num_tokens*top_k")
      .flops(
          "2*logits*hidden_size + logits*(scoring_flops(scoring) + has_correction_bias) + "
          "chosen*(2*normalizes + scales_weights)",
          "renormalisation is one addition and one division per chosen weight")
      .matmul_flops("2*logits*hidden_size")
      .reads("input", "num_tokens*hidden_size", "input_bits")
      .weight("weight", "num_experts*hidden_size", nullptr, "weight_bits")
      .weight("correction_bias", "num_experts*has_correction_bias", nullptr, "score_bits",
              "learnt and kept with the weights, though transformers registers it as a buffer")
      .reads("logits_read", "logits", "logit_bits")
      .writes("logits_written", "logits", "logit_bits")
      .scratch("router_logits", "logits", "logit_bits")
      .writes("weights", "chosen", "score_bits")
      .operand(LMH_WRITE, LMH_INDEX, "experts", "chosen")
      .example("num_tokens=3, hidden_size=5, num_experts=7, top_k=2, bytes=2",
               "flops=327, matmul_flops=210, read=142, write=114, write_index=48, scratch=42, "
               "stored=70, parameters=35",
               "2*21*5 + 21*5 + 6*2; read 2*(15 + 35 + 21); write 2*21 + 4*6 + 8*6; scratch 2*21; "
               "stored 2*35")
      .example(
          "num_tokens=3, hidden_size=5, num_experts=7, top_k=2, scoring='sigmoid', "
          "has_correction_bias=1, scales_weights=1, logit_bits=32, bytes=2",
          "flops=333, matmul_flops=210, read=212, write=156, scratch=84, stored=98, parameters=42",
          "210 + 21*(4 + 1) + 6*(2 + 1); read 2*(15 + 35) + 4*(21 + 7); write 4*(21 + 6) + 8*6; "
          "stored 2*35 + 4*7")
      .example(
          "num_tokens=3, hidden_size=5, num_experts=7, top_k=2, normalizes=0, input_bits=8, "
          "weight_bits=4, logit_bits=16, score_bits=16",
          "flops=315, matmul_flops=210, read=74.5, write=102, scratch=42, stored=17.5",
          "210 + 21*5; read 15 + 35/2 + 2*21; write 2*(21 + 6) + 8*6");
}

void add_experts(Plugin& plugin) {
  plugin.macro("distinct_experts", 1, &distinct_experts,
               "distinct_experts(bound): experts that num_tokens tokens with top_k choices hit");
  plugin.kernel("lmhost.grouped_expert_matmul")
      .doc(
          "One matrix product per expert over the tokens routed to it: rows sorted by expert x "
          "(num_tokens*top_k, K), W (num_experts, K, N), b (num_experts, N) -> (num_tokens*top_k, "
          "N). Only experts that are hit are read. A kernel of a serving engine may apply the "
          "activation (gated: N counts gate and up, half of it is written) or the routing weights "
          "before it writes.")
      .revision(2)
      .source(
          "torch/nn/functional.py:7170 grouped_mm (2.15); transformers/integrations/moe.py:355 "
          "_grouped_mm (5.23); expectation: each token misses an expert with probability 1 - k/E, "
          "independently")
      .alias({"torch.nn.functional.grouped_mm", "F.grouped_mm", "torch._grouped_mm",
              "torch.ops.aten._grouped_mm", "aten::_grouped_mm"})
      .params({"num_tokens -- tokens routed", "top_k -- experts per token",
               "num_experts -- routed experts stored", "K -- input features",
               "N -- output features", "has_bias:bool=0 -- adds b",
               "bound:string='expected' -- distinct experts read: 'lower', 'expected' or 'upper'",
               "input_rows=num_tokens*top_k -- distinct rows of x read; num_tokens where the "
               "kernel gathers them",
               "gated:bool=0 -- multiplies silu of one half of the result by the other half before "
               "it is written",
               "has_routing_weights:bool=0 -- multiplies each row of the result by its float32 "
               "routing weight",
               "input_bits:float=a_bits -- bits per element of x",
               "weight_bits:float=w_bits -- bits per element of W and b",
               "output_bits:float=input_bits -- bits per element of the result"})
      .let("rows", "num_tokens*top_k", "token-expert pairs")
      .let("experts_read", "distinct_experts(bound)", "distinct experts hit")
      .let("columns", "N/2 if gated else N", "columns written")
      .flops(
          "2*rows*K*N + bias_flops*rows*N*has_bias + gated*rows*columns*(sigmoid_flops + 2) + "
          "has_routing_weights*rows*columns",
          "an element written: the epilogue's x*sigmoid(x)*up, and the routing weight")
      .matmul_flops("2*rows*K*N")
      .reads("input", "input_rows*K", "input_bits")
      .weight("weight", "experts_read*K*N", "num_experts*K*N", "weight_bits")
      .weight("bias", "experts_read*N*has_bias", "num_experts*N*has_bias", "weight_bits")
      .operand(LMH_READ, LMH_INDEX, "expert_offsets", "num_experts", nullptr, "32",
               "end of each expert's rows")
      .reads("routing_weights", "rows*has_routing_weights", "32")
      .writes("output", "rows*columns", "output_bits")
      .example("num_tokens=8, top_k=2, num_experts=8, K=3, N=5, bytes=2",
               "flops=480, matmul_flops=480, read_weight=215.972900390625, read=343.972900390625, "
               "write=160, stored=240, parameters=120",
               "16 rows * 2*15; 8*(1 - (3/4)^8) = 7.1990966796875 experts * 30 bytes; read + "
               "2*16*3 + 4*8; write 2*16*5; stored 2*8*15")
      .example(
          "num_tokens=3, top_k=2, num_experts=7, K=3, N=5, has_bias=1, bound='upper', "
          "input_rows=3, bytes=2",
          "flops=210, matmul_flops=180, read_weight=240, read=286, write=60, stored=280, "
          "parameters=140",
          "6 rows * (2*15 + 5); min(7, 6) = 6 experts * 2*(15 + 5); read 240 + 2*3*3 + 4*7; stored "
          "2*7*20")
      .example("num_tokens=3, top_k=2, num_experts=7, K=3, N=5, bound='lower', bytes=2",
               "flops=180, matmul_flops=180, read_weight=60, read=124, write=60, stored=210",
               "2 experts * 30; read 60 + 2*6*3 + 4*7; write 2*6*5")
      .example(
          "num_tokens=32, top_k=8, num_experts=128, K=1, N=1, bytes=1",
          "flops=512, read_weight=111.771035343744, read=879.771035343744, write=256, stored=128",
          "128*(1 - (15/16)^32) = 111.7710 experts; read + 256 + 4*128")
      .example(
          "num_tokens=32, top_k=8, num_experts=256, K=1, N=1, bytes=1",
          "flops=512, read_weight=163.313845950383, read=1443.313845950383, write=256, stored=256",
          "256*(1 - (31/32)^32) = 163.3139 experts; read + 256 + 4*256")
      .example(
          "num_tokens=3, top_k=2, num_experts=7, K=3, N=5, bound='upper', input_bits=8, "
          "weight_bits=4, output_bits=16",
          "flops=180, matmul_flops=180, read_weight=45, read=91, write=60, stored=52.5",
          "6 experts * 15/2; read 45 + 18 + 28; write 2*30; stored 7*15/2")
      .example(
          "num_tokens=3, top_k=2, num_experts=7, K=3, N=10, bound='upper', input_rows=3, gated=1, "
          "bytes=2",
          "flops=540, matmul_flops=360, read=406, write=60, stored=420",
          "6 rows * 2*30 + 6*5*(5 + 1); read 6 experts * 2*30 + 2*3*3 + 4*7; write 2*6*5; stored "
          "2*7*30")
      .example(
          "num_tokens=3, top_k=2, num_experts=7, K=5, N=3, bound='upper', has_routing_weights=1, "
          "bytes=2",
          "flops=198, matmul_flops=180, read=292, write=36",
          "6 rows * (2*15 + 3); read 6*2*15 + 2*30 + 4*7 + 4*6; write 2*18");
}

}  // namespace

void add_serving_experts(Plugin& plugin);

LMHOST_PLUGIN(moe, "1.0.0", "Mixture of experts") {
  plugin.license("Apache-2.0");
  plugin.constant("bias_flops", "1", "FLOPs of adding one bias element to a product",
                  "one addition");
  plugin.constant(
      "softmax_flops", "5",
      "FLOPs of softmax per logit: maximum, subtraction, exponential, sum, division",
      "stable softmax, Milakov and Gimelshein 2018, arXiv:1805.02867, Algorithm 2, one FLOP each");
  plugin.constant("sigmoid_flops", "4",
                  "FLOPs of a sigmoid per logit: negation, exponential, addition, division",
                  "1/(1 + exp(-x)), one FLOP each");
  add_router(plugin);
  add_experts(plugin);
  add_serving_experts(plugin);
}

// Norms that serving engines join with their neighbours, beside fused addition and norm (norm.cpp):
// two norms around a residual addition, and the gated norm of recurrent layers. Part of the plugin
// norm; what rows and elements are is said there.

#include <lmhost/sdk.hpp>

using lmhost::sdk::Plugin;

void add_chained_norms(Plugin& plugin) {
  plugin.kernel("lmhost.norm_add_norm")
      .doc(
          "residual = residual + rms_norm(x); y = rms_norm(residual) in one pass, as the norms "
          "after "
          "a block and before the next one follow each other (Gemma 2, GLM-4); without the second "
          "norm the sum alone is written (OLMo 2);  x, residual (rows, norm_size).")
      .source(
          "Gemma 2, arXiv:2408.00118, section 2; OLMo 2, arXiv:2501.00656, section 3.2; one kernel "
          "with two reductions a row, as Inductor fuses it; the norms as "
          "torch.nn.functional.rms_norm")
      .params({"num_elements -- elements of the input", "norm_size~ -- hidden size: a row",
               "has_second_norm:bool=1 -- the sum is normalised, too",
               "writes_residual:bool=1 -- writes the sum beside its norm; nobody reads that of the "
               "last one",
               "adds_one:bool=0 -- scales by 1 + weight, as Gemma does"})
      .let("rows", "num_elements/norm_size")
      .let("norms", "1 + has_second_norm")
      .flops(
          "num_elements + norms*(num_elements*(rms_norm_flops + rms_norm_weight_flops) + "
          "rms_norm_row_flops*rows + norm_size*adds_one)")
      .reads("input", "num_elements")
      .reads("residual", "num_elements")
      .weight("weights", "norm_size*norms")
      .writes("residual_out", "num_elements*(writes_residual if has_second_norm else 1)")
      .writes("output", "num_elements*has_second_norm")
      .example("num_elements=15, norm_size=5, bytes=2",
               "flops=147, read=80, write=60, stored=20, parameters=10",
               "15 + 2*(15*4 + 3*2); read 2*(15 + 15 + 10); write 2*30")
      .example("num_elements=15, norm_size=5, has_second_norm=0, bytes=2",
               "flops=81, read=70, write=30, stored=10",
               "15 + 15*4 + 3*2; read 2*(15 + 15 + 5); write 2*15")
      .example("num_elements=15, norm_size=5, writes_residual=0, adds_one=1, bytes=2",
               "flops=157, read=80, write=30", "147 + 2*5; write 2*15");

  plugin.kernel("lmhost.gated_rms_norm")
      .doc(
          "RMS norm joined with a gate in one pass: rms_norm(x*silu(z)) of Mamba 2, or "
          "rms_norm(x)*silu(z) of gated delta rules, over groups of a row;  x, z (rows, "
          "norm_size).")
      .source(
          "state-spaces/mamba mamba_ssm/ops/triton/layernorm_gated.py; vLLM torch.ops.vllm."
          "fla_rms_norm_gated (0.33.0)")
      .params(
          {"num_elements -- elements of x", "norm_size~ -- elements that share one mean: a group",
           "weight_elements=norm_size -- elements of the weight: that of a row where groups have "
           "their own"})
      .let("rows", "num_elements/norm_size")
      .flops(
          "num_elements*(rms_norm_flops + rms_norm_weight_flops + silu_flops + 1) + "
          "rms_norm_row_flops*rows")
      .reads("input", "num_elements")
      .reads("gate", "num_elements")
      .weight("weight", "weight_elements")
      .writes("output", "num_elements")
      .example("num_elements=24, norm_size=8, bytes=2",
               "flops=246, read=112, write=48, stored=16, parameters=8",
               "24*(4 + 5 + 1) + 3*2; read 2*(24 + 24 + 8); write 2*24")
      .example("num_elements=24, norm_size=4, weight_elements=12, bytes=2",
               "flops=252, read=120, write=48, stored=24",
               "6 groups: 240 + 6*2; read 2*(24 + 24 + 12)");
}

// Normalisations: layer, RMS, batch, group and instance norm, and the fused residual addition +
// norm of serving engines.
//
// Every kernel is one pass that reads its input once and writes its output once; transformers' own
// RMSNorm classes are composites of elementwise kernels, defined in graphs. num_elements counts the
// whole tensor, a row is what shares one mean and variance. Per row of length n the statistics take
// exactly n operations each ((n-1) additions, 1 division), plus the addition of eps and rsqrt.

#include <lmhost/sdk.hpp>

#include <string>

namespace {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

constexpr const char* kLayerNormFlops =
    "num_elements*(layer_norm_flops + weight_flops*has_weight + bias_flops*has_bias) + "
    "layer_norm_row_flops*rows";
constexpr const char* kRmsNormFlops =
    "num_elements*(rms_norm_flops + rms_norm_weight_flops*has_weight) + rms_norm_row_flops*rows";

Kernel& add_bits(Kernel& kernel) {
  return kernel.params({"input_bits:float=a_bits -- bits per element of the input",
                        "weight_bits:float=w_bits -- bits per element of weight and bias",
                        "output_bits:float=input_bits -- bits per element of the output"});
}

Kernel& add_affine(Kernel& kernel) {
  return kernel.params({"has_affine:bool=1 -- scales by a weight and adds a bias",
                        "has_weight:bool=has_affine -- scales by a weight",
                        "has_bias:bool=has_affine -- adds a bias"});
}

void add_row_norms(Plugin& plugin) {
  Kernel& layer_norm = plugin.kernel("torch.nn.functional.layer_norm");
  layer_norm.params({"num_elements -- elements of the input",
                     "norm_size~ -- elements of normalized_shape: a row"});
  add_bits(add_affine(layer_norm))
      .params({"writes_statistics:bool=1 -- writes mean and reciprocal deviation of each row, as "
               "native_layer_norm does",
               "statistics_bits:float=32 -- bits per element of the statistics: fp32 on CUDA; the "
               "input's on a CPU"})
      .doc(
          "(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions;  x (rows, "
          "norm_size), weight and bias (norm_size).")
      .source(
          "torch/nn/functional.py:2972; operations: torch/_refs/__init__.py:3387 _normalize, :3609 "
          "native_layer_norm (2.15); Ba et al. 2016, arXiv:1607.06450, equation 4")
      .alias({"F.layer_norm", "torch.nn.LayerNorm", "torch.nn.modules.normalization.LayerNorm",
              "torch.layer_norm", "torch.native_layer_norm", "aten::layer_norm",
              "aten::native_layer_norm"})
      .let("rows", "num_elements/norm_size")
      .flops(kLayerNormFlops)
      .reads("input", "num_elements", "input_bits")
      .weight("weight", "norm_size*has_weight", nullptr, "weight_bits")
      .weight("bias", "norm_size*has_bias", nullptr, "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("mean", "rows*writes_statistics", "statistics_bits")
      .writes("rstd", "rows*writes_statistics", "statistics_bits")
      .example("num_elements=15, norm_size=5, bytes=2",
               "flops=111, read=50, read_weight=20, write=54, stored=20, parameters=10",
               "3 rows: 15*(5 + 1 + 1) + 3*2; read 2*(15 + 5 + 5); write 2*15 + 4*2*3")
      .example("num_elements=15, norm_size=5, has_bias=0, writes_statistics=0, bytes=2",
               "flops=96, read=40, write=30, stored=10",
               "15*(5 + 1) + 3*2; read 2*(15 + 5); write 2*15")
      .example(
          "num_elements=15, norm_size=5, has_affine=0, input_bits=32, output_bits=16, "
          "statistics_bits=16",
          "flops=81, read=60, write=42, stored=0", "15*5 + 3*2; read 4*15; write 2*15 + 2*2*3")
      .example(
          "num_elements=15, norm_size=5, has_weight=0, weight_bits=8, writes_statistics=0, bytes=2",
          "flops=96, read=35, write=30, stored=5", "bias only: 15*6 + 6; read 2*15 + 5");

  Kernel& rms_norm = plugin.kernel("torch.nn.functional.rms_norm");
  rms_norm.params({"num_elements -- elements of the input",
                   "norm_size~ -- elements of normalized_shape: a row",
                   "has_weight:bool=1 -- scales by a weight"});
  add_bits(rms_norm)
      .params({"writes_statistics:bool=0 -- writes the reciprocal root mean square of each row, as "
               "ATen's CUDA kernel does for a backward pass",
               "statistics_bits:float=32 -- bits per element of the statistics"})
      .doc(
          "x / sqrt(mean(x^2) + eps) * weight as one fused kernel;  x (rows, norm_size), weight "
          "(norm_size). On a CPU PyTorch executes it operator by operator.")
      .source(
          "torch/nn/functional.py:2998; operations: torch/_decomp/decompositions.py:1975 "
          "_fused_rms_norm (2.15); Zhang and Sennrich 2019, arXiv:1910.07467, equation 4")
      .alias({"F.rms_norm", "torch.nn.RMSNorm", "torch.nn.modules.normalization.RMSNorm",
              "torch.rms_norm", "aten::rms_norm", "aten::_fused_rms_norm"})
      .let("rows", "num_elements/norm_size")
      .flops(kRmsNormFlops)
      .reads("input", "num_elements", "input_bits")
      .weight("weight", "norm_size*has_weight", nullptr, "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("rstd", "rows*writes_statistics", "statistics_bits")
      .example("num_elements=15, norm_size=5, bytes=2",
               "flops=66, read=40, write=30, stored=10, parameters=5",
               "3 rows: 15*(3 + 1) + 3*2; read 2*(15 + 5); write 2*15")
      .example("num_elements=15, norm_size=5, has_weight=0, writes_statistics=1, a_bits=32",
               "flops=51, read=60, write=72, stored=0", "15*3 + 3*2; read 4*15; write 4*15 + 4*3")
      .example(
          "num_elements=15, norm_size=5, input_bits=32, weight_bits=8, output_bits=16, "
          "writes_statistics=1, statistics_bits=64",
          "flops=66, read=65, write=54, stored=5", "read 4*15 + 5; write 2*15 + 8*3");
}

// One pass of a serving engine: the sum replaces the residual, its norm replaces the input.
void add_fused_norms(Plugin& plugin) {
  Kernel& rms = plugin.kernel("lmhost.fused_add_rms_norm");
  rms.params({"num_elements -- elements of the input", "norm_size~ -- hidden size: a row",
              "has_weight:bool=1 -- scales by a weight"});
  add_bits(rms)
      .params({"residual_bits:float=input_bits -- bits per element of the residual stream",
               "addends=1 -- tensors added to the residual: 2 where attention and MLP, or shared "
               "and routed experts, end together",
               "writes_residual:bool=1 -- writes the sum; nobody reads that of the last norm",
               "adds_one:bool=0 -- scales by 1 + weight, as Gemma does"})
      .doc(
          "residual = residual + x; y = rms_norm(residual) in one pass, both written;  x, residual "
          "(rows, norm_size).")
      .source(
          "vLLM csrc/layernorm_kernels.cu fused_add_rms_norm; the norm as "
          "torch.nn.functional.rms_norm")
      .alias({"vllm._custom_ops.fused_add_rms_norm", "flashinfer.norm.fused_add_rmsnorm"})
      .revision(2)
      .let("rows", "num_elements/norm_size")
      .flops((std::string("num_elements*addends + norm_size*adds_one + ") + kRmsNormFlops).c_str())
      .reads("input", "num_elements*addends", "input_bits")
      .reads("residual", "num_elements", "residual_bits")
      .weight("weight", "norm_size*has_weight", nullptr, "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("residual_out", "num_elements*writes_residual", "residual_bits")
      .example("num_elements=15, norm_size=5, bytes=2", "flops=81, read=70, write=60, stored=10",
               "15 + 15*4 + 3*2; read 2*(15 + 15 + 5); write 2*(15 + 15)")
      .example("num_elements=15, norm_size=5, residual_bits=32, bytes=2",
               "flops=81, read=100, write=90, stored=10",
               "read 2*15 + 4*15 + 2*5; write 2*15 + 4*15")
      .example(
          "num_elements=15, norm_size=5, has_weight=0, input_bits=32, weight_bits=8, "
          "output_bits=16",
          "flops=66, read=120, write=90, stored=0",
          "15 + 15*3 + 6; read 4*(15 + 15); write 2*15 + 4*15")
      .example("num_elements=15, norm_size=5, addends=2, writes_residual=0, adds_one=1, bytes=2",
               "flops=101, read=100, write=30, stored=10",
               "15*2 + 5 + 15*4 + 3*2; read 2*(2*15 + 15 + 5); write 2*15");

  Kernel& layer = plugin.kernel("lmhost.fused_add_layer_norm");
  layer.params({"num_elements -- elements of the input", "norm_size~ -- hidden size: a row"});
  add_bits(add_affine(layer))
      .params({"residual_bits:float=input_bits -- bits per element of the residual stream"})
      .doc(
          "residual = residual + x; y = layer_norm(residual) in one pass, both written;  x, "
          "residual (rows, norm_size). No statistics are written.")
      .source("derived from torch.nn.functional.layer_norm and one addition per element")
      .let("rows", "num_elements/norm_size")
      .flops((std::string("num_elements + ") + kLayerNormFlops).c_str())
      .reads("input", "num_elements", "input_bits")
      .reads("residual", "num_elements", "residual_bits")
      .weight("weight", "norm_size*has_weight", nullptr, "weight_bits")
      .weight("bias", "norm_size*has_bias", nullptr, "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("residual_out", "num_elements", "residual_bits")
      .example("num_elements=15, norm_size=5, bytes=2", "flops=126, read=80, write=60, stored=20",
               "15 + 15*7 + 3*2; read 2*(15 + 15 + 10); write 2*(15 + 15)")
      .example(
          "num_elements=15, norm_size=5, has_bias=0, input_bits=32, weight_bits=8, output_bits=16, "
          "residual_bits=16",
          "flops=111, read=95, write=60, stored=5",
          "15 + 15*6 + 6; read 4*15 + 2*15 + 5; write 2*(15 + 15)")
      .example("num_elements=15, norm_size=5, has_affine=0, has_weight=1, bytes=2",
               "flops=111, read=70, write=60, stored=10", "weight only: read 2*(15 + 15 + 5)");
}

void add_channel_norms(Plugin& plugin) {
  Kernel& batch_norm = plugin.kernel("torch.nn.functional.batch_norm");
  batch_norm.params({"num_elements -- elements of the input", "num_features -- channels"});
  add_bits(add_affine(batch_norm))
      .params(
          {"training:bool=0 -- statistics from the batch, running statistics updated",
           "has_running_stats:bool=1 -- keeps running mean and variance (needed without training)",
           "writes_statistics:bool=1 -- writes mean and reciprocal deviation of each channel, as "
           "CUDA does in evaluation, too; a CPU in training only",
           "statistics_bits:float=32 -- bits per element of the saved statistics",
           "running_bits:float=a_bits -- bits per element of the running statistics"})
      .doc(
          "(x - mean) / sqrt(var + eps) * weight + bias per channel;  x (N, num_features, ...). "
          "Without training the running statistics are used. They are buffers, not stored weights.")
      .source(
          "torch/nn/functional.py:2865; operations: torch/_decomp/decompositions.py:2105 "
          "native_batch_norm_helper (2.15); Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithms 1 "
          "and 2")
      .alias({"F.batch_norm", "torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d",
              "torch.nn.BatchNorm3d", "torch.nn.modules.batchnorm.BatchNorm1d",
              "torch.nn.modules.batchnorm.BatchNorm2d", "torch.nn.modules.batchnorm.BatchNorm3d",
              "torch.batch_norm", "aten::batch_norm", "aten::native_batch_norm"})
      .let("pass_flops", "layer_norm_flops if training else batch_norm_eval_flops",
           "per element, before weight and bias")
      .let("update_flops", "running_statistics_flops*has_running_stats if training else 0",
           "per channel")
      .flops(
          "num_elements*(pass_flops + weight_flops*has_weight + bias_flops*has_bias) + "
          "num_features*(layer_norm_row_flops + update_flops)")
      .reads("input", "num_elements", "input_bits")
      .weight("weight", "num_features*has_weight", nullptr, "weight_bits")
      .weight("bias", "num_features*has_bias", nullptr, "weight_bits")
      .reads("running_stats", "2*num_features*has_running_stats", "running_bits",
             "mean and variance")
      .writes("output", "num_elements", "output_bits")
      .writes("running_stats_out", "2*num_features*has_running_stats*training", "running_bits")
      .writes("saved_stats", "2*num_features*writes_statistics", "statistics_bits",
              "mean and reciprocal deviation")
      .example("num_elements=30, num_features=3, bytes=2",
               "flops=126, read=84, write=84, stored=12, parameters=6",
               "30*(2 + 1 + 1) + 3*2; read 2*(30 + 6 + 6); write 2*30 + 4*6; stored 2*6")
      .example("num_elements=30, num_features=3, has_affine=0, bytes=2",
               "flops=66, read=72, write=84, stored=0",
               "without weight and bias it still subtracts and scales: 30*2 + 3*2; read 2*(30 + "
               "6); write 2*30 + 4*6")
      .example("num_elements=30, num_features=3, training=1, bytes=2",
               "flops=237, read=84, write=96, stored=12",
               "30*(5 + 2) + 3*(2 + 7); read 2*(30 + 6 + 6); write 2*(30 + 6) + 4*6")
      .example(
          "num_elements=30, num_features=3, training=1, has_running_stats=0, has_bias=0, "
          "statistics_bits=16, bytes=2",
          "flops=186, read=66, write=72, stored=6",
          "30*(5 + 1) + 3*2; read 2*(30 + 3); write 2*30 + 2*6")
      .example(
          "num_elements=30, num_features=3, has_weight=0, writes_statistics=0, input_bits=32, "
          "weight_bits=8, output_bits=16, running_bits=32",
          "flops=96, read=147, write=60, stored=3",
          "bias only: 30*3 + 6; read 4*30 + 3 + 4*6; write 2*30");

  Kernel& group_norm = plugin.kernel("torch.nn.functional.group_norm");
  group_norm.params({"num_elements -- elements of the input", "num_channels -- channels",
                     "num_groups=1 -- groups of channels that share statistics",
                     "batch=1 -- samples"});
  add_bits(add_affine(group_norm))
      .params({"writes_statistics:bool=1 -- writes mean and reciprocal deviation of each row",
               "statistics_bits:float=input_bits -- bits per element of the saved statistics"})
      .doc(
          "(x - mean) / sqrt(var + eps) * weight + bias, statistics per sample and group of "
          "channels;  x (batch, num_channels, ...), weight and bias (num_channels).")
      .source(
          "torch/nn/functional.py:3015; operations: torch/_refs/__init__.py:3426 native_group_norm "
          "(2.15); Wu and He 2018, arXiv:1803.08494, equations 1 to 3")
      .alias({"F.group_norm", "torch.nn.GroupNorm", "torch.nn.modules.normalization.GroupNorm",
              "torch.group_norm", "aten::group_norm", "aten::native_group_norm"})
      .let("rows", "batch*num_groups")
      .flops(kLayerNormFlops)
      .reads("input", "num_elements", "input_bits")
      .weight("weight", "num_channels*has_weight", nullptr, "weight_bits")
      .weight("bias", "num_channels*has_bias", nullptr, "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("mean", "rows*writes_statistics", "statistics_bits")
      .writes("rstd", "rows*writes_statistics", "statistics_bits")
      .example("num_elements=60, num_channels=6, num_groups=3, batch=2, bytes=2",
               "flops=432, read=144, write=144, stored=24, parameters=12",
               "6 rows: 60*7 + 6*2; read 2*(60 + 6 + 6); write 2*(60 + 6 + 6)")
      .example(
          "num_elements=60, num_channels=6, num_groups=3, batch=2, has_affine=0, input_bits=32, "
          "output_bits=16, writes_statistics=0",
          "flops=312, read=240, write=120, stored=0", "60*5 + 12; read 4*60; write 2*60")
      .example(
          "num_elements=60, num_channels=6, num_groups=3, batch=2, has_weight=0, has_bias=1, "
          "weight_bits=8, statistics_bits=32, bytes=2",
          "flops=372, read=126, write=168, stored=6",
          "60*6 + 12; read 2*60 + 6; write 2*60 + 4*12");

  Kernel& instance_norm = plugin.kernel("torch.nn.functional.instance_norm");
  instance_norm.params(
      {"num_elements -- elements of the input", "num_channels -- channels", "batch=1 -- samples"});
  add_bits(add_affine(instance_norm))
      .params({"writes_statistics:bool=1 -- writes mean and reciprocal deviation of each row",
               "statistics_bits:float=32 -- bits per element of the saved statistics"})
      .doc(
          "(x - mean) / sqrt(var + eps) * weight + bias, statistics per sample and channel;  x "
          "(batch, num_channels, ...). PyTorch repeats weight and bias batch times and calls batch "
          "norm on one sample of batch*num_channels channels. Without running statistics, which is "
          "the modules' default.")
      .source(
          "torch/nn/functional.py:2928; aten/src/ATen/native/Normalization.cpp instance_norm; "
          "operators recorded with torch 2.15; Ulyanov et al. 2016, arXiv:1607.08022, equation 4")
      .alias({"F.instance_norm", "torch.nn.InstanceNorm1d", "torch.nn.InstanceNorm2d",
              "torch.nn.InstanceNorm3d", "torch.nn.modules.instancenorm.InstanceNorm1d",
              "torch.nn.modules.instancenorm.InstanceNorm2d",
              "torch.nn.modules.instancenorm.InstanceNorm3d", "torch.instance_norm",
              "aten::instance_norm"})
      .let("rows", "batch*num_channels")
      .let("repeated", "rows*(has_weight + has_bias)",
           "elements of weight and bias repeated for every sample")
      .flops(kLayerNormFlops)
      .reads("input", "num_elements", "input_bits")
      .weight("weight", "num_channels*has_weight", nullptr, "weight_bits")
      .weight("bias", "num_channels*has_bias", nullptr, "weight_bits")
      .reads("repeated_affine_read", "repeated", "weight_bits")
      .writes("repeated_affine_written", "repeated", "weight_bits")
      .scratch("repeated_affine", "repeated", "weight_bits")
      .writes("output", "num_elements", "output_bits")
      .writes("saved_stats", "2*rows*writes_statistics", "statistics_bits",
              "mean and reciprocal deviation")
      .example(
          "num_elements=30, num_channels=3, batch=2, bytes=2",
          "flops=222, read=96, write=132, scratch=24, stored=12, parameters=6",
          "6 rows: 30*7 + 6*2; read 2*(30 + 3 + 3 + 12); write 2*(30 + 12) + 4*12; scratch 2*12")
      .example(
          "num_elements=30, num_channels=3, batch=2, has_affine=0, has_bias=1, input_bits=32, "
          "weight_bits=8, output_bits=16, writes_statistics=0",
          "flops=192, read=129, write=66, scratch=6, stored=3",
          "bias only: 30*6 + 12; read 4*30 + 3 + 6; write 2*30 + 6")
      .example(
          "num_elements=30, num_channels=3, batch=2, has_weight=0, statistics_bits=16, bytes=2",
          "flops=192, read=78, write=96, scratch=12, stored=6",
          "read 2*(30 + 3 + 6); write 2*(30 + 6 + 12)");
}

}  // namespace

void add_chained_norms(Plugin& plugin);  // norm_serving.cpp

LMHOST_PLUGIN(norm, "1.0.0", "Normalisations") {
  plugin.license("Apache-2.0");
  plugin.constant("layer_norm_flops", "5",
                  "FLOPs per element of layer, group, instance and training batch norm, before "
                  "weight and bias: mean, centre, square, mean of squares, scale",
                  "literal count of torch/_refs/__init__.py:3387 _normalize (2.15)");
  plugin.constant("layer_norm_row_flops", "2",
                  "FLOPs per row (batch norm: per channel): addition of eps, rsqrt",
                  "literal count of torch/_refs/__init__.py:3387 _normalize (2.15)");
  plugin.constant("weight_flops", "1", "FLOPs of the weight per element, RMS norm excepted",
                  "one multiplication");
  plugin.constant("bias_flops", "1", "FLOPs of the bias per element", "one addition");
  plugin.constant("rms_norm_flops", "3",
                  "FLOPs per element of RMS norm before the weight: square, mean, scale",
                  "literal count of torch/_decomp/decompositions.py:1975 _fused_rms_norm (2.15)");
  plugin.constant("rms_norm_weight_flops", "1", "FLOPs of RMS norm's weight per element",
                  "one multiplication");
  plugin.constant("rms_norm_row_flops", "2", "FLOPs per row of RMS norm: addition of eps, rsqrt",
                  "literal count of torch/_decomp/decompositions.py:1975 _fused_rms_norm (2.15)");
  plugin.constant(
      "batch_norm_eval_flops", "2",
      "FLOPs per element of batch norm with running statistics, before weight and bias: subtract, "
      "scale",
      "literal count of torch/_decomp/decompositions.py:2105 native_batch_norm_helper (2.15)");
  plugin.constant(
      "running_statistics_flops", "7",
      "FLOPs per channel of updating running mean and variance: two interpolations of 3, unbiased "
      "factor",
      "literal count of torch/_decomp/decompositions.py:2105 native_batch_norm_helper (2.15)");
  plugin.constant("silu_flops", "5",
                  "FLOPs of SiLU: negation, exponential, addition, division, product",
                  "x*sigmoid(x), one FLOP each; pointwise.silu_flops");
  add_row_norms(plugin);
  add_fused_norms(plugin);
  add_channel_norms(plugin);
  add_chained_norms(plugin);
}

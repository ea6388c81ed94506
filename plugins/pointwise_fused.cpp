// Several elementwise operators as one row: what transformers runs as a chain of eager kernels, and
// what serving engines fuse into one.
#include "pointwise.hpp"

namespace pointwise {
namespace {

// An activation that transformers spells as a chain of eager kernels: one row, with the traffic of
// the whole chain.
struct Chain {
  const char* name;
  const char* flops;
  int input_reads;  // kernels that read x, each occurrence once
  int temporaries;  // materialised between the kernels: each is written once
  int temporary_reads;
  const char* doc;
  const char* source;
  Example example;
};

void describe_chains(Plugin& plugin) {
  const Chain chains[] = {
      {"transformers.activations.NewGELUActivation",
       "(8 + tanh_flops)",
       3,
       7,
       7,
       "y = 0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*pow(x, 3)))) as the eight eager kernels mul, "
       "pow, mul, add, mul, "
       "tanh, add, mul;  x (...), y (...). ACT2FN's gelu_new. The one-kernel form is "
       "transformers.activations.GELUTanh",
       "transformers/activations.py NewGELUActivation.forward; FLOPs 1 + 2 + 1 + 1 + 1 + 5 + 1 + 1 "
       "= 13",
       {"num_elements=7, bytes=2", "flops=91, read=140, write=112, scratch=98",
        "7*13; x is read by mul, pow and add, seven temporaries by the six others: (3+7)*7*2; 8 "
        "outputs 8*7*2; "
        "7 of them are temporaries 7*7*2"}},
      {"transformers.activations.FastGELUActivation",
       "(8 + tanh_flops)",
       4,
       8,
       8,
       "y = 0.5*x*(1 + tanh(x*0.7978845608*(1 + 0.044715*x*x))) as the nine eager kernels mul, "
       "mul, mul, mul, add, mul, "
       "tanh, add, mul;  x (...), y (...)",
       "transformers/activations.py FastGELUActivation.forward",
       {"num_elements=7, bytes=2", "flops=91, read=168, write=126, scratch=112",
        "7*(8+5); x is read 4 times, the eight temporaries once each: 12*7*2; 9 outputs 9*7*2; "
        "8*7*2 temporary"}},
      {"transformers.activations.QuickGELUActivation",
       "(2 + sigmoid_flops)",
       2,
       2,
       2,
       "y = x*sigmoid(1.702*x) as the three eager kernels mul, sigmoid, mul;  x (...), y (...)",
       "transformers/activations.py QuickGELUActivation.forward",
       {"num_elements=7, bytes=2", "flops=42, read=56, write=42, scratch=28",
        "7*(2+4); x twice and two temporaries once: 4*7*2; 3 outputs 3*7*2; 2*7*2 temporary"}},
      {"transformers.activations.ReLUSquaredActivation",
       "(relu_flops + 1)",
       1,
       1,
       1,
       "y = square(relu(x)) as the two eager kernels relu, square;  x (...), y (...)",
       "transformers/activations.py ReLUSquaredActivation.forward",
       {"num_elements=7, bytes=2", "flops=14, read=28, write=28, scratch=14",
        "7*(1+1); x and one temporary: 2*7*2; 2 outputs; 7*2 temporary"}},
  };
  for (const Chain& chain : chains) {
    const std::string from_temporaries = std::to_string(chain.temporary_reads) + "*num_elements";
    const std::string temporaries = std::to_string(chain.temporaries) + "*num_elements";
    begin(plugin, {chain.name, 0, {}, {"0"}, chain.doc, chain.source, chain.example})
        .params({"num_elements -- elements of the input, and of the output"})
        .flops((std::string("num_elements*") + chain.flops).c_str())
        .reads("input", (std::to_string(chain.input_reads) + "*num_elements").c_str())
        .reads("temporaries_read", from_temporaries.c_str())
        .writes("temporaries_written", temporaries.c_str())
        .writes("output", "num_elements")
        .scratch("temporaries", temporaries.c_str());
  }
}

// act(gate)*up in one kernel: gate and up are the halves of one tensor, or two tensors of the same
// size.
void describe_products(Plugin& plugin) {
  const Row rows[] = {
      {"lmhost.silu_and_mul",
       0,
       {"vllm.model_executor.layers.activation.SiluAndMul"},
       {"(silu_flops + 1)"},
       "y = silu(gate)*up in one kernel;  gate and up (..., N), y (..., N)",
       "derivation: silu and one product; vLLM csrc/activation_kernels.cu act_and_mul_kernel",
       {"num_elements=7, bytes=2", "flops=42, read=28, write=14",
        "7*(5+1); 2*7*2 read, 7*2 written"}},
      {"lmhost.gelu_and_mul",
       0,
       {},
       {"(gelu_flops + 1)"},
       "y = gelu(gate)*up in one kernel, gelu by erf;  gate and up (..., N), y (..., N)",
       "derivation: gelu and one product; vLLM csrc/activation_kernels.cu act_and_mul_kernel",
       {"num_elements=7, bytes=2", "flops=42, read=28, write=14",
        "7*(5+1); 2*7*2 read, 7*2 written"}},
      {"lmhost.gelu_tanh_and_mul",
       0,
       {},
       {"(gelu_tanh_flops + 1)"},
       "y = gelu(gate)*up in one kernel, gelu by tanh;  gate and up (..., N), y (..., N)",
       "derivation: gelu and one product; vLLM csrc/activation_kernels.cu act_and_mul_kernel",
       {"num_elements=7, bytes=2", "flops=98, read=28, write=14",
        "7*(13+1); 2*7*2 read, 7*2 written"}},
  };
  for (const Row& row : rows) {
    begin(plugin, row)
        .params({"num_elements -- elements of the output"})
        .flops((std::string("num_elements*") + row.flops.value).c_str())
        .reads("gate", "num_elements")
        .reads("up", "num_elements")
        .writes("output", "num_elements");
  }
}

// What a quantised linear layer needs of its input where no kernel before it quantises.
void describe_quantisation(Plugin& plugin) {
  plugin.kernel("lmhost.quantize")
      .doc(
          "y = round(x/scale), and the scales where they are dynamic: one a tensor, a row or a "
          "block; "
          " x (...), y (...) of fewer bits. A dynamic scale a tensor needs a pass of its own.")
      .source(
          "vLLM csrc/quantization/w8a8/fp8/common.cu dynamic_per_token_scaled_fp8_quant, "
          "per_token_group_quant_8bit; nvfp4_quant_kernels.cu (0.33.0)")
      .params({"num_elements -- elements of x",
               "scale_elements -- scales written: rows, blocks, 1, or 0 where they are static",
               "output_bits:float=8 -- bits per element of y",
               "scale_bits:float=32 -- bits a scale", "passes=1 -- times that x is read",
               "global_scales=0 -- float32 scales read, those of a whole tensor"})
      .flops("3*num_elements", "absolute maximum, product, rounding")
      .reads("input", "num_elements*passes")
      .reads("global_scale", "global_scales", "32")
      .writes("output", "num_elements", "output_bits")
      .writes("scales", "scale_elements", "scale_bits")
      .example("num_elements=32, scale_elements=2, bytes=2", "flops=96, read=64, write=40",
               "32*3; read 2*32; write 32 + 4*2")
      .example("num_elements=32, scale_elements=1, passes=2, bytes=2",
               "flops=96, read=128, write=36", "two passes: 2*2*32; write 32 + 4")
      .example(
          "num_elements=32, scale_elements=2, output_bits=4, scale_bits=8, global_scales=1, "
          "bytes=2",
          "flops=96, read=68, write=18", "read 2*32 + 4; write 16 + 2");
}

}  // namespace

void describe_fused(Plugin& plugin) {
  describe_chains(plugin);
  describe_products(plugin);
  describe_quantisation(plugin);
}

}  // namespace pointwise

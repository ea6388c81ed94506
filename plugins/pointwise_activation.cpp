// Activation functions, softmax and dropout.
//
// FLOPs per element are conventions. lmhost counts the operations of the definition, every
// elementary function (exp, log, erf) as one: sigmoid = neg, exp, add, div; tanh = mul, exp, sub,
// add, div. PyTorch's fused kernels may need fewer (silu as x/(1 + e^-x) is four); the definition
// is the same on every device.
#include "pointwise.hpp"

namespace pointwise {
namespace {

constexpr unsigned kActivation = kFunctional | kAten;

void describe_piecewise_linear(Plugin& plugin) {
  const Row rows[] = {
      {"torch.nn.functional.relu",
       kActivation | kMethod | kInPlace,
       {"torch.relu_", "torch.nn.functional.relu_", "torch.nn.ReLU",
        "torch.nn.modules.activation.ReLU"},
       {"1", "max(x, 0).", "definition; the same in DeepSpeed profiler.py _relu_flops_compute"},
       "y = max(x, 0);  x (...), y (...)",
       "aten/src/ATen/native/Activation.cpp relu: clamp_min(self, 0)",
       {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7*1; 7*2 bytes each way"}},
      {"torch.nn.functional.relu6",
       kActivation,
       {"torch.nn.ReLU6", "torch.nn.modules.activation.ReLU6"},
       {"1", "Restriction to [0, 6] counts as one operation, as clamp.",
        "the same in DeepSpeed profiler.py _relu6_flops_compute; two bounds make it 2 if each is "
        "counted"},
       "y = min(max(x, 0), 6);  x (...), y (...)",
       "aten/src/ATen/native/Activation.cpp relu6: hardtanh(self, 0, 6)",
       {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7*1; 7*2 bytes each way"}},
      {"torch.nn.functional.hardtanh",
       kActivation,
       {"torch.nn.functional.hardtanh_", "aten::hardtanh_", "torch.nn.Hardtanh",
        "torch.nn.modules.activation.Hardtanh"},
       {"1", "Restriction to a range counts as one operation, as clamp.",
        "lmhost convention, as relu6"},
       "y = min(max(x, low), high);  x (...), y (...)",
       "aten/src/ATen/native/Activation.cpp hardtanh_out: clamp",
       {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7*1; 7*2 bytes each way"}},
      {"torch.nn.functional.leaky_relu",
       kActivation,
       {"torch.nn.functional.leaky_relu_", "aten::leaky_relu_", "torch.nn.LeakyReLU",
        "torch.nn.modules.activation.LeakyReLU"},
       {"1", "mul by the slope where x is negative.",
        "aten/src/ATen/native/cuda/ActivationLeakyReluKernel.cu; DeepSpeed profiler.py "
        "_leaky_relu_flops_compute"},
       "y = x if x > 0 else negative_slope*x;  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationLeakyReluKernel.cu leaky_relu_kernel",
       {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7*1; 7*2 bytes each way"}},
      {"torch.nn.functional.hardsigmoid",
       kActivation,
       {"aten::hardsigmoid_", "torch.nn.Hardsigmoid", "torch.nn.modules.activation.Hardsigmoid"},
       {"3", "add, clamp, mul: clamp(x + 3, 0, 6) * 1/6.",
        "aten/src/ATen/native/cuda/ActivationHardsigmoidKernel.cu hardsigmoid_kernel"},
       "y = clamp(x + 3, 0, 6)/6;  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationHardsigmoidKernel.cu hardsigmoid_kernel",
       {"num_elements=7, bytes=2", "flops=21, read=14, write=14", "7*3; 7*2 bytes each way"}},
      {"torch.nn.functional.hardswish",
       kActivation,
       {"aten::hardswish_", "torch.nn.Hardswish", "torch.nn.modules.activation.Hardswish"},
       {"4", "add, clamp, mul, mul: x * clamp(x + 3, 0, 6) * 1/6.",
        "aten/src/ATen/native/cuda/ActivationHardswishKernel.cu hardswish_kernel"},
       "y = x*clamp(x + 3, 0, 6)/6;  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationHardswishKernel.cu hardswish_kernel",
       {"num_elements=7, bytes=2", "flops=28, read=14, write=14", "7*4; 7*2 bytes each way"}},
  };
  for (const Row& row : rows) unary(plugin, row);
}

void describe_sigmoids(Plugin& plugin) {
  const Row rows[] = {
      {"torch.sigmoid",
       kArithmetic | kFunctional,
       {"torch.special.expit", "torch.nn.Sigmoid", "torch.nn.modules.activation.Sigmoid"},
       {"4", "neg, exp, add, div: 1/(1 + e^-x).", "definition"},
       "y = 1/(1 + e^-x);  x (...), y (...)",
       "aten/src/ATen/native/cuda/UnarySpecialOpsKernel.cu sigmoid_kernel_cuda",
       {"num_elements=7, bytes=2", "flops=28, read=14, write=14", "7*4; 7*2 bytes each way"}},
      {"torch.tanh",
       kArithmetic | kFunctional,
       {"torch.nn.Tanh", "torch.nn.modules.activation.Tanh"},
       {"5", "mul, exp, sub, add, div: (e^2x - 1)/(e^2x + 1).",
        "definition; feitang0/LM-Predictor 69df61b "
        "modules/transformers.activations.NewGELUActivation.json counts 5"},
       "y = tanh x;  x (...), y (...)",
       "aten/src/ATen/native/cuda/UnaryGeometricTanhKernel.cu tanh_kernel_cuda",
       {"num_elements=7, bytes=2", "flops=35, read=14, write=14", "7*5; 7*2 bytes each way"}},
      {"torch.nn.functional.silu",
       kActivation,
       {"aten::silu_", "torch.nn.SiLU", "torch.nn.modules.activation.SiLU",
        "transformers.activations.SiLUActivation"},
       {"5", "neg, exp, add, div, mul: x * 1/(1 + e^-x).",
        "arXiv:1702.03118; PyTorch's kernel divides x by (1 + e^-x), four operations; 1 in "
        "DeepSpeed"},
       "y = x*sigmoid(x);  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationSiluKernel.cu silu_kernel: one kernel, nothing "
       "materialised",
       {"num_elements=7, bytes=2", "flops=35, read=14, write=14", "7*5; 7*2 bytes each way"}},
  };
  for (const Row& row : rows) unary(plugin, row);
}

void describe_exponential(Plugin& plugin) {
  const Row rows[] = {
      {"torch.nn.functional.elu",
       kActivation,
       {"torch.nn.functional.elu_", "aten::elu_", "torch.nn.ELU",
        "torch.nn.modules.activation.ELU"},
       {"3", "exp, sub, mul: alpha*(e^x - 1), counted on every element.",
        "arXiv:1511.07289 eq. 15; 1 in DeepSpeed profiler.py _elu_flops_compute"},
       "y = x if x > 0 else alpha*(e^x - 1);  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationEluKernel.cu elu_kernel",
       {"num_elements=7, bytes=2", "flops=21, read=14, write=14", "7*3; 7*2 bytes each way"}},
      {"torch.nn.functional.selu",
       kActivation,
       {"torch.selu", "aten::selu_", "torch.nn.SELU", "torch.nn.modules.activation.SELU"},
       {"3", "exp, sub, mul: the two factors are one precomputed product.",
        "aten/src/ATen/native/cuda/ActivationEluKernel.cu elu_kernel (negcoef = alpha*scale)"},
       "y = scale*(x if x > 0 else alpha*(e^x - 1));  x (...), y (...)",
       "aten/src/ATen/native/Activation.cpp selu: elu(self, alpha, scale)",
       {"num_elements=7, bytes=2", "flops=21, read=14, write=14", "7*3; 7*2 bytes each way"}},
      {"torch.nn.functional.celu",
       kActivation,
       {"torch.celu", "aten::celu_", "torch.nn.CELU", "torch.nn.modules.activation.CELU"},
       {"4", "mul, exp, sub, mul: alpha*(e^(x/alpha) - 1).",
        "aten/src/ATen/native/Activation.cpp celu: elu(self, alpha, 1, 1/alpha)"},
       "y = x if x > 0 else alpha*(e^(x/alpha) - 1);  x (...), y (...)",
       "aten/src/ATen/native/Activation.cpp celu: elu(self, alpha, 1, 1/alpha)",
       {"num_elements=7, bytes=2", "flops=28, read=14, write=14", "7*4; 7*2 bytes each way"}},
      {"torch.nn.functional.softplus",
       kActivation,
       {"torch.nn.Softplus", "torch.nn.modules.activation.Softplus"},
       {"5", "mul, exp, add, log, div: ln(1 + e^(beta*x))/beta.",
        "aten/src/ATen/native/cuda/ActivationSoftplusKernel.cu softplus_kernel"},
       "y = ln(1 + e^(beta*x))/beta;  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationSoftplusKernel.cu softplus_kernel",
       {"num_elements=7, bytes=2", "flops=35, read=14, write=14", "7*5; 7*2 bytes each way"}},
      {"torch.nn.functional.mish",
       kActivation,
       {"aten::mish_", "torch.nn.Mish", "torch.nn.modules.activation.Mish",
        "transformers.activations.MishActivation"},
       {"9", "exp, add, log, the five of tanh, mul: x*tanh(ln(1 + e^x)).",
        "aten/src/ATen/native/cuda/ActivationMishKernel.cu mish_kernel"},
       "y = x*tanh(ln(1 + e^x));  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationMishKernel.cu mish_kernel",
       {"num_elements=7, bytes=2", "flops=63, read=14, write=14", "7*9; 7*2 bytes each way"}},
      {"torch.nn.functional.logsigmoid",
       kFunctional,
       {"aten::log_sigmoid", "torch.nn.LogSigmoid", "torch.nn.modules.activation.LogSigmoid"},
       {"7", "min, abs, neg, exp, add, log, sub: min(x, 0) - ln(1 + e^-|x|).",
        "aten/src/ATen/native/cuda/ActivationLogSigmoidKernel.cu "
        "launch_log_sigmoid_forward_kernel"},
       "y = ln(1/(1 + e^-x));  x (...), y (...)",
       "aten/src/ATen/native/cuda/ActivationLogSigmoidKernel.cu launch_log_sigmoid_forward_kernel",
       {"num_elements=7, bytes=2", "flops=49, read=14, write=14", "7*7; 7*2 bytes each way"}},
  };
  for (const Row& row : rows) unary(plugin, row);
}

void describe_softmax(Plugin& plugin) {
  const Row rows[] = {
      {"torch.nn.functional.softmax",
       kFunctional | kTorch | kTensor | kAten,
       {"torch.special.softmax", "aten::_softmax", "torch.nn.Softmax",
        "torch.nn.modules.activation.Softmax"},
       {"5", "max, sub, exp, sum, div of the stable form.",
        "aten/src/ATen/native/SoftMax.cpp host_softmax; 5 in LLM-Viewer, 3 in LM-Predictor, 1 in "
        "DeepSpeed"},
       "y = e^(x - max x) / sum e^(x - max x) along one dimension;  x (...), y (...). With "
       "dtype=float32 and float16 "
       "input on CUDA one kernel reads 16 and writes 32 bits; every other dtype argument is a "
       "torch.Tensor.to before",
       "aten/src/ATen/native/SoftMax.cpp softmax: half_to_float only for Half to Float on CUDA",
       {"num_elements=15, bytes=2, output_bits=32", "flops=75, read=30, write=60",
        "15*5; 15*2 read, 15*4 written"}},
      {"torch.nn.functional.log_softmax",
       kFunctional | kTorch | kTensor | kAten,
       {"torch.special.log_softmax", "aten::_log_softmax", "torch.nn.LogSoftmax",
        "torch.nn.modules.activation.LogSoftmax"},
       {"5", "max, sub, exp, sum, sub of the stable form; the one logarithm per row is left out.",
        "aten/src/ATen/native/SoftMax.cpp host_softmax<LogSoftMax=true>"},
       "y = x - max x - ln sum e^(x - max x) along one dimension;  x (...), y (...)",
       "aten/src/ATen/native/SoftMax.cpp log_softmax",
       {"num_elements=15, bytes=2, output_bits=32", "flops=75, read=30, write=60",
        "15*5; 15*2 read, 15*4 written"}},
  };
  for (const Row& row : rows) unary(plugin, row);
}

void describe_gelu(Plugin& plugin) {
  plugin.constant(
      "gelu_flops", "5", "mul, erf, add, mul, mul: 0.5*x * (1 + erf(x/sqrt 2)).",
      "aten/src/ATen/native/cuda/ActivationGeluKernel.cu GeluCUDAKernelImpl; 1 in DeepSpeed");
  plugin.constant(
      "gelu_tanh_flops", "13",
      "x*x*x 2, mul, add, mul, the five of tanh, add, mul, mul: 0.5*x*(1 + tanh(c*(x + "
      "0.044715*x^3))).",
      "aten/src/ATen/native/cuda/ActivationGeluKernel.cu GeluCUDAKernelImpl, GeluType::Tanh");
  begin(plugin,
        {"torch.nn.functional.gelu",
         kActivation,
         {"aten::gelu_", "torch.nn.GELU", "torch.nn.modules.activation.GELU",
          "transformers.activations.GELUActivation"},
         {"0"},
         "y = x*Phi(x), Phi the normal distribution function by erf, or its tanh approximation;  x "
         "(...), y (...)",
         "arXiv:1606.08415; aten/src/ATen/native/cuda/ActivationGeluKernel.cu GeluCUDAKernelImpl: "
         "one kernel",
         {"num_elements=7, bytes=2", "flops=35, read=14, write=14", "7*5; 7*2 bytes each way"}})
      .params({"num_elements -- elements of the input, and of the output",
               "approximate:string='none' -- 'none' (erf) or 'tanh'",
               "input_bits:float=a_bits -- bits per input element",
               "output_bits:float=input_bits -- bits per output element"})
      .flops("num_elements*(gelu_tanh_flops if approximate == 'tanh' else gelu_flops)")
      .reads("input", "num_elements", "input_bits")
      .writes("output", "num_elements", "output_bits")
      .example("num_elements=7, approximate='tanh', bytes=2", "flops=91, read=14, write=14",
               "7*13; 7*2 bytes");
  begin(plugin,
        {"transformers.activations.GELUTanh",
         0,
         {"transformers.activations.PytorchGELUTanh"},
         {"0"},
         "torch.nn.functional.gelu(x, approximate='tanh');  x (...), y (...)",
         "transformers/activations.py GELUTanh.__init__",
         {"num_elements=7, bytes=2", "flops=91, read=14, write=14", "7*13; 7*2 bytes each way"}})
      .params({"num_elements -- elements of the input, and of the output"})
      .flops("num_elements*gelu_tanh_flops")
      .reads("input", "num_elements")
      .writes("output", "num_elements");
}

void describe_parameterised(Plugin& plugin) {
  plugin.constant("prelu_flops", "1", "mul by the learned slope where x is negative.",
                  "aten/src/ATen/native/cuda/ActivationPreluKernel.cu; DeepSpeed profiler.py "
                  "_prelu_flops_compute");
  begin(plugin, {"torch.nn.functional.prelu",
                 kFunctional | kTorch | kTensor | kAten,
                 {"aten::_prelu_kernel", "torch.nn.PReLU", "torch.nn.modules.activation.PReLU"},
                 {"0"},
                 "y = x if x > 0 else weight*x;  x (N, C, ...), weight (C) or (1), y as x",
                 "aten/src/ATen/native/cuda/ActivationPreluKernel.cu prelu_kernel",
                 {"num_elements=15, num_parameters=5, bytes=2",
                  "flops=15, read=40, read_weight=10, write=30",
                  "15; x 15*2 + slopes 5*2 read; 15*2 written"}})
      .params({"num_elements -- elements of the input, and of the output",
               "num_parameters=1 -- learned slopes: 1 or the number of channels"})
      .flops("num_elements*prelu_flops")
      .reads("input", "num_elements")
      .weight("weight", "num_parameters")
      .writes("output", "num_elements");
  begin(plugin, {"torch.nn.functional.dropout",
                 kFunctional | kTorch | kAten,
                 {"torch.nn.Dropout", "torch.nn.modules.dropout.Dropout",
                  "torch.nn.functional.dropout1d", "torch.nn.Dropout1d",
                  "torch.nn.modules.dropout.Dropout1d", "torch.nn.functional.dropout2d",
                  "torch.nn.Dropout2d", "torch.nn.modules.dropout.Dropout2d", "torch.nn.Dropout3d",
                  "torch.nn.functional.dropout3d", "torch.nn.modules.dropout.Dropout3d"},
                 {"0"},
                 "y = x at inference: nothing runs, nothing moves",
                 "aten/src/ATen/native/Dropout.cpp: returns its input unless training",
                 {"num_elements=7, bytes=2", "flops=0, read=0, write=0", "no kernel is launched"}})
      .params({"num_elements? -- ignored"})
      .flops("0");
  begin(plugin, {"torch.nn.functional.glu",
                 kFunctional | kAten,
                 {"torch.nn.GLU", "torch.nn.modules.activation.GLU"},
                 {"0"},
                 "y = a*sigmoid(b), a and b the halves of x;  x (..., 2N), y (..., N)",
                 "arXiv:1612.08083; aten/src/ATen/native/cuda/ActivationGluKernel.cu glu_kernel",
                 {"num_elements=7, bytes=2", "flops=35, read=28, write=14",
                  "7*(4+1); 2*7*2 read, 7*2 written"}})
      .params({"num_elements -- elements of the output"})
      .flops("num_elements*(sigmoid_flops + 1)")
      .reads("input", "2*num_elements")
      .writes("output", "num_elements");
}

}  // namespace

void describe_activations(Plugin& plugin) {
  describe_piecewise_linear(plugin);
  describe_sigmoids(plugin);
  describe_exponential(plugin);
  describe_softmax(plugin);
  describe_gelu(plugin);
  describe_parameterised(plugin);
}

}  // namespace pointwise

// Elementwise arithmetic as unfused eager PyTorch kernels, and how a row becomes a kernel. Logic,
// activations, reductions and fused forms stand in the sources beside this one.
//
// Conventions, all of them plugin constants: every elementary function (exp, log, sqrt, cos, ...)
// and every choice of a value by comparison (relu, clamp, max) is one FLOP per element; functions
// built from those cost the sum of their parts (sigmoid = neg, exp, add, div). Comparisons that
// give a boolean or an index, selection and integer work are 0.
#include "pointwise.hpp"

namespace pointwise {
namespace {

constexpr char kOneFunction[] = "One call of an elementary function counts as one operation.";
constexpr char kOneFunctionSource[] =
    "lmhost convention; the same unit as in the softmax count max, sub, exp, sum, div = 5 per "
    "element";
constexpr char kPointwiseSource[] =
    "derivation: every element read once and written once; operator list in "
    "aten/src/ATen/native/UnaryOps.cpp";

}  // namespace

Kernel& begin(Plugin& plugin, const Row& row) {
  return begin_kernel(plugin, row.name, row.spellings, row.aliases)
      .doc(row.doc)
      .source(row.source)
      .example(row.example.bindings, row.example.expected, row.example.arithmetic);
}

std::string coefficient(Plugin& plugin, const Row& row) {
  if (row.flops.reason == nullptr) return row.flops.value;
  const std::string name = last_part(row.name) + "_flops";
  plugin.constant(name.c_str(), row.flops.value, row.flops.reason, row.flops.source);
  return name;
}

Kernel& unary(Plugin& plugin, const Row& row, const char* input_bits, const char* output_bits) {
  const std::string per_element = coefficient(plugin, row);
  const std::string input =
      std::string("input_bits:float=") + input_bits + " -- bits per input element";
  const std::string output =
      std::string("output_bits:float=") + output_bits + " -- bits per output element";
  Kernel& kernel = begin(plugin, row);
  return kernel
      .params({"num_elements -- elements of the input, and of the output", input.c_str(),
               output.c_str()})
      .flops(per_element == "0" ? "0" : ("num_elements*" + per_element).c_str())
      .reads("input", "num_elements", "input_bits")
      .writes("output", "num_elements", "output_bits");
}

Kernel& binary(Plugin& plugin, const Row& row, const char* flops, const char* input_bits,
               const char* output_bits, const char* other_elements) {
  const std::string input =
      std::string("input_bits:float=") + input_bits + " -- bits per element of input";
  const std::string output =
      std::string("output_bits:float=") + output_bits + " -- bits per element of the output";
  const std::string other =
      std::string("other_elements=") + other_elements +
      " -- elements of other before broadcasting; 0 for a Python scalar or for input itself";
  return begin(plugin, row)
      .params({"num_elements -- elements of the (broadcast) output",
               "input_elements=num_elements -- elements of input before broadcasting; 0 for a "
               "Python scalar",
               other.c_str(), input.c_str(),
               "other_bits:float=input_bits -- bits per element of other", output.c_str()})
      .flops(flops)
      .reads("input", "input_elements", "input_bits")
      .reads("other", "other_elements", "other_bits")
      .writes("output", "num_elements", "output_bits");
}

void add_integer_switch(Kernel& kernel) {
  kernel.params({"integer:bool=0 -- the tensors are integers or booleans: no floating-point work"});
}

namespace {

void describe_elementary_functions(Plugin& plugin) {
  const struct {
    const char* name;
    const char* doc;
    std::vector<const char*> aliases;
  } functions[] = {
      {"torch.exp", "y = e^x;  x (...), y (...)", {}},
      {"torch.exp2", "y = 2^x;  x (...), y (...)", {}},
      {"torch.log", "y = ln x;  x (...), y (...)", {}},
      {"torch.log2", "y = log2 x;  x (...), y (...)", {}},
      {"torch.log10", "y = log10 x;  x (...), y (...)", {}},
      {"torch.sqrt", "y = x^(1/2);  x (...), y (...)", {}},
      {"torch.rsqrt", "y = x^(-1/2);  x (...), y (...)", {}},
      {"torch.reciprocal",
       "y = 1/x;  x (...), y (...). `1/x` in Python runs this and a mul by 1",
       {}},
      {"torch.cos", "y = cos x;  x (...), y (...)", {}},
      {"torch.sin", "y = sin x;  x (...), y (...)", {}},
      {"torch.tan", "y = tan x;  x (...), y (...)", {}},
      {"torch.erf", "y = erf x;  x (...), y (...)", {}},
  };
  for (const auto& function : functions) {
    unary(plugin, {function.name,
                   kArithmetic,
                   function.aliases,
                   {"1", kOneFunction, kOneFunctionSource},
                   function.doc,
                   kPointwiseSource,
                   {"num_elements=7, bytes=2", "flops=7, read=14, write=14",
                    "7 calls; 7*2 bytes each way"}});
  }
}

void describe_composed_functions(Plugin& plugin) {
  unary(plugin, {"torch.expm1",
                 kArithmetic,
                 {},
                 {"2", "exp, sub: e^x - 1.", "definition; elementary functions count 1"},
                 "y = e^x - 1;  x (...), y (...)",
                 kPointwiseSource,
                 {"num_elements=7, bytes=2", "flops=14, read=14, write=14", "7*2; 7*2 bytes"}});
  unary(plugin, {"torch.log1p",
                 kArithmetic,
                 {},
                 {"2", "add, log: ln(1 + x).", "definition; elementary functions count 1"},
                 "y = ln(1 + x);  x (...), y (...)",
                 kPointwiseSource,
                 {"num_elements=7, bytes=2", "flops=14, read=14, write=14", "7*2; 7*2 bytes"}});
  unary(plugin, {"torch.square",
                 kArithmetic,
                 {},
                 {"1"},
                 "y = x*x;  x (...), y (...)",
                 "aten/src/ATen/native/UnaryOps.cpp square: pow(self, 2)",
                 {"num_elements=7, bytes=2", "flops=7, read=14, write=14",
                  "7 products; x is read once, 7*2 bytes"}});
  unary(plugin, {"torch.floor",
                 kArithmetic,
                 {},
                 {"1", "One rounding counts as one operation.", "lmhost convention"},
                 "y = the largest integer not above x, as a float;  x (...), y (...)",
                 kPointwiseSource,
                 {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7; 7*2 bytes"}});
  unary(plugin,
        {"torch.round",
         kArithmetic,
         {},
         {"1", "One rounding counts as one operation.", "lmhost convention"},
         "y = x rounded to the nearest integer, halves to even, as a float;  x (...), y (...)",
         kPointwiseSource,
         {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7; 7*2 bytes"}});
}

void describe_sign_functions(Plugin& plugin) {
  const Row rows[] = {
      {"torch.neg",
       kArithmetic,
       {"torch.negative", "torch.Tensor.negative", "aten::negative"},
       {"(0 if integer else 1)"},
       "y = -x;  x (...), y (...)",
       kPointwiseSource,
       {"num_elements=7, input_bits=32", "flops=7, read=28, write=28", "7; 7*4 bytes each way"}},
      {"torch.abs",
       kArithmetic,
       {"torch.absolute", "torch.Tensor.absolute", "aten::absolute"},
       {"(0 if integer else 1)"},
       "y = |x|;  x (...), y (...)",
       kPointwiseSource,
       {"num_elements=7, input_bits=32", "flops=7, read=28, write=28", "7; 7*4 bytes each way"}},
  };
  for (const Row& row : rows) {
    Kernel& kernel = unary(plugin, row);
    add_integer_switch(kernel);
    kernel.example("num_elements=7, integer=1, input_bits=64", "flops=0, read=56, write=56",
                   "integer work is no FLOP; 7*8 bytes each way");
  }
  unary(plugin, {"torch.clamp",
                 kArithmetic,
                 {"torch.clip", "torch.Tensor.clip", "aten::clip", "torch.clamp_min",
                  "torch.Tensor.clamp_min", "aten::clamp_min", "torch.clamp_max",
                  "torch.Tensor.clamp_max", "aten::clamp_max"},
                 {"1",
                  "Restriction to a range, by one bound or two, counts as one operation, as in "
                  "relu and relu6.",
                  "lmhost convention"},
                 "y = min(max(x, low), high), either bound may be missing;  x (...), y (...). "
                 "Bounds are Python scalars",
                 "aten/src/ATen/native/TensorCompare.cpp clamp_out",
                 {"num_elements=7, bytes=2", "flops=7, read=14, write=14", "7; 7*2 bytes"}});
}

void describe_arithmetic(Plugin& plugin) {
  constexpr char kBinarySource[] =
      "aten/src/ATen/native/BinaryOps.cpp; operands broadcast, each is read in its own size";
  const Example scalar = {
      "num_elements=15, other_elements=0, bytes=2", "flops=15, read=30, write=30",
      "scores * scaling: 15 products; the scalar is no tensor: 15*2 bytes each way"};
  const struct {
    Row row;
    bool has_alpha;
  } operators[] = {
      {{"torch.add",
        kArithmetic,
        {"+", "aten::add.Tensor"},
        {"1"},
        "y = input + alpha*other",
        kBinarySource,
        {"num_elements=15, other_elements=5, bytes=2", "flops=15, read=40, write=30",
         "(3,5) + (5): 15 sums; (15+5)*2 read, 15*2 written"}},
       true},
      {{"torch.sub",
        kArithmetic,
        {"-", "torch.subtract", "torch.Tensor.subtract", "torch.rsub", "aten::rsub",
         "aten::subtract"},
        {"1"},
        "y = input - alpha*other",
        kBinarySource,
        {"num_elements=15, other_elements=5, bytes=2", "flops=15, read=40, write=30",
         "(3,5) - (5): 15 differences; (15+5)*2 read, 15*2 written"}},
       true},
      {{"torch.mul",
        kArithmetic,
        {"*", "torch.multiply", "torch.Tensor.multiply", "aten::multiply"},
        {"1"},
        "y = input * other, elementwise",
        kBinarySource,
        {"num_elements=15, other_elements=3, other_bits=32, output_bits=32, bytes=2",
         "flops=15, read=42, write=60",
         "(3,5) * (3,1) in float32: 15 products; 15*2 + 3*4 read, 15*4 written"}},
       false},
      {{"torch.div",
        kArithmetic,
        {"/", "torch.divide", "torch.Tensor.divide", "torch.true_divide",
         "torch.Tensor.true_divide", "aten::divide", "aten::true_divide"},
        {"1"},
        "y = input / other, elementwise. `1/x` runs torch.reciprocal and torch.mul instead",
        kBinarySource,
        {"num_elements=15, other_elements=3, bytes=2", "flops=15, read=36, write=30",
         "(3,5) / (3,1): 15 quotients; (15+3)*2 read, 15*2 written"}},
       false},
  };
  for (const auto& entry : operators) {
    Kernel& kernel =
        binary(plugin, entry.row,
               entry.has_alpha ? "0 if integer else num_elements*(1 if alpha == 1 else 2)"
                               : "0 if integer else num_elements");
    if (entry.has_alpha)
      kernel.params({"alpha:float=1 -- factor of other; unless 1, one more product each"});
    add_integer_switch(kernel);
    kernel.example(scalar.bindings, scalar.expected, scalar.arithmetic);
    kernel.example("num_elements=7, other_elements=0, integer=1, input_bits=64",
                   "flops=0, read=56, write=56", "position ids and an offset: 7 int64 each way");
    if (entry.has_alpha) {
      kernel.example("num_elements=7, alpha=3, bytes=2", "flops=14, read=28, write=14",
                     "7 products and 7 sums; (7+7)*2 read");
    }
  }
}

void describe_more_arithmetic(Plugin& plugin) {
  const Row rows[] = {
      {"torch.maximum",
       kMethod,
       {},
       {"1", "Choosing the larger of two values counts as one operation.",
        "lmhost convention, as relu"},
       "y = max(input, other), elementwise",
       "aten/src/ATen/native/BinaryOps.cpp",
       {"num_elements=7, bytes=2", "flops=7, read=28, write=14", "7; (7+7)*2 read, 7*2 written"}},
      {"torch.minimum",
       kMethod,
       {},
       {"1", "Choosing the smaller of two values counts as one operation.",
        "lmhost convention, as relu"},
       "y = min(input, other), elementwise",
       "aten/src/ATen/native/BinaryOps.cpp",
       {"num_elements=7, bytes=2", "flops=7, read=28, write=14", "7; (7+7)*2 read, 7*2 written"}},
      {"torch.floor_divide",
       kArithmetic,
       {"//"},
       {"2", "div, floor.", "definition; a rounding counts 1"},
       "y = floor(input / other), elementwise",
       "aten/src/ATen/native/BinaryOps.cpp",
       {"num_elements=7, other_elements=0, bytes=2", "flops=14, read=14, write=14",
        "7*2; the scalar divisor is not read"}},
      {"torch.remainder",
       kArithmetic,
       {"%"},
       {"4", "div, floor, mul, sub: x - y*floor(x/y).", "definition; a rounding counts 1"},
       "y = input - other*floor(input/other), elementwise",
       "aten/src/ATen/native/BinaryOps.cpp",
       {"num_elements=7, other_elements=0, bytes=2", "flops=28, read=14, write=14",
        "7*4; the scalar divisor is not read"}},
  };
  for (const Row& row : rows) {
    const std::string flops = "0 if integer else num_elements*" + coefficient(plugin, row);
    add_integer_switch(binary(plugin, row, flops.c_str()));
  }
  plugin.constant("pow_flops", "1",
                  "A power by squaring, by sqrt or by the general function is one operation.",
                  "aten/src/ATen/native/cuda/PowKernel.cu pow_tensor_scalar_kernel_impl: exponents "
                  "2, 0.5, -0.5 "
                  "and -1 are one operation; general powers by the one-function convention");
  binary(plugin,
         {"torch.pow",
          kArithmetic,
          {"**"},
          {"1"},
          "y = input ** other, elementwise; other is a Python scalar unless other_elements says so",
          "aten/src/ATen/native/cuda/PowKernel.cu pow_tensor_scalar_kernel_impl: exponent 3 is "
          "base*base*base, -2 is "
          "1/(base*base), both two operations",
          {"num_elements=15, bytes=2", "flops=15, read=30, write=30",
           "15 squares; 15*2 bytes each way"}},
         "num_elements*(2 if exponent == 3 or exponent == -2 else pow_flops)", "a_bits",
         "input_bits", "0")
      .params(
          {"exponent:float=2 -- the scalar exponent; 3 and -2 take two operations, any other one"})
      .example("num_elements=15, exponent=3, bytes=2", "flops=30, read=30, write=30",
               "15 * 2 products")
      .example("num_elements=15, exponent=2.5, other_elements=5, bytes=2",
               "flops=15, read=40, write=30",
               "a tensor of exponents (5): 15 powers, (15+5)*2 read");
}

}  // namespace
}  // namespace pointwise

LMHOST_PLUGIN(pointwise, "1.0.0",
              "Elementwise operators, activations and reductions as eager PyTorch kernels") {
  using namespace pointwise;
  plugin.license("Apache-2.0");
  describe_elementary_functions(plugin);
  describe_composed_functions(plugin);
  describe_sign_functions(plugin);
  describe_arithmetic(plugin);
  describe_more_arithmetic(plugin);
  describe_logic(plugin);
  describe_activations(plugin);
  describe_fused(plugin);
  describe_reductions(plugin);
}

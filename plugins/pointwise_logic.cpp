// Comparisons, boolean algebra and selection: no floating-point work, only bytes. Booleans take 8
// bits.
#include "pointwise.hpp"

namespace pointwise {
namespace {

constexpr char kLogicSource[] =
    "aten/src/ATen/native/BinaryOps.cpp; integer and boolean work is 0 FLOPs";

void describe_comparisons(Plugin& plugin) {
  const struct {
    const char* name;
    const char* sign;
    std::vector<const char*> aliases;
  } comparisons[] = {
      {"torch.eq", "==", {}},
      {"torch.ne", "!=", {"torch.not_equal", "torch.Tensor.not_equal"}},
      {"torch.lt", "<", {"torch.less", "torch.Tensor.less"}},
      {"torch.le", "<=", {"torch.less_equal", "torch.Tensor.less_equal"}},
      {"torch.gt", ">", {"torch.greater", "torch.Tensor.greater"}},
      {"torch.ge", ">=", {"torch.greater_equal", "torch.Tensor.greater_equal"}},
  };
  for (const auto& comparison : comparisons) {
    const std::string doc =
        std::string("y = input ") + comparison.sign + " other, elementwise, as booleans of 8 bits";
    Row row = {comparison.name,
               kArithmetic,
               comparison.aliases,
               {"0"},
               doc.c_str(),
               "aten/src/ATen/native/BinaryOps.cpp comparison_op; a comparison that gives a "
               "boolean is 0 FLOPs",
               {"num_elements=15, input_elements=3, other_elements=5, input_bits=64",
                "flops=0, read=64, write=15",
                "(3,1) against (5) int64 positions: (3+5)*8 read, 15 booleans"}};
    row.aliases.push_back(comparison.sign);
    binary(plugin, row, "0", "a_bits", "8");
  }
}

void describe_boolean_operators(Plugin& plugin) {
  const Example two = {"num_elements=15, other_elements=5", "flops=0, read=20, write=15",
                       "(3,5) and (5) booleans: 15+5 bytes read, 15 written"};
  const Row operators[] = {
      {"torch.logical_and",
       kArithmetic,
       {},
       {"0"},
       "y = input and other, as booleans",
       kLogicSource,
       two},
      {"torch.logical_or",
       kArithmetic,
       {},
       {"0"},
       "y = input or other, as booleans",
       kLogicSource,
       two},
      {"torch.logical_xor",
       kArithmetic,
       {},
       {"0"},
       "y = input != other, as booleans",
       kLogicSource,
       two},
      {"torch.bitwise_and",
       kArithmetic,
       {"&"},
       {"0"},
       "y = input & other; booleans by default",
       kLogicSource,
       two},
      {"torch.bitwise_or",
       kArithmetic,
       {"|"},
       {"0"},
       "y = input | other; booleans by default",
       kLogicSource,
       two},
      {"torch.bitwise_xor",
       kArithmetic,
       {"^"},
       {"0"},
       "y = input ^ other; booleans by default",
       kLogicSource,
       two},
  };
  for (const Row& row : operators) binary(plugin, row, "0", "8", "input_bits");
}

void describe_boolean_functions(Plugin& plugin) {
  const Example one = {"num_elements=15", "flops=0, read=15, write=15", "15 bytes each way"};
  unary(plugin,
        {"torch.logical_not", kArithmetic, {}, {"0"}, "y = not x, as booleans", kLogicSource, one},
        "8", "8");
  unary(plugin,
        {"torch.bitwise_not",
         kArithmetic,
         {"~"},
         {"0"},
         "y = ~x; booleans by default",
         kLogicSource,
         one},
        "8");
  const Example test = {"num_elements=15, bytes=2", "flops=0, read=30, write=15",
                        "15*2 read, 15 booleans"};
  unary(
      plugin,
      {"torch.isnan", kMethod, {}, {"0"}, "y = x is not a number, as booleans", kLogicSource, test},
      "a_bits", "8");
  unary(plugin,
        {"torch.isinf",
         kTorch | kTensor,
         {},
         {"0"},
         "y = x is infinite, as booleans",
         kLogicSource,
         test},
        "a_bits", "8");
}

void describe_selection(Plugin& plugin) {
  plugin.kernel("torch.where")
      .doc("y = input where condition else other, elementwise; all three broadcast to y")
      .source(
          "aten/src/ATen/native/TensorCompare.cpp where_self_out; selection is 0 FLOPs. A Python "
          "scalar becomes a "
          "tensor of one element first (torch.full, num_elements=1)")
      .alias({"torch.Tensor.where", "aten::where"})
      .params(
          {"num_elements -- elements of the (broadcast) output",
           "condition_elements=num_elements -- elements of condition before broadcasting",
           "condition_bits:float=8 -- bits per element of condition",
           "input_elements=num_elements -- elements of input before broadcasting; 0 for a scalar",
           "other_elements=num_elements -- elements of other before broadcasting; 0 for a scalar",
           "input_bits:float=a_bits -- bits per element of input",
           "other_bits:float=input_bits -- bits per element of other",
           "output_bits:float=input_bits -- bits per element of the output"})
      .flops("0")
      .reads("condition", "condition_elements", "condition_bits")
      .reads("input", "input_elements", "input_bits")
      .reads("other", "other_elements", "other_bits")
      .writes("output", "num_elements", "output_bits")
      .example("num_elements=15, condition_elements=5, other_elements=1, bytes=2",
               "flops=0, read=37, write=30", "5 booleans + (15+1)*2 read, 15*2 written");
  plugin.kernel("torch.Tensor.masked_fill")
      .doc(
          "y = value where mask else input, elementwise; mask broadcasts to input, value is a "
          "scalar")
      .source(
          "aten/src/ATen/native/TensorAdvancedIndexing.cpp masked_fill: a clone and a fill in "
          "place, counted as one operator; selection is 0 FLOPs")
      .alias({"torch.masked_fill", "torch.Tensor.masked_fill_", "aten::masked_fill",
              "aten::masked_fill_"})
      .params({"num_elements -- elements of input and output",
               "mask_elements=num_elements -- elements of mask before broadcasting",
               "mask_bits:float=8 -- bits per element of mask",
               "input_bits:float=a_bits -- bits per element of input",
               "output_bits:float=input_bits -- bits per element of the output"})
      .flops("0")
      .reads("input", "num_elements", "input_bits")
      .reads("mask", "mask_elements", "mask_bits")
      .writes("output", "num_elements", "output_bits")
      .example("num_elements=15, mask_elements=5, bytes=2", "flops=0, read=35, write=30",
               "15*2 + 5 booleans read, 15*2 written");
}

}  // namespace

void describe_logic(Plugin& plugin) {
  describe_comparisons(plugin);
  describe_boolean_operators(plugin);
  describe_boolean_functions(plugin);
  describe_selection(plugin);
}

}  // namespace pointwise

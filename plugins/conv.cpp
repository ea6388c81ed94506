// Convolutions, transposed convolutions, pooling and interpolation in one, two and three
// dimensions.
//
// FLOPs are those that FlopCounterMode counts (torch/utils/flop_counter.py conv_flop_count): every
// position of the output (of the input, if transposed) times the whole window, padding included.
// Outside the window nothing is read twice: traffic counts each distinct element once; where the
// stride exceeds the window it is an upper bound.
#include "names.hpp"

#include <stdexcept>

namespace conv {
namespace {

using namespace family;

struct Axis {
  std::string kernel, input, output;  // parameter names
  std::string suffix;                 // of stride, padding, dilation and output_padding
};

std::vector<Axis> axes_of(int dimensions) {
  if (dimensions == 1) return {{"kernel_size", "input_length", "output_length", ""}};
  std::vector<Axis> axes;
  for (const char letter : std::string(dimensions == 2 ? "hw" : "dhw")) {
    const std::string suffix = std::string("_") + letter;
    axes.push_back({"kernel" + suffix, "input" + suffix, "output" + suffix, suffix});
  }
  return axes;
}

std::string product(const std::vector<Axis>& axes, std::string Axis::*name) {
  std::string text;
  for (const Axis& axis : axes) text += (text.empty() ? "" : "*") + axis.*name;
  return text;
}

void add_parameter(Kernel& kernel, const std::string& text) { kernel.params({text.c_str()}); }

// stride, padding, dilation (and output_padding): a later axis defaults to the first one.
void add_geometry(Kernel& kernel, const std::vector<Axis>& axes, bool transposed) {
  const auto declare = [&](const std::string& name, const char* value, const char* doc,
                           bool shrinks_output) {
    for (const Axis& axis : axes) {
      const std::string standard = &axis == &axes[0] ? value : name + axes[0].suffix;
      add_parameter(
          kernel, name + axis.suffix + (shrinks_output ? "~" : "") + "=" + standard + " -- " + doc);
    }
  };
  declare("stride", "1", "step between windows", !transposed);
  declare("padding", "0", "zeros added at each end", transposed);
  declare("dilation", "1", "step between the elements of a window", !transposed);
  if (transposed) declare("output_padding", "0", "elements added at one end of the output", false);
  for (const Axis& axis : axes) {
    const std::string &s = "stride" + axis.suffix, &p = "padding" + axis.suffix,
                      &d = "dilation" + axis.suffix;
    const std::string extent = transposed ? "(" + axis.input + " - 1)*" + s + " - 2*" + p + " + " +
                                                d + "*(" + axis.kernel + " - 1) + output_padding" +
                                                axis.suffix + " + 1"
                                          : "(" + axis.input + " + 2*" + p + " - " + d + "*(" +
                                                axis.kernel + " - 1) - 1)//" + s + " + 1";
    add_parameter(kernel,
                  axis.output + "=" + extent + " -- extent of the output; follows from the input");
  }
}

struct Convolution {
  int dimensions;
  bool transposed;
  const char* name;
  const char* module;
  const char* doc;
  std::vector<Example> examples;
};

void describe(Plugin& plugin, const Convolution& row) {
  const std::vector<Axis> axes = axes_of(row.dimensions);
  const std::string module = row.module;
  Kernel& kernel = begin_kernel(plugin, row.name, kFunctional | kTorch | kAten, {});
  kernel.alias({("torch.nn." + module).c_str(), ("torch.nn.modules.conv." + module).c_str()});
  if (std::string(row.name) == "torch.nn.functional.conv_transpose2d" ||
      std::string(row.name) == "torch.nn.functional.conv_transpose3d") {
    kernel.alias({("aten::" + last_part(row.name) + ".input").c_str()});
  }
  kernel.doc(row.doc).source(
      "torch/utils/flop_counter.py conv_flop_count (matmul_flops); the bias adds one FLOP per "
      "output element; "
      "aten/src/ATen/native/Convolution.cpp");
  kernel.params({"batch_size -- samples", "in_channels -- channels of the input",
                 "out_channels -- channels of the output"});
  // A larger window fits into fewer places.
  const std::string window_mark = row.transposed ? "" : "~";
  for (const Axis& axis : axes)
    add_parameter(kernel, axis.kernel + window_mark + " -- extent of the window");
  for (const Axis& axis : axes) add_parameter(kernel, axis.input + " -- extent of the input");
  kernel.params({"groups~=1 -- independent groups of channels",
                 "has_bias:bool=0 -- one bias per output channel"});
  add_geometry(kernel, axes, row.transposed);
  kernel.let("window", product(axes, &Axis::kernel).c_str(), "elements of one window")
      .let("input_positions", ("batch_size*" + product(axes, &Axis::input)).c_str())
      .let("output_positions", ("batch_size*" + product(axes, &Axis::output)).c_str())
      .let("weight_elements", row.transposed ? "in_channels*(out_channels//groups)*window"
                                             : "out_channels*(in_channels//groups)*window")
      .let("products",
           row.transposed ? "2*input_positions*weight_elements"
                          : "2*output_positions*weight_elements",
           "every weight meets every position once")
      .matmul_flops("products")
      .flops("products + out_channels*output_positions*has_bias")
      .reads("input", "in_channels*input_positions")
      .weight("weight", "weight_elements")
      .weight("bias", "out_channels*has_bias")
      .writes("output", "out_channels*output_positions");
  for (const Example& example : row.examples) {
    kernel.example(example.bindings, example.expected, example.arithmetic);
  }
}

void describe_convolutions(Plugin& plugin) {
  const Convolution rows[] = {
      {1,
       false,
       "torch.nn.functional.conv1d",
       "Conv1d",
       "Cross-correlation: input (B, C_in, L), weight (C_out, C_in/groups, K), bias (C_out), "
       "output (B, C_out, L_out)",
       {{"batch_size=3, in_channels=10, out_channels=15, kernel_size=3, input_length=11, "
         "output_length=6, groups=5, "
         "has_bias=1, bytes=2",
         "flops=3510, matmul_flops=3240, read=870, read_weight=210, write=540, parameters=105",
         "2*(3*6)*(15*2*3) + 15*3*6; (3*10*11 + 15*2*3 + 15)*2 read; 3*15*6*2 written"},
        {"batch_size=1, in_channels=3, out_channels=5, kernel_size=3, input_length=11, stride=2, "
         "padding=1, bytes=2",
         "flops=540, matmul_flops=540, read=156, write=60",
         "L_out = (11 + 2 - 2 - 1)//2 + 1 = 6: 2*6*(5*3*3); (33 + 45)*2 read; 5*6*2 written"}}},
      {2,
       false,
       "torch.nn.functional.conv2d",
       "Conv2d",
       "Cross-correlation: input (B, C_in, H, W), weight (C_out, C_in/groups, K_h, K_w), bias "
       "(C_out), output "
       "(B, C_out, H_out, W_out)",
       {{"batch_size=1, in_channels=3, out_channels=5, kernel_h=3, kernel_w=1, input_h=7, "
         "input_w=5, output_h=5, "
         "output_w=5, bytes=2",
         "flops=2250, matmul_flops=2250, read=300, write=250",
         "2*(5*5)*(5*3*3*1); (3*7*5 + 5*3*3)*2 read; 5*5*5*2 written"},
        {"batch_size=1, in_channels=3, out_channels=7, kernel_h=3, kernel_w=3, input_h=9, "
         "input_w=15, stride_h=3, "
         "has_bias=1, bytes=2",
         "flops=5775, matmul_flops=5670, read=1202, write=210",
         "patches 3 x 5: 2*15*(7*3*9) + 7*15; (3*9*15 + 189 + 7)*2 read; 7*15*2 written"}}},
      {3,
       false,
       "torch.nn.functional.conv3d",
       "Conv3d",
       "Cross-correlation: input (B, C_in, D, H, W), weight (C_out, C_in/groups, K_d, K_h, K_w), "
       "bias (C_out), output "
       "(B, C_out, D_out, H_out, W_out)",
       {{"batch_size=1, in_channels=3, out_channels=5, kernel_d=2, kernel_h=3, kernel_w=1, "
         "input_d=4, input_h=5, "
         "input_w=3, bytes=2",
         "flops=4860, matmul_flops=4860, read=540, write=270",
         "output 3*3*3 = 27: 2*27*(5*3*6); (3*60 + 90)*2 read; 5*27*2 written"}}},
  };
  for (const Convolution& row : rows) describe(plugin, row);
}

void describe_transposed_convolutions(Plugin& plugin) {
  const Convolution rows[] = {
      {1,
       true,
       "torch.nn.functional.conv_transpose1d",
       "ConvTranspose1d",
       "The adjoint of conv1d: input (B, C_in, L), weight (C_in, C_out/groups, K), bias (C_out), "
       "output "
       "(B, C_out, L_out)",
       {{"batch_size=3, in_channels=10, out_channels=15, kernel_size=3, input_length=5, groups=5, "
         "has_bias=1, "
         "stride=2, padding=1, output_padding=1, bytes=2",
         "flops=3150, matmul_flops=2700, read=510, write=900",
         "L_out = 4*2 - 2 + 2 + 1 + 1 = 10: 2*(3*5)*(10*3*3) + 15*3*10; (3*10*5 + 90 + 15)*2 read; "
         "3*15*10*2 written"}}},
      {2,
       true,
       "torch.nn.functional.conv_transpose2d",
       "ConvTranspose2d",
       "The adjoint of conv2d: input (B, C_in, H, W), weight (C_in, C_out/groups, K_h, K_w), bias "
       "(C_out), output "
       "(B, C_out, H_out, W_out)",
       {{"batch_size=1, in_channels=3, out_channels=5, kernel_h=3, kernel_w=1, input_h=7, "
         "input_w=5, bytes=2",
         "flops=3150, matmul_flops=3150, read=300, write=450",
         "output 9 x 5: 2*(7*5)*(3*5*3); (3*35 + 45)*2 read; 5*45*2 written"}}},
      {3,
       true,
       "torch.nn.functional.conv_transpose3d",
       "ConvTranspose3d",
       "The adjoint of conv3d: input (B, C_in, D, H, W), weight (C_in, C_out/groups, K_d, K_h, "
       "K_w), bias (C_out), "
       "output (B, C_out, D_out, H_out, W_out)",
       {{"batch_size=1, in_channels=3, out_channels=5, kernel_d=2, kernel_h=3, kernel_w=1, "
         "input_d=3, input_h=3, "
         "input_w=3, bytes=2",
         "flops=4860, matmul_flops=4860, read=342, write=600",
         "output 4*5*3 = 60: 2*27*(3*5*6); (3*27 + 90)*2 read; 5*60*2 written"}}},
  };
  for (const Convolution& row : rows) describe(plugin, row);
}

struct Pooling {
  std::string op;      // "avg_pool"
  std::string module;  // "AvgPool"
  bool maximum;
  bool adaptive;
  const char* doc;
  Example example;
};

// Aliases that exist in some dimensions only.
void add_pooling_aliases(Kernel& kernel, const Pooling& row, const std::string& dimension) {
  const std::string op = row.op + dimension, module = row.module + dimension;
  kernel.alias({("torch.nn." + module).c_str(), ("torch.nn.modules.pooling." + module).c_str()});
  const bool in_torch = dimension == "1d" || row.op == "max_pool";
  if (in_torch) kernel.alias({("torch." + op).c_str()});
  if (row.maximum && !row.adaptive) {
    kernel.alias({("aten::" + op + "_with_indices").c_str(), ("F." + op + "_with_indices").c_str(),
                  ("torch.nn.functional." + op + "_with_indices").c_str()});
  }
  if (row.adaptive && !row.maximum && dimension != "1d") kernel.alias({("aten::_" + op).c_str()});
}

void describe(Plugin& plugin, const Pooling& row, const std::string& dimension) {
  const std::string name = "torch.nn.functional." + row.op + dimension;
  Kernel& kernel = begin_kernel(plugin, name, kFunctional | kAten, {});
  add_pooling_aliases(kernel, row, dimension);
  kernel.doc(row.doc)
      .source(row.maximum ? "aten/src/ATen/native/Pooling.cpp: every overload but 1d on the CPU "
                            "computes indices, even "
                            "when they are dropped"
                          : "aten/src/ATen/native/AveragePool2d.cpp, AdaptiveAveragePooling.cpp")
      .params(
          {"input_elements -- elements of the input", "output_elements -- elements of the output"});
  if (row.adaptive) {
    kernel.params(
        {"window_elements=input_elements -- elements of all windows together: the input where its "
         "extents "
         "are multiples of the output's; else per axis L + L_out - gcd(L, L_out)"});
  } else {
    kernel.params({"kernel_elements -- elements of one window: the product of its extents"})
        .let("window_elements", "output_elements*kernel_elements",
             "elements of all windows together");
  }
  if (row.maximum)
    kernel.params({"writes_indices:bool=1 -- int64 positions of the maxima are written too"});
  kernel.flops(row.maximum ? "window_elements*max_pool_flops" : "window_elements*avg_pool_flops")
      .reads("input", "input_elements")
      .writes("output", "output_elements")
      .example(row.example.bindings, row.example.expected, row.example.arithmetic);
  if (row.maximum)
    kernel.operand(LMH_WRITE, LMH_INDEX, "indices", "output_elements*writes_indices");
}

void describe_poolings(Plugin& plugin) {
  plugin.constant(
      "avg_pool_flops", "1", "Per element of a window: K - 1 adds and one division for K elements.",
      "derivation: exact; DeepSpeed counts 1 per input element, the same without overlap");
  plugin.constant(
      "max_pool_flops", "1", "Per element of a window: one choice of the larger value.",
      "lmhost convention, as relu; DeepSpeed counts 1 per input element, the same without overlap");
  const Pooling rows[] = {
      {"avg_pool",
       "AvgPool",
       false,
       false,
       "Mean of each window",
       {"input_elements=35, output_elements=15, kernel_elements=3, bytes=2",
        "flops=45, read=70, write=30",
        "5 rows of 7, window 3, stride 2: 15 windows of 3; 35*2 read, 15*2 written"}},
      {"max_pool",
       "MaxPool",
       true,
       false,
       "Maximum of each window and its int64 position",
       {"input_elements=35, output_elements=15, kernel_elements=3, bytes=2",
        "flops=45, read=70, write=150, write_index=120",
        "5 rows of 7, window 3, stride 2: 15 windows of 3; 35*2 read, 15*2 + 15*8 written"}},
      {"adaptive_avg_pool",
       "AdaptiveAvgPool",
       false,
       true,
       "Mean of each window; windows follow from the output's extents",
       {"input_elements=35, output_elements=15, window_elements=45, bytes=2",
        "flops=45, read=70, write=30",
        "5 rows of 7 to 3: windows 0-2, 2-4, 4-6 = 7 + 3 - 1 = 9 elements a row; 35*2 read, 15*2 "
        "written"}},
      {"adaptive_max_pool",
       "AdaptiveMaxPool",
       true,
       true,
       "Maximum of each window and its int64 position; windows follow from the output's extents",
       {"input_elements=45, output_elements=15, bytes=2",
        "flops=45, read=90, write=150, write_index=120",
        "5 rows of 9 to 3: no overlap, 45; 45*2 read, 15*2 + 15*8 written"}},
  };
  for (const Pooling& row : rows) {
    for (const char* dimension : {"1d", "2d", "3d"}) describe(plugin, row, dimension);
  }
}

// interpolation_flops('bilinear') -> the name of the constant that holds the FLOPs per element in
// that mode.
std::string interpolation_flops(const std::vector<std::string>& arguments) {
  const std::string& mode = arguments[0];
  if (mode == "area") return "avg_pool_flops";
  if (mode == "nearest-exact") return "nearest_flops";
  for (const char* known : {"nearest", "linear", "bilinear", "trilinear", "bicubic"}) {
    if (mode == known) return mode + "_flops";
  }
  throw std::invalid_argument(
      "interpolate: unknown mode '" + mode +
      "'; write nearest, nearest-exact, linear, bilinear, trilinear, bicubic or area");
}

void describe_interpolation(Plugin& plugin) {
  constexpr char kWeights[] = "; the weights, one set per position, are left out";
  const struct {
    const char* name;
    const char* value;
    const char* doc;
    std::string source;
  } constants[] = {
      {"nearest_flops", "0", "Per output element: a copy.",
       "aten/src/ATen/native/cuda/UpSampleNearest2d.cu"},
      {"linear_flops", "3", "Per output element: a*x + b*y.",
       std::string("aten/src/ATen/native/cuda/UpSampleLinear1d.cu") + kWeights},
      {"bilinear_flops", "9", "Per output element: linear in w twice, then in h: 3*3.",
       std::string(
           "aten/src/ATen/native/cuda/UpSampleBilinear2d.cu upsample_bilinear2d_out_frame") +
           kWeights},
      {"trilinear_flops", "21",
       "Per output element: linear in w four times, in h twice, in d once: 7*3.",
       std::string("aten/src/ATen/native/cuda/UpSampleTrilinear3d.cu") + kWeights},
      {"bicubic_flops", "35",
       "Per output element: sums of four products, four in w and one in h: 5*7.",
       std::string("aten/src/ATen/native/cuda/UpSampleBicubic2d.cu") + kWeights},
  };
  for (const auto& row : constants)
    plugin.constant(row.name, row.value, row.doc, row.source.c_str());
  plugin.macro(
      "interpolation_flops", 1, &interpolation_flops,
      "mode -> FLOPs of interpolate per element of the output, of the windows in mode area");
  plugin.kernel("torch.nn.functional.interpolate")
      .doc("Resampling to another extent: input (B, C, ...), output (B, C, ...)")
      .source("torch/nn/functional.py interpolate; aten/src/ATen/native/UpSample.h")
      .alias({"F.interpolate", "torch.nn.functional.upsample", "F.upsample", "torch.nn.Upsample",
              "torch.nn.modules.upsampling.Upsample"})
      .params({"input_elements -- elements of the input",
               "output_elements -- elements of the output",
               "mode:string='nearest' -- nearest, nearest-exact, linear, bilinear, trilinear, "
               "bicubic or area",
               "window_elements=input_elements -- mode area: elements of all windows together, as "
               "in adaptive_avg_pool2d"})
      .flops("(window_elements if mode == 'area' else output_elements)*interpolation_flops(mode)")
      .reads("input", "input_elements")
      .writes("output", "output_elements")
      .example("input_elements=15, output_elements=60, bytes=2", "flops=0, read=30, write=120",
               "(3,5) to (6,10): 15*2 read, 60*2 written")
      .example("input_elements=15, output_elements=60, mode='bilinear', bytes=2",
               "flops=540, read=30, write=120", "60*9")
      .example("input_elements=15, output_elements=21, mode='linear', bytes=2",
               "flops=63, read=30, write=42", "21*3")
      .example("input_elements=45, output_elements=15, mode='area', bytes=2",
               "flops=45, read=90, write=30", "15 windows of 3: 45*1");
}

}  // namespace
}  // namespace conv

LMHOST_PLUGIN(conv, "1.0.0", "Convolutions, pooling and interpolation") {
  plugin.license("Apache-2.0");
  conv::describe_convolutions(plugin);
  conv::describe_transposed_convolutions(plugin);
  conv::describe_poolings(plugin);
  conv::describe_interpolation(plugin);
}

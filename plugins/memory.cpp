// Operators that move data and compute nothing: views, copies, casts, creation; indexing stands in
// memory_index.cpp.
//
// A view costs nothing. Everything that materialises reads each distinct input element once and
// writes each output element once, whether or not memory is allocated for it. FLOPs are 0
// throughout.
#include "memory.hpp"

namespace memory {
namespace {

struct View {
  const char* name;
  unsigned spellings;
  std::vector<const char*> aliases;
  const char* doc;
};

constexpr char kViewSource[] =
    "PyTorch documentation, Tensor Views: shares storage, no data moves; "
    "aten/src/ATen/native/TensorShape.cpp";

void describe_views(Plugin& plugin) {
  const View views[] = {
      {"torch.Tensor.view",
       kAten,
       {"torch.Tensor.view_as", "aten::view_as", "aten::_unsafe_view", "torch.unflatten",
        "torch.Tensor.unflatten", "aten::unflatten", "torch.nn.Unflatten",
        "torch.nn.modules.flatten.Unflatten"},
       "The same elements under another shape"},
      {"torch.Tensor.transpose",
       kMethod | kInPlace,
       {"torch.swapaxes", "torch.Tensor.swapaxes", "torch.swapdims", "torch.Tensor.swapdims",
        "torch.t", "torch.Tensor.t", "aten::t", "torch.Tensor.T", "torch.Tensor.mT",
        "aten::numpy_T", "aten::mT"},
       "Two dimensions exchanged"},
      {"torch.Tensor.permute",
       kMethod,
       {"torch.movedim", "torch.Tensor.movedim", "aten::movedim", "torch.moveaxis",
        "torch.Tensor.moveaxis"},
       "Dimensions reordered"},
      {"torch.Tensor.expand",
       kTensor | kAten,
       {"torch.Tensor.expand_as", "aten::expand_as", "torch.broadcast_to",
        "torch.Tensor.broadcast_to", "aten::broadcast_to", "torch.broadcast_tensors"},
       "Dimensions of size 1 repeated by stride 0; a later reshape or contiguous pays"},
      {"torch.Tensor.squeeze", kMethod | kInPlace, {}, "Dimensions of size 1 removed"},
      {"torch.Tensor.unsqueeze", kMethod | kInPlace, {}, "A dimension of size 1 inserted"},
      {"torch.Tensor.split",
       kMethod,
       {"torch.split_with_sizes", "torch.Tensor.split_with_sizes", "aten::split_with_sizes",
        "torch.tensor_split", "torch.Tensor.tensor_split", "aten::tensor_split"},
       "Pieces along a dimension, each a view"},
      {"torch.Tensor.chunk", kMethod, {}, "Equal pieces along a dimension, each a view"},
      {"torch.Tensor.unbind", kMethod, {}, "Slices along a dimension, each a view"},
      {"torch.Tensor.slice",
       kAten,
       {"torch.narrow", "torch.Tensor.narrow", "aten::narrow"},
       "Basic slicing x[a:b:c]: a view. Indexing by a tensor is torch.Tensor.index"},
      {"torch.Tensor.select", kMethod, {}, "Basic indexing x[i] by a number: a view"},
      {"torch.Tensor.diagonal", kMethod, {}, "The diagonal of two dimensions: a view"},
      {"torch.Tensor.unfold", kAten, {}, "Sliding windows along a dimension: a view by strides"},
      {"torch.Tensor.as_strided", kMethod, {}, "The same storage under given sizes and strides"},
      {"torch.Tensor.detach",
       kMethod | kInPlace,
       {"aten::alias", "aten::lift_fresh"},
       "The same tensor without history"},
      {"torch.nn.Identity",
       0,
       {"torch.nn.modules.linear.Identity", "transformers.activations.LinearActivation"},
       "y = x"},
  };
  for (const View& view : views) {
    begin_kernel(plugin, view.name, view.spellings, view.aliases)
        .doc(view.doc)
        .source(kViewSource)
        .params({"num_elements? -- ignored", "bits?:float -- ignored"})
        .flops("0")
        .example("num_elements=7, bytes=2", "flops=0, read=0, write=0",
                 "only sizes and strides change");
  }
}

void describe_conditional_copies(Plugin& plugin) {
  begin_kernel(
      plugin, "torch.Tensor.reshape", kMethod,
      {"torch.Tensor.reshape_as", "aten::reshape_as", "torch.flatten", "torch.Tensor.flatten",
       "aten::flatten", "torch.nn.Flatten", "torch.nn.modules.flatten.Flatten", "torch.ravel",
       "torch.Tensor.ravel", "aten::ravel", "einops.rearrange"})
      .doc(
          "The same elements under another shape: a view where strides allow it, else a copy. "
          "After expand the input "
          "is smaller than the output (repeat_kv)")
      .source(
          "aten/src/ATen/native/TensorShape.cpp reshape: view if computeStride succeeds, else "
          "clone and _unsafe_view")
      .params({"num_elements -- elements of the output",
               "copies:bool -- 1 where the strides forbid a view",
               "input_elements=num_elements -- distinct elements of the input, fewer after expand",
               "bits:float=a_bits -- bits per element"})
      .flops("0")
      .reads("input", "input_elements*copies", "bits")
      .writes("output", "num_elements*copies", "bits")
      .example("num_elements=15, copies=1, input_elements=5, bytes=2", "flops=0, read=10, write=30",
               "(5) expanded to (3,5): 5*2 read, 15*2 written")
      .example("num_elements=15, copies=0, bytes=2", "flops=0, read=0, write=0", "a view");
  begin_kernel(plugin, "torch.Tensor.contiguous", kTensor | kAten, {})
      .doc("The elements in order: a copy unless they are")
      .source("aten/src/ATen/native/TensorProperties.cpp contiguous: clone unless is_contiguous")
      .params({"num_elements -- elements of the output",
               "copies:bool=1 -- 0 where the input is contiguous already",
               "input_elements=num_elements -- distinct elements of the input, fewer after expand",
               "bits:float=a_bits -- bits per element"})
      .flops("0")
      .reads("input", "input_elements*copies", "bits")
      .writes("output", "num_elements*copies", "bits")
      .example("num_elements=15, bytes=2", "flops=0, read=30, write=30", "15*2 each way")
      .example("num_elements=15, copies=0, bytes=2", "flops=0, read=0, write=0",
               "contiguous already");
  begin_kernel(
      plugin, "torch.Tensor.to", kAten,
      {"aten::_to_copy", "torch.Tensor.type", "torch.Tensor.type_as", "aten::type_as",
       "torch.Tensor.float", "torch.Tensor.half", "torch.Tensor.bfloat16", "torch.Tensor.double",
       "torch.Tensor.int", "torch.Tensor.long", "torch.Tensor.bool"})
      .doc("The elements in another type: a copy unless the type is the same already")
      .source(
          "aten/src/ATen/native/TensorConversions.cpp to_impl: self if to_will_alias, else "
          "_to_copy")
      .params({"num_elements -- elements of the tensor",
               "output_bits:float -- bits per element of the wanted type",
               "input_bits:float=a_bits -- bits per element of the given type",
               "copies:bool=(0 if input_bits == output_bits else 1) -- bind 1 between types of one "
               "size, as float16 "
               "and bfloat16",
               "input_elements=num_elements -- distinct elements of the input, fewer after expand"})
      .flops("0")
      .reads("input", "input_elements*copies", "input_bits")
      .writes("output", "num_elements*copies", "output_bits")
      .example("num_elements=15, input_bits=16, output_bits=32", "flops=0, read=30, write=60",
               "15*2 read, 15*4 written")
      .example("num_elements=15, input_bits=16, output_bits=16", "flops=0, read=0, write=0",
               "nothing to do")
      .example("num_elements=15, input_bits=16, output_bits=16, copies=1",
               "flops=0, read=30, write=30", "float16 to bfloat16");
}

// input (input_elements) -> output (num_elements), every element moved.
struct Copy {
  const char* name;
  unsigned spellings;
  std::vector<const char*> aliases;
  const char* input_elements;  // parameter text: required, or with a default
  const char* doc;
  const char* source;
  Example example;
};

constexpr char kSame[] =
    "input_elements=num_elements -- distinct elements of the input, fewer after expand";
constexpr char kSmaller[] = "input_elements -- elements of the input";
constexpr Example kPlain = {"num_elements=15, bytes=2", "flops=0, read=30, write=30",
                            "15*2 each way"};

void describe(Plugin& plugin, const Copy& copy) {
  begin_kernel(plugin, copy.name, copy.spellings, copy.aliases)
      .doc(copy.doc)
      .source(copy.source)
      .params({"num_elements -- elements of the output", copy.input_elements,
               "bits:float=a_bits -- bits per element"})
      .flops("0")
      .reads("input", "input_elements", "bits")
      .writes("output", "num_elements", "bits")
      .example(copy.example.bindings, copy.example.expected, copy.example.arithmetic);
}

void describe_joins(Plugin& plugin) {
  const Copy copies[] = {
      {"torch.cat",
       kTorch | kAten,
       {"torch.concat", "torch.concatenate", "torch.hstack", "torch.vstack", "aten::concat",
        "aten::concatenate", "aten::hstack", "aten::vstack"},
       "input_elements=num_elements -- elements of all inputs together",
       "Tensors joined along a dimension: always a copy of all of them. Grows transformers' "
       "DynamicCache and builds "
       "rotate_half",
       "aten/src/ATen/native/TensorShape.cpp cat_out",
       {"num_elements=15, bytes=2", "flops=0, read=30, write=30",
        "(1,5) and (2,5) to (3,5): (5+10)*2 each way"}},
      {"torch.stack",
       kTorch | kAten,
       {},
       "input_elements=num_elements -- elements of all inputs together",
       "Tensors joined along a new dimension: always a copy of all of them",
       "aten/src/ATen/native/TensorShape.cpp stack",
       {"num_elements=15, bytes=2", "flops=0, read=30, write=30",
        "three of (5) to (3,5): 15*2 each way"}},
  };
  for (const Copy& copy : copies) describe(plugin, copy);
}

void describe_copies(Plugin& plugin) {
  const Copy copies[] = {
      {"torch.Tensor.clone",
       kMethod,
       {},
       kSame,
       "y = a copy of x",
       "aten/src/ATen/native/TensorFactories.cpp clone",
       kPlain},
      {"torch.Tensor.repeat",
       kTensor | kAten,
       {"torch.tile", "torch.Tensor.tile", "aten::tile", "einops.repeat"},
       kSmaller,
       "The whole tensor repeated along dimensions",
       "aten/src/ATen/native/TensorShape.cpp repeat",
       {"num_elements=15, input_elements=5, bytes=2", "flops=0, read=10, write=30",
        "(5) repeated 3 times: 5*2 read, 15*2 written"}},
      {"torch.nn.functional.pad",
       kFunctional | kAten,
       {"aten::constant_pad_nd", "torch.constant_pad_nd"},
       kSmaller,
       "x with a border of a constant, or of its own elements",
       "aten/src/ATen/native/PadNd.cpp constant_pad_nd",
       {"num_elements=15, input_elements=9, bytes=2", "flops=0, read=18, write=30",
        "(3,3) to (3,5): 9*2 read, 15*2 written"}},
      {"torch.roll",
       kMethod,
       {},
       kSame,
       "Elements shifted cyclically",
       "aten/src/ATen/native/TensorTransformations.cpp",
       kPlain},
      {"torch.flip",
       kMethod,
       {},
       kSame,
       "Elements in reverse order along dimensions",
       "aten/src/ATen/native/TensorTransformations.cpp flip: a copy, no negative strides",
       kPlain},
      {"torch.tril",
       kArithmetic,
       {},
       "input_elements=num_elements -- elements read: those kept are enough",
       "x on and below a diagonal, 0 above",
       "aten/src/ATen/native/TriangularOps.cpp",
       kPlain},
      {"torch.triu",
       kArithmetic,
       {},
       "input_elements=num_elements -- elements read: those kept are enough",
       "x on and above a diagonal, 0 below",
       "aten/src/ATen/native/TriangularOps.cpp",
       kPlain},
  };
  for (const Copy& copy : copies) describe(plugin, copy);
}

void describe_special_copies(Plugin& plugin) {
  begin_kernel(plugin, "torch.Tensor.copy_", kAten, {})
      .doc("self = source, in place; source broadcasts and may have another type")
      .source("aten/src/ATen/native/Copy.cpp copy_")
      .params({"num_elements -- elements of self",
               "input_elements=num_elements -- distinct elements of source",
               "bits:float=a_bits -- bits per element of self",
               "input_bits:float=bits -- bits per element of source"})
      .flops("0")
      .reads("source", "input_elements", "input_bits")
      .writes("self", "num_elements", "bits")
      .example("num_elements=15, input_elements=5, input_bits=32, bytes=2",
               "flops=0, read=20, write=30", "(5) float32 into (3,5): 5*4 read, 15*2 written");
  begin_kernel(plugin, "torch.repeat_interleave", kMethod, {})
      .doc(
          "Each element, or slice, repeated in place of itself: by a number, or by a tensor of "
          "counts")
      .source(
          "aten/src/ATen/native/Repeat.cpp repeat_interleave: by a number, expand and clone; by a "
          "tensor, "
          "index_select")
      .params({"num_elements -- elements of the output", "input_elements -- elements of the input",
               "index_elements=0 -- int64 counts; 0 when a number is given",
               "bits:float=a_bits -- bits per element"})
      .flops("0")
      .reads("input", "input_elements", "bits")
      .operand(LMH_READ, LMH_INDEX, "repeats", "index_elements")
      .writes("output", "num_elements", "bits")
      .example("num_elements=15, input_elements=5, bytes=2", "flops=0, read=10, write=30",
               "5*2 read, 15*2 written")
      .example("num_elements=15, input_elements=5, index_elements=5, bytes=2",
               "flops=0, read=50, read_index=40, write=30", "5*2 + 5*8 read, 15*2 written");
}

// Nothing -> output (num_elements).
void describe_creation(Plugin& plugin) {
  const struct {
    const char* name;
    unsigned spellings;
    std::vector<const char*> aliases;
    const char* doc;
  } fills[] = {
      {"torch.zeros",
       kTorch | kAten,
       {"torch.zeros_like", "aten::zeros_like", "torch.Tensor.new_zeros", "aten::new_zeros",
        "torch.Tensor.zero_", "aten::zero_"},
       "A tensor of zeros, new or in place"},
      {"torch.ones",
       kTorch | kAten,
       {"torch.ones_like", "aten::ones_like", "torch.Tensor.new_ones", "aten::new_ones"},
       "A tensor of ones"},
      {"torch.full",
       kTorch | kAten,
       {"torch.full_like", "aten::full_like", "torch.Tensor.new_full", "aten::new_full",
        "torch.Tensor.fill_", "aten::fill_", "torch.scalar_tensor", "aten::scalar_tensor"},
       "A tensor of one value, new or in place; with num_elements=1 a Python scalar made a tensor"},
      {"torch.eye", kTorch | kAten, {}, "The identity matrix"},
  };
  for (const auto& fill : fills) {
    begin_kernel(plugin, fill.name, fill.spellings, fill.aliases)
        .doc(fill.doc)
        .source("aten/src/ATen/native/TensorFactories.cpp: each element written once")
        .params({"num_elements -- elements of the tensor",
                 "output_bits:float=a_bits -- bits per element"})
        .flops("0")
        .writes("output", "num_elements", "output_bits")
        .example("num_elements=15, output_bits=8", "flops=0, read=0, write=15", "15 booleans");
  }
  begin_kernel(plugin, "torch.arange", kTorch | kAten, {})
      .doc("start, start + step, ...: (num_elements) int64 by default")
      .source("aten/src/ATen/native/RangeFactories.cpp arange_out; integer work is 0 FLOPs")
      .params({"num_elements -- elements of the tensor",
               "output_bits:float=index_bits -- bits per element"})
      .flops("0")
      .operand(LMH_WRITE, LMH_INDEX, "output", "num_elements", nullptr, "output_bits")
      .example("num_elements=7", "flops=0, read=0, write=56, write_index=56", "7 int64");
  begin_kernel(
      plugin, "torch.empty", kTorch | kAten,
      {"torch.empty_like", "aten::empty_like", "torch.Tensor.new_empty", "aten::new_empty"})
      .doc("Memory without content: nothing is written")
      .source("aten/src/ATen/native/TensorFactories.cpp empty_cpu")
      .params({"num_elements? -- ignored", "output_bits?:float -- ignored"})
      .flops("0")
      .example("num_elements=7", "flops=0, read=0, write=0", "no kernel is launched");
}

}  // namespace
}  // namespace memory

LMHOST_PLUGIN(memory, "1.0.0", "Views, copies, casts, creation and indexing: bytes without FLOPs") {
  using namespace memory;
  plugin.license("Apache-2.0");
  describe_views(plugin);
  describe_conditional_copies(plugin);
  describe_copies(plugin);
  describe_joins(plugin);
  describe_special_copies(plugin);
  describe_creation(plugin);
  describe_indexing(plugin);
}

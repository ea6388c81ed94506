// Reads and writes by index. Gathering reads the elements touched, not the tensor they are taken
// from; writing in place touches only the elements that are replaced. Repeated indices count each
// time: an upper bound.
#include "memory.hpp"

namespace memory {
namespace {

struct Gather {
  const char* name;
  unsigned spellings;
  std::vector<const char*> aliases;
  const char* index_elements;  // parameter text
  const char* doc;
  const char* source;
  Example example;
};

void describe_gathers(Plugin& plugin) {
  const Gather gathers[] = {
      {"torch.index_select",
       kMethod,
       {},
       "index_elements -- int64 indices: slices selected",
       "Slices of input along a dimension by an int64 vector",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_select",
       {"num_elements=15, index_elements=3, bytes=2", "flops=0, read=54, read_index=24, write=30",
        "3 rows of 5: 15*2 + 3*8 read, 15*2 written"}},
      {"torch.Tensor.index",
       kAten,
       {},
       "index_elements -- elements of all int64 index tensors together",
       "Advanced indexing x[i, j, ...] by int64 tensors. A boolean mask is torch.nonzero first",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_out",
       {"num_elements=15, index_elements=6, bytes=2", "flops=0, read=78, read_index=48, write=30",
        "x[i, j] with i and j (3), slices of 5: 15*2 + 6*8 read, 15*2 written"}},
      {"torch.gather",
       kMethod,
       {"torch.take_along_dim", "torch.Tensor.take_along_dim", "aten::take_along_dim", "torch.take",
        "torch.Tensor.take", "aten::take"},
       "index_elements=num_elements -- int64 indices: one per element of the output",
       "y[i][j] = x[i][index[i][j]] along a dimension",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp gather_out",
       {"num_elements=15, bytes=2", "flops=0, read=150, read_index=120, write=30",
        "15*2 + 15*8 read, 15*2 written"}},
  };
  for (const Gather& gather : gathers) {
    begin_kernel(plugin, gather.name, gather.spellings, gather.aliases)
        .doc(gather.doc)
        .source(gather.source)
        .params({"num_elements -- elements of the output, each read once from the input",
                 gather.index_elements, "bits:float=a_bits -- bits per element"})
        .flops("0")
        .reads("input", "num_elements", "bits")
        .operand(LMH_READ, LMH_INDEX, "index", "index_elements")
        .writes("output", "num_elements", "bits")
        .example(gather.example.bindings, gather.example.expected, gather.example.arithmetic);
  }
}

// y = input with some elements replaced by, or added to, those of source.
struct Scatter {
  const char* name;
  unsigned spellings;
  std::vector<const char*> aliases;
  bool adds;
  const char* doc;
  const char* source;
};

void describe(Plugin& plugin, const Scatter& scatter) {
  Kernel& kernel =
      begin_kernel(plugin, scatter.name, scatter.spellings, scatter.aliases)
          .doc(scatter.doc)
          .source(scatter.source)
          .params(
              {"num_elements -- elements of input and of the output",
               "update_elements -- elements replaced",
               "index_elements=update_elements -- int64 indices; fewer where one selects a slice",
               "source_elements=update_elements -- elements of source; 0 for a Python scalar",
               "in_place:bool=0 -- the method that ends in _: only the elements replaced move",
               "bits:float=a_bits -- bits per element"})
          .reads("source", "source_elements", "bits")
          .operand(LMH_READ, LMH_INDEX, "index", "index_elements")
          .writes("output", "update_elements if in_place else num_elements", "bits");
  if (scatter.adds) {
    kernel.flops("update_elements")
        .reads("input", "update_elements if in_place else num_elements", "bits")
        .example("num_elements=21, update_elements=6, index_elements=2, in_place=1, bytes=2",
                 "flops=6, read=40, read_index=16, write=12",
                 "2 rows of 3 added into (7,3): 6 adds; 6*2 + 6*2 + 2*8 read, 6*2 written")
        .example("num_elements=21, update_elements=6, bytes=2",
                 "flops=6, read=102, read_index=48, write=42",
                 "21*2 + 6*2 + 6*8 read, 21*2 written");
  } else {
    kernel.flops("0")
        .reads("input", "0 if in_place else num_elements", "bits")
        .example("num_elements=21, update_elements=6, index_elements=2, in_place=1, bytes=2",
                 "flops=0, read=28, read_index=16, write=12",
                 "2 rows of 3 written into (7,3): 6*2 + 2*8 read, 6*2 written")
        .example("num_elements=21, update_elements=6, bytes=2",
                 "flops=0, read=102, read_index=48, write=42",
                 "21*2 + 6*2 + 6*8 read, 21*2 written");
  }
}

void describe_scatters(Plugin& plugin) {
  const Scatter scatters[] = {
      {"torch.scatter",
       kArithmetic,
       {},
       false,
       "y = input, y[index[i][j]] = source[i][j] along a dimension",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp scatter"},
      {"torch.scatter_add",
       kArithmetic,
       {"torch.scatter_reduce", "torch.Tensor.scatter_reduce", "torch.Tensor.scatter_reduce_",
        "aten::scatter_reduce", "aten::scatter_reduce_"},
       true,
       "y = input, y[index[i][j]] += source[i][j] along a dimension",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp scatter_add"},
      {"torch.index_copy",
       kArithmetic,
       {},
       false,
       "y = input, y[index[i]] = source[i], slices along a dimension",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_copy_out"},
      {"torch.index_add",
       kArithmetic,
       {},
       true,
       "y = input, y[index[i]] += source[i], slices along a dimension",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_add_cpu_out"},
      {"torch.index_put",
       kArithmetic,
       {},
       false,
       "y = input, y[i, j, ...] = source by int64 tensors",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_put_"},
      {"torch.index_fill",
       kArithmetic,
       {},
       false,
       "y = input, y[index[i]] = value; bind source_elements=0",
       "aten/src/ATen/native/TensorAdvancedIndexing.cpp index_fill_"},
  };
  for (const Scatter& scatter : scatters) describe(plugin, scatter);
}

void describe_masks(Plugin& plugin) {
  begin_kernel(plugin, "torch.nonzero", kMethod,
               {"torch.argwhere", "torch.Tensor.argwhere", "aten::argwhere"})
      .doc(
          "int64 positions of the elements that are not 0: x (input_elements), y (count, "
          "dimensions)")
      .source("aten/src/ATen/native/cuda/Nonzero.cu nonzero_cuda_out_impl")
      .params({"input_elements -- elements of the input",
               "num_elements -- elements of the output: count times dimensions",
               "input_bits:float=8 -- bits per input element"})
      .flops("0")
      .reads("input", "input_elements", "input_bits")
      .operand(LMH_WRITE, LMH_INDEX, "output", "num_elements")
      .example("input_elements=15, num_elements=6", "flops=0, read=15, write=48, write_index=48",
               "3 hits in a (3,5) mask: 15 booleans read, 3*2 int64 written");
  begin_kernel(plugin, "torch.masked_select", kMethod, {})
      .doc("The elements of input where mask holds, as a vector")
      .source("aten/src/ATen/native/cuda/IndexKernel.cpp masked_select_out_cuda_impl")
      .params({"num_elements -- elements of the output: those selected",
               "mask_elements -- elements of the mask",
               "mask_bits:float=8 -- bits per mask element",
               "bits:float=a_bits -- bits per element"})
      .flops("0")
      .reads("input", "num_elements", "bits")
      .reads("mask", "mask_elements", "mask_bits")
      .writes("output", "num_elements", "bits")
      .example("num_elements=3, mask_elements=15, bytes=2", "flops=0, read=21, write=6",
               "3*2 + 15 booleans read, 3*2 written");
}

}  // namespace

void describe_indexing(Plugin& plugin) {
  describe_gathers(plugin);
  describe_scatters(plugin);
  describe_masks(plugin);
}

}  // namespace memory

// Reductions, scans and selections along a dimension.
#include "pointwise.hpp"

namespace pointwise {
namespace {

constexpr char kReduceSource[] = "derivation; operators in aten/src/ATen/native/ReduceOps.cpp";

// input (num_elements) -> output (output_elements).
Kernel& reduction(Plugin& plugin, const Row& row, const char* flops,
                  const char* output_bits = "input_bits") {
  const std::string output =
      std::string("output_bits:float=") + output_bits + " -- bits per output element";
  return begin(plugin, row)
      .params({"num_elements -- elements of the input",
               "output_elements -- elements of the output: rows reduced",
               "input_bits:float=a_bits -- bits per input element", output.c_str()})
      .flops(flops)
      .reads("input", "num_elements", "input_bits")
      .writes("output", "output_elements", "output_bits");
}

void add_integer_reduction(Kernel& kernel) {
  add_integer_switch(kernel);
  kernel.example("num_elements=15, output_elements=3, integer=1, input_bits=8, output_bits=64",
                 "flops=0, read=15, write=24", "booleans to int64: 15*1 read, 3*8 written");
}

void describe_folds(Plugin& plugin) {
  const Example rows_of_five = {"num_elements=15, output_elements=3, bytes=2",
                                "flops=15, read=30, write=6",
                                "3 rows of 5: 15; 15*2 read, 3*2 written"};
  const Row folds[] = {
      {"torch.sum",
       kMethod,
       {},
       {"1", "One add per element: the accumulator starts at zero.",
        "aten/src/ATen/native/cuda/ReduceSumProdKernel.cu"},
       "y = sum of x along dimensions;  x (..., K), y (...)",
       kReduceSource,
       rows_of_five},
      {"torch.mean",
       kMethod,
       {},
       {"1", "K - 1 adds and one division for K elements.", "derivation: exact"},
       "y = mean of x along dimensions;  x (..., K), y (...)",
       kReduceSource,
       rows_of_five},
      {"torch.prod",
       kMethod,
       {},
       {"1", "One product per element: the accumulator starts at one.",
        "aten/src/ATen/native/cuda/ReduceSumProdKernel.cu"},
       "y = product of x along a dimension;  x (..., K), y (...)",
       kReduceSource,
       rows_of_five},
      {"torch.amax",
       kMethod,
       {},
       {"1", "One choice of the larger value per element.", "lmhost convention, as relu"},
       "y = largest x along dimensions;  x (..., K), y (...)",
       kReduceSource,
       rows_of_five},
      {"torch.amin",
       kMethod,
       {},
       {"1", "One choice of the smaller value per element.", "lmhost convention, as relu"},
       "y = smallest x along dimensions;  x (..., K), y (...)",
       kReduceSource,
       rows_of_five},
  };
  for (const Row& row : folds) {
    const std::string flops = "0 if integer else num_elements*" + coefficient(plugin, row);
    add_integer_reduction(reduction(plugin, row, flops.c_str()));
  }
}

void describe_extrema(Plugin& plugin) {
  const Row rows[] = {
      {"torch.max",
       kMethod,
       {},
       {"1", "One choice of the larger value per element.", "lmhost convention, as relu"},
       "y = largest x, of all or along a dimension, there with its int64 indices;  x (..., K), y "
       "(...)",
       "aten/src/ATen/native/TensorCompare.cpp max_out",
       {"num_elements=15, output_elements=3, returns_indices=1, bytes=2",
        "flops=15, read=30, write=30, write_index=24",
        "3 rows of 5: 15; 15*2 read; 3*2 values + 3*8 indices"}},
      {"torch.min",
       kMethod,
       {},
       {"1", "One choice of the smaller value per element.", "lmhost convention, as relu"},
       "y = smallest x, of all or along a dimension, there with its int64 indices;  x (..., K), y "
       "(...)",
       "aten/src/ATen/native/TensorCompare.cpp min_out",
       {"num_elements=15, output_elements=3, returns_indices=1, bytes=2",
        "flops=15, read=30, write=30, write_index=24",
        "3 rows of 5: 15; 15*2 read; 3*2 values + 3*8 indices"}},
  };
  for (const Row& row : rows) {
    const std::string flops = "0 if integer else num_elements*" + coefficient(plugin, row);
    Kernel& kernel = reduction(plugin, row, flops.c_str());
    kernel.params({"returns_indices:bool=0 -- a dimension was given: the indices are written too"})
        .operand(LMH_WRITE, LMH_INDEX, "indices", "output_elements*returns_indices");
    add_integer_reduction(kernel);
  }
}

// Outputs that are positions or booleans: comparisons, hence no FLOPs.
void describe_index_results(Plugin& plugin) {
  constexpr char kNoFlops[] = "aten/src/ATen/native/ReduceOps.cpp; comparisons are 0 FLOPs";
  const Row positions[] = {
      {"torch.argmax",
       kMethod,
       {},
       {"0"},
       "y = int64 position of the largest x along a dimension;  x (..., K), y (...)",
       kNoFlops,
       {"num_elements=15, output_elements=3, bytes=2", "flops=0, read=30, write=24, write_index=24",
        "15*2 read; 3 int64 written"}},
      {"torch.argmin",
       kMethod,
       {},
       {"0"},
       "y = int64 position of the smallest x along a dimension;  x (..., K), y (...)",
       kNoFlops,
       {"num_elements=15, output_elements=3, bytes=2", "flops=0, read=30, write=24, write_index=24",
        "15*2 read; 3 int64 written"}},
  };
  for (const Row& row : positions) {
    begin(plugin, row)
        .params({"num_elements -- elements of the input",
                 "output_elements -- elements of the output: rows reduced",
                 "input_bits:float=a_bits -- bits per input element"})
        .flops("0")
        .reads("input", "num_elements", "input_bits")
        .operand(LMH_WRITE, LMH_INDEX, "output", "output_elements");
  }
  const Row quantifiers[] = {
      {"torch.any",
       kMethod,
       {},
       {"0"},
       "y = whether any x holds;  x (..., K) booleans, y (...) booleans",
       kNoFlops,
       {"num_elements=15, output_elements=3, input_bits=8", "flops=0, read=15, write=3",
        "15 bytes read, 3 written"}},
      {"torch.all",
       kMethod,
       {},
       {"0"},
       "y = whether every x holds;  x (..., K) booleans, y (...) booleans",
       kNoFlops,
       {"num_elements=15, output_elements=3, input_bits=8", "flops=0, read=15, write=3",
        "15 bytes read, 3 written"}},
  };
  for (const Row& row : quantifiers) reduction(plugin, row, "0", "8");
}

void describe_scans(Plugin& plugin) {
  const Row rows[] = {
      {"torch.cumsum",
       kArithmetic,
       {},
       {"1", "One add per element.", "derivation; parallel scans do more"},
       "y_i = x_1 + ... + x_i along a dimension;  x (..., K), y (..., K)",
       "aten/src/ATen/native/cuda/ScanKernels.cpp cumsum_cuda_kernel",
       {"num_elements=15, bytes=2", "flops=15, read=30, write=30", "15; 15*2 bytes each way"}},
      {"torch.cumprod",
       kArithmetic,
       {},
       {"1", "One product per element.", "derivation; parallel scans do more"},
       "y_i = x_1 * ... * x_i along a dimension;  x (..., K), y (..., K)",
       "aten/src/ATen/native/cuda/ScanKernels.cpp cumprod_cuda_kernel",
       {"num_elements=15, bytes=2", "flops=15, read=30, write=30", "15; 15*2 bytes each way"}},
  };
  for (Row row : rows) {
    const std::string flops = "(0 if integer else " + coefficient(plugin, row) + ")";
    row.flops = {flops.c_str()};
    unary(plugin, row)
        .params({"integer:bool=0 -- the input is integer or boolean: no floating-point work"})
        .example("num_elements=7, integer=1, input_bits=8, output_bits=64",
                 "flops=0, read=7, write=56", "positions from a mask: 7 booleans read, 7 int64");
  }
}

void describe_orderings(Plugin& plugin) {
  begin(
      plugin,
      {"torch.topk",
       kMethod,
       {},
       {"0"},
       "The k largest x along a dimension and their int64 indices;  x (..., K), values and indices "
       "(..., k)",
       "aten/src/ATen/native/cuda/TensorTopK.cu: radix selection, comparisons only: 0 FLOPs",
       {"num_elements=21, output_elements=6, bytes=2", "flops=0, read=42, write=60, write_index=48",
        "top 2 of 3 rows of 7: 21*2 read; 6*2 values + 6*8 indices written"}})
      .params({"num_elements -- elements of the input",
               "output_elements -- values selected: k times the rows",
               "input_bits:float=a_bits -- bits per value"})
      .flops("0")
      .reads("input", "num_elements", "input_bits")
      .writes("values", "output_elements", "input_bits")
      .operand(LMH_WRITE, LMH_INDEX, "indices", "output_elements");
  begin(plugin, {"torch.sort",
                 kMethod,
                 {},
                 {"0"},
                 "x ordered along a dimension and the int64 positions it came from;  x, values and "
                 "indices (..., K)",
                 "aten/src/ATen/native/Sorting.cpp: comparisons only: 0 FLOPs",
                 {"num_elements=7, bytes=2", "flops=0, read=14, write=70, write_index=56",
                  "7*2 read; 7*2 values + 7*8 indices written"}})
      .params(
          {"num_elements -- elements of the input", "input_bits:float=a_bits -- bits per value"})
      .flops("0")
      .reads("input", "num_elements", "input_bits")
      .writes("values", "num_elements", "input_bits")
      .operand(LMH_WRITE, LMH_INDEX, "indices", "num_elements");
  begin(plugin,
        {"torch.argsort",
         kMethod,
         {},
         {"0"},
         "The int64 positions that order x along a dimension;  x and indices (..., K)",
         "aten/src/ATen/native/Sorting.cpp argsort: sort, whose values are dropped after they were "
         "written",
         {"num_elements=7, bytes=2", "flops=0, read=14, write=70, write_index=56, scratch=14",
          "7*2 read; 7*2 dropped values + 7*8 indices written"}})
      .params(
          {"num_elements -- elements of the input", "input_bits:float=a_bits -- bits per value"})
      .flops("0")
      .reads("input", "num_elements", "input_bits")
      .writes("values", "num_elements", "input_bits")
      .scratch("values_dropped", "num_elements", "input_bits")
      .operand(LMH_WRITE, LMH_INDEX, "indices", "num_elements");
}

void describe_statistics(Plugin& plugin) {
  const Row rows[] = {
      {"torch.logsumexp",
       kMethod,
       {"torch.special.logsumexp"},
       {"4", "max, sub, exp, sum per element; per row a logarithm and an add come on top.",
        "definition, stable form"},
       "y = ln sum e^x along dimensions;  x (..., K), y (...)",
       "aten/src/ATen/native/ReduceOps.cpp logsumexp_out_impl",
       {"num_elements=15, output_elements=3, bytes=2", "flops=66, read=30, write=6",
        "15*4 + 3*2 (log, add); 15*2 read, 3*2 written"}},
      {"torch.var",
       kMethod,
       {},
       {"4", "mean, sub, mul, sum per element; per row a division comes on top.",
        "definition, two passes"},
       "y = variance of x along dimensions;  x (..., K), y (...)",
       "aten/src/ATen/native/ReduceOps.cpp var",
       {"num_elements=15, output_elements=3, bytes=2", "flops=63, read=30, write=6",
        "15*4 + 3 divisions; 15*2 read, 3*2 written"}},
      {"torch.linalg.vector_norm",
       0,
       {"aten::linalg_vector_norm", "torch.norm", "torch.Tensor.norm", "aten::norm"},
       {"2", "mul, add per element; per row a square root comes on top.",
        "definition of the 2-norm"},
       "y = (sum x^2)^(1/2) along dimensions;  x (..., K), y (...)",
       "aten/src/ATen/native/LinearAlgebra.cpp linalg_vector_norm_out",
       {"num_elements=15, output_elements=3, bytes=2", "flops=33, read=30, write=6",
        "15*2 + 3 roots; 15*2 read, 3*2 written"}},
  };
  const char* const per_row[] = {"2", "1", "1"};
  for (int i = 0; i < 3; ++i) {
    const std::string flops =
        "num_elements*" + coefficient(plugin, rows[i]) + " + " + per_row[i] + "*output_elements";
    reduction(plugin, rows[i], flops.c_str());
  }
}

}  // namespace

void describe_reductions(Plugin& plugin) {
  describe_folds(plugin);
  describe_extrema(plugin);
  describe_index_results(plugin);
  describe_scans(plugin);
  describe_orderings(plugin);
  describe_statistics(plugin);
}

}  // namespace pointwise

// Dense matrix products: linear, matmul, mm, bmm, addmm, baddbmm, Conv1D, and einsum from
// einsum.cpp.
//
// One multiply-add is 2 FLOPs, as torch.utils.flop_counter counts it; that part is matmul_flops.
// Adding a bias is one FLOP per element of the result and no part of matmul_flops, as in
// FlopCounterMode.

#include <lmhost/sdk.hpp>

void add_einsum(lmhost::sdk::Plugin& plugin);  // einsum.cpp

namespace {

using lmhost::sdk::Plugin;

void add_linear(Plugin& plugin) {
  plugin.kernel("torch.nn.functional.linear")
      .doc(
          "y = x W^T + b;  x (M,K), W (N,K), b (N) -> y (M,N). Leading dimensions of x are folded "
          "into M.")
      .source(
          "torch/nn/functional.py:2382 (2.15); executes aten::mm, with a bias aten::addmm whose "
          "(N,) input is broadcast; torch/utils/flop_counter.py:211 mm_flop")
      .alias({"F.linear", "torch.nn.Linear", "torch.nn.modules.linear.Linear", "aten::linear"})
      .params({"M -- rows of x: the product of its leading dimensions", "K -- in_features",
               "N -- out_features", "has_bias:bool=0 -- adds b",
               "input_bits:float=a_bits -- bits per element of x",
               "weight_bits:float=w_bits -- bits per element of W and b, group scales included "
               "(4.125 is fine)",
               "output_bits:float=input_bits -- bits per element of y"})
      .flops("2*M*K*N + bias_flops*M*N*has_bias",
             "one multiply-add per product term, one addition per bias")
      .matmul_flops("2*M*K*N")
      .reads("input", "M*K", "input_bits")
      .weight("weight", "N*K", nullptr, "weight_bits")
      .weight("bias", "N*has_bias", nullptr, "weight_bits")
      .writes("output", "M*N", "output_bits")
      .example("M=3, K=5, N=7, has_bias=1, bytes=2",
               "flops=231, matmul_flops=210, read=114, read_weight=84, write=42, stored_weight=84, "
               "parameters=42",
               "2*3*5*7 = 210, + 3*7 = 231; read 2*(15 + 35 + 7) = 114, of which 2*(35 + 7) = 84 "
               "weights; write 2*21")
      .example("M=1, K=4096, N=4096, w_bits=4",
               "flops=33554432, read=8396800, write=8192, stored_weight=8388608",
               "4-bit weights: 4096*4096/2 = 8,388,608 B; activations 2*4096 = 8,192 B each way")
      .example("M=2, K=32, N=3, input_bits=8, weight_bits=4.125, output_bits=16",
               "flops=384, matmul_flops=384, read=113.5, read_weight=49.5, write=12, stored=49.5, "
               "parameters=96",
               "4-bit weights with an fp16 scale per 128: 96*33/64 = 49.5 bytes; read 64 + 49.5; "
               "write 2*6");
}

void add_matmul(Plugin& plugin) {
  plugin.kernel("torch.matmul")
      .doc(
          "(batch,M,K) x (batch,K,N) -> (batch,M,N). An operand broadcast over the batch is read "
          "once. Where only some of its batch dimensions are broadcast, PyTorch copies the operand "
          "first (expand + clone): add a torch.Tensor.clone call.")
      .source(
          "aten/src/ATen/native/LinearAlgebra.cpp _matmul_impl: folds to mm where the other "
          "operand has no batch, else expands and calls bmm; torch/utils/flop_counter.py:228 "
          "bmm_flop")
      .alias({"@", "torch.Tensor.matmul", "torch.Tensor.__matmul__", "torch.linalg.matmul",
              "aten::matmul"})
      .params({"M -- rows of the result", "K -- summed dimension", "N -- columns of the result",
               "batch=1 -- matrices in the result",
               "input_batch=batch -- distinct matrices in the first operand",
               "other_batch=batch -- distinct matrices in the second operand",
               "input_bits:float=a_bits -- bits per element of the first operand",
               "other_bits:float=input_bits -- bits per element of the second operand",
               "output_bits:float=input_bits -- bits per element of the result"})
      .flops("2*batch*M*K*N")
      .matmul_flops("2*batch*M*K*N")
      .reads("input", "input_batch*M*K", "input_bits")
      .reads("other", "other_batch*K*N", "other_bits")
      .writes("output", "batch*M*N", "output_bits")
      .example("M=3, K=5, N=7, batch=6, other_batch=2, bytes=2",
               "flops=1260, matmul_flops=1260, read=320, write=252",
               "2*6*3*5*7 = 1,260; read 2*(6*15 + 2*35) = 320; write 2*6*21 = 252")
      .example("M=1, K=2049, N=128, batch=32, bytes=2", "flops=16785408, read=16916544, write=8192",
               "weights times V of a Llama-2-7B decode step: read 2*32*(2049 + 2049*128) = "
               "16,916,544 B; folding the heads into M would count V once and give 655,680")
      .example("M=3, K=5, N=7, batch=6, input_batch=2, input_bits=16, other_bits=8, output_bits=32",
               "flops=1260, matmul_flops=1260, read=270, write=504",
               "read 2*2*15 + 6*35; write 4*6*21");

  plugin.kernel("torch.mm")
      .doc("(M,K) x (K,N) -> (M,N)")
      .source("torch/utils/flop_counter.py:211 mm_flop (2.15)")
      .alias({"torch.Tensor.mm", "aten::mm"})
      .params({"M -- rows of the result", "K -- summed dimension", "N -- columns of the result",
               "input_bits:float=a_bits -- bits per element of the first operand",
               "other_bits:float=input_bits -- bits per element of the second operand",
               "output_bits:float=input_bits -- bits per element of the result"})
      .flops("2*M*K*N")
      .matmul_flops("2*M*K*N")
      .reads("input", "M*K", "input_bits")
      .reads("mat2", "K*N", "other_bits")
      .writes("output", "M*N", "output_bits")
      .example("M=3, K=5, N=7, input_bits=16, other_bits=8, output_bits=32",
               "flops=210, matmul_flops=210, read=65, write=84",
               "2*3*5*7 = 210; read 2*15 + 1*35 = 65; write 4*21 = 84");

  plugin.kernel("torch.bmm")
      .doc(
          "(B,M,K) x (B,K,N) -> (B,M,N). With grouped-query heads and no repeat_kv the second "
          "operand has fewer distinct matrices than the first: other_batch = B / group size.")
      .source("torch/utils/flop_counter.py:228 bmm_flop (2.15)")
      .alias({"torch.Tensor.bmm", "aten::bmm"})
      .params({"B -- matrices in the result", "M -- rows of the result", "K -- summed dimension",
               "N -- columns of the result",
               "other_batch=B -- distinct matrices in the second operand",
               "input_bits:float=a_bits -- bits per element of the first operand",
               "other_bits:float=input_bits -- bits per element of the second operand",
               "output_bits:float=input_bits -- bits per element of the result"})
      .flops("2*B*M*K*N")
      .matmul_flops("2*B*M*K*N")
      .reads("input", "B*M*K", "input_bits")
      .reads("mat2", "other_batch*K*N", "other_bits")
      .writes("output", "B*M*N", "output_bits")
      .example("B=4, M=3, K=5, N=7, other_batch=2, bytes=2",
               "flops=840, matmul_flops=840, read=260, write=168",
               "2*4*3*5*7 = 840; read 2*(4*15 + 2*35) = 260; write 2*4*21 = 168")
      .example("B=4, M=3, K=5, N=7, other_batch=2, input_bits=16, other_bits=8, output_bits=32",
               "flops=840, matmul_flops=840, read=190, write=336",
               "read 2*4*15 + 2*35; write 4*4*21");
}

void add_fused_products(Plugin& plugin) {
  plugin.kernel("torch.addmm")
      .doc(
          "beta*input + alpha*(mat1 mat2);  mat1 (M,K), mat2 (K,N) -> (M,N). input is usually a "
          "bias vector (N,), broadcast over the rows. beta=0 does not read it.")
      .source(
          "torch/utils/flop_counter.py:223 addmm_flop (2.15) for matmul_flops; the addition is "
          "derived")
      .alias({"torch.Tensor.addmm", "torch.Tensor.addmm_", "aten::addmm"})
      .params(
          {"M -- rows of the result", "K -- summed dimension", "N -- columns of the result",
           "input_elements=N -- stored elements of input before broadcasting: N, 1, M or M*N",
           "beta:bool=1 -- beta is not 0: input is read and added",
           "scales_input:bool=0 -- beta is neither 0 nor 1: one multiplication per element of the "
           "result",
           "scales_product:bool=0 -- alpha is not 1: one multiplication per element of the result",
           "input_bits:float=a_bits -- bits per element of input and mat1",
           "other_bits:float=input_bits -- bits per element of mat2",
           "output_bits:float=input_bits -- bits per element of the result"})
      .flops("2*M*K*N + M*N*(bias_flops*beta + scales_input*beta + scales_product)")
      .matmul_flops("2*M*K*N")
      .reads("input", "input_elements*beta", "input_bits")
      .reads("mat1", "M*K", "input_bits")
      .reads("mat2", "K*N", "other_bits")
      .writes("output", "M*N", "output_bits")
      .example("M=3, K=5, N=7, bytes=2", "flops=231, matmul_flops=210, read=114, write=42",
               "2*3*5*7 = 210, + 3*7 = 231; read 2*(7 + 15 + 35) = 114; write 2*21 = 42")
      .example("M=3, K=5, N=7, input_elements=21, scales_input=1, scales_product=1, bytes=2",
               "flops=273, matmul_flops=210, read=142, write=42",
               "210 + 3*21 = 273; read 2*(21 + 15 + 35) = 142")
      .example("M=3, K=5, N=7, beta=0, input_bits=16, other_bits=8, output_bits=32",
               "flops=210, matmul_flops=210, read=65, write=84",
               "no input: read 2*15 + 35; write 4*21");

  plugin.kernel("torch.baddbmm")
      .doc(
          "beta*input + alpha*(batch1 batch2);  batch1 (B,M,K), batch2 (B,K,N) -> (B,M,N). beta=0 "
          "does not read input.")
      .source(
          "torch/utils/flop_counter.py:243 baddbmm_flop (2.15) for matmul_flops; the addition is "
          "derived")
      .alias({"torch.Tensor.baddbmm", "torch.Tensor.baddbmm_", "aten::baddbmm"})
      .params(
          {"B -- matrices", "M -- rows of a result matrix", "K -- summed dimension",
           "N -- columns of a result matrix",
           "input_elements=B*M*N -- stored elements of input before broadcasting",
           "beta:bool=1 -- beta is not 0: input is read and added",
           "scales_input:bool=0 -- beta is neither 0 nor 1: one multiplication per element of the "
           "result",
           "scales_product:bool=0 -- alpha is not 1: one multiplication per element of the result",
           "input_bits:float=a_bits -- bits per element of input and batch1",
           "other_bits:float=input_bits -- bits per element of batch2",
           "output_bits:float=input_bits -- bits per element of the result"})
      .flops("2*B*M*K*N + B*M*N*(bias_flops*beta + scales_input*beta + scales_product)")
      .matmul_flops("2*B*M*K*N")
      .reads("input", "input_elements*beta", "input_bits")
      .reads("batch1", "B*M*K", "input_bits")
      .reads("batch2", "B*K*N", "other_bits")
      .writes("output", "B*M*N", "output_bits")
      .example("B=2, M=3, K=5, N=7, bytes=2", "flops=462, matmul_flops=420, read=284, write=84",
               "2*2*3*5*7 = 420, + 42 = 462; read 2*(42 + 30 + 70) = 284; write 2*42 = 84")
      .example("B=2, M=3, K=5, N=7, beta=0, scales_product=1, bytes=2",
               "flops=462, matmul_flops=420, read=200, write=84",
               "GPT-2's scaled scores: 420 + 42 multiplications by alpha; read 2*(30 + 70) = 200")
      .example(
          "B=2, M=3, K=5, N=7, input_elements=7, scales_input=1, input_bits=16, other_bits=8, "
          "output_bits=32",
          "flops=504, matmul_flops=420, read=144, write=168",
          "420 + 42 additions + 42 multiplications by beta; read 2*(7 + 30) + 70; write 4*42");

  plugin.kernel("transformers.pytorch_utils.Conv1D")
      .doc(
          "GPT-2's linear layer, weight transposed: y = x W + b;  x (M,K), W (K,N), b (N) -> "
          "(M,N). Always has a bias.")
      .source("transformers/pytorch_utils.py:117-121 (5.23): torch.addmm(bias, x, weight)")
      .alias({"transformers.Conv1D", "transformers.modeling_utils.Conv1D"})
      .params({"M -- rows of x: the product of its leading dimensions", "K -- nx, input features",
               "N -- nf, output features", "input_bits:float=a_bits -- bits per element of x",
               "weight_bits:float=w_bits -- bits per element of W and b",
               "output_bits:float=input_bits -- bits per element of y"})
      .flops("2*M*K*N + bias_flops*M*N")
      .matmul_flops("2*M*K*N")
      .reads("input", "M*K", "input_bits")
      .weight("weight", "K*N", nullptr, "weight_bits")
      .weight("bias", "N", nullptr, "weight_bits")
      .writes("output", "M*N", "output_bits")
      .example(
          "M=3, K=5, N=7, bytes=2",
          "flops=231, matmul_flops=210, read=114, read_weight=84, write=42, stored=84, "
          "parameters=42",
          "2*3*5*7 = 210, + 21 = 231; read 2*(15 + 35 + 7) = 114; write 2*21; stored 2*(35 + 7)")
      .example("M=1024, K=768, N=2304", "flops=3626237952, read=5116416, write=4718592",
               "GPT-2 c_attn, S=1024: 2*1024*768*2304 + 1024*2304; read 2*(786,432 + 1,769,472 + "
               "2,304); reading an M*N bias would give 9,830,400")
      .example("M=3, K=5, N=7, input_bits=8, weight_bits=4, output_bits=16",
               "flops=231, matmul_flops=210, read=36, write=42, stored=21, parameters=42",
               "read 15 + (35 + 7)/2; write 2*21");
}

}  // namespace

LMHOST_PLUGIN(matmul, "1.0.0", "Dense matrix products") {
  plugin.license("Apache-2.0");
  plugin.constant("bias_flops", "1", "FLOPs of adding one bias or input element to a product",
                  "one addition; DeepSpeed's profiler counts none for a linear layer");
  add_linear(plugin);
  add_matmul(plugin);
  add_fused_products(plugin);
  add_einsum(plugin);
}

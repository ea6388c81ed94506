// Gated delta rules of serving engines (Gated DeltaNet: Qwen3-Next, Qwen3.5): the kernels around the
// recurrence, the recurrence of a decode step, and the chunked forms of a prefill. Part of the
// plugin recurrence; what states and tokens mean is said there.
//
// HV value heads share H query and key heads in groups. Products over a chunk are dense. The state
// of a head is a matrix (V, K).

#include <lmhost/sdk.hpp>

#include <initializer_list>
#include <string>

namespace {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

constexpr const char* kSource =
    "Yang et al. 2024, arXiv:2412.06464, section 3; fla-org/flash-linear-attention "
    "fla/ops/gated_delta_rule, fla/ops/common/chunk_delta_h.py, chunk_o.py, "
    "fla/ops/utils/solve_tril.py";

// Parameters by name; a kernel declares those that it uses.
constexpr const char* kTokens = "num_tokens -- tokens of all sequences";
constexpr const char* kHeads = "H -- query and key heads";
constexpr const char* kValueHeads = "HV -- value heads; H divides it";
constexpr const char* kKeySize = "K -- head size of queries and keys";
constexpr const char* kValueSize = "V -- head size of values";
constexpr const char* kSequences = "B~=1 -- sequences, equally long";
constexpr const char* kChunkSize = "chunk_size~=64 -- tokens of a chunk";
constexpr const char* kStateBits = "state_bits:float=32 -- bits per element of the state kept";

Kernel& add(Plugin& plugin, const char* name) { return plugin.kernel(name).source(kSource); }

Kernel& add_rows(Kernel& kernel) {
  return kernel.let("rows", "num_tokens*HV", "tokens times value heads");
}

Kernel& add_chunks(Kernel& kernel) {
  return add_rows(kernel).let(
      "chunks", "B*ceil_div(num_tokens, B*chunk_size)",
      "chunks of all sequences; the last one of a sequence may be part empty");
}

// The six kernels of a chunked prefill, and how many FLOPs each costs. The forward substitution
// that inverts a unit lower triangle of size c takes C(c, 3) multiply-adds.
constexpr const char* kCumsumFlops = "rows";
constexpr const char* kKeyProducts = "2*rows*chunk_size*K";
constexpr const char* kKeyRest = "4*rows*chunk_size";
constexpr const char* kSolveFlops = "chunks*HV*chunk_size*(chunk_size - 1)*(chunk_size - 2)/3";
constexpr const char* kWeightProducts = "2*rows*chunk_size*(K + V)";
constexpr const char* kWeightRest = "rows*(V + 2*K + 1)";
constexpr const char* kStateProducts = "4*rows*K*V";
constexpr const char* kStateRest = "rows*(2*V + 2) + chunks*HV*(K*V + 1)";
constexpr const char* kOutputProducts = "2*rows*(K*V + chunk_size*(K + V))";
constexpr const char* kOutputRest = "rows*(1 + 3*V) + 3*rows*chunk_size";

std::string sum(std::initializer_list<const char*> terms) {
  std::string text;
  for (const char* term : terms) text += (text.empty() ? "" : " + ") + std::string(term);
  return text;
}

void add_preparation(Plugin& plugin) {
  add(plugin, "lmhost.gated_delta_prepare")
      .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize})
      .doc(
          "Between convolution and prefill: splits the channels, normalises query and key heads to "
          "length 1, makes the decay g = -exp(A)*softplus(a + bias) and beta = sigmoid(b), both "
          "float32.")
      .flops("2*num_tokens*H*(3*K + 2) + num_tokens*HV*(3 + softplus_flops + sigmoid_flops)",
             "squares, their sum, eps, reciprocal root and a factor for q and k; exp, bias, "
             "softplus, product; sigmoid")
      .reads("channels", "num_tokens*(2*H*K + HV*V)")
      .reads("a_and_b", "2*num_tokens*HV")
      .weight("A", "HV", nullptr, "32")
      .weight("dt_bias", "HV", nullptr, "32")
      .writes("query_key_value", "num_tokens*(2*H*K + HV*V)")
      .writes("g_and_beta", "2*num_tokens*HV", "32")
      .example("num_tokens=8, H=1, HV=2, K=4, V=3, bytes=2",
               "flops=416, read=304, write=352, stored=16",
               "16*14 + 16*12; read 2*(112 + 32) + 4*4; write 2*112 + 4*32");
}

void add_update(Plugin& plugin) {
  add(plugin, "lmhost.gated_delta_update")
      .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize, kStateBits})
      .doc(
          "One decode step in one kernel, one token a sequence: normalises q and k, makes decay "
          "and beta, updates the state in place and reads it out.")
      .let("state", "num_tokens*HV*V*K", "elements of the states")
      .flops(
          "7*state + num_tokens*HV*(2*V + 4 + softplus_flops + sigmoid_flops + 2*(3*K + 2) + K)",
          "7 a state element: decay, S k (2), S + outer (2), S q (2); v - S k and beta; exp, bias, "
          "softplus, product, exp; sigmoid; two norms; the scale of q")
      .operand(LMH_READ, LMH_KV_CACHE, "state_read", "state", nullptr, "state_bits")
      .reads("channels", "num_tokens*(2*H*K + HV*V)")
      .reads("a_and_b", "2*num_tokens*HV")
      .weight("A", "HV", nullptr, "32")
      .weight("dt_bias", "HV", nullptr, "32")
      .writes("output", "num_tokens*HV*V")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_written", "state", "state", "state_bits")
      .example(
          "num_tokens=2, H=1, HV=2, K=4, V=3, bytes=2",
          "flops=540, read=280, read_kv_cache=192, write=216, stored=208, stored_kv_cache=192",
          "7*48 + 4*(6 + 4 + 5 + 4 + 28 + 4); read 4*48 + 2*(28 + 8) + 4*4; write 2*12 + 4*48; "
          "stored 16 + 192")
      .example(
          "num_tokens=1, H=3, HV=3, K=5, V=7, state_bits=16, bytes=2",
          "flops=933, read=348, write=252, stored=234",
          "7*105 + 3*(14 + 4 + 5 + 4 + 34 + 5); read 2*105 + 2*(30 + 21 + 6) + 4*6; write 2*21 + "
          "2*105; stored 4*6 + 2*105");
}

void add_chunk_kernels(Plugin& plugin) {
  add_rows(add(plugin, "lmhost.gated_delta_cumsum").params({kTokens, kValueHeads}))
      .doc("First of six kernels of a chunked prefill: running sum of the decay g in each chunk.")
      .flops(kCumsumFlops)
      .reads("g", "rows", "32")
      .writes("g_cumsum", "rows", "32")
      .example("num_tokens=8, HV=2", "flops=16, read=64, write=64", "16 sums; 4*16 each way");

  add_rows(add(plugin, "lmhost.gated_delta_key_products")
               .params({kTokens, kHeads, kValueHeads, kKeySize, kChunkSize}))
      .doc("Second: beta times the decayed k k^T of each chunk and value head, in float32.")
      .flops(sum({kKeyProducts, kKeyRest}).c_str(),
             "the product; difference, exponential and two factors a pair")
      .matmul_flops(kKeyProducts)
      .reads("key", "num_tokens*H*K")
      .reads("g_and_beta", "2*rows", "32")
      .writes("A", "rows*chunk_size", "32")
      .example("num_tokens=8, H=1, HV=2, K=4, chunk_size=4, bytes=2",
               "flops=768, matmul_flops=512, read=192, write=256",
               "2*16*4*4 + 4*16*4; read 2*32 + 4*32; write 4*64");

  add_chunks(add(plugin, "lmhost.gated_delta_solve")
                 .params({kTokens, kValueHeads, kSequences, kChunkSize}))
      .doc("Third: inverse of the unit lower triangle I + A of each chunk and value head.")
      .flops(kSolveFlops, "forward substitution: C(c, 3) multiply-adds a triangle of size c")
      .reads("A", "rows*chunk_size", "32")
      .writes("A_inverse", "rows*chunk_size")
      .example("num_tokens=8, HV=2, chunk_size=4, bytes=2", "flops=32, read=256, write=128",
               "2 chunks * 2 heads * 4*3*2/3; read 4*64; write 2*64");

  add_rows(add(plugin, "lmhost.gated_delta_weights")
               .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize, kChunkSize}))
      .doc("Fourth: w = A^-1 (beta*exp(g)*k) and u = A^-1 (beta*v) of each chunk.")
      .flops(sum({kWeightProducts, kWeightRest}).c_str(),
             "two products; beta*v, beta*exp(g)*k and the exponential")
      .matmul_flops(kWeightProducts)
      .reads("key", "num_tokens*H*K")
      .reads("value", "rows*V")
      .reads("A_inverse", "rows*chunk_size")
      .reads("g_and_beta", "2*rows", "32")
      .writes("w_and_u", "rows*(K + V)")
      .example("num_tokens=8, H=1, HV=2, K=4, V=3, chunk_size=4, bytes=2",
               "flops=1088, matmul_flops=896, read=416, write=224",
               "2*16*4*7 + 16*12; read 2*(32 + 48 + 64) + 4*32; write 2*112");

  add_chunks(add(plugin, "lmhost.gated_delta_states")
                 .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize, kSequences,
                          kChunkSize, kStateBits}))
      .doc(
          "Fifth: the recurrence over chunks: the state before each chunk, the corrected values u "
          "- "
          "w h, and the last state, which is kept.")
      .flops(sum({kStateProducts, kStateRest}).c_str(),
             "w h and k^T v; u - w h, its decay; decay of the state")
      .matmul_flops(kStateProducts)
      .reads("key", "num_tokens*H*K")
      .reads("w_and_u", "rows*(K + V)")
      .reads("g_cumsum", "rows", "32")
      .operand(LMH_READ, LMH_KV_CACHE, "state", "B*HV*V*K", nullptr, "state_bits")
      .writes("states", "chunks*HV*V*K")
      .writes("corrected_value", "rows*V")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_out", "B*HV*V*K", "B*HV*V*K", "state_bits")
      .example("num_tokens=8, H=1, HV=2, K=4, V=3, chunk_size=4, bytes=2",
               "flops=948, matmul_flops=768, read=448, write=288, stored=96",
               "4*16*12 + 16*8 + 4*13; read 2*(32 + 112) + 4*16 + 4*24; write 2*(48 + 48) + 4*24");

  add_chunks(
      add(plugin, "lmhost.gated_delta_output")
          .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize, kSequences, kChunkSize}))
      .doc("Sixth: q times the state before the chunk plus the masked, decayed q k^T times values.")
      .flops(sum({kOutputProducts, kOutputRest}).c_str(),
             "three products; exp(g), its factor, the sum and the scale; difference, exponential "
             "and factor a pair")
      .matmul_flops(kOutputProducts)
      .reads("query_and_key", "2*num_tokens*H*K")
      .reads("corrected_value", "rows*V")
      .reads("states", "chunks*HV*V*K")
      .reads("g_cumsum", "rows", "32")
      .writes("output", "rows*V")
      .example("num_tokens=8, H=1, HV=2, K=4, V=3, chunk_size=4, bytes=2",
               "flops=1632, matmul_flops=1280, read=384, write=96",
               "2*16*(12 + 28) + 16*10 + 3*64; read 2*(64 + 48 + 48) + 4*16; write 2*48");
}

// The whole prefill as one kernel: nothing between the six is written.
void add_single_kernel(Plugin& plugin) {
  add_chunks(add(plugin, "lmhost.gated_delta_chunk")
                 .params({kTokens, kHeads, kValueHeads, kKeySize, kValueSize, kSequences,
                          kChunkSize, kStateBits}))
      .doc(
          "Chunked prefill of a gated delta rule in one kernel (FlashInfer on SM90): the work of "
          "the six kernels from lmhost.gated_delta_cumsum to lmhost.gated_delta_output, whose "
          "intermediate results stay on the chip.")
      .flops(sum({kCumsumFlops, kKeyProducts, kKeyRest, kSolveFlops, kWeightProducts, kWeightRest,
                  kStateProducts, kStateRest, kOutputProducts, kOutputRest})
                 .c_str())
      .matmul_flops(sum({kKeyProducts, kWeightProducts, kStateProducts, kOutputProducts}).c_str())
      .reads("query_key_value", "num_tokens*(2*H*K + HV*V)")
      .reads("g_and_beta", "2*rows", "32")
      .operand(LMH_READ, LMH_KV_CACHE, "state", "B*HV*V*K", nullptr, "state_bits")
      .writes("output", "rows*V")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_out", "B*HV*V*K", "B*HV*V*K", "state_bits")
      .example("num_tokens=8, H=1, HV=2, K=4, V=3, B=1, chunk_size=4, bytes=2",
               "flops=4484, matmul_flops=3456, read=448, write=192, stored=96",
               "16 + 768 + 32 + 1088 + 948 + 1632; read 2*112 + 4*32 + 4*24; write 2*48 + 4*24");
}

}  // namespace

void add_delta_rules(Plugin& plugin) {
  add_preparation(plugin);
  add_update(plugin);
  add_chunk_kernels(plugin);
  add_single_kernel(plugin);
}

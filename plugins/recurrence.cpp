// Recurrent layers of serving engines: short causal convolutions, the state-space scans of Mamba 1
// and 2 (this file), gated delta rules (recurrence_delta.cpp).
//
// A state is kept per sequence, not per token: its role is kv_cache, its size does not grow with the
// context. Sequences of one pass are packed: num_tokens counts the tokens of all B sequences, which
// are equally long where chunks are counted. Integer work and the table of states are left out.
//
// FLOPs are those of the recurrence as written in the source, a multiply-add is 2. A chunked kernel
// computes whole tiles: products over a chunk of Q tokens are dense, masked pairs included.

#include <lmhost/sdk.hpp>

namespace {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

void add_convolution(Plugin& plugin) {
  plugin.kernel("lmhost.causal_conv1d")
      .doc(
          "Depthwise causal convolution over the last `width` tokens of each channel, with bias "
          "and "
          "SiLU in the same kernel;  x (num_tokens, channels), weight (channels, width). The last "
          "width - 1 tokens of each sequence are kept as state. Prefill and decode alike.")
      .source(
          "Dao-AILab/causal-conv1d csrc/causal_conv1d_fwd.cu and causal_conv1d_update.cu; "
          "vLLM model_executor/layers/mamba/ops/causal_conv1d.py (0.33.0)")
      .alias({"causal_conv1d.causal_conv1d_fn", "causal_conv1d.causal_conv1d_update"})
      .params({"B -- sequences", "num_tokens -- tokens of all sequences",
               "channels -- channels of x",
               "width -- taps of the filter, the token itself included",
               "has_bias:bool=0 -- adds a bias", "has_activation:bool=1 -- applies SiLU",
               "has_initial:bool=1 -- reads the state that earlier tokens left",
               "state_bits:float=a_bits -- bits per element of the state"})
      .flops("num_tokens*channels*(2*width + has_bias + silu_flops*has_activation)")
      .reads("input", "num_tokens*channels")
      .weight("weight", "channels*width")
      .weight("bias", "channels*has_bias")
      .operand(LMH_READ, LMH_KV_CACHE, "state", "B*channels*(width - 1)*has_initial", nullptr,
               "state_bits")
      .writes("output", "num_tokens*channels")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_out", "B*channels*(width - 1)",
               "B*channels*(width - 1)", "state_bits")
      .example("B=2, num_tokens=2, channels=3, width=4, bytes=2",
               "flops=78, read=72, read_kv_cache=36, write=48, stored=60, stored_kv_cache=36",
               "6*(8 + 5); read 2*(6 + 12 + 2*3*3); write 2*(6 + 18); stored 2*12 + 2*18")
      .example(
          "B=2, num_tokens=10, channels=3, width=4, has_bias=1, has_activation=0, has_initial=0, "
          "state_bits=32, bytes=2",
          "flops=270, read=90, write=132, stored=102, parameters=15",
          "30*(8 + 1); read 2*(30 + 12 + 3); write 2*30 + 4*18; stored 2*15 + 4*18");
}

void add_state_update(Plugin& plugin) {
  plugin.kernel("lmhost.selective_state_update")
      .doc(
          "One decode step of a selective state space: for each of H heads a state (P, N) decays, "
          "takes the new token and is read out;  x and z (B, H, P), dt (B, H), B and C (B, G, N). "
          "A and D have one value a head (Mamba 2). For Mamba 1, whose A is a matrix, bind H to "
          "the inner size and P=1, and A_elements to H*N.")
      .source(
          "h = exp(dt*A)*h + dt*B*x, y = C h + D*x: Gu and Dao 2023, arXiv:2312.00752, equation 2; "
          "Dao and Gu 2024, arXiv:2405.21060; state-spaces/mamba "
          "mamba_ssm/ops/triton/selective_state_update.py")
      .alias({"mamba_ssm.ops.triton.selective_state_update.selective_state_update"})
      .params({"B -- sequences, one token each", "H -- heads", "P -- channels of a head",
               "N -- size of the state of a channel", "G -- groups of heads that share B and C",
               "A_elements=H -- values of A: H with one decay a head, H*N with a matrix",
               "has_z:bool=0 -- gates the output by silu(z)",
               "state_bits:float=32 -- bits per element of the state",
               "parameter_bits:float=32 -- bits per element of A, which engines keep wide",
               "scalar_bits:float=w_bits -- bits per element of D and the bias of dt"})
      .let("state", "B*H*P*N", "elements of the state")
      .let("decays", "B*A_elements", "values of exp(dt*A)")
      .flops(
          "5*state + 2*decays + B*H*(1 + softplus_flops) + B*H*P*(3 + has_z*(silu_flops + 1))",
          "5: decay*h, (dt*x)*B, their sum, h*C, its sum; 2: dt*A, exp; then bias and softplus of "
          "dt; 3: dt*x, D*x, its sum")
      .operand(LMH_READ, LMH_KV_CACHE, "state_read", "state", nullptr, "state_bits")
      .reads("x", "B*H*P")
      .reads("z", "B*H*P*has_z")
      .reads("dt", "B*H")
      .reads("B_and_C", "2*B*G*N")
      .weight("A", "A_elements", nullptr, "parameter_bits")
      .weight("D", "H", nullptr, "scalar_bits")
      .weight("dt_bias", "H", nullptr, "scalar_bits")
      .writes("output", "B*H*P")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_written", "state", "state", "state_bits")
      .example("B=2, H=3, P=4, N=5, G=1, bytes=2",
               "flops=720, read=604, read_kv_cache=480, write=528, stored=504, stored_kv_cache=480",
               "5*120 + 2*6 + 6*6 + 24*3; read 4*120 + 2*24 + 2*6 + 2*20 + 4*3 + 2*6; write 2*24 + "
               "4*120; stored 4*3 + 2*6 + 4*120")
      .example(
          "B=2, H=6, P=1, N=5, G=1, A_elements=30, has_z=1, scalar_bits=32, bytes=2",
          "flops=600, read=520, write=264, stored=408, parameters=42",
          "Mamba 1, 6 channels: 5*60 + 2*60 + 12*6 + 12*(3 + 6); read 4*60 + 2*(12 + 12 + 12 + 20) "
          "+ 4*(30 + 6 + 6); write 2*12 + 4*60; stored 4*42 + 4*60");
}

void add_selective_scan(Plugin& plugin) {
  plugin.kernel("lmhost.selective_scan")
      .doc(
          "Prefill of Mamba 1: the recurrence over all tokens in one kernel, the state in "
          "registers;  u, delta and z (num_tokens, channels), B and C (num_tokens, N), A "
          "(channels, "
          "N). With z both the plain and the gated output are written.")
      .source(
          "Gu and Dao 2023, arXiv:2312.00752, Algorithm 2; state-spaces/mamba "
          "csrc/selective_scan/selective_scan_fwd_kernel.cuh: out and out_z")
      .alias({"mamba_ssm.ops.selective_scan_interface.selective_scan_fn"})
      .params({"B -- sequences", "num_tokens -- tokens of all sequences", "channels -- inner size",
               "N -- size of the state of a channel", "has_z:bool=1 -- gates the output by silu(z)",
               "has_initial:bool=1 -- reads the state that earlier tokens left",
               "state_bits:float=32 -- bits per element of the state",
               "parameter_bits:float=32 -- bits per element of A, D and the bias of delta"})
      .let("rows", "num_tokens*channels")
      .flops("rows*(7*N + 4 + softplus_flops + has_z*(silu_flops + 1))",
             "7 a state element: delta*A, exp, decay*h, (delta*u)*B, their sum, h*C, its sum; 4: "
             "bias, delta*u, D*u, its sum")
      .reads("u_and_delta", "2*rows")
      .reads("z", "rows*has_z")
      .reads("B_and_C", "2*num_tokens*N")
      .weight("A", "channels*N", nullptr, "parameter_bits")
      .weight("D", "channels", nullptr, "parameter_bits")
      .weight("delta_bias", "channels", nullptr, "parameter_bits")
      .operand(LMH_READ, LMH_KV_CACHE, "state", "B*channels*N*has_initial", nullptr, "state_bits")
      .writes("output", "rows*(1 + has_z)")
      .operand(LMH_WRITE, LMH_KV_CACHE, "state_out", "B*channels*N", "B*channels*N", "state_bits")
      .example("B=1, num_tokens=8, channels=6, N=5, bytes=2",
               "flops=2400, read=736, write=312, stored=288",
               "48*(35 + 4 + 5 + 6); read 2*(96 + 48 + 80) + 4*(30 + 6 + 6) + 4*30; write 2*96 + "
               "4*30; stored 4*42 + 4*30")
      .example("B=2, num_tokens=8, channels=6, N=5, has_z=0, has_initial=0, state_bits=16, bytes=2",
               "flops=2112, read=520, write=216, stored=288",
               "48*(35 + 4 + 5); read 2*(96 + 80) + 4*42; write 2*48 + 2*60; stored 168 + 120");
}

// Parameters of the kernels of a chunked scan (Mamba 2); a kernel declares those that it uses.
constexpr const char* kSequences = "B~=1 -- sequences, equally long";
constexpr const char* kTokens = "num_tokens -- tokens of all sequences";
constexpr const char* kHeads = "H -- heads";
constexpr const char* kChannels = "P -- channels of a head";
constexpr const char* kStateSize = "N -- size of the state of a channel";
constexpr const char* kGroups = "G -- groups of heads that share B and C";
constexpr const char* kChunkSize = "chunk_size~=256 -- tokens of a chunk";
constexpr const char* kStateBits =
    "state_bits:float=32 -- bits per element of the states between chunks and kept";

Kernel& add_chunks(Kernel& kernel) {
  return kernel
      .source(
          "Dao and Gu 2024, arXiv:2405.21060, section 6; state-spaces/mamba "
          "mamba_ssm/ops/triton/ssd_*.py, vLLM model_executor/layers/mamba/ops/ssd_*.py (0.33.0)")
      .let("chunks", "B*ceil_div(num_tokens, B*chunk_size)",
           "chunks of all sequences; the last one of a sequence may be part empty");
}

void add_chunked_scan(Plugin& plugin) {
  add_chunks(
      plugin.kernel("lmhost.ssd_chunk_cumsum").params({kSequences, kTokens, kHeads, kChunkSize}))
      .doc(
          "First of the five kernels of Mamba 2's chunked scan: dt = softplus(dt + bias) and the "
          "running sum of dt*A within each chunk, both (H, chunks, chunk_size) in float32.")
      .flops("num_tokens*H*(3 + softplus_flops)", "bias, softplus, dt*A, running sum")
      .reads("dt", "num_tokens*H")
      .weight("A", "H", nullptr, "32")
      .weight("dt_bias", "H")
      .writes("dt_out", "H*chunks*chunk_size", "32")
      .writes("dA_cumsum", "H*chunks*chunk_size", "32")
      .example("num_tokens=8, H=2, chunk_size=4, bytes=2",
               "flops=128, read=44, write=128, stored=12",
               "16*(3 + 5); read 2*16 + 4*2 + 2*2; write 4*2*(2*8); stored 8 + 4")
      .example("B=2, num_tokens=10, H=3, chunk_size=4, bytes=2", "flops=240, read=78, write=384",
               "5 tokens a sequence, two chunks each: 30*8; read 2*30 + 12 + 6; write 4*3*2*16");

  add_chunks(plugin.kernel("lmhost.ssd_chunk_state")
                 .params({kSequences, kTokens, kHeads, kChannels, kStateSize, kGroups, kChunkSize}))
      .doc(
          "Second: what each chunk adds to the state, the product of B^T and the decayed x (N by "
          "chunk by P), in float32.")
      .flops("2*num_tokens*H*P*N + num_tokens*H*(3 + N)",
             "the product; exp(last - own), times dt, and B scaled by it")
      .matmul_flops("2*num_tokens*H*P*N")
      .reads("x", "num_tokens*H*P")
      .reads("B_matrix", "num_tokens*G*N")
      .reads("dt_and_dA_cumsum", "2*H*chunks*chunk_size", "32")
      .writes("states", "chunks*H*P*N", "32")
      .example("num_tokens=8, H=2, P=4, N=3, G=1, chunk_size=4, bytes=2",
               "flops=480, matmul_flops=384, read=304, write=192",
               "2*16*12 + 16*6; read 2*(64 + 24) + 4*2*2*8; write 4*2*24");

  add_chunks(
      plugin.kernel("lmhost.ssd_state_passing")
          .params({kSequences, kTokens, kHeads, kChannels, kStateSize, kChunkSize, kStateBits,
                   "has_initial:bool=0 -- starts from the state that earlier tokens left"}))
      .doc(
          "Third: the recurrence over chunks, state = decay*state + what the chunk adds; leaves "
          "the state before each chunk, and the last one in the cache.")
      .flops("2*chunks*H*P*N + chunks*H", "decay and addition an element; one exponential a head")
      .reads("states", "chunks*H*P*N", "32")
      .reads("dA_last", "chunks*H", "32")
      .operand(LMH_READ, LMH_KV_CACHE, "initial_state", "B*H*P*N*has_initial", nullptr,
               "state_bits")
      .writes("passed_states", "chunks*H*P*N", "state_bits")
      .operand(LMH_WRITE, LMH_KV_CACHE, "final_state", "B*H*P*N", "B*H*P*N", "state_bits")
      .example("num_tokens=8, H=2, P=4, N=3, chunk_size=4, bytes=2",
               "flops=100, read=208, write=288, stored=96",
               "2*48 + 4; read 4*48 + 4*4; write 4*48 + 4*24; stored 4*24")
      .example(
          "num_tokens=8, H=2, P=4, N=3, chunk_size=4, has_initial=1, state_bits=16, "
          "bytes=2",
          "flops=100, read=256, read_kv_cache=48, write=144, stored=48",
          "read 208 + 2*24; write 2*48 + 2*24");

  add_chunks(plugin.kernel("lmhost.ssd_bmm")
                 .params({kSequences, kTokens, kStateSize, kGroups, kChunkSize}))
      .doc("Fourth: C B^T of each chunk and group (chunk by N by chunk), in float32.")
      .flops("2*chunks*G*chunk_size*chunk_size*N")
      .matmul_flops("2*chunks*G*chunk_size*chunk_size*N")
      .reads("B_and_C", "2*num_tokens*G*N")
      .writes("CB", "chunks*G*chunk_size*chunk_size", "32")
      .example("num_tokens=8, N=3, G=1, chunk_size=4, bytes=2",
               "flops=192, matmul_flops=192, read=96, write=128",
               "2*2*16*3; read 2*2*24; write 4*2*16");

  add_chunks(plugin.kernel("lmhost.ssd_chunk_scan")
                 .params({kSequences, kTokens, kHeads, kChannels, kStateSize, kGroups, kChunkSize,
                          kStateBits}))
      .doc(
          "Fifth: the output: C times the state before the chunk, plus the masked, decayed C B^T "
          "times x, plus D*x.")
      .flops(
          "2*num_tokens*H*P*N + 2*chunks*H*chunk_size*chunk_size*P + "
          "4*chunks*H*chunk_size*chunk_size + num_tokens*H*(1 + 4*P)",
          "two products; difference, exponential and two factors a pair; one exponential a token "
          "and head, its factor, the sum of both parts, D*x and its sum")
      .matmul_flops("2*num_tokens*H*P*N + 2*chunks*H*chunk_size*chunk_size*P")
      .reads("CB", "chunks*G*chunk_size*chunk_size", "32")
      .reads("x", "num_tokens*H*P")
      .reads("C_matrix", "num_tokens*G*N")
      .reads("dt_and_dA_cumsum", "2*H*chunks*chunk_size", "32")
      .reads("passed_states", "chunks*H*P*N", "state_bits")
      .weight("D", "H")
      .writes("output", "num_tokens*H*P")
      .example("num_tokens=8, H=2, P=4, N=3, G=1, chunk_size=4, bytes=2",
               "flops=1424, matmul_flops=896, read=628, write=128, stored=4",
               "384 + 512 + 4*64 + 16*17; read 4*32 + 2*(64 + 24) + 4*32 + 4*48 + 2*2; write 2*64");
}

}  // namespace

void add_delta_rules(Plugin& plugin);

LMHOST_PLUGIN(recurrence, "1.0.0", "Short convolutions, state-space scans and delta rules") {
  plugin.license("Apache-2.0");
  plugin.constant("silu_flops", "5",
                  "FLOPs of SiLU: negation, exponential, addition, division, product",
                  "x/(1 + exp(-x)) as x*sigmoid(x), one FLOP each; pointwise.silu_flops");
  plugin.constant("sigmoid_flops", "4",
                  "FLOPs of a sigmoid: negation, exponential, addition, division",
                  "1/(1 + exp(-x)), one FLOP each; pointwise.sigmoid_flops");
  plugin.constant("softplus_flops", "5",
                  "FLOPs of softplus: product, exponential, addition, logarithm, division",
                  "ln(1 + e^(beta*x))/beta, one FLOP each; pointwise.softplus_flops");
  add_convolution(plugin);
  add_state_update(plugin);
  add_selective_scan(plugin);
  add_chunked_scan(plugin);
  add_delta_rules(plugin);
}

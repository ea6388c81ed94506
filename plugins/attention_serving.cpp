// Attention cores of serving engines: paged, sliding-window and latent attention. Part of the
// plugin attention, which declares softmax_flops and scale_flops; shapes as in attention.cpp.
//
// Always one fused pass without a mask tensor. Counts are dense as in attention.cpp, but a window
// of W, which these kernels know of, leaves at most W scores per query and reads only the tokens
// that some query sees.

#include <lmhost/sdk.hpp>

namespace {

using lmhost::sdk::Kernel;
using lmhost::sdk::Plugin;

// A causal core; `role` is where K and V live.
Kernel& add_windowed_core(Kernel& kernel, lmh_role role, const char* window) {
  return kernel
      .params({"B -- sequences", "H -- query heads", "S_q -- query tokens of a sequence",
               "S_kv -- key and value tokens of a sequence, cached ones included",
               "D -- head size of queries and keys", window,
               "H_kv=H -- key and value heads; divides H", "D_v=D -- head size of values",
               "tile_q~=0 -- query rows of one tile, each of which reads K and V again; 0: K and V "
               "are read once",
               "has_soft_cap:bool=0 -- scores pass through cap*tanh(score/cap)",
               "has_sinks:bool=0 -- every head has a learnt logit that takes part in the softmax",
               "has_logsumexp:bool=0 -- writes the float32 log-sum-exp of each row",
               "splits~=1 -- parts of the keys whose results a second kernel combines"})
      .let("tiles", "ceil_div(S_q, tile_q) if tile_q > 0 else 1", "query tiles")
      .let("kv_tokens",
           "min(S_kv, (tile_q if tile_q > 0 else S_q) + window - 1)*tiles if window > 0 else "
           "S_kv*tiles",
           "tokens whose keys and values are read: those that some query of the tile sees")
      .let("scores", "B*H*S_q*(min(S_kv, window) if window > 0 else S_kv)", "scores computed")
      .let("pairs",
           "window_pairs(S_q, S_kv - S_q, window) if window > 0 else causal_pairs(S_q, S_kv - S_q)",
           "unmasked query-key pairs of one head")
      .let("pair_flops",
           "2*(D + D_v) + scale_flops + softmax_flops + (soft_cap_flops if has_soft_cap else 0)")
      .let("rows", "B*H*S_q", "queries of all heads")
      .let("partial", "splits*rows*(D_v + 1) if splits > 1 else 0",
           "elements of the parts' outputs and their log-sum-exps")
      .flops(
          "scores*pair_flops + softmax_flops*rows*has_sinks + (2*splits*rows*D_v if splits > 1 "
          "else 0)",
          "a sink is one more score of each row; combining scales and adds each part")
      .matmul_flops("2*scores*(D + D_v)")
      .useful_flops("2*B*H*pairs*(D + D_v)", "QK and PV products over unmasked pairs")
      .reads("query", "B*H*S_q*D")
      .operand(LMH_READ, role, "key", "B*H_kv*kv_tokens*D")
      .operand(LMH_READ, role, "value", "B*H_kv*kv_tokens*D_v")
      .weight("sinks", "H*has_sinks")
      .reads("partial_read", "partial", "32")
      .writes("output", "B*H*S_q*D_v")
      .writes("logsumexp", "rows*has_logsumexp", "32")
      .writes("partial_written", "partial", "32")
      .scratch("partial_results", "partial", "32")
      .revision(2);
}

void add_windowed(Plugin& plugin) {
  add_windowed_core(plugin.kernel("lmhost.paged_attention"), LMH_KV_CACHE,
                    "window~=0 -- a query sees this many keys, itself included; 0: all of them")
      .doc(
          "Causal attention of S_q new tokens against a paged key/value cache that already holds "
          "them: decode (S_q=1), chunked or whole prefill. K and V are read with their own heads "
          "and the cache's bits.")
      .source(
          "Kwon et al. 2023, arXiv:2309.06180, section 4.1; tiles: Dao 2023, arXiv:2307.08691, "
          "Algorithm 1")
      .params({"page_size~=0 -- tokens of a page; 0: the page table is not counted"})
      .operand(LMH_READ, LMH_INDEX, "page_table",
               "B*ceil_div(S_kv, page_size) if page_size > 0 else 0", nullptr, "32")
      .example(
          "B=3, H=6, S_q=1, S_kv=5, D=7, H_kv=2, page_size=2, a_bits=16, kv_bits=8",
          "flops=3060, matmul_flops=2520, useful_flops=2520, read=708, read_kv_cache=420, "
          "read_index=36, write=252",
          "90 scores * (28 + 6); query 2*126, cache 3*2*5*14 bytes, page table 4*3*3; write 2*126")
      .example("B=1, H=2, S_q=5, S_kv=6, D=3, window=4, D_v=5, tile_q=2, bytes=2",
               "flops=880, matmul_flops=640, useful_flops=544, read=540, write=100",
               "2*5*4 scores * (16 + 6); pairs 2 + 3 + 4 + 4 + 4 = 17: 2*17*16; 3 tiles of 2 + 3 "
               "tokens: read 2*(30 + 2*15*8); write 2*50")
      .example("B=1, H=32, S_q=1, S_kv=4097, D=128, bytes=2",
               "flops=67911872, matmul_flops=67125248, read_kv_cache=67125248, read=67133440, "
               "write=8192",
               "Llama-2-7B decode, cache_len=4096, one of 32 layers: 131,104 scores * (512 + 6); K "
               "and V 2*32*4097*128*2 = 67,125,248 (2,148,007,936 in 32 layers); query 8,192");

  add_windowed_core(plugin.kernel("lmhost.sliding_window_attention"), LMH_ACTIVATION,
                    "window~ -- a query sees this many keys, itself included; 0: all of them")
      .doc(
          "Causal sliding-window attention over contiguous K and V: only the last min(S_kv, S_q + "
          "window - 1) tokens are read, a query computes at most window scores.")
      .source(
          "Beltagy et al. 2020, arXiv:2004.05150, section 3.1; Jiang et al. 2023 (Mistral 7B), "
          "arXiv:2310.06825, section 2; window counts the token itself, as "
          "transformers/masking_utils.py sliding_window_overlay does")
      .example("B=1, H=3, S_q=4, S_kv=9, D=5, window=3, D_v=7, bytes=2",
               "flops=1080, matmul_flops=864, useful_flops=864, read=552, write=168",
               "3*4*3 scores * (24 + 6); every query has 3 keys; 4 + 3 - 1 = 6 tokens: read 2*(60 "
               "+ 3*6*12); write 2*84")
      .example("B=1, H=1, S_q=8192, S_kv=8192, D=1, window=4096, bytes=2",
               "flops=335544320, matmul_flops=134217728, useful_flops=100671488, read=49152, "
               "write=16384",
               "pairs 4096*4097/2 + 4096*4096 = 25,167,872, * 4; dense within the window: "
               "8192*4096 scores")
      .example("B=1, H=3, S_q=4, S_kv=9, D=5, window=3, H_kv=1, D_v=7, tile_q=3, bytes=2",
               "flops=1080, matmul_flops=864, useful_flops=864, read=360, write=168",
               "two tiles of 3 + 2 tokens: read 2*(60 + 10*12)");
}

// DeepSeek's latent attention. The cache holds kv_lora_rank + qk_rope_head_dim numbers per token,
// shared by all heads.
void add_latent(Plugin& plugin) {
  plugin.kernel("lmhost.multi_head_latent_attention_absorbed")
      .doc(
          "Core of multi-head latent attention on the compressed cache: W_UK is absorbed into the "
          "query and W_UV into the output, so that every head attends to the same latents, which "
          "serve as key and as value and are read once. The two absorptions (q W_UK, o W_UV) are "
          "torch.bmm calls with B=H.")
      .source(
          "DeepSeek-V2, arXiv:2405.04434, section 2.1; scores over kv_lora_rank + "
          "qk_rope_head_dim, values of kv_lora_rank")
      .params({"B -- sequences", "H -- heads", "S_q -- query tokens of a sequence",
               "S_kv -- tokens of a sequence, cached ones included",
               "kv_lora_rank -- size of the latent",
               "qk_rope_head_dim -- size of the rotary part of a key, shared by all heads",
               "is_causal:bool=1 -- query i sees the past and the queries up to itself "
               "(useful_flops only)",
               "tile_q~=0 -- query rows of one tile, each of which reads the cache again; 0: it is "
               "read once",
               "page_size~=0 -- tokens of a page; 0: the page table is not counted",
               "has_logsumexp:bool=0 -- writes the float32 log-sum-exp of each row"})
      .revision(2)
      .let("scores", "B*H*S_q*S_kv")
      .let("pairs", "causal_pairs(S_q, S_kv - S_q) if is_causal else S_q*S_kv",
           "unmasked pairs of one head")
      .let("matmul_pair_flops", "2*(kv_lora_rank + qk_rope_head_dim) + 2*kv_lora_rank",
           "QK and PV of one score")
      .flops("scores*(matmul_pair_flops + scale_flops + softmax_flops)")
      .matmul_flops("scores*matmul_pair_flops")
      .useful_flops("B*H*pairs*matmul_pair_flops", "both products over unmasked pairs")
      .reads("query", "B*H*S_q*(kv_lora_rank + qk_rope_head_dim)", nullptr,
             "absorbed query and its rotary part")
      .operand(
          LMH_READ, LMH_KV_CACHE, "latent",
          "B*S_kv*(kv_lora_rank + qk_rope_head_dim)*(ceil_div(S_q, tile_q) if tile_q > 0 else 1)")
      .operand(LMH_READ, LMH_INDEX, "page_table",
               "B*ceil_div(S_kv, page_size) if page_size > 0 else 0", nullptr, "32")
      .writes("output", "B*H*S_q*kv_lora_rank", nullptr, "still compressed")
      .writes("logsumexp", "B*H*S_q*has_logsumexp", "32")
      .example("B=2, H=3, S_q=2, S_kv=5, kv_lora_rank=7, qk_rope_head_dim=3, bytes=2",
               "flops=2400, matmul_flops=2040, useful_flops=1836, read=440, read_kv_cache=200, "
               "write=168",
               "60 scores * (2*10 + 2*7 + 6); pairs 2*3 + 3 = 9: 6*9*34; read 2*(120 + 2*5*10); "
               "write 2*84")
      .example("B=1, H=128, S_q=1, S_kv=4096, kv_lora_rank=512, qk_rope_head_dim=64, bytes=2",
               "flops=1143996416, matmul_flops=1140850688, read=4866048, read_kv_cache=4718592, "
               "write=131072",
               "DeepSeek-V3: 128*4096 scores * 2*(576 + 512) = 1,140,850,688, + 6 each; cache "
               "4096*576*2; query 128*576*2; write 128*512*2")
      .example(
          "B=2, H=3, S_q=2, S_kv=5, kv_lora_rank=7, qk_rope_head_dim=3, is_causal=0, tile_q=1, "
          "bytes=2",
          "flops=2400, matmul_flops=2040, useful_flops=2040, read=640, read_kv_cache=400, "
          "write=168",
          "two tiles read the cache twice: 2*(120 + 2*100)")
      .example(
          "B=2, H=3, S_q=2, S_kv=5, kv_lora_rank=7, qk_rope_head_dim=3, page_size=4, "
          "has_logsumexp=1, bytes=2",
          "flops=2400, read=456, read_index=16, write=216",
          "read 440 + 4*2*2 pages; write 168 + 4*12");

  plugin.kernel("lmhost.multi_head_latent_attention_expanded")
      .doc(
          "Core of multi-head latent attention on expanded heads: keys of qk_nope_head_dim + "
          "qk_rope_head_dim and values of v_head_dim per head, made from the latents by a linear "
          "call (kv_b_proj) of its own.")
      .source(
          "transformers/models/deepseek_v3/modeling_deepseek_v3.py:407-482 (5.23); DeepSeek-V2, "
          "arXiv:2405.04434, section 2.1")
      .params({"B -- sequences", "H -- heads", "S_q -- query tokens of a sequence",
               "S_kv -- tokens of a sequence, cached ones included",
               "qk_nope_head_dim -- key size without rotary part",
               "qk_rope_head_dim -- size of the rotary part of a key",
               "v_head_dim -- head size of values",
               "is_causal:bool=1 -- query i sees the past and the queries up to itself "
               "(useful_flops only)",
               "tile_q~=0 -- query rows of one tile, each of which reads K and V again; 0: they "
               "are read once"})
      .let("scores", "B*H*S_q*S_kv")
      .let("pairs", "causal_pairs(S_q, S_kv - S_q) if is_causal else S_q*S_kv",
           "unmasked pairs of one head")
      .let("matmul_pair_flops", "2*(qk_nope_head_dim + qk_rope_head_dim + v_head_dim)",
           "QK and PV of one score")
      .let("kv_reads", "ceil_div(S_q, tile_q) if tile_q > 0 else 1", "times that K and V are read")
      .flops("scores*(matmul_pair_flops + scale_flops + softmax_flops)")
      .matmul_flops("scores*matmul_pair_flops")
      .useful_flops("B*H*pairs*matmul_pair_flops", "both products over unmasked pairs")
      .reads("query", "B*H*S_q*(qk_nope_head_dim + qk_rope_head_dim)")
      .reads("key", "B*H*S_kv*(qk_nope_head_dim + qk_rope_head_dim)*kv_reads")
      .reads("value", "B*H*S_kv*v_head_dim*kv_reads")
      .writes("output", "B*H*S_q*v_head_dim")
      .example(
          "B=2, H=3, S_q=2, S_kv=5, qk_nope_head_dim=7, qk_rope_head_dim=3, v_head_dim=11, "
          "tile_q=1, bytes=2",
          "flops=2880, matmul_flops=2520, useful_flops=2268, read=2760, write=264",
          "60 scores * (2*21 + 6); pairs 9: 6*9*42; two tiles: read 2*(120 + 2*(300 + 330)); write "
          "2*132")
      .example(
          "B=1, H=128, S_q=1, S_kv=4096, qk_nope_head_dim=128, qk_rope_head_dim=64, "
          "v_head_dim=128, bytes=2",
          "flops=338690048, matmul_flops=335544320, read=335593472, write=32768",
          "DeepSeek-V3: 128*4096 scores * 2*(192 + 128) = 335,544,320, + 6 each; read 2*128*(192 + "
          "4096*320); write 2*128*128")
      .example(
          "B=2, H=3, S_q=2, S_kv=5, qk_nope_head_dim=7, qk_rope_head_dim=3, v_head_dim=11, "
          "is_causal=0, bytes=2",
          "flops=2880, matmul_flops=2520, useful_flops=2520, read=1500, write=264",
          "read 2*(120 + 300 + 330)");
}

}  // namespace

void add_latent_moves(Plugin& plugin);  // attention_latent.cpp
void add_sparse_attention(Plugin& plugin);

void add_serving_attention(Plugin& plugin) {
  add_windowed(plugin);
  add_latent(plugin);
  add_latent_moves(plugin);
  add_sparse_attention(plugin);
}

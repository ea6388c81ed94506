// What serving engines launch around latent attention: merging partial results, moving latents, and
// the sparse form (DeepSeek-V3.2), in which an indexer chooses the tokens that a query attends to.
// Part of the plugin attention; names of sizes are those of the model's config.
//
// The indexer works on 8-bit queries and keys with one float32 scale a token, whatever the precision
// of the model.

#include <lmhost/sdk.hpp>

namespace {

using lmhost::sdk::Plugin;

constexpr const char* kIndexerSource =
    "DeepSeek-V3.2, arXiv:2512.02556, section 2.1; vLLM model_executor/models/deepseek_v2.py "
    "Indexer, layers/sparse_attn_indexer.py (0.33.0)";

void add_indexer(Plugin& plugin) {
  plugin.kernel("lmhost.indexer_query")
      .doc(
          "Rotates the indexer's queries, quantises them to 8 bits with a scale a head, and folds "
          "the scale into the head weights;  query (num_tokens, num_heads, head_dim), weights "
          "(num_tokens, num_heads).")
      .source(kIndexerSource)
      .params({"num_tokens -- tokens of the pass", "num_heads -- heads of the indexer",
               "head_dim -- head size of the indexer",
               "rotary_dim -- elements of a head that are rotated"})
      .flops(
          "num_tokens*num_heads*(rotary_flops*rotary_dim + 3*head_dim + 3)",
          "rotation; absolute maximum, product and rounding an element; scale, its reciprocal and "
          "the product with the weight")
      .reads("query", "num_tokens*num_heads*head_dim")
      .reads("head_weights", "num_tokens*num_heads")
      .reads("cos_sin", "num_tokens*rotary_dim")
      .operand(LMH_READ, LMH_INDEX, "positions", "num_tokens")
      .writes("query_quantized", "num_tokens*num_heads*head_dim", "8")
      .writes("head_weights_scaled", "num_tokens*num_heads", "32")
      .example("num_tokens=2, num_heads=3, head_dim=8, rotary_dim=4, bytes=2",
               "flops=234, read=140, read_index=16, write=72",
               "6*(12 + 24 + 3); read 2*(48 + 6 + 8) + 8*2; write 48 + 4*6");

  plugin.kernel("lmhost.indexer_cache_update")
      .doc(
          "Quantises the indexer's key of each new token to 8 bits with one float32 scale and "
          "writes "
          "both to its cache.")
      .source(kIndexerSource)
      .params({"B -- sequences", "S_new -- tokens written", "S_past -- tokens already cached",
               "head_dim -- size of the indexer's key"})
      .flops("3*B*S_new*head_dim", "absolute maximum, product, rounding")
      .reads("key", "B*S_new*head_dim")
      .operand(LMH_READ, LMH_INDEX, "slot_mapping", "B*S_new")
      .operand(LMH_WRITE, LMH_KV_CACHE, "keys", "B*S_new*(head_dim + 4)",
               "B*(S_past + S_new)*(head_dim + 4)", "8", "a float32 scale is four bytes")
      .example("B=2, S_new=1, S_past=6, head_dim=8, bytes=2",
               "flops=48, read=48, read_index=16, write=24, stored=168, stored_kv_cache=168",
               "3*16; read 2*16 + 8*2; write 2*12; stored 2*7*12");

  plugin.kernel("lmhost.indexer_logits")
      .doc(
          "Score of every cached token for every query: the weighted sum over heads of the "
          "rectified product of 8-bit queries and keys;  query (B, S_q, num_heads, head_dim) -> "
          "(B, S_q, S_kv) float32.")
      .source(kIndexerSource)
      .params({"B -- sequences", "S_q -- query tokens of a sequence",
               "S_kv -- tokens of a sequence, cached ones included",
               "num_heads -- heads of the indexer", "head_dim -- head size of the indexer"})
      .let("scores", "B*S_q*S_kv")
      .flops("scores*(2*num_heads*head_dim + 3*num_heads + 1)",
             "the products; rectifying, weight and sum a head; the key's scale")
      .matmul_flops("2*scores*num_heads*head_dim")
      .useful_flops("2*B*causal_pairs(S_q, S_kv - S_q)*num_heads*head_dim",
                    "the products over unmasked pairs")
      .reads("query", "B*S_q*num_heads*head_dim", "8")
      .reads("head_weights", "B*S_q*num_heads", "32")
      .operand(LMH_READ, LMH_KV_CACHE, "keys", "B*S_kv*(head_dim + 4)", nullptr, "8")
      .writes("logits", "scores", "32")
      .example(
          "B=2, S_q=1, S_kv=5, num_heads=3, head_dim=8",
          "flops=580, matmul_flops=480, useful_flops=480, read=192, read_kv_cache=120, write=40",
          "10*(48 + 9 + 1); read 2*3*8 + 4*6 + 2*5*12; write 4*10")
      .example("B=1, S_q=2, S_kv=3, num_heads=1, head_dim=4",
               "flops=72, matmul_flops=48, useful_flops=40, read=40, write=24",
               "6*(8 + 3 + 1); pairs 2 + 3 = 5: 5*8; read 8 + 4*2 + 3*8; write 4*6");

  plugin.kernel("lmhost.select_top_k")
      .doc("The k largest of each row of float32 scores, as int32 positions. No FLOPs.")
      .source(
          "vLLM csrc/sampler.cu top_k_per_row_prefill, top_k_per_row_decode (0.33.0): one pass "
          "over "
          "the scores")
      .params({"rows -- rows", "columns -- scores of a row", "k -- positions chosen"})
      .flops("0")
      .reads("scores", "rows*columns", "32")
      .operand(LMH_WRITE, LMH_INDEX, "positions", "rows*k", nullptr, "32")
      .example("rows=2, columns=5, k=4", "flops=0, read=40, write=32", "4*10; 4*8");
}

}  // namespace

void add_sparse_attention(Plugin& plugin) {
  add_indexer(plugin);
  plugin.kernel("lmhost.sparse_latent_attention")
      .doc(
          "Core of latent attention over the tokens that an indexer chose: query (B, H, S_q, "
          "kv_lora_rank + qk_rope_head_dim) against records of the cache, which serve as key and "
          "as value. How many distinct records the queries of a pass choose depends on the data: "
          "as many as possible is the default, `selected` of each sequence the least.")
      .source(
          "DeepSeek-V3.2, arXiv:2512.02556, section 2.1; deepseek-ai/FlashMLA "
          "flash_mla_with_kvcache with indices")
      .params({"B -- sequences", "H -- heads", "S_q -- query tokens of a sequence",
               "S_kv -- tokens of a sequence, cached ones included",
               "selected -- tokens that a query attends to at most",
               "kv_lora_rank -- size of the latent",
               "qk_rope_head_dim -- size of the rotary part of a key, shared by all heads",
               "record_bits:float=(kv_lora_rank + qk_rope_head_dim)*kv_bits -- bits of a token's "
               "record in the cache; 5248 for 512 values of 8 bits, 4 scales and 64 values of 16",
               "records=B*min(S_q*selected, S_kv) -- distinct records read",
               "has_logsumexp:bool=1 -- writes the float32 log-sum-exp of each row"})
      .let("scores", "B*H*S_q*min(selected, S_kv)", "scores computed")
      .let("matmul_pair_flops", "2*(kv_lora_rank + qk_rope_head_dim) + 2*kv_lora_rank",
           "QK and PV of one score")
      .flops("scores*(matmul_pair_flops + scale_flops + softmax_flops)")
      .matmul_flops("scores*matmul_pair_flops")
      .useful_flops("B*H*window_pairs(S_q, S_kv - S_q, selected)*matmul_pair_flops",
                    "both products over the tokens that a query can choose: min(past, selected)")
      .reads("query", "B*H*S_q*(kv_lora_rank + qk_rope_head_dim)")
      .operand(LMH_READ, LMH_KV_CACHE, "records_read", "records", nullptr, "record_bits")
      .operand(LMH_READ, LMH_INDEX, "positions", "B*S_q*selected", nullptr, "32")
      .writes("output", "B*H*S_q*kv_lora_rank", nullptr, "still compressed")
      .writes("logsumexp", "B*H*S_q*has_logsumexp", "32")
      .example(
          "B=2, H=3, S_q=1, S_kv=10, selected=4, kv_lora_rank=7, qk_rope_head_dim=3, bytes=2",
          "flops=960, matmul_flops=816, useful_flops=816, read=312, read_kv_cache=160, write=108",
          "24 scores * (34 + 6); read 2*60 + 2*4*10*2 + 4*8; write 2*42 + 4*6")
      .example(
          "B=1, H=2, S_q=3, S_kv=4, selected=3, kv_lora_rank=5, qk_rope_head_dim=2, "
          "record_bits=72, "
          "has_logsumexp=0, bytes=2",
          "flops=540, matmul_flops=432, useful_flops=384, read=156, read_kv_cache=36, write=60",
          "18 scores * (24 + 6); pairs 2 + 3 + 3 = 8: 2*8*24; read 2*42 + 4*9 + 4*9; write 2*30");
}

void add_latent_moves(Plugin& plugin) {
  plugin.kernel("lmhost.merge_attention_states")
      .doc(
          "Combines the attention of one query over two sets of keys by their log-sum-exps: "
          "outputs "
          "(rows, D_v) twice -> (rows, D_v). What a chunked prefill over a cached context ends "
          "with.")
      .source(
          "vLLM csrc/attention/merge_attn_states.cu (0.33.0); Ye et al. 2025 (FlashInfer), "
          "arXiv:2501.01005, section 2.2")
      .alias({"vllm._custom_ops.merge_attn_states"})
      .params({"rows -- queries of all heads", "D_v -- head size of values",
               "writes_logsumexp:bool=0 -- writes the combined log-sum-exp, too"})
      .flops("rows*(3*D_v + 7 + 2*writes_logsumexp)",
             "two factors and a sum an element; maximum, two differences, two exponentials, their "
             "sum and a division a row (the factors); logarithm and sum for the log-sum-exp")
      .reads("outputs", "2*rows*D_v")
      .reads("logsumexps", "2*rows", "32")
      .writes("output", "rows*D_v")
      .writes("logsumexp", "rows*writes_logsumexp", "32")
      .example("rows=6, D_v=5, bytes=2", "flops=132, read=168, write=60",
               "6*22; read 2*60 + 4*12; write 2*30")
      .example("rows=6, D_v=5, writes_logsumexp=1, bytes=2", "flops=144, read=168, write=84",
               "6*24; write 2*30 + 4*6");

  plugin.kernel("lmhost.concat_latent_key")
      .doc(
          "Keys of expanded latent attention: the part without rotation of each head beside the "
          "rotary part that all heads share;  (num_tokens, num_heads, qk_nope_head_dim) and "
          "(num_tokens, qk_rope_head_dim).")
      .source("vLLM layers/mla.py, flashinfer concat_mla_k (0.33.0)")
      .params({"num_tokens -- tokens", "num_heads -- heads",
               "qk_nope_head_dim -- key size without rotary part",
               "qk_rope_head_dim -- size of the rotary part of a key"})
      .flops("0")
      .reads("nope", "num_tokens*num_heads*qk_nope_head_dim")
      .reads("rope", "num_tokens*qk_rope_head_dim")
      .writes("key", "num_tokens*num_heads*(qk_nope_head_dim + qk_rope_head_dim)")
      .example("num_tokens=2, num_heads=3, qk_nope_head_dim=4, qk_rope_head_dim=2, bytes=2",
               "flops=0, read=56, write=72", "read 2*(24 + 4); write 2*36");

  plugin.kernel("lmhost.gather_cache")
      .doc(
          "Copies cached tokens out of their pages into one tensor (num_tokens, width) in the "
          "activations' precision, as a chunked prefill of latent attention does before it expands "
          "the context.")
      .source("vLLM csrc/cache_kernels.cu gather_and_maybe_dequant_cache (0.33.0)")
      .alias({"vllm._custom_ops.gather_and_maybe_dequant_cache"})
      .params({"num_tokens -- cached tokens", "width -- elements of a token in the cache",
               "page_size~=0 -- tokens of a page; 0: the page table is not counted",
               "dequantizes:bool=0 -- multiplies each element by a scale"})
      .flops("num_tokens*width*dequantizes")
      .operand(LMH_READ, LMH_KV_CACHE, "cache", "num_tokens*width")
      .operand(LMH_READ, LMH_INDEX, "page_table",
               "ceil_div(num_tokens, page_size) if page_size > 0 else 0", nullptr, "32")
      .writes("output", "num_tokens*width")
      .example("num_tokens=6, width=10, page_size=3, a_bits=16, kv_bits=8",
               "flops=0, read=68, read_kv_cache=60, write=120", "read 60 + 4*2; write 2*60")
      .example("num_tokens=6, width=10, dequantizes=1, a_bits=16, kv_bits=8",
               "flops=60, read=60, write=120", "one product an element");
}

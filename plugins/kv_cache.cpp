// Key/value cache updates: growing by concatenation, in place, and paged. Part of the plugin
// attention.
//
// stored is the whole cache of one layer after the update; the copies and index arithmetic that
// PyTorch executes on the way are traffic. Integer work is no FLOP.

#include <lmhost/sdk.hpp>

void add_cache_updates(lmhost::sdk::Plugin& plugin) {
  plugin.kernel("transformers.cache_utils.DynamicLayer.update")
      .doc(
          "Appends S_new tokens to a growing cache by two torch.cat calls, which copy the S_past "
          "cached tokens, too. K (B,H_kv,S,D), V (B,H_kv,S,D_v).")
      .source("transformers/cache_utils.py:136-137 (5.23)")
      .alias({"transformers.cache_utils.DynamicCache.update", "transformers.DynamicCache.update"})
      .params({"B -- sequences", "H_kv -- key and value heads", "D -- head size of keys",
               "S_new -- tokens appended", "S_past -- tokens already cached",
               "D_v=D -- head size of values"})
      .flops("0")
      .operand(LMH_READ, LMH_KV_CACHE, "past_keys", "B*H_kv*S_past*D")
      .operand(LMH_READ, LMH_KV_CACHE, "past_values", "B*H_kv*S_past*D_v")
      .reads("key_states", "B*H_kv*S_new*D")
      .reads("value_states", "B*H_kv*S_new*D_v")
      .operand(LMH_WRITE, LMH_KV_CACHE, "keys", "B*H_kv*(S_past + S_new)*D",
               "B*H_kv*(S_past + S_new)*D")
      .operand(LMH_WRITE, LMH_KV_CACHE, "values", "B*H_kv*(S_past + S_new)*D_v",
               "B*H_kv*(S_past + S_new)*D_v")
      .example("B=2, H_kv=3, D=5, S_new=2, S_past=7, D_v=11, bytes=2",
               "flops=0, read=1728, read_kv_cache=1344, write=1728, write_kv_cache=1728, "
               "stored=1728, stored_kv_cache=1728",
               "2*3*16 = 96 elements a token: past 2*7*96, new 2*2*96; write and keep 2*9*96")
      .example(
          "B=1, H_kv=32, D=128, S_new=1, S_past=2048, bytes=2",
          "flops=0, read=33570816, write=33570816, stored=33570816",
          "Llama-2-7B decode at 2,049 tokens: 2*32*128*2049*2 = 33,570,816 each way and layer");

  plugin.kernel("transformers.cache_utils.StaticLayer.update")
      .doc(
          "Writes S_new tokens into a preallocated cache of S_max tokens by two index_copy_ calls; "
          "the positions are made by arange, an addition and an in-place addition in int64. K "
          "(B,H_kv,S_max,D), V (B,H_kv,S_max,D_v). Attention then runs over S_max tokens.")
      .source("transformers/cache_utils.py:480-487 (5.23)")
      .alias({"transformers.cache_utils.StaticCache.update", "transformers.StaticCache.update"})
      .params({"B -- sequences", "H_kv -- key and value heads", "D -- head size of keys",
               "S_new -- tokens written", "S_max -- tokens that the cache can hold",
               "D_v=D -- head size of values"})
      .flops("0")
      .reads("key_states", "B*H_kv*S_new*D")
      .reads("value_states", "B*H_kv*S_new*D_v")
      .operand(LMH_READ, LMH_INDEX, "positions_read", "3*S_new + 2", nullptr, nullptr,
               "arange read by the addition, the sum by each index_copy_, the running length by "
               "both additions")
      .operand(LMH_WRITE, LMH_INDEX, "positions_written", "2*S_new + 1", nullptr, nullptr,
               "arange, its sum with the running length, the running length")
      .operand(LMH_WRITE, LMH_KV_CACHE, "keys", "B*H_kv*S_new*D", "B*H_kv*S_max*D")
      .operand(LMH_WRITE, LMH_KV_CACHE, "values", "B*H_kv*S_new*D_v", "B*H_kv*S_max*D_v")
      .operand(LMH_SCRATCH, LMH_INDEX, "positions", "2*S_new")
      .example("B=2, H_kv=3, D=5, S_new=2, S_max=13, D_v=11, bytes=2",
               "flops=0, read=448, read_index=64, write=424, write_kv_cache=384, scratch=32, "
               "stored=2496, stored_kv_cache=2496",
               "96 elements a token: read 2*2*96 + 8*(3*2 + 2); write 2*2*96 + 8*(2*2 + 1); "
               "scratch 8*4; keep 2*13*96");

  plugin.kernel("lmhost.paged_cache_update")
      .doc(
          "Scatters S_new tokens into the pages of a paged cache. The latent attention's cache has "
          "H_kv=1, D=kv_lora_rank + qk_rope_head_dim and D_v=0.")
      .source(
          "Kwon et al. 2023, arXiv:2309.06180, section 4.1; vLLM csrc/cache_kernels.cu "
          "reshape_and_cache")
      .params({"B -- sequences", "H_kv -- key and value heads", "D -- head size of keys",
               "S_new -- tokens written", "S_past -- tokens already cached",
               "D_v=D -- head size of values",
               "page_size~=0 -- tokens of a page, whole pages are kept; 0: exactly the tokens"})
      .let("tokens",
           "page_size*ceil_div(S_past + S_new, page_size) if page_size > 0 else S_past + S_new",
           "tokens that a sequence keeps room for")
      .flops("0")
      .reads("key_states", "B*H_kv*S_new*D")
      .reads("value_states", "B*H_kv*S_new*D_v")
      .operand(LMH_READ, LMH_INDEX, "slot_mapping", "B*S_new")
      .operand(LMH_WRITE, LMH_KV_CACHE, "keys", "B*H_kv*S_new*D", "B*H_kv*tokens*D")
      .operand(LMH_WRITE, LMH_KV_CACHE, "values", "B*H_kv*S_new*D_v", "B*H_kv*tokens*D_v")
      .example("B=2, H_kv=3, D=5, S_new=2, S_past=7, D_v=11, bytes=2",
               "flops=0, read=416, read_index=32, write=384, stored=1728, stored_kv_cache=1728",
               "96 elements a token: read 2*2*96 + 8*4; write 2*2*96; keep 2*9*96")
      .example("B=1, H_kv=1, D=7, S_new=1, S_past=4, D_v=0, page_size=4, a_bits=16, kv_bits=8",
               "flops=0, read=22, write=7, stored=56",
               "read 2*7 + 8; write 7; two pages of 4 tokens keep 8*7");
}

// Embedding lookup and rotary position embedding (RoPE, arXiv:2104.09864).
#include <lmhost/sdk.hpp>

namespace {

using lmhost::sdk::Plugin;

void describe_lookup(Plugin& plugin) {
  plugin.kernel("torch.nn.functional.embedding")
      .doc(
          "Rows of a table: indices (num_lookups) int64, weight (num_embeddings, embed_dim), "
          "output (num_lookups, "
          "embed_dim). Reads the rows touched, not the table: an upper bound, since a row that "
          "repeats may come from "
          "cache")
      .source(
          "aten/src/ATen/native/Embedding.cpp embedding: weight.index_select(0, indices); "
          "transformers' input_ids "
          "are int64")
      .alias({"F.embedding", "torch.embedding", "torch.nn.Embedding",
              "torch.nn.modules.sparse.Embedding", "aten::embedding"})
      .params({"num_lookups -- indices: batch times sequence", "embed_dim -- width of one row",
               "num_embeddings -- rows of the table: what stays resident"})
      .flops("0")
      .operand(LMH_READ, LMH_INDEX, "indices", "num_lookups")
      .weight("weight", "num_lookups*embed_dim", "num_embeddings*embed_dim")
      .writes("output", "num_lookups*embed_dim")
      .example(
          "num_lookups=3, embed_dim=5, num_embeddings=11, bytes=2",
          "flops=0, read=54, read_index=24, read_weight=30, write=30, stored=110, parameters=55",
          "3 int64 = 24; 3 rows of 5 at 2 bytes = 30; resident 11*5*2");
}

void describe_tables(Plugin& plugin) {
  plugin.kernel("lmhost.rotary_tables")
      .doc(
          "cos and sin of position*inverse_frequency in one kernel: positions (num_tokens) int64, "
          "inverse frequencies "
          "(rotary_dim/2) float32, cos and sin (num_tokens, table_width) each. What serving "
          "engines do once at load "
          "and transformers in eager kernels in every forward pass")
      .source(
          "transformers modeling_llama.py LlamaRotaryEmbedding.forward, fused: each angle once, "
          "both halves of the "
          "table from it")
      .params({"num_tokens -- positions",
               "rotary_dim -- rotated elements of a head: twice the angles",
               "table_width=rotary_dim -- elements of one row of cos: rotary_dim repeats the "
               "angles, as transformers "
               "does, rotary_dim//2 does not",
               "has_scaling:bool=0 -- both values are multiplied by an attention scaling (YaRN, "
               "LongRoPE)",
               "output_bits:float=a_bits -- bits per table element"})
      .let("angles", "num_tokens*rotary_dim/2", "one per position and frequency")
      .flops("angles*(rotary_angle_flops + 2*has_scaling)")
      .operand(LMH_READ, LMH_INDEX, "positions", "num_tokens")
      .reads("inverse_frequencies", "rotary_dim/2", "32", "a buffer, not a parameter")
      .writes("cos", "num_tokens*table_width", "output_bits")
      .writes("sin", "num_tokens*table_width", "output_bits")
      .example("num_tokens=3, rotary_dim=10, bytes=2",
               "flops=45, read=44, read_index=24, write=120",
               "3*5 angles * 3; 3 int64 + 5 float32 read; 2 tables of 3*10 at 2 bytes")
      .example("num_tokens=3, rotary_dim=10, table_width=5, has_scaling=1, bytes=4",
               "flops=75, read=44, write=120", "3*5 angles * (3+2); 2 tables of 3*5 at 4 bytes");
}

void describe_application(Plugin& plugin) {
  plugin.kernel("lmhost.apply_rotary")
      .doc(
          "Rotation of query and key in place, in one kernel: query (num_tokens, num_heads, "
          "head_dim), key "
          "(num_tokens, num_kv_heads, head_dim), of each head the first rotary_dim elements; table "
          "rows of cos and "
          "sin. Default: the table holds each angle once and its rows are found by position, as in "
          "vLLM. For tables "
          "computed per token by lmhost.rotary_tables bind table_elements to theirs and "
          "position_elements=0")
      .source("arXiv:2104.09864 eq. 34; vLLM csrc/pos_encoding_kernels.cu rotary_embedding_kernel")
      .params(
          {"num_tokens -- tokens of the pass: batch times sequence", "num_heads -- query heads",
           "num_kv_heads -- key heads", "head_dim -- elements of a head",
           "rotary_dim=head_dim -- elements of a head that are rotated; the others are neither "
           "read nor written",
           "table_elements=num_tokens*rotary_dim -- elements of cos and sin together that are read",
           "table_bits:float=a_bits -- bits per table element",
           "position_elements=num_tokens -- int64 positions read to find the table rows",
           "copies_rest:bool=0 -- not in place: the elements of a head that are not rotated are "
           "copied"})
      .revision(2)
      .let("moved_dim", "head_dim if copies_rest else rotary_dim", "elements of a head moved")
      .let("query_elements", "num_tokens*num_heads*moved_dim")
      .let("key_elements", "num_tokens*num_kv_heads*moved_dim")
      .flops("rotary_flops*num_tokens*(num_heads + num_kv_heads)*rotary_dim")
      .operand(LMH_READ, LMH_INDEX, "positions", "position_elements")
      .reads("cos_sin", "table_elements", "table_bits")
      .reads("query", "query_elements")
      .reads("key", "key_elements")
      .writes("query_rotated", "query_elements", nullptr, "the same memory as query")
      .writes("key_rotated", "key_elements", nullptr, "the same memory as key")
      .example("num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, bytes=2",
               "flops=756, read=612, read_index=24, write=504",
               "3*(5+1)*14 = 252 elements: 252*3; 252*2 + 3*14*2 + 3*8 read; 252*2 written")
      .example(
          "num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, rotary_dim=6, "
          "table_elements=36, "
          "table_bits=32, position_elements=0, bytes=2",
          "flops=324, read=360, write=216",
          "3*6*6 = 108 elements: 108*3; 108*2 + 2 tables of 3*6 float32 = 144; 108*2 written")
      .example(
          "num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, rotary_dim=6, copies_rest=1, "
          "bytes=2",
          "flops=324, read=564, write=504",
          "108 rotated elements: 108*3; 3*6*14 = 252 moved: 252*2 + 3*6*2 + 3*8; 252*2 written");
}

void describe_normalised_application(Plugin& plugin) {
  plugin.kernel("lmhost.qk_norm_rope")
      .doc(
          "RMS norm of every query and key head, then rotation, in one kernel: query (num_tokens, "
          "num_heads, head_dim), key (num_tokens, num_kv_heads, head_dim), one weight (head_dim) "
          "each; the whole head is moved.")
      .source(
          "vLLM layers/fused_qk_norm_rope.py, compilation/passes/fusion (0.33.0); Henry et al. "
          "2020, "
          "arXiv:2010.04245; the norm as torch.nn.functional.rms_norm, the rotation as "
          "lmhost.apply_rotary")
      .params(
          {"num_tokens -- tokens of the pass: batch times sequence", "num_heads -- query heads",
           "num_kv_heads -- key heads", "head_dim -- elements of a head",
           "rotary_dim=head_dim -- elements of a head that are rotated",
           "position_rows=1 -- int64 positions of a token: 3 for multimodal rotary embedding",
           "has_gate:bool=0 -- copies a gate of the query's size out of the same projection",
           "has_two_passes:bool=0 -- a first kernel leaves the statistics of each head, so that "
           "heads are read twice"})
      .let("rows", "num_tokens*(num_heads + num_kv_heads)", "heads of query and key")
      .flops("rows*(rms_norm_flops*head_dim + rms_norm_row_flops + rotary_flops*rotary_dim)")
      .operand(LMH_READ, LMH_INDEX, "positions", "num_tokens*position_rows")
      .reads("query_and_key", "rows*head_dim*(1 + has_two_passes)")
      .reads("cos_sin", "num_tokens*rotary_dim")
      .reads("gate", "num_tokens*num_heads*head_dim*has_gate")
      .reads("statistics_read", "rows*has_two_passes", "32")
      .weight("norms", "2*head_dim")
      .writes("query_and_key_rotated", "rows*head_dim")
      .writes("gate_copied", "num_tokens*num_heads*head_dim*has_gate")
      .writes("statistics_written", "rows*has_two_passes", "32")
      .scratch("statistics", "rows*has_two_passes", "32")
      .example("num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, rotary_dim=6, bytes=2",
               "flops=1368, read=620, read_index=24, write=504, stored=56",
               "18*(56 + 2 + 18); read 2*(252 + 18 + 28) + 8*3; write 2*252; stored 2*28")
      .example(
          "num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, rotary_dim=6, "
          "has_two_passes=1, bytes=2",
          "flops=1368, read=1196, write=576, scratch=72",
          "read 620 + 2*252 + 4*18; write 504 + 4*18; scratch 4*18")
      .example(
          "num_tokens=3, num_heads=5, num_kv_heads=1, head_dim=14, position_rows=3, has_gate=1, "
          "bytes=2",
          "flops=1800, read=1136, write=924",
          "18*(56 + 2 + 42); read 2*(252 + 42 + 28 + 210) + 8*9; write 2*(252 + 210)");

  plugin.kernel("lmhost.rotary_cache_update")
      .doc(
          "Rotation of query and key, and the write of key and value into a paged cache, in one "
          "kernel; the query is written to a tensor of its own. Default: a float32 table.")
      .source(
          "sglang sgl-kernel csrc/elementwise/rope.cu apply_rope_pos_ids_cos_sin_cache with KV "
          "buffers; TensorRT-LLM unfusedAttentionKernels applyBiasRopeUpdateKVCache")
      .params({"B -- sequences", "S_new -- new tokens of a sequence",
               "S_past -- tokens already cached", "num_heads -- query heads",
               "num_kv_heads -- key and value heads", "head_dim -- elements of a head",
               "rotary_dim=head_dim -- elements of a head that are rotated",
               "table_bits:float=32 -- bits per table element",
               "page_size~=0 -- tokens of a page, whole pages are kept; 0: exactly the tokens"})
      .let("num_tokens", "B*S_new")
      .let("kept",
           "page_size*ceil_div(S_past + S_new, page_size) if page_size > 0 else S_past + S_new",
           "tokens that a sequence keeps room for")
      .flops("rotary_flops*num_tokens*(num_heads + num_kv_heads)*rotary_dim")
      .operand(LMH_READ, LMH_INDEX, "positions", "num_tokens")
      .operand(LMH_READ, LMH_INDEX, "slot_mapping", "num_tokens")
      .reads("query_key_value", "num_tokens*(num_heads + 2*num_kv_heads)*head_dim")
      .reads("cos_sin", "num_tokens*rotary_dim", "table_bits")
      .writes("query_rotated", "num_tokens*num_heads*head_dim")
      .operand(LMH_WRITE, LMH_KV_CACHE, "cache", "2*num_tokens*num_kv_heads*head_dim",
               "2*B*kept*num_kv_heads*head_dim")
      .example("B=1, S_new=2, S_past=5, num_heads=3, num_kv_heads=1, head_dim=4, bytes=2",
               "flops=96, read=144, read_index=32, write=80, stored=112, stored_kv_cache=112",
               "32 elements: 32*3; read 2*40 + 4*8 + 2*8*2; write 2*(24 + 16); stored 2*2*7*4")
      .example(
          "B=2, S_new=1, S_past=5, num_heads=3, num_kv_heads=1, head_dim=4, rotary_dim=2, "
          "page_size=4, a_bits=16, kv_bits=8",
          "flops=48, read=128, write=64, stored=128",
          "16 elements: 16*3; read 2*40 + 4*4 + 8*4; write 2*24 + 16; stored 2*2*8*4");
}

void describe_normalised_lookup(Plugin& plugin) {
  plugin.kernel("lmhost.embedding_rms_norm")
      .doc(
          "Embedding lookup and the first RMS norm in one kernel: writes the rows as the residual "
          "stream and their norm;  ids (num_lookups) int32, table (num_embeddings, embed_dim).")
      .source(
          "vLLM layers/fused_embed_norm.py (0.33.0) and what Inductor makes of both; the norm as "
          "torch.nn.functional.rms_norm")
      .params({"num_lookups -- ids: batch times sequence", "embed_dim -- width of one row",
               "num_embeddings -- rows of the table: what stays resident"})
      .flops("num_lookups*(embed_dim*rms_norm_flops + rms_norm_row_flops)")
      .operand(LMH_READ, LMH_INDEX, "ids", "num_lookups", nullptr, "32")
      .weight("table", "num_lookups*embed_dim", "num_embeddings*embed_dim")
      .weight("norm", "embed_dim")
      .writes("residual", "num_lookups*embed_dim")
      .writes("output", "num_lookups*embed_dim")
      .example("num_lookups=3, embed_dim=5, num_embeddings=7, bytes=2",
               "flops=66, read=52, read_index=12, write=60, stored=80, parameters=40",
               "3*(20 + 2); read 4*3 + 2*(15 + 5); write 2*30; stored 2*(35 + 5)");
}

}  // namespace

LMHOST_PLUGIN(embedding, "1.0.0", "Embedding lookup and rotary position embedding") {
  plugin.license("Apache-2.0");
  plugin.constant("rotary_flops", "3",
                  "mul, mul, add per rotated element: x*cos + rotate_half(x)*sin; the sign of "
                  "rotate_half is free.",
                  "arXiv:2104.09864 eq. 34; transformers modeling_llama.py apply_rotary_pos_emb");
  plugin.constant("rotary_angle_flops", "3",
                  "mul, cos, sin per angle: position*inverse_frequency and its two values.",
                  "arXiv:2104.09864 eq. 34; an elementary function counts as one operation");
  plugin.constant("rms_norm_flops", "4",
                  "FLOPs per element of RMS norm with its weight: square, mean, scale, weight",
                  "norm.rms_norm_flops and norm.rms_norm_weight_flops");
  plugin.constant("rms_norm_row_flops", "2", "FLOPs per row of RMS norm: addition of eps, rsqrt",
                  "norm.rms_norm_row_flops");
  describe_lookup(plugin);
  describe_tables(plugin);
  describe_application(plugin);
  describe_normalised_application(plugin);
  describe_normalised_lookup(plugin);
}

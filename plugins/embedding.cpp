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
           "position_elements=num_tokens -- int64 positions read to find the table rows"})
      .let("query_elements", "num_tokens*num_heads*rotary_dim")
      .let("key_elements", "num_tokens*num_kv_heads*rotary_dim")
      .flops("rotary_flops*(query_elements + key_elements)")
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
          "3*6*6 = 108 elements: 108*3; 108*2 + 2 tables of 3*6 float32 = 144; 108*2 written");
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
  describe_lookup(plugin);
  describe_tables(plugin);
  describe_application(plugin);
}

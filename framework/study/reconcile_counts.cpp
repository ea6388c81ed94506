// The ways of counting, as a table.
#include "study/reconcile.hpp"

namespace lmhost {
namespace {

using K = Figure::Kind;
using Q = Quantity;
using P = const CountedParts&;
using Value = std::optional<Number>;

Number operations(P p) { return p.total[Q::kFlops]; }
Number products(P p) { return p.total[Q::kMatmulFlops]; }
Number head(P p) { return p.head[Q::kMatmulFlops]; }
Number parameters(P p) { return p.total[Q::kParameters]; }
Number masked(P p) { return p.attention - p.useful_attention; }
Number inner_parameters(P p) { return parameters(p) - p.embedding[Q::kParameters]; }
Number layer_parameters(P p) { return inner_parameters(p) - p.head[Q::kParameters]; }
Number active_parameters(P p) {
  return parameters(p) - p.expert_parameters + p.active_expert_parameters;
}
Number moved(const Costs& costs) { return costs.bytes_read() + costs.bytes_written(); }
// What all but the last position of each sequence has of the head.
Number head_of_others(P p) { return head(p) - divide(head(p) * p.sequences, p.new_tokens); }
Number twice_per_token(const Number& parameters, P p) {
  return Number(2) * parameters * p.new_tokens;
}

// Nothing where the part is not there: two rows would then say the same.
Value if_any(const Number& part, const Number& value) {
  return part.is_zero() ? Value() : Value(value);
}

constexpr Count kCounts[] = {
    {"all operations", "F", "lmhost, flops", K::kOperations, false,
     [](P p) { return Value(operations(p)); }},
    {"all operations, masked pairs left out", "useful_flops", "lmhost, useful_flops",
     K::kOperations, false, [](P p) { return if_any(masked(p), p.total[Q::kUsefulFlops]); }},
    {"all operations, head on the last token only", "F - H + H*B/D", "LLM-Para", K::kOperations,
     false, [](P p) { return if_any(head_of_others(p), operations(p) - head_of_others(p)); }},
    {"matrix products", "M", "PyTorch FlopCounterMode", K::kOperations, true,
     [](P p) { return Value(products(p)); }},
    {"matrix products, masked pairs left out", "M - A + U", "", K::kOperations, true,
     [](P p) { return if_any(masked(p), products(p) - masked(p)); }},
    {"matrix products, half of attention", "M - A/2", "FlashAttention, Megatron-LM, causal",
     K::kOperations, true,
     [](P p) { return if_any(p.attention, products(p) - divide(p.attention, Number(2))); }},
    {"matrix products, without attention", "M - A", "tools that do not know fused attention",
     K::kOperations, true, [](P p) { return if_any(p.attention, products(p) - p.attention); }},
    {"matrix products, without head", "M - H", "a base model without lm_head", K::kOperations, true,
     [](P p) { return if_any(head(p), products(p) - head(p)); }},
    {"matrix products, without head and attention", "M - H - A", "", K::kOperations, true,
     [](P p) {
       return head(p).is_zero() || p.attention.is_zero()
                  ? Value()
                  : Value(products(p) - head(p) - p.attention);
     }},
    {"matrix products, head on the last token only", "M - H + H*B/D", "serving engines",
     K::kOperations, true,
     [](P p) { return if_any(head_of_others(p), products(p) - head_of_others(p)); }},
    {"matrix products, head on the last token only, masked pairs left out", "M - A + U - H + H*B/D",
     "", K::kOperations, true,
     [](P p) {
       return head_of_others(p).is_zero() || masked(p).is_zero()
                  ? Value()
                  : Value(products(p) - masked(p) - head_of_others(p));
     }},
    {"matrix products, look-ups as one-hot products", "M + 2*E*D", "GenZ", K::kOperations, true,
     [](P p) {
       const Number& table = p.embedding[Q::kParameters];
       return if_any(table, products(p) + twice_per_token(table, p));
     }},
    {"matrix products, all experts", "M - X + X_all", "a dense model of the same weights",
     K::kOperations, true,
     [](P p) {
       return if_any(p.expert_products, products(p) - p.expert_products + p.all_expert_products);
     }},
    {"matrix products, one expert", "M - X + X_one", "a dense model of the config's sizes",
     K::kOperations, true,
     [](P p) {
       return if_any(p.expert_products, products(p) - p.expert_products + p.one_expert_products);
     }},
    {"attention alone", "A", "", K::kOperations, true,
     [](P p) { return if_any(p.attention, p.attention); }},
    {"attention alone, masked pairs left out", "U", "", K::kOperations, true,
     [](P p) { return if_any(masked(p), p.useful_attention); }},
    {"head alone", "H", "", K::kOperations, true, [](P p) { return if_any(head(p), head(p)); }},
    {"one layer, all operations", "layer's flops", "", K::kOperations, false,
     [](P p) { return if_any(p.layers, p.layer[Q::kFlops]); }},
    {"one layer, matrix products", "layer's matmul_flops", "", K::kOperations, true,
     [](P p) { return if_any(p.layers, p.layer[Q::kMatmulFlops]); }},
    {"2ND", "2*N*D", "Kaplan et al. 2020 with all parameters; Chinchilla", K::kOperations, true,
     [](P p) { return if_any(parameters(p), twice_per_token(parameters(p), p)); }},
    {"2ND without embedding", "2*(N - E)*D", "Hugging Face Trainer", K::kOperations, true,
     [](P p) {
       return if_any(p.embedding[Q::kParameters], twice_per_token(inner_parameters(p), p));
     }},
    {"2ND without embedding and head", "2*(N - E - N_head)*D", "Kaplan et al. 2020", K::kOperations,
     true,
     [](P p) { return if_any(p.head[Q::kParameters], twice_per_token(layer_parameters(p), p)); }},
    {"2ND and attention", "2*N*D + A", "PaLM, appendix B", K::kOperations, true,
     [](P p) { return if_any(p.attention, twice_per_token(parameters(p), p) + p.attention); }},
    {"2ND without embedding, and attention", "2*(N - E)*D + A", "torchtitan", K::kOperations, true,
     [](P p) {
       return p.attention.is_zero() || p.embedding[Q::kParameters].is_zero()
                  ? Value()
                  : Value(twice_per_token(inner_parameters(p), p) + p.attention);
     }},
    {"2ND and attention, masked pairs left out", "2*N*D + U", "", K::kOperations, true,
     [](P p) { return if_any(masked(p), twice_per_token(parameters(p), p) + p.useful_attention); }},
    {"2ND of active parameters", "2*N_active*D", "", K::kOperations, true,
     [](P p) { return if_any(p.expert_parameters, twice_per_token(active_parameters(p), p)); }},

    {"traffic, read and written", "bytes_read + bytes_written", "lmhost", K::kBytes, false,
     [](P p) { return Value(moved(p.total)); }},
    {"traffic, read", "bytes_read", "", K::kBytes, false,
     [](P p) { return Value(p.total.bytes_read()); }},
    {"traffic, written", "bytes_written", "", K::kBytes, false,
     [](P p) { return Value(p.total.bytes_written()); }},
    {"traffic, weights", "bytes_read_weight", "", K::kBytes, false,
     [](P p) { return Value(p.total[Q::kBytesReadWeight]); }},
    {"traffic, KV cache", "bytes_read_kv_cache", "", K::kBytes, false,
     [](P p) { return if_any(p.total[Q::kBytesReadKvCache], p.total[Q::kBytesReadKvCache]); }},
    {"traffic, weights and KV cache", "bytes_read_weight + bytes_read_kv_cache",
     "rules of thumb for decode", K::kBytes, false,
     [](P p) {
       return if_any(p.total[Q::kBytesReadKvCache],
                     p.total[Q::kBytesReadWeight] + p.total[Q::kBytesReadKvCache]);
     }},
    {"traffic, one layer", "bytes_read + bytes_written of a layer", "", K::kBytes, false,
     [](P p) { return if_any(p.layers, moved(p.layer)); }},
    {"weights", "stored_bytes_weight", "", K::kBytes, false,
     [](P p) { return Value(p.total[Q::kStoredBytesWeight]); }},
    {"weights without embedding", "stored_bytes_weight - those of look-ups", "", K::kBytes, false,
     [](P p) {
       const Number& table = p.embedding[Q::kStoredBytesWeight];
       return if_any(table, p.total[Q::kStoredBytesWeight] - table);
     }},
    {"weights without embedding and head", "stored_bytes_weight - those of look-ups and head",
     "LLM-Viewer", K::kBytes, false,
     [](P p) {
       const Number& last = p.head[Q::kStoredBytesWeight];
       return if_any(last,
                     p.total[Q::kStoredBytesWeight] - last - p.embedding[Q::kStoredBytesWeight]);
     }},
    {"weights, one layer", "stored_bytes_weight of a layer", "", K::kBytes, false,
     [](P p) { return if_any(p.layers, p.layer[Q::kStoredBytesWeight]); }},
    {"KV cache", "stored_bytes_kv_cache", "", K::kBytes, false,
     [](P p) { return if_any(p.total[Q::kStoredBytesKvCache], p.total[Q::kStoredBytesKvCache]); }},
    {"KV cache of a sequence", "stored_bytes_kv_cache / B", "", K::kBytes, false,
     [](P p) {
       return p.sequences == Number(1)
                  ? Value()
                  : if_any(p.total[Q::kStoredBytesKvCache],
                           divide(p.total[Q::kStoredBytesKvCache], p.sequences));
     }},
    {"KV cache of a token", "stored_bytes_kv_cache / (B*(C + S))", "", K::kBytes, false,
     [](P p) {
       return if_any(p.total[Q::kStoredBytesKvCache],
                     divide(p.total[Q::kStoredBytesKvCache], p.cached_tokens));
     }},
    {"weights and KV cache", "stored_bytes", "", K::kBytes, false,
     [](P p) { return if_any(p.total[Q::kStoredBytesKvCache], p.total.stored_bytes()); }},
    {"parameters of 4 bytes", "4*N", "", K::kBytes, false,
     [](P p) { return if_any(parameters(p), Number(4) * parameters(p)); }},
    {"parameters of 2 bytes", "2*N", "", K::kBytes, false,
     [](P p) { return if_any(parameters(p), Number(2) * parameters(p)); }},
    {"parameters of 1 byte", "N", "", K::kBytes, false,
     [](P p) { return if_any(parameters(p), parameters(p)); }},
    {"parameters of 4 bits", "N/2", "", K::kBytes, false,
     [](P p) { return if_any(parameters(p), divide(parameters(p), Number(2))); }},
    {"training states of 16 bytes", "16*N", "ZeRO, Adam in mixed precision", K::kBytes, false,
     [](P p) { return if_any(parameters(p), Number(16) * parameters(p)); }},

    {"all parameters", "N", "", K::kParameters, false, [](P p) { return Value(parameters(p)); }},
    {"without embedding", "N - E", "Hugging Face, exclude_embeddings", K::kParameters, false,
     [](P p) { return if_any(p.embedding[Q::kParameters], inner_parameters(p)); }},
    {"without embedding and head", "N - E - N_head", "Kaplan et al. 2020", K::kParameters, false,
     [](P p) { return if_any(p.head[Q::kParameters], layer_parameters(p)); }},
    {"without head", "N - N_head", "a base model without lm_head", K::kParameters, false,
     [](P p) {
       const Number& last = p.head[Q::kParameters];
       return if_any(last, parameters(p) - last);
     }},
    {"embedding alone", "E", "", K::kParameters, false,
     [](P p) { return if_any(p.embedding[Q::kParameters], p.embedding[Q::kParameters]); }},
    {"tied weights counted twice", "N + elements of the tied head", "", K::kParameters, false,
     [](P p) { return if_any(p.tied_head_elements, parameters(p) + p.tied_head_elements); }},
    {"one layer", "layer's parameters", "", K::kParameters, false,
     [](P p) { return if_any(p.layers, p.layer[Q::kParameters]); }},
    {"active in a token", "N_active", "", K::kParameters, false,
     [](P p) { return if_any(p.expert_parameters, active_parameters(p)); }},
};

}  // namespace

std::span<const Count> counts() { return kCounts; }

std::vector<Letter> letters_of(const CountedParts& parts, std::string_view formulas) {
  const Letter all[] = {
      {"F", "all operations", operations(parts)},
      {"M", "products of matrices", products(parts)},
      {"A", "those of attention, every pair", parts.attention},
      {"U", "those of attention, unmasked pairs", parts.useful_attention},
      {"H", "those of the head", head(parts)},
      {"X", "those of experts, as executed", parts.expert_products},
      {"X_all", "those of experts, if every token met all", parts.all_expert_products},
      {"X_one", "those of experts, if every token met one", parts.one_expert_products},
      {"N", "parameters", parameters(parts)},
      {"N_head", "parameters of the head", parts.head[Q::kParameters]},
      {"N_active", "parameters that a token meets", active_parameters(parts)},
      {"E", "parameters of look-ups", parts.embedding[Q::kParameters]},
      {"D", "new tokens", parts.new_tokens},
      {"B", "sequences", parts.sequences},
      {"(C + S)", "tokens of a sequence in the cache",
       divide(parts.cached_tokens, parts.sequences)},
  };
  const auto is_part = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  std::vector<Letter> used;
  for (const Letter& letter : all)
    for (std::size_t at = formulas.find(letter.letter); at != formulas.npos;
         at = formulas.find(letter.letter, at + 1)) {
      const std::size_t end = at + letter.letter.size();
      if ((at > 0 && is_part(formulas[at - 1])) ||
          (end < formulas.size() && is_part(formulas[end])))
        continue;
      used.push_back(letter);
      break;
    }
  return used;
}

}  // namespace lmhost

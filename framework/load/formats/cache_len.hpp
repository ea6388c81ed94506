// Finds formulas that take cache_len for the whole key length.
//
// lmhost's cache_len counts past tokens only, and a key length is cache_len + seq_len. Older files
// mean the whole length by it, and their prefill, with cache_len 0, then has no attention at all.
#pragma once

#include <optional>
#include <string_view>

#include "formula/expression.hpp"
#include "load/graph_builder.hpp"

namespace lmhost {

// The node of the first cache_len that is not a term of a sum, or a factor of one, with seq_len in
// another term: `cache_len*n` is, `(cache_len + seq_len)*n` and `n*cache_len + n*seq_len` are not.
std::optional<std::size_t> first_lone_cache_len(const Expression& expression);

// A parameter that is, or has as a factor, how many keys a query meets: K and N of a matrix product,
// S_kv of attention, the elements of a softmax.
bool is_key_length(std::string_view kernel, std::string_view parameter);

// Warns when the expression, read from `text`, has such a cache_len. E115
void flag_cache_len(const Expression& expression, JsonValue text, GraphBuilder* builder);

}  // namespace lmhost

#include "load/formats/cache_len.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/codes.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kCacheLen = "cache_len";

bool is_sum(Op op) { return op == Op::kAdd || op == Op::kSubtract; }

// What is known of a sub-expression, bottom up.
struct Fact {
  std::optional<std::size_t> lone;  // node of a cache_len that no sum with seq_len has covered yet
  bool has_seq_len = false;
};

}  // namespace

std::optional<std::size_t> first_lone_cache_len(const Expression& expression) {
  std::vector<Fact> stack;
  for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
    const ExpressionNode& node = expression.nodes[i];
    Fact fact;
    if (node.op == Op::kName) {
      const std::string& name = expression.names[node.argument];
      if (name == kCacheLen) fact.lone = i;
      fact.has_seq_len = name == "seq_len";
    }
    const std::size_t first = stack.size() - node.count;
    for (std::size_t k = first; k < stack.size(); ++k) {
      // A term of a sum covers the cache_len of the others.
      bool is_covered = false;
      if (is_sum(node.op))
        for (std::size_t other = first; other < stack.size(); ++other)
          is_covered = is_covered || (other != k && stack[other].has_seq_len && !stack[other].lone);
      if (!fact.lone && !is_covered) fact.lone = stack[k].lone;
      fact.has_seq_len = fact.has_seq_len || stack[k].has_seq_len;
    }
    stack.resize(first);
    stack.push_back(fact);
  }
  return stack.back().lone;
}

bool is_key_length(std::string_view kernel, std::string_view parameter) {
  constexpr std::array<std::string_view, 6> kLengths = {"K",   "N",      "S_kv",
                                                        "S_k", "kv_len", "key_len"};
  if (std::find(kLengths.begin(), kLengths.end(), parameter) != kLengths.end()) return true;
  return parameter == "num_elements" && kernel.ends_with("softmax");
}

void flag_cache_len(const Expression& expression, JsonValue text, GraphBuilder* builder) {
  const std::optional<std::size_t> lone = first_lone_cache_len(expression);
  if (!lone) return;
  const std::size_t offset =
      std::min<std::size_t>(expression.nodes[*lone].offset, text.string().size());
  builder->warn(error_in(text, offset, std::min(kCacheLen.size(), text.string().size() - offset),
                         codes::kCacheLength, "'cache_len' stands for the whole key length here",
                         "it counts past tokens only: write cache_len + seq_len"));
}

}  // namespace lmhost

// Graphs whose variables use the one before twice: short texts, of which a tree written out doubles with
// every variable.
#pragma once

#include <string>
#include <string_view>

namespace lmhost::test {

struct Chain {
  std::string_view step;  // P is the variable before, I the number of this one
  bool may_overflow = false;
};

inline constexpr Chain kChains[] = {
    {"min(P + I, 2*P)"},
    {"max(P + cache_len, P*2 - I)"},
    {"P if seq_len > I else P + I"},
    {"P // (I + 1) + P % (I + 2)"},
    {"P + (P + 1) // 2"},
    {"P if cache_len > I and P > 3 else cache_len + P % 7"},
    {"sum_range(P // 100, P // 10 + 5)"},
    {"window_pairs(P, P % 5, 2) // 2"},
    {"causal_pairs(P % 11, P % 7)"},
    {"abs(P - 2*I)*min(P, 3) % 1000 + 1"},
    {"ceil_div(P, 2) + floor(P/3)"},
    {"ceil(P/7)**2 % 97 + P % 5"},
    {"(P + 1)*(P + cache_len)", true},
    {"P**16", true},
};

inline std::string chain_step(const Chain& chain, const std::string& before, int number) {
  std::string text;
  for (const char c : chain.step)
    text += c == 'P' ? before : c == 'I' ? std::to_string(number) : std::string(1, c);
  return text;
}

inline std::string relu_of(const std::string& variables, const std::string& elements) {
  return R"({"schema": "lmhost.graph/1", "root": "g.R", "variables": {)" + variables +
         R"(}, "kernels": {"g.R": {"sub_kernels": [{"name": "x", "kernel": "torch.nn.ReLU", )" +
         R"("bindings": {"num_elements": ")" + elements + R"("}}]}}})";
}

inline std::string chain_variables(const Chain& chain, int length, const std::string& name,
                                   const std::string& first) {
  std::string variables = '"' + name + "0\": \"" + first + '"';
  for (int i = 1; i < length; ++i)
    variables += ", \"" + name + std::to_string(i) + "\": \"" +
                 chain_step(chain, name + std::to_string(i - 1), i) + '"';
  return variables;
}

// One FLOP an element of the last variable.
inline std::string chained(const Chain& chain, int length) {
  return relu_of(chain_variables(chain, length, "v", "batch_size + seq_len"),
                 "v" + std::to_string(length - 1));
}

// The product of two chains that begin with another variable.
inline std::string twin_chains(const Chain& chain, int length) {
  const std::string last = std::to_string(length - 1);
  return relu_of(chain_variables(chain, length, "v", "seq_len") + ", " +
                     chain_variables(chain, length, "w", "batch_size"),
                 "min(v" + last + ", 3)*min(w" + last + ", 5)");
}

}  // namespace lmhost::test

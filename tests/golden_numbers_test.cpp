// Numbers that must come out, each beside its closed form. The closed forms are written from the
// models' shapes and the papers' definitions alone; nothing here asks the code under test how it
// counts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// The shapes of a Llama: hidden size, MLP width, layers, query heads, key-value heads, head size,
// vocabulary.
struct Shapes {
  Int128 h, f, n, q, kv, d, v;

  Int128 linear_weights() const { return n * (2 * h * q * d + 2 * h * kv * d + 3 * h * f) + h * v; }
  Int128 parameters() const {
    return linear_weights() + h * v + (2 * n + 1) * h;
  }  // embedding, norms
  Int128 pairs(Int128 s, Int128 c) const { return s * c + s * (s + 1) / 2; }
};
constexpr Shapes k2_7b = {4096, 11008, 32, 32, 32, 128, 32000};
constexpr Shapes k2_70b = {8192, 28672, 80, 64, 8, 128, 32000};
constexpr Shapes k31_8b = {4096, 14336, 32, 32, 8, 128, 128256};

struct Run {
  Costs total, linears, attention;
  std::vector<std::pair<std::string, Costs>> calls;  // by call name

  Costs of(std::string_view name) const {
    Costs sum;
    for (const auto& [call, costs] : calls) {
      for (std::size_t q = 0; call == name && q < kQuantityCount; ++q)
        sum.values[q] = sum.values[q] + costs.values[q];
    }
    return sum;
  }
};

void add(Costs& sum, const Costs& costs) {
  for (std::size_t q = 0; q < kQuantityCount; ++q) sum.values[q] = sum.values[q] + costs.values[q];
}

Run run(const std::string& model, std::int64_t batch, std::int64_t seq, std::int64_t cache,
        Mode mode, int weight_bits = 16) {
  Workload workload;
  workload.model = model;
  workload.batch_size = Number(batch);
  workload.seq_len = Number(seq);
  workload.cache_len = Number(cache);
  workload.w_bits = Number(weight_bits);
  workload.mode = mode;
  const Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  const CostTree& tree = *analysis->tree;
  Run result;
  result.total = tree.total(tree.nodes.front());
  for (const CostNode& node : tree.nodes) {
    const Instance& instance = tree.instance(node);
    const Costs costs = tree.total(node);
    result.calls.emplace_back(tree.name(node), costs);
    if (instance.kernel == nullptr || costs[Quantity::kMatmulFlops].is_zero()) continue;
    add(instance.kernel->name == "torch.nn.functional.linear" ? result.linears : result.attention,
        costs);
  }
  return result;
}

void check(const Number& number, Int128 closed_form, const char* printed) {
  CHECK(to_grouped_string(Number(closed_form)) == printed);
  CHECK(to_grouped_string(number) == printed);
}

// One call of a kernel, by its bindings.
Costs kernel(std::string_view name, std::string_view bindings,
             RuntimePoint point = RuntimePoint()) {
  const auto plan = plan_of(
      "{\"schema\": \"lmhost.graph/1\", \"root\": \"m.R\", \"kernels\": {\"m.R\": "
      "{\"sub_kernels\": "
      "[{\"name\": \"x\", \"kernel\": \"" +
      std::string(name) + "\", \"bindings\": {" + std::string(bindings) + "}}]}}}");
  return totals_of(*plan, point);
}

}  // namespace

TEST_CASE("Llama-2-7B: weights") {
  const Run prefill = run("llama-2-7b", 1, 2048, 0, Mode::kSdpa);
  check(prefill.total[Quantity::kParameters], k2_7b.parameters(), "6,738,415,616");
  check(prefill.total[Quantity::kStoredBytesWeight], 2 * k2_7b.parameters(), "13,476,831,232");
}

TEST_CASE("Llama-2-7B, 2,048 tokens: matrix products") {
  const Int128 s = 2048, linears = 2 * s * k2_7b.linear_weights(),
               attention = k2_7b.n * 4 * k2_7b.q * k2_7b.d * s * s;
  for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
    CAPTURE(name_of(mode));
    const Run prefill = run("llama-2-7b", 1, 2048, 0, mode);
    check(prefill.linears[Quantity::kMatmulFlops], linears, "27,062,588,932,096");
    check(prefill.attention[Quantity::kMatmulFlops], attention, "2,199,023,255,552");
    check(prefill.total[Quantity::kMatmulFlops], linears + attention, "29,261,612,187,648");
  }
}

TEST_CASE("Llama-2-7B, 2,048 tokens: useful attention work is the causal half, exactly") {
  const Int128 useful = k2_7b.n * 4 * k2_7b.q * k2_7b.d * k2_7b.pairs(2048, 0);
  for (Mode mode : {Mode::kSdpa, Mode::kFused}) {
    check(run("llama-2-7b", 1, 2048, 0, mode).attention[Quantity::kUsefulFlops], useful,
          "1,100,048,498,688");
  }
}

TEST_CASE("Llama-2-7B, one token on 4,096 cached") {
  const Int128 length = 4097;
  for (Mode mode : {Mode::kEager, Mode::kSdpa, Mode::kFused}) {
    CAPTURE(name_of(mode));
    const Run decode = run("llama-2-7b", 1, 1, 4096, mode);
    check(decode.linears[Quantity::kMatmulFlops], 2 * k2_7b.linear_weights(), "13,214,154,752");
    check(decode.attention[Quantity::kMatmulFlops], k2_7b.n * 4 * k2_7b.q * k2_7b.d * length,
          "2,148,007,936");
    check(decode.total[Quantity::kStoredBytesKvCache],
          k2_7b.n * 2 * k2_7b.kv * k2_7b.d * length * 2, "2,148,007,936");
    check(decode.linears[Quantity::kBytesReadWeight], 2 * k2_7b.linear_weights(), "13,214,154,752");
  }
  const Run fused = run("llama-2-7b", 1, 1, 4096, Mode::kFused);
  check(fused.total[Quantity::kBytesReadKvCache], k2_7b.n * 2 * k2_7b.kv * k2_7b.d * length * 2,
        "2,148,007,936");
}

TEST_CASE("eager attention: repeat_kv copies K and V once per query head (Llama-3.1-8B)") {
  // Expanding is free, the reshape after it copies: n*B*n_kv*L*d elements read for K and for V,
  // n_q/n_kv times as many written.
  struct {
    std::int64_t seq, cache;
    const char *read, *written;
  } const rows[] = {{2048, 0, "268,435,456", "1,073,741,824"},
                    {1, 4096, "537,001,984", "2,148,007,936"}};
  for (const auto& row : rows) {
    const Run eager = run("llama-3.1-8b", 1, row.seq, row.cache, Mode::kEager);
    Costs copies = eager.of("key_repeat_kv");
    add(copies, eager.of("value_repeat_kv"));
    const Int128 elements = k31_8b.n * 2 * k31_8b.kv * (row.seq + row.cache) * k31_8b.d;
    check(copies.bytes_read(), elements * 2, row.read);
    check(copies.bytes_written(), elements * (k31_8b.q / k31_8b.kv) * 2, row.written);
  }
  // With as many key-value heads as query heads the call is absent.
  CHECK(run("llama-2-7b", 1, 1, 4096, Mode::kEager).of("key_repeat_kv").bytes_read().is_zero());
}

TEST_CASE("eager attention: torch.cat copies the whole cache at every step (Llama-2-7B)") {
  struct {
    std::int64_t seq, cache;
    const char* bytes;
  } const rows[] = {
      {2048, 0, "1,073,741,824"}, {1, 4096, "2,148,007,936"}, {1, 2048, "1,074,266,112"}};
  for (const auto& row : rows) {
    const Costs update =
        run("llama-2-7b", 1, row.seq, row.cache, Mode::kEager).of("past_key_values_update");
    const Int128 bytes = k2_7b.n * 2 * k2_7b.kv * (row.seq + row.cache) * k2_7b.d * 2;
    check(update.bytes_read(), bytes, row.bytes);
    check(update.bytes_written(), bytes, row.bytes);
  }
}

TEST_CASE(
    "eager attention: the score matrix moves 24 bytes a score in float16 (Llama-2-7B, 2,048 "
    "tokens)") {
  // Scores: written 2; scaled 2+2; masked 2+2; softmax to float32 2+4; cast back 4+2; read by the
  // product with V 2.
  const Run eager = run("llama-2-7b", 1, 2048, 0, Mode::kEager);
  const Int128 scores = k2_7b.n * k2_7b.q * 2048 * 2048, mask = k2_7b.n * 2048 * 2048 * 2,
               v = k2_7b.n * k2_7b.kv * 2048 * k2_7b.d * 2;
  check(eager.of("softmax").bytes_read(), scores * 2, "8,589,934,592");
  check(eager.of("softmax").bytes_written(), scores * 4, "17,179,869,184");
  check(eager.of("softmax_downcast").bytes_read(), scores * 4, "17,179,869,184");
  check(eager.of("softmax_downcast").bytes_written(), scores * 2, "8,589,934,592");
  check(eager.of("attention_mask").bytes_read(), scores * 2 + mask, "8,858,370,048");
  check(eager.of("scores_value").bytes_read(), scores * 2 + v, "9,126,805,504");
}

TEST_CASE("a 70B model at 1,024 sequences of 131,072 tokens: beyond 64 bits, in full") {
  const Int128 batch = 1024, s = 131072, tokens = batch * s;
  const Int128 linears = 2 * tokens * k2_70b.linear_weights(),
               attention = batch * k2_70b.n * 4 * k2_70b.q * k2_70b.d * s * s;
  const Run huge = run("llama-2-70b", 1024, 131072, 0, Mode::kSdpa);
  check(huge.total[Quantity::kMatmulFlops], linears + attention, "64,561,915,408,123,166,720");
  CHECK(linears + attention > static_cast<Int128>(UINT64_MAX));
}

TEST_CASE("window pairs, dense attention, four-bit weights") {
  // window_pairs(8192, 0, 4096) = 4096*4097/2 + 4096*4096; times 2*(D + D_v) = 4 for one head of
  // one element.
  const Costs window =
      kernel("torch.nn.functional.scaled_dot_product_attention",
             R"("B": 1, "H": 1, "S_q": 8192, "S_kv": 8192, "D": 1, "window": 4096)");
  check(window[Quantity::kUsefulFlops], 4 * (Int128{4096} * 4097 / 2 + Int128{4096} * 4096),
        "100,671,488");
  CHECK(25167872 * 4 == 100671488);
  // 2*B*H*S*S*(d + d)
  check(kernel("torch.nn.functional.scaled_dot_product_attention",
               R"("B": 1, "H": 12, "S_q": 64, "S_kv": 64, "D": 64)")[Quantity::kMatmulFlops],
        Int128{2} * 12 * 64 * 64 * 128, "12,582,912");
  check(kernel("torch.nn.Linear", R"("M": 1, "K": 4096, "N": 4096)",
               [] {
                 RuntimePoint point;
                 point[RuntimeVariable::kWeightBits] = Number(4);
                 return point;
               }())[Quantity::kStoredBytesWeight],
        Int128{4096} * 4096 / 2, "8,388,608");
}

TEST_CASE("DeepSeek-V3, one token on 4,096 keys: absorbed and expanded latent attention") {
  // 128 heads; absorbed: scores over 512 + 64, values of 512; expanded: scores over 128 + 64,
  // values of 128.
  const Int128 scores = 128 * 4096;
  check(
      kernel(
          "lmhost.multi_head_latent_attention_absorbed",
          R"("B": 1, "H": 128, "S_q": 1, "S_kv": 4096, "kv_lora_rank": 512, "qk_rope_head_dim": 64)")
          [Quantity::kMatmulFlops],
      scores * 2 * (576 + 512), "1,140,850,688");
  check(
      kernel(
          "lmhost.multi_head_latent_attention_expanded",
          R"("B": 1, "H": 128, "S_q": 1, "S_kv": 4096, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128)")
          [Quantity::kMatmulFlops],
      scores * 2 * (192 + 128), "335,544,320");
}

TEST_CASE("distinct experts read: E*(1-(1-k/E)^T), between k and min(E, k*T)") {
  struct {
    int experts, chosen, tokens;
    double expected;
  } const rows[] = {{8, 2, 8, 7.1991}, {128, 8, 32, 111.7710}, {256, 8, 32, 163.3139}};
  for (const auto& row : rows) {
    CAPTURE(row.experts);
    const auto experts_read = [&](const char* bound) {
      // Weights of one element an expert at 8 bit: the bytes read are the experts read.
      const std::string bindings = "\"num_tokens\": " + std::to_string(row.tokens) +
                                   ", \"top_k\": " + std::to_string(row.chosen) +
                                   ", \"num_experts\": " + std::to_string(row.experts) +
                                   ", \"K\": 1, \"N\": 1, \"weight_bits\": 8, \"bound\": \"'" +
                                   bound + "'\"";
      return kernel("lmhost.grouped_expert_matmul", bindings);
    };
    // The published figures have four decimals, the last one cut.
    const Number expected = experts_read("expected")[Quantity::kBytesReadWeight];
    CHECK(expected.is_inexact());
    CHECK(std::abs(expected.to_double() - row.expected) < 0.0001);
    CHECK(experts_read("lower")[Quantity::kBytesReadWeight] == Number(row.chosen));
    CHECK(experts_read("upper")[Quantity::kBytesReadWeight] ==
          Number(std::min(row.experts, row.chosen * row.tokens)));
    CHECK(experts_read("expected")[Quantity::kStoredBytesWeight] == Number(row.experts));
  }
}

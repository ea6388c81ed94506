// Kernels as serving engines launch them, against ordered lists of launches whose totals were derived
// by hand: T = B = 16 sequences that decode one token each on 8,192 tokens, bfloat16, int32 pages.
//
// d hidden size, h and g query and key heads of D elements, I intermediate size. A linear layer reads
// 2*(T*K + K*N) and writes 2*T*N bytes; a norm with addition reads 2*(2*T*d + d), writes 2*2*T*d.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "resolve/example.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

struct Launch {
  const char* kernel;
  const char* arguments;
  std::int64_t matmul_flops, read, written;
};

using Q = Quantity;

Number read_by(const Costs& costs) {
  return costs[Q::kBytesReadWeight] + costs[Q::kBytesReadActivation] + costs[Q::kBytesReadKvCache] +
         costs[Q::kBytesReadIndex];
}
Number written_by(const Costs& costs) {
  return costs[Q::kBytesWrittenWeight] + costs[Q::kBytesWrittenActivation] +
         costs[Q::kBytesWrittenKvCache] + costs[Q::kBytesWrittenIndex];
}

Costs costs_of(const char* kernel, const std::string& arguments) {
  const Catalog& catalog = *first_party_catalog();
  const Kernel* found = catalog.find(kernel);
  REQUIRE_MESSAGE(found != nullptr, kernel);
  const Result<KernelBindings> bindings = parse_bindings(arguments + ", bytes=2", "<test>");
  REQUIRE(bindings.ok());
  const Result<KernelCosts> costs = evaluate_kernel(catalog, Conventions(), *found, *bindings);
  REQUIRE_MESSAGE(costs.ok(), render(costs.ok() ? Diagnostics{} : costs.errors()));
  return costs->costs;
}

// Each launch, and the sum of all.
void check_launches(const std::vector<Launch>& launches, const Launch& sum) {
  Number matmul_flops = 0, read = 0, written = 0;
  for (const Launch& launch : launches) {
    CAPTURE(launch.kernel);
    CAPTURE(launch.arguments);
    const Costs costs = costs_of(launch.kernel, launch.arguments);
    CHECK(to_string(costs[Q::kMatmulFlops]) == to_string(Number(launch.matmul_flops)));
    CHECK(to_string(read_by(costs)) == to_string(Number(launch.read)));
    CHECK(to_string(written_by(costs)) == to_string(Number(launch.written)));
    matmul_flops = matmul_flops + costs[Q::kMatmulFlops];
    read = read + read_by(costs);
    written = written + written_by(costs);
  }
  CHECK(to_string(matmul_flops) == to_string(Number(sum.matmul_flops)));
  CHECK(to_string(read) == to_string(Number(sum.read)));
  CHECK(to_string(written) == to_string(Number(sum.written)));
}

}  // namespace

TEST_CASE("one layer of Llama-3.1-8B, decode: ten launches") {
  // d 4096, h 32, g 8, D 128, I 14336. Attention reads q 2*16*4096, K and V 2*2*16*8*8192*128, 512
  // pages of 16 tokens a sequence, and writes the output and one float32 a head.
  check_launches(
      {{"lmhost.fused_add_rms_norm", "num_elements=65536, norm_size=4096", 0, 270'336, 262'144},
       {"torch.nn.Linear", "M=16, K=4096, N=6144", 805'306'368, 50'462'720, 196'608},
       {"lmhost.apply_rotary", "num_tokens=16, num_heads=32, num_kv_heads=8, head_dim=128", 0,
        168'064, 163'840},
       {"lmhost.paged_cache_update", "B=16, H_kv=8, D=128, S_new=1, S_past=8191", 0, 65'664,
        65'536},
       {"lmhost.paged_attention",
        "B=16, H=32, S_q=1, S_kv=8192, D=128, H_kv=8, page_size=16, has_logsumexp=1", 2'147'483'648,
        537'034'752, 133'120},
       {"torch.nn.Linear", "M=16, K=4096, N=4096", 536'870'912, 33'685'504, 131'072},
       {"lmhost.fused_add_rms_norm", "num_elements=65536, norm_size=4096", 0, 270'336, 262'144},
       {"torch.nn.Linear", "M=16, K=4096, N=28672", 3'758'096'384, 235'012'096, 917'504},
       {"lmhost.silu_and_mul", "num_elements=229376", 0, 917'504, 458'752},
       {"torch.nn.Linear", "M=16, K=14336, N=4096", 1'879'048'192, 117'899'264, 131'072}},
      {"", "", 9'126'805'504, 975'786'240, 2'721'792});
}

TEST_CASE("attention of DeepSeek-V3, decode on the compressed cache: eleven launches") {
  // d 7168, 128 heads of 128 + 64, latents 512, query rank 1536. The core reads 16*128 queries of 576
  // and 16*8192 records of 576, and 128 pages of 64 tokens a sequence.
  check_launches(
      {{"lmhost.fused_add_rms_norm", "num_elements=114688, norm_size=7168", 0, 473'088, 458'752},
       {"torch.nn.Linear", "M=16, K=7168, N=2112", 484'442'112, 30'507'008, 67'584},
       {"torch.nn.RMSNorm", "num_elements=24576, norm_size=1536", 0, 52'224, 49'152},
       {"torch.nn.RMSNorm", "num_elements=8192, norm_size=512", 0, 17'408, 16'384},
       {"torch.nn.Linear", "M=16, K=1536, N=24576", 1'207'959'552, 75'546'624, 786'432},
       {"lmhost.apply_rotary", "num_tokens=16, num_heads=128, num_kv_heads=1, head_dim=64", 0,
        266'368, 264'192},
       {"lmhost.paged_cache_update", "B=16, H_kv=1, D=576, D_v=0, S_new=1, S_past=8191", 0, 18'560,
        18'432},
       {"torch.bmm", "B=128, M=16, K=128, N=512", 268'435'456, 17'301'504, 2'097'152},
       {"lmhost.multi_head_latent_attention_absorbed",
        "B=16, H=128, S_q=1, S_kv=8192, kv_lora_rank=512, qk_rope_head_dim=64, page_size=64, "
        "has_logsumexp=1",
        36'507'222'016, 153'362'432, 2'105'344},
       {"torch.bmm", "B=128, M=16, K=512, N=128", 268'435'456, 18'874'368, 524'288},
       {"torch.nn.Linear", "M=16, K=16384, N=7168", 3'758'096'384, 235'405'312, 229'376}},
      {"", "", 42'494'590'976, 531'824'896, 6'617'088});
}

TEST_CASE("experts of Qwen3-30B-A3B, 64 tokens: seven launches, the two products as expected") {
  // d 2048, 128 experts of 768, 8 of them a token: 512 pairs, 4,480 rows when every expert is padded
  // to blocks of 32.
  check_launches({{"torch.nn.Linear", "M=64, K=2048, N=128", 33'554'432, 786'432, 16'384},
                  {"lmhost.moe_top_k",
                   "num_tokens=64, num_experts=128, top_k=8, logit_bits=16, writes_source_rows=1",
                   0, 16'384, 6'144},
                  {"lmhost.moe_align_block_size",
                   "num_tokens=64, top_k=8, num_experts=128, block_size=32", 0, 4'612, 21'048},
                  {"lmhost.silu_and_mul", "num_elements=393216", 0, 1'572'864, 786'432},
                  {"lmhost.moe_sum", "num_tokens=64, top_k=8, K=2048", 0, 2'097'152, 262'144}},
                 {"", "", 33'554'432, 4'477'444, 1'092'152});

  const double experts = 128 * (1 - std::pow(15.0 / 16, 64));
  const char* routed = "num_tokens=64, top_k=8, num_experts=128, ";
  const Costs up = costs_of("lmhost.grouped_expert_matmul",
                            routed + std::string("K=2048, N=1536, input_rows=64"));
  CHECK(to_string(up[Q::kMatmulFlops]) == "3221225472");
  CHECK(read_by(up).to_double() ==
        doctest::Approx(2 * experts * 2048 * 1536 + 2 * 64 * 2048 + 4 * 128).epsilon(1e-12));
  CHECK(to_string(written_by(up)) == "1572864");
  const Costs down = costs_of("lmhost.grouped_expert_matmul",
                              routed + std::string("K=768, N=2048, has_routing_weights=1"));
  CHECK(to_string(down[Q::kMatmulFlops]) == "1610612736");
  CHECK(
      read_by(down).to_double() ==
      doctest::Approx(2 * experts * 768 * 2048 + 2 * 512 * 768 + 4 * 128 + 4 * 512).epsilon(1e-12));
  CHECK(to_string(written_by(down)) == "2097152");
}

TEST_CASE("a chunked scan in five kernels, a delta rule in six or in one: the same products") {
  const auto matmul_flops = [](const char* kernel, const char* arguments) {
    return costs_of(kernel, arguments)[Q::kMatmulFlops];
  };
  // 8 tokens in 2 chunks of 4; 2 value heads of 4 and 3: 2*8*2*(2*4*4 + 4*7 + 3*12 + 4*3) = 3456.
  const char* rows = "num_tokens=8, H=1, HV=2, K=4, V=3, chunk_size=4";
  Number sum =
      matmul_flops("lmhost.gated_delta_key_products", "num_tokens=8, H=1, HV=2, K=4, chunk_size=4");
  for (const char* kernel :
       {"lmhost.gated_delta_weights", "lmhost.gated_delta_states", "lmhost.gated_delta_output"})
    sum = sum + matmul_flops(kernel, rows);
  CHECK(to_string(sum) == "3456");
  CHECK(to_string(matmul_flops("lmhost.gated_delta_chunk", rows)) == "3456");
}

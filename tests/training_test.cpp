// Forward and backward: what is declared, what is doubled, and what the conventions make of it.
#include "study/training.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

using Q = Quantity;

Training train_model(const std::string& model, int batch, int seq, Mode mode = Mode::kSdpa,
                     std::string_view optimizer = "adamw") {
  Workload workload;
  workload.model = model;
  workload.mode = mode;
  workload.batch_size = Number(batch);
  workload.seq_len = Number(seq);
  Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  Result<Training> training = train(std::move(*analysis), *find_optimizer(optimizer));
  REQUIRE_MESSAGE(training.ok(), render(training.ok() ? Diagnostics{} : training.errors()));
  return std::move(*training);
}

Number model_flops(const Training& training, std::string_view convention) {
  return training.model_flops(*find_mfu_convention(convention));
}

std::string text(const Number& number) { return to_string(number); }

}  // namespace

TEST_CASE("one linear layer: two products of the same size backward, and their traffic") {
  const std::shared_ptr<const Plan> plan = plan_of(
      R"({"schema": "lmhost.graph/1", "root": "R", "kernels": {"R": {"sub_kernels": [
        {"name": "fc", "kernel": "torch.nn.Linear", "multiplier": "5", "bindings": {"M": "seq_len", "K": "3", "N": "7"}},
        {"name": "copy", "kernel": "torch.Tensor.contiguous", "bindings": {"num_elements": "11"}}]}}})");
  Analysis analysis;
  analysis.plan = plan;
  analysis.point = point_at(1, 2, 0);
  Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), analysis.point);
  REQUIRE(evaluation.ok());
  analysis.tree = std::make_shared<const CostTree>(
      build_cost_tree(plan, analysis.point, std::move(*evaluation)));
  const Result<Training> training = train(std::move(analysis), optimizers().front());
  REQUIRE(training.ok());
  // Forward 5 * 2*2*3*7 = 420, backward twice that; the copy has no FLOPs.
  CHECK(text(training->forward[Q::kFlops]) == "420");
  CHECK(text(training->backward[Q::kFlops]) == "840");
  CHECK(text(training->backward[Q::kMatmulFlops]) == "840");
  CHECK(text(training->backward[Q::kUsefulFlops]) == "840");
  // X 2x3, W 7x3, Y 2x7 at 2 bytes. dX = dY W and dW = dY^T X read X, W and dY twice, write dX and
  // dW: 5 times; the copy's gradient reads and writes 11 elements.
  CHECK(text(training->backward[Q::kBytesReadWeight]) == text(Number(5 * 2 * 21)));
  CHECK(text(training->backward[Q::kBytesReadActivation]) ==
        text(Number(5 * 2 * (6 + 2 * 14) + 22)));
  CHECK(text(training->backward[Q::kBytesWrittenWeight]) == text(Number(5 * 2 * 21)));
  CHECK(text(training->backward[Q::kBytesWrittenActivation]) == text(Number(5 * 2 * 6 + 22)));
  // The tree has both passes, and sums up.
  const CostTree& tree = *training->analysis.tree;
  CHECK(text(tree.total(tree.nodes[0])[Q::kFlops]) == "1260");
  CHECK(text(tree.total(tree.nodes[1])[Q::kFlops]) == "1260");
  CHECK(tree.total(tree.nodes[2])[Q::kFlops].is_zero());
}

TEST_CASE("Llama-2-7B, 2,048 tokens: attention computes its scores again") {
  const Training training = train_model("llama-2-7b", 1, 2048);
  // Linears 27,062,588,932,096 and attention 2,199,023,255,552 forward (golden_numbers_test.cpp).
  // Backward: 2x the linears; of attention 2*S*S*32*32*(3*128 + 2*128), five products for two:
  // 5,497,558,138,880.
  CHECK(text(training.forward[Q::kMatmulFlops]) == "29261612187648");
  CHECK(text(training.backward[Q::kMatmulFlops]) ==
        text(Number(std::int64_t{2 * 27'062'588'932'096 + 5'497'558'138'880})));
  CHECK(text(training.attention_matmul) == "2199023255552");
  // Unmasked pairs S(S+1)/2 instead of S*S: 4*32*32*128*2,098,176.
  CHECK(text(training.attention_useful) == "1100048498688");
}

TEST_CASE("without fused attention the products are doubled") {
  const Training training = train_model("llama-2-7b", 1, 128, Mode::kEager);
  CHECK(text(training.backward[Q::kMatmulFlops]) ==
        text(Number(2) * training.forward[Q::kMatmulFlops]));
}

TEST_CASE("conventions of model FLOPs") {
  const Training training = train_model("llama-2-7b", 2, 2048);
  constexpr std::int64_t kParameters = 6'738'415'616, kTokens = 4096;
  const Number six = Number(6) * Number(kParameters) * Number(kTokens);
  CHECK(text(training.tokens) == "4096");
  CHECK(text(model_flops(training, "6nd")) == text(six));
  // PaLM, appendix B: 6N + 12*L*H*Q*T a token; L = 32, H*Q = 4096, T = 2048.
  const Number palm = six + Number(12) * Number(32) * Number(4096) * Number(2048) * Number(kTokens);
  CHECK(text(model_flops(training, "palm")) == text(palm));
  // Half of the pairs, and the diagonal.
  const Number pairs = divide(Number(2048) * Number(2049), Number(2));
  CHECK(text(model_flops(training, "causal")) ==
        text(six + Number(12) * Number(32) * Number(4096) * pairs * Number(2)));
  // Less the embedding table of 32,000 x 4,096, which is looked up, and the 65 norms' weights.
  const Number others = Number(6) * (Number(32'000) * Number(4096) + Number(65) * Number(4096));
  CHECK(text(model_flops(training, "no-embedding")) == text(palm - others * Number(kTokens)));
  CHECK(text(model_flops(training, "executed")) ==
        text(training.forward[Q::kMatmulFlops] + training.backward[Q::kMatmulFlops]));
}

TEST_CASE("what is resident: ZeRO's 16 bytes a parameter with Adam in mixed precision") {
  constexpr std::int64_t kParameters = 6'738'415'616;
  const auto bytes = [&](std::string_view optimizer) {
    const Training training = train_model("llama-2-7b", 1, 16, Mode::kSdpa, optimizer);
    return training.weight_bytes + training.gradient_bytes + training.optimizer_bytes +
           training.master_bytes;
  };
  // arXiv:1910.02054, section 3.1: 2 + 2 + 12 bytes.
  CHECK(text(bytes("adamw")) == text(Number(16) * Number(kParameters)));
  CHECK(text(bytes("adamw-pure")) == text(Number(8) * Number(kParameters)));
  CHECK(text(bytes("adamw-8bit")) ==
        text(divide(Number(4 * 2048 + 2 * 2048 + 8), Number(2048)) * Number(kParameters)));
  CHECK(text(bytes("sgd-momentum")) == text(Number(12) * Number(kParameters)));
  CHECK(text(bytes("sgd")) == text(Number(4) * Number(kParameters)));
}

TEST_CASE("a training step has no cache") {
  Workload workload;
  workload.model = "gpt2";
  workload.seq_len = Number(4);
  workload.cache_len = Number(3);
  Result<Analysis> analysis = built_host().analyze(workload);
  REQUIRE(analysis.ok());
  const Result<Training> training = train(std::move(*analysis), optimizers().front());
  REQUIRE_FALSE(training.ok());
  CHECK(render(training.errors()) ==
        "lmhost: error: a training step has no cache: cache_len is 3 [E611]\n");
}

TEST_CASE("bounds of both passes: each call by itself") {
  const Training training = train_model("llama-2-7b", 1, 512);
  RoofOptions options;
  options.type_name = "float16";
  options.peak = Number(std::int64_t{312'000'000'000'000});
  options.bandwidth = Number(std::int64_t{2'039'000'000'000});
  const Roof roof = roof_of(training.analysis.point, options);
  const DeviceBounds bounds = bound_training(training.analysis, roof);
  const CostTree& tree = *training.analysis.tree;
  // At least all FLOPs at the peak, at least all bytes at the bandwidth; composites sum up.
  const Costs total = tree.total(tree.nodes[0]);
  CHECK(bounds.whole().seconds >= total[Q::kMatmulFlops].to_double() / 312e12);
  CHECK(bounds.whole().seconds >=
        (total.bytes_read() + total.bytes_written()).to_double() / 2039e9);
  double sum = 0;
  for (std::uint32_t i = 1; i < tree.nodes.size(); i += tree.nodes[i].descendants + 1)
    sum += bounds.total(tree.nodes[i]).seconds;
  CHECK(bounds.whole().seconds == doctest::Approx(sum).epsilon(1e-12));
}

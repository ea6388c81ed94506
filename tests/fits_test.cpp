// What fits: liveness of activations, what a rank holds, and exact answers, worked out by hand.
#include "study/fits.hpp"

#include <doctest/doctest.h>

#include <string>

#include "load/config.hpp"
#include "study/liveness.hpp"
#include "support.hpp"

using namespace lmhost;

namespace {

using V = RuntimeVariable;

Liveness liveness_of(const Plan& plan, const RuntimePoint& point, std::int64_t tensor = 1) {
  const Result<Evaluation> evaluation = evaluate_plan(plan, make_schedule(plan), point);
  REQUIRE_MESSAGE(evaluation.ok(), render(evaluation.ok() ? Diagnostics{} : evaluation.errors()));
  return live_activations(plan, *evaluation,
                          activation_shares(plan, *evaluation, {tensor, 1, 1, 1}, {}));
}

Analysis analysis_of(const std::string& model, Mode mode = Mode::kFused,
                     std::vector<std::string> set = {}) {
  Workload workload;
  workload.model = model;
  workload.mode = mode;
  workload.set = std::move(set);
  Result<Analysis> analysis = test::built_host().plan(workload);
  REQUIRE_MESSAGE(analysis.ok(), render(analysis.ok() ? Diagnostics{} : analysis.errors()));
  return std::move(analysis).value();
}

Fits fits_of(const std::string& model, std::vector<std::string> set = {"logits_to_keep=1"}) {
  Result<Fits> fits = Fits::make(analysis_of(model, Mode::kFused, std::move(set)));
  REQUIRE_MESSAGE(fits.ok(), render(fits.ok() ? Diagnostics{} : fits.errors()));
  return std::move(fits).value();
}

Serving serving(const Fits& fits, std::int64_t sequences, std::int64_t length,
                std::int64_t usable) {
  Serving result;
  result.sequences = Number(sequences);
  result.length = Number(length);
  result.usable = Number(usable);
  result.precision = fits.analysis().point;
  return result;
}

Footprint footprint_of(const Fits& fits, const Serving& question) {
  Result<Footprint> footprint = fits.footprint(question);
  REQUIRE_MESSAGE(footprint.ok(), render(footprint.ok() ? Diagnostics{} : footprint.errors()));
  return std::move(footprint).value();
}

// Pointwise calls on n elements of 16 bits in one composite.
std::string graph_of(const std::string& calls) {
  return R"({"schema": "lmhost.graph/1", "root": "m.M", "kernels": {"m.M": {"sub_kernels": [)" +
         calls + "]}}}";
}
std::string call(const std::string& name, const std::string& kernel, int elements) {
  return R"({"name": ")" + name + R"(", "kernel": ")" + kernel +
         R"(", "bindings": {"num_elements": )" + std::to_string(elements) + "}}";
}

// A product of weights (rows, columns) for three tokens.
std::string product(const std::string& name, int rows, int columns) {
  return R"({"name": ")" + name + R"(", "kernel": "torch.nn.Linear", "bindings": {"M": 3, "K": )" +
         std::to_string(rows) + R"(, "N": )" + std::to_string(columns) + "}}";
}

}  // namespace

// graphs/tiny.json, three tokens (byte counts of each call are derived in its doc):
//   embed reads 24 B of ids, writes x (24 B)
//   blocks, twice: up reads x, writes a (48 B); act reads a, writes b (48 B); down reads b, writes
//   y (24 B), which is the next x
// While act runs: ids are an argument of the model (24), x of the block (24), a and b live: 144 B.
// The sum of all that is written would be 264 B.
TEST_CASE("the peak over the calls, not their sum") {
  const Analysis analysis = analysis_of(LMHOST_SOURCE_DIR "/graphs/tiny.json", Mode::kSdpa);
  const Liveness live = liveness_of(*analysis.plan, test::point_at(1, 3, 0));
  CHECK(live.peak == Number(24 + 24 + 48 + 48));
  CHECK(live.peak_path == "blocks.act");
  // Twice the layers: not a byte more.
  const Analysis deeper =
      analysis_of(LMHOST_SOURCE_DIR "/graphs/tiny.json", Mode::kSdpa, {"num_hidden_layers=4"});
  CHECK(liveness_of(*deeper.plan, test::point_at(1, 3, 0)).peak == live.peak);
}

TEST_CASE("what lives until its last reader") {
  // relu a: 20 B (the argument) -> v1 20; exp: reads v1 -> v2 20; add: reads two of 20 -> v2 and,
  // as the second, v1 again, the residual, which therefore lived through exp.
  //   exp: argument 20 + v1 20 + v2 20 = 60;  add: 20 + v1 + v2 + v3 = 80.
  const auto residual =
      test::plan_of(graph_of(call("relu", "torch.relu", 10) + "," + call("exp", "torch.exp", 10) +
                             "," + call("add", "torch.add", 10)));
  const RuntimePoint point = test::point_at(1, 1, 0);
  CHECK(liveness_of(*residual, point).peak == Number(80));
  CHECK(liveness_of(*residual, point).peak_path == "add");
  // A chain: never more than reader and result, beside the argument.
  const auto chain =
      test::plan_of(graph_of(call("a", "torch.relu", 10) + "," + call("b", "torch.exp", 10) + "," +
                             call("c", "torch.relu", 10) + "," + call("d", "torch.exp", 10)));
  CHECK(liveness_of(*chain, point).peak == Number(60));
  // What nobody reads (another size) is returned, so it is held to the end: 20 + 2000 + 20.
  const auto returned = test::plan_of(
      graph_of(call("big", "torch.relu", 1000) + "," + call("small", "torch.relu", 10)));
  // arguments 2000 and 20; big's result 2000 is held while small runs.
  CHECK(liveness_of(*returned, point).peak == Number(2000 + 20 + 2000 + 20));
}

// The same with the block's two products cut over ranks: a and b are 24 B of each of two ranks, 12 B of
// each of four; x and y are whole.
//   up: ids 24 + x 24 + a;  act: ids 24 + x 24 + a + b;  down: ids 24 + x 24 + b + y 24
// (the caller holds x while the block runs).
TEST_CASE("tensor parallelism divides what lies between two products") {
  const Analysis analysis = analysis_of(LMHOST_SOURCE_DIR "/graphs/tiny.json", Mode::kSdpa);
  const RuntimePoint point = test::point_at(1, 3, 0);
  CHECK(liveness_of(*analysis.plan, point, 2).peak == Number(24 + 24 + 24 + 24));
  CHECK(liveness_of(*analysis.plan, point, 2).is_split);
  CHECK(liveness_of(*analysis.plan, point, 4).peak == Number(24 + 24 + 12 + 24));
  CHECK(liveness_of(*analysis.plan, point, 4).peak_path == "blocks.down");
  CHECK_FALSE(liveness_of(*analysis.plan, point, 4).is_split);
  CHECK_FALSE(liveness_of(*analysis.plan, point, 1).is_split);

  // Which calls are split, and into how many parts.
  const auto shares = [](const std::string& calls, std::int64_t tensor, std::int64_t kv_heads,
                         std::int64_t expert) {
    const auto plan = test::plan_of(
        R"({"schema": "lmhost.graph/1", "root": "m.M", "kernels": {
            "m.M": {"sub_kernels": [)" +
        calls + R"(]},
            "m.Pair": {"sub_kernels": [)" +
        product("up", 4, 8) + "," + product("down", 8, 4) + "]}}}");
    const Result<Evaluation> evaluation =
        evaluate_plan(*plan, make_schedule(*plan), test::point_at(1, 3, 0));
    REQUIRE(evaluation.ok());
    ModelShape shape;
    shape.kv_heads = kv_heads;
    shape.experts = 6;
    std::string text;
    const Instance& root = plan->instances[plan->root()];
    const std::vector<Number> all =
        activation_shares(*plan, *evaluation, {tensor, 1, 1, expert}, shape);
    for (std::uint32_t i = 0; i < root.edges.count; ++i)
      text += (text.empty() ? "" : " ") + to_string(all[root.edges.first + i]);
    return text;
  };
  const std::string pointwise = call("act", "torch.relu", 24);
  const std::string after = call("after", "torch.relu", 12);
  const std::string cache =
      R"({"name": "cache", "kernel": "lmhost.paged_cache_update", "bindings":
          {"B": 1, "H_kv": 2, "D": 4, "S_new": 3, "S_past": 0}})";
  const std::string pair = R"({"name": "pair", "kernel": "m.Pair"})";
  const std::string up = product("up", 4, 8), down = product("down", 8, 4);
  const auto convolution = [](const std::string& name) {
    return R"({"name": ")" + name +
           R"(", "kernel": "torch.nn.Conv1d", "bindings": )"
           R"({"batch_size": 1, "in_channels": 4, "out_channels": 4, "kernel_size": 3, "input_length": 8}})";
  };
  const auto expert_product = [](const std::string& name, int rows, int columns) {
    return R"({"name": ")" + name + R"(", "kernel": "lmhost.grouped_expert_matmul", "bindings":
            {"num_tokens": 3, "top_k": 2, "num_experts": 6, "K": )" +
           std::to_string(rows) + R"(, "N": )" + std::to_string(columns) + "}}";
  };
  const std::string experts = expert_product("experts_up", 4, 8) + "," +
                              call("act", "torch.relu", 48) + "," +
                              expert_product("experts_down", 8, 4);
  struct Row {
    std::string calls;
    std::int64_t tensor, kv_heads;
    std::string_view shares;
    std::int64_t expert = 1;
  };
  const Row rows[] = {
      {up + "," + pointwise + "," + down, 1, 8, "1 1 1"},
      {up + "," + pointwise + "," + down, 4, 8, "0.25 0.25 1"},
      {pointwise + "," + up + "," + product("gate", 4, 8) + "," + down + "," + after, 2, 8,
       "1 0.5 0.5 1 1"},
      // No finer than the heads of a cache that is kept there.
      {up + "," + cache + "," + down, 8, 2, "0.5 0.5 1"},
      {up + "," + cache + "," + down, 2, 8, "0.5 0.5 1"},
      // No pair: one product, another width, products in a composite between.
      {up + "," + pointwise, 4, 8, "1 1"},
      {up + "," + product("other", 8, 5), 4, 8, "1 1"},
      {up + "," + pair + "," + down, 4, 8, "1 1 1"},
      // A product whose matrix is not known by rows and columns.
      {convolution("a") + "," + pointwise + "," + convolution("b"), 4, 8, "1 1 1"},
      // A router, which every rank has whole, before a pair: the pair has its own composite, or is one
      // of experts, of which -ep ranks have whole ones.
      {product("router", 4, 6) + "," + pair, 4, 8, "1 1"},
      {product("router", 4, 6) + "," + experts, 4, 8, "1 0.25 0.25 1"},
      {product("router", 4, 6) + "," + experts, 4, 8, "1 0.5 0.5 1", 2},
      {product("router", 4, 6) + "," + experts, 4, 8, "1 1 1 1", 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.calls);
    CHECK(shares(row.calls, row.tensor, row.kv_heads, row.expert) == row.shares);
  }
}

// 32 layers * 2 (keys, values) * 8 heads * 128 * 2 B, and 32 * 2 * 32 * 128 * 2 B.
TEST_CASE("bytes of cache per token") {
  for (const auto& row :
       {std::pair<std::string, int>{"llama-3.1-8b", 131'072}, {"llama-2-7b", 524'288}}) {
    const auto& [model, bytes] = row;
    CAPTURE(row.first);
    const Fits fits = fits_of(model);
    for (const int length : {1, 77, 4096})
      CHECK(footprint_of(fits, serving(fits, 3, length, 1)).storage.kv_cache ==
            Number(3) * Number(length) * Number(bytes));
  }
}

TEST_CASE("what a rank of tensor parallelism holds") {
  const Fits fits = fits_of("llama-3.1-8b");
  Serving question = serving(fits, 1, 1, 1);
  // 8,030,261,248 parameters of 2 B.
  CHECK(footprint_of(fits, question).storage.weights == Number(std::int64_t{16'060'522'496}));
  // -tp 4, per layer: q and o 2*4096*4096/4, k and v 2*4096*1024/4, MLP 3*4096*14336/4, two norms
  // whole = 54,534,144; 32 of them; embedding and lm_head 2*32064*4096; the last norm.
  question.parallelism.tensor = 4;
  CHECK(footprint_of(fits, question).storage.weights ==
        Number(2 * (32 * std::int64_t{54'534'144} + 2 * 32064 * 4096 + 4096)));
  CHECK(footprint_of(fits, question).storage.kv_cache == Number(131'072 / 4));
  // -tp 16 is more than the 8 key/value heads: a rank has one whole head, and k and v of that head:
  // 2*4096*4096/16 + 2*4096*1024/8 + 3*4096*14336/16 + 2*4096 = 14,163,968.
  question.parallelism.tensor = 16;
  CHECK(footprint_of(fits, question).storage.weights ==
        Number(2 * (32 * std::int64_t{14'163'968} + 2 * 8016 * 4096 + 4096)));
  CHECK(footprint_of(fits, question).storage.kv_cache == Number(32 * 2 * 1 * 128 * 2));
  // A step of 2,048 tokens at act_fn: gate, up and their product, 3*2048*14336*2 B, a part of each
  // rank; the same values beside them whatever the ranks.
  const auto activations = [&](std::int64_t ranks) {
    Serving step = serving(fits, 1, 2048, 1);
    step.parallelism.tensor = ranks;
    return footprint_of(fits, step).activations;
  };
  const Number split = 3 * 2048 * 14336 * 2;
  CHECK(activations(1) - activations(2) == divide(split, Number(2)));
  const Diagnostics warnings = parallelism_warnings(question.parallelism, fits.shape());
  REQUIRE(warnings.size() == 1);
  CHECK(render(warnings) ==
        "lmhost: warning: --tensor-parallel-size 16 is more than the 8 key/value heads: each is "
        "held 2 times [E601]\n  the cache of a rank is as large as with -tp 8\n");
}

TEST_CASE("what a pipeline stage holds") {
  const Fits fits = fits_of("llama-3.1-8b");
  Serving question = serving(fits, 1, 1, 1);
  // A layer: 2*4096*4096 + 2*4096*1024 + 3*4096*14336 + 2*4096 = 218,112,000 parameters. Two stages
  // of 16; both have a table of 128256*4096, the last also the last norm.
  question.parallelism.pipeline = 2;
  Footprint two = footprint_of(fits, question);
  CHECK(two.storage.weights == Number(2 * (16 * std::int64_t{218'112'000} + 128256 * 4096 + 4096)));
  CHECK(two.storage.kv_cache == Number(131'072 / 2));
  CHECK(two.storage.stage == 1);
  // 32 layers in 3 stages: 11, 11, 10, as vLLM cuts them. The first has the embedding and 11.
  question.parallelism.pipeline = 3;
  const Footprint three = footprint_of(fits, question);
  CHECK(three.storage.stage == 0);
  CHECK(three.storage.layers == 11);
  CHECK(three.storage.weights == Number(2 * (11 * std::int64_t{218'112'000} + 128256 * 4096)));
  CHECK(three.storage.kv_cache == Number(11 * 4096));

  // gpt2 ties lm_head to the embedding: whole, it is stored once; of two stages each has one.
  // 124,439,808 parameters: tables 50257*768 + 1024*768, 12 layers of 7,087,872, last norm 1536.
  const Fits tied = fits_of("gpt2");
  Serving small = serving(tied, 1, 1, 1);
  const std::int64_t width = 16;
  small.precision[V::kWeightBits] = Number(width);
  CHECK(footprint_of(tied, small).storage.weights == Number(124'439'808 * 2));
  small.parallelism.pipeline = 2;
  const Footprint half = footprint_of(tied, small);
  CHECK(half.storage.weights == Number(2 * (6 * 7'087'872 + 50257 * 768 + 1024 * 768)));
  CHECK(half.storage.stage == 0);
}

TEST_CASE("sizes that contradict each other") {
  ModelShape shape;
  shape.heads = 32;
  shape.kv_heads = 8;
  shape.layers = 32;
  shape.experts = 8;
  const auto errors = [&](Parallelism parallel, std::optional<std::int64_t> devices = {}) {
    return render(check_parallelism(parallel, shape, devices));
  };
  CHECK(errors({4, 2, 1, 1}, 8).empty());
  CHECK(errors({16, 1, 1, 1}).empty());
  CHECK(errors({4, 1, 1, 4}).empty());
  CHECK(errors({4, 2, 1, 1}, 16) ==
        "lmhost: error: --tensor-parallel-size 4 x --pipeline-parallel-size 2 x "
        "--data-parallel-size 1 are 8 devices, not --devices 16 [E601]\n"
        "  with -tp 8 they are\n");
  // A hint that would be refused is none: three ranks do not divide the heads.
  CHECK(errors({1, 1, 1, 1}, 3).ends_with("  with -pp 3 they are\n"));
  CHECK(errors({3, 1, 1, 1}) ==
        "lmhost: error: --tensor-parallel-size 3 does not divide the 32 attention heads [E601]\n"
        "  one of 1, 2, 4, 8, 16, 32; stages of layers need no heads: -tp 1 -pp 3\n");
  CHECK(errors({1, 33, 1, 1}) ==
        "lmhost: error: --pipeline-parallel-size 33 is more than the 32 layers [E601]\n"
        "  at most 32\n");
  CHECK(errors({16, 1, 1, 16}) ==
        "lmhost: error: --expert-parallel-size 16 is more than the 8 experts [E601]\n"
        "  at most 8\n");
  CHECK(errors({4, 1, 1, 3}) ==
        "lmhost: error: --expert-parallel-size 3 does not divide the 4 ranks of a stage (tensor x "
        "data) [E601]\n  one of 1, 2, 4\n");
  shape.heads = 48;
  shape.kv_heads = 6;
  CHECK(errors({4, 1, 1, 1}) ==
        "lmhost: error: --tensor-parallel-size 4 neither divides the 6 key/value heads nor is a "
        "multiple of them [E601]\n  one of 1, 2, 3, 6; stages of layers need no heads: -tp 1 -pp "
        "4\n");
  shape.experts = 0;
  CHECK(errors({1, 1, 2, 2}).find("the model has no experts") != std::string::npos);
}

// Experts: a router and two experts' matrices, 8 experts of 6*10 and a table of 8 rows for it.
TEST_CASE("what a rank of expert parallelism holds") {
  Workload workload;
  workload.model = LMHOST_SOURCE_DIR "/tests/golden/inputs/experts.json";
  const Result<Analysis> planned = test::built_host().plan(workload);
  REQUIRE_MESSAGE(planned.ok(), render(planned.ok() ? Diagnostics{} : planned.errors()));
  Result<Fits> fits = Fits::make(*planned);
  REQUIRE(fits.ok());
  CHECK(fits->shape().experts == 6);
  Serving question = serving(*fits, 1, 1, 1);
  // Router 6*4, experts 6*(4*10): 24 + 240 elements of 2 B.
  CHECK(footprint_of(*fits, question).storage.weights == Number(2 * (24 + 240)));
  // -tp 2: the router whole, every expert cut in two. -ep 2 with -tp 2: three whole experts.
  question.parallelism.tensor = 2;
  CHECK(footprint_of(*fits, question).storage.weights == Number(2 * (24 + 120)));
  question.parallelism.expert = 2;
  CHECK(footprint_of(*fits, question).storage.weights == Number(2 * (24 + 120)));
  // Four ranks for six experts: two whole ones on the fullest.
  question.parallelism.tensor = 4;
  question.parallelism.expert = 4;
  CHECK(footprint_of(*fits, question).storage.weights == Number(2 * (24 + 80)));
}

// Llama-2-7B on 24e9 B at 0.9: 21,600,000,000 usable. Weights 6,738,415,616 * 2 = 13,476,831,232.
// Cache 524,288 a token: 4 sequences of 4096 are 8,589,934,592; with the weights 22,066,765,824,
// which is too much before any activation. Three are 19,919,282,176, which leaves 1,680,717,824.
// Activations of a step of 2,048 tokens, fused: at act_fn of the MLP gate, up and their product,
// 3*2048*11008*2 = 135,266,304, and some values of 2048*4096*2 = 16,777,216 beside them.
TEST_CASE("one case each way") {
  const Fits fits = fits_of("llama-2-7b");
  Serving question = serving(fits, 4, 4096, 21'600'000'000);
  question.step_tokens = Number(2048);
  CHECK_FALSE(fits.fits(question).value());
  const Footprint needed = footprint_of(fits, question);
  CHECK(needed.storage.weights == Number(std::int64_t{13'476'831'232}));
  CHECK(needed.storage.kv_cache == Number(std::int64_t{8'589'934'592}));
  const std::int64_t activations = needed.activations.to_int64().value_or(0);
  CHECK(activations >= 135'266'304 + 2 * 16'777'216);
  CHECK(activations <= 135'266'304 + 6 * 16'777'216);
  CHECK(needed.activations_path == "model.layers.mlp.act_fn");
  question.sequences = Number(3);
  CHECK(fits.fits(question).value());
  CHECK(fits.most_sequences(question).value() == Number(3));

  // The exact border: what the largest answer leaves is less than one token more needs.
  question.sequences = Number(1);
  const Number longest = fits.longest(question).value();
  question.length = longest;
  CHECK(fits.fits(question).value());
  const Number left = question.usable - footprint_of(fits, question).total();
  CHECK(compare(left, Number(524'288)).value() < 0);
  question.length = longest + Number(1);
  CHECK_FALSE(fits.fits(question).value());
  // In closed form, with the activations of a full step: (usable - weights - activations) // 524288.
  CHECK(longest == floor_divide(Number(std::int64_t{21'600'000'000} - 13'476'831'232) -
                                    footprint_of(fits, question).activations,
                                Number(524'288)));
}

TEST_CASE("devices and types that would do") {
  const Fits fits = fits_of("llama-3.1-70b");
  // 70,553,706,496 parameters of 2 B are 141.1 GB: two devices of 80e9*0.9 = 72e9 are 144e9, of
  // which a rank's half leaves 1.4e9, too little for activations and cache; no third of 64 heads,
  // so three stages of a pipeline.
  Serving question = serving(fits, 16, 8192, 72'000'000'000);
  const std::optional<Parallelism> found = fits.fewest_devices(question).value();
  REQUIRE(found.has_value());
  CHECK(found->devices() == 3);
  CHECK(found->tensor == 1);
  CHECK(found->pipeline == 3);
  question.parallelism = *found;
  CHECK(fits.fits(question).value());
  // 4.5 bits: 39.7e9 B on one device of 50e9; 8 bits: 70.6e9 do not fit.
  Serving one = serving(fits, 1, 2048, 50'000'000'000);
  const std::optional<Fits::WeightType> type = fits.widest_weights(one).value();
  REQUIRE(type.has_value());
  CHECK(type->name == "nvfp4");
  one.usable = Number(std::int64_t{1'000'000'000});
  CHECK_FALSE(fits.widest_weights(one).value().has_value());
  CHECK(fits.most_sequences(one).value() == Number(0));
  CHECK(fits.longest(one).value() == Number(0));
}

// Times by a device's roof, worked out by hand.
#include "study/device_bound.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "report/units.hpp"
#include "study/measurement.hpp"
#include "support.hpp"

using namespace lmhost;

namespace {

using V = RuntimeVariable;

Device device_named(const std::string& name) {
  Result<Device> device = load_device(name, LMHOST_BINARY_DIR);
  REQUIRE_MESSAGE(device.ok(), render(device.ok() ? Diagnostics{} : device.errors()));
  return std::move(device).value();
}

RuntimePoint bits(int weights, int activations) {
  RuntimePoint point;
  point[V::kWeightBits] = Number(weights);
  point[V::kActivationBits] = Number(activations);
  return point;
}

Roof roof_of(const std::string& device, const RuntimePoint& point, std::string type = "") {
  RoofOptions options;
  options.type_name = std::move(type);
  Result<Roof> roof = lmhost::roof_of(device_named(device), point, options);
  REQUIRE_MESSAGE(roof.ok(), render(roof.ok() ? Diagnostics{} : roof.errors()));
  return std::move(roof).value();
}

// 1 TFLOP/s, 100 GFLOP/s, 100 GB/s: round numbers.
Roof round_roof() {
  Roof roof;
  roof.matrix_peak = 1e12;
  roof.vector_peak = 1e11;
  roof.bandwidth = 1e11;
  return roof;
}

Costs costs(std::int64_t matmul, std::int64_t other, std::int64_t bytes) {
  Costs result;
  result[Quantity::kFlops] = Number(matmul + other);
  result[Quantity::kMatmulFlops] = Number(matmul);
  result[Quantity::kBytesReadActivation] = Number(bytes);
  return result;
}

}  // namespace

TEST_CASE("the time of one call") {
  const Roof roof = round_roof();
  // 2e9/1e12 + 1e8/1e11 = 2 ms + 1 ms; 1e8/1e11 = 1 ms.
  Bound bound = bound_of(costs(2'000'000'000, 100'000'000, 100'000'000), roof);
  CHECK(bound.compute_seconds == doctest::Approx(3e-3));
  CHECK(bound.memory_seconds == doctest::Approx(1e-3));
  CHECK(bound.seconds == bound.compute_seconds);
  CHECK(bound.limit() == Limit::kCompute);
  // A copy computes nothing and takes its bytes' time; other tools divide 0 by 0 here.
  bound = bound_of(costs(0, 0, 500'000'000), roof);
  CHECK(bound.seconds == doctest::Approx(5e-3));
  CHECK(bound.limit() == Limit::kMemory);
  // A view.
  bound = bound_of(Costs{}, roof);
  CHECK(bound.seconds == 0);
  CHECK(bound.limit() == Limit::kNothing);
}

TEST_CASE("a composite is the sum of count * child") {
  // graphs/tiny.json at batch 1, seq 3 (derived there), all in the round roof with bandwidth 100 GB/s:
  //   embed      72 B                            0.72 ns memory
  //   up        192/1e12 + 24/1e11 = 0.432 ns    (104 + 48)/1e11 = 1.52 ns memory
  //   act        24/1e11 = 0.24 ns               96/1e11 = 0.96 ns memory
  //   down      192/1e12 = 0.192 ns              (112 + 24)/1e11 = 1.36 ns memory
  //   whole      0.72 + 2*(1.52 + 0.96 + 1.36) = 8.40 ns
  Workload workload;
  workload.model = LMHOST_SOURCE_DIR "/graphs/tiny.json";
  workload.seq_len = Number(3);
  const Result<Analysis> analysis = test::built_host().analyze(workload);
  REQUIRE(analysis.ok());
  Roof roof = round_roof();
  DeviceBounds bounds = bound(*analysis->tree, roof);
  CHECK(bounds.whole().seconds == doctest::Approx(8.40e-9));
  CHECK(bounds.whole().limit() == Limit::kMemory);
  // Ten times the bandwidth: embed 0.072, up 0.432 (compute), act 0.24 (compute), down 0.192
  // (compute): 0.072 + 2*0.864 = 1.80 ns, of which 1.728 = 96 % compute-bound.
  roof.bandwidth = 1e12;
  bounds = bound(*analysis->tree, roof);
  CHECK(bounds.whole().seconds == doctest::Approx(1.80e-9));
  CHECK(bounds.whole().compute_bound_seconds == doctest::Approx(1.728e-9));
  CHECK(bounds.whole().limit() == Limit::kCompute);
  double sum = 0;
  for (const CostNode& node : analysis->tree->nodes)
    if (analysis->tree->instance(node).composite == nullptr) sum += bounds.total(node).seconds;
  CHECK(sum == doctest::Approx(bounds.whole().seconds));
}

TEST_CASE("the type that is computed in") {
  struct {
    int weights, activations;
    std::string_view name;
    ComputeType type;
  } const rows[] = {
      {16, 16, "", ComputeType::kBf16},
      {16, 16, "bfloat16", ComputeType::kBf16},
      {16, 16, "torch.float16", ComputeType::kFp16},
      {16, 16, "half", ComputeType::kFp16},
      {4, 16, "float16", ComputeType::kFp16},  // weight-only: the activations' type
      {4, 16, "", ComputeType::kBf16},
      {8, 16, "fp8", ComputeType::kBf16},
      {8, 8, "", ComputeType::kFp8},
      {8, 8, "int8", ComputeType::kInt8},
      {4, 8, "", ComputeType::kFp8},
      {4, 4, "", ComputeType::kFp4},
      {32, 32, "", ComputeType::kFp32},
      {16, 32, "", ComputeType::kFp32},
      {64, 64, "", ComputeType::kFp64},
  };
  for (const auto& row : rows) {
    CAPTURE(row.weights);
    CAPTURE(row.activations);
    CHECK(name_of(compute_type_of(bits(row.weights, row.activations), row.name)) ==
          name_of(row.type));
  }
}

TEST_CASE("what a device does about a type that it lacks") {
  // H100 has fp8; A100 has none and computes 8-bit numbers in bf16, with a note.
  CHECK(roof_of("h100-sxm", bits(8, 8)).matrix_peak == 1978.9e12);
  CHECK(roof_of("h100-sxm", bits(8, 8)).notes.empty());
  const Roof a100 = roof_of("a100-80g", bits(8, 8));
  CHECK(a100.matrix_peak == 312e12);
  CHECK(a100.type == ComputeType::kBf16);
  REQUIRE(a100.notes.size() == 1);
  CHECK(a100.notes[0] == "a100-80g lists no fp8: computed in bf16 at 312 TFLOP/s");
  // T4 and V100 have no bf16: the next wider type is fp32. fp16 they have.
  const Roof t4 = roof_of("t4", bits(16, 16), "bfloat16");
  CHECK(t4.matrix_peak == 8.1e12);
  CHECK(t4.notes.at(0) == "t4 lists no bf16: computed in fp32 at 8.1 TFLOP/s");
  CHECK(roof_of("t4", bits(16, 16), "float16").matrix_peak == 65e12);
  CHECK(roof_of("v100-sxm", bits(16, 16), "bfloat16").matrix_peak == 15.7e12);
  // A TPU has no fp16 and nothing wider: bf16.
  CHECK(roof_of("tpu-v5e", bits(16, 16), "float16").type == ComputeType::kBf16);
  // int8 on A100, not through 16 bits.
  CHECK(roof_of("a100-80g", bits(8, 8), "int8").matrix_peak == 624e12);
  // fp32 never silently runs as tf32 where fp32 is listed.
  CHECK(roof_of("h100-sxm", bits(32, 32)).matrix_peak == 66.9e12);
}

TEST_CASE("without a vector peak the fastest dense nominal matrix peak bounds the rest") {
  // Gaudi 2: bf16 432 TFLOP/s, fp8 865.
  Device device = device_named("gaudi-2");
  REQUIRE(device.peaks.size() == 2);
  for (const bool is_sparse : {true, false}) {
    Peak peak = device.peaks.front();
    peak.per_second = Number(std::int64_t{2'000'000'000'000'000});
    peak.type = ComputeType::kFp4;
    (is_sparse ? peak.is_sparse : peak.is_measured) = true;
    device.peaks.push_back(peak);
  }
  RoofOptions options;
  Result<Roof> roof = lmhost::roof_of(device, bits(16, 16), options);
  REQUIRE(roof.ok());
  CHECK(roof->matrix_peak == 432e12);
  CHECK(roof->vector_peak == 865e12);
  // What the user says is the peak of all.
  options.peak = Number(std::int64_t{100'000'000'000'000});
  roof = lmhost::roof_of(device, bits(16, 16), options);
  REQUIRE(roof.ok());
  CHECK(roof->matrix_peak == 100e12);
  CHECK(roof->vector_peak == 100e12);
}

TEST_CASE("efficiency and overrides") {
  const Device device = device_named("a100-80g");
  RoofOptions options;
  Result<Efficiency> efficiency = parse_efficiency("compute=.5,memory=0.8", LMHOST_BINARY_DIR);
  REQUIRE(efficiency.ok());
  options.efficiency = *efficiency;
  Result<Roof> roof = lmhost::roof_of(device, bits(16, 16), options);
  REQUIRE(roof.ok());
  CHECK(roof->matrix_peak == 156e12);
  CHECK(roof->vector_peak == doctest::Approx(9.75e12));
  CHECK(roof->bandwidth == doctest::Approx(1631.2e9));
  // A profile may differ by phase: BLIS, 0.38 in prefill and 0.18 in decode.
  efficiency = parse_efficiency("blis-a100", LMHOST_BINARY_DIR);
  REQUIRE(efficiency.ok());
  CHECK_FALSE(efficiency->source.empty());
  options.efficiency = *efficiency;
  options.is_decode = true;
  CHECK(lmhost::roof_of(device, bits(16, 16), options)->matrix_peak == doctest::Approx(56.16e12));
  options = RoofOptions();
  options.peak = Number(std::int64_t{100'000'000'000'000});
  options.bandwidth = Number(std::int64_t{1'000'000'000'000});
  roof = lmhost::roof_of(device, bits(16, 16), options);
  CHECK(roof->ridge() == doctest::Approx(100));
  CHECK(lmhost::roof_of(bits(16, 16), options).ridge() == doctest::Approx(100));

  const auto error = [](const std::string& text) {
    const Result<Efficiency> parsed = parse_efficiency(text, LMHOST_BINARY_DIR);
    return parsed.ok() ? "" : render(parsed.errors());
  };
  CHECK(error("compute=1.5") ==
        "lmhost: error: --efficiency 'compute=1.5': '1.5' is not a share above 0 and not above 1 "
        "[E125]\n  for example: --efficiency compute=.5,memory=.8\n");
  CHECK(error("speed=1").find("no share is called 'speed' [E125]") != std::string::npos);
  CHECK(error("blis-a10").find("did you mean 'blis-a100'?") != std::string::npos);
}

TEST_CASE("a device that says too little") {
  Device device = device_named("a100-80g");
  device.peaks.clear();
  device.memory.clear();
  const Result<Roof> roof = lmhost::roof_of(device, bits(16, 16), {});
  REQUIRE_FALSE(roof.ok());
  CHECK(render(roof.errors()) ==
        "lmhost: error: device 'a100-80g' has no peak for bf16 or a wider type [E124]\n"
        "  --peak says it: --peak 312T\n"
        "lmhost: error: device 'a100-80g' has no memory bandwidth [E124]\n"
        "  --bandwidth says it: --bandwidth 2039G\n");
}

TEST_CASE("what was measured, as a share of the roof") {
  // A pass of 2 tokens, 4e12 FLOP and 1e12 B, in 10 ms at least.
  const Work work = {2, 4e12, 1e12};
  struct {
    std::string text;
    double share;
  } const rows[] = {{"100 tok/s", 0.5},     // 200 at most
                    {"36.5tok/s", 0.1825},  //
                    {"20 ms", 0.5},         //
                    {"0.04 s", 0.25},       //
                    {"200 TFLOP/s", 0.5},   // 400 at most
                    {"50 TB/s", 0.5}};      // 100 at most
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Result<Measurement> measured = parse_measurement(row.text);
    REQUIRE(measured.ok());
    CHECK(share_of_roof(*measured, 10e-3, work) == doctest::Approx(row.share));
  }
  for (const std::string text : {"", "fast", "36", "-3 ms", "0 s", "36 parsec"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_measurement(text).ok());
  }
}

TEST_CASE("seconds and rates for people") {
  CHECK(format_seconds(0.11383) == "113.83 ms");
  CHECK(format_seconds(1.5) == "1.50 s");
  CHECK(format_seconds(1.2e-6) == "1.20 us");
  CHECK(format_seconds(4e-12) == "0.00 ns");
  CHECK(format_seconds(0) == "0");
  CHECK(format_rate(989.4e12, "FLOP/s") == "989.4 TFLOP/s");
  CHECK(format_rate(3350e9, "B/s") == "3.35 TB/s");
  CHECK(format_rate(312e12, "FLOP/s") == "312 TFLOP/s");
  CHECK(format_rate(999.96e9, "B/s") == "1 TB/s");
}

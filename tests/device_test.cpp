// The hardware catalogue: how a file is read, what every file must say, and figures that are known.
#include "load/device.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "support.hpp"

using namespace lmhost;

namespace {

const std::vector<Device>& catalogue() {
  static const std::vector<Device> devices = [] {
    Result<std::vector<Device>> loaded = load_devices(LMHOST_BINARY_DIR);
    REQUIRE_MESSAGE(loaded.ok(), render(loaded.ok() ? Diagnostics{} : loaded.errors()));
    return std::move(loaded).value();
  }();
  return devices;
}

Device device_named(const std::string& name) {
  Result<Device> device = load_device(name, LMHOST_BINARY_DIR);
  REQUIRE_MESSAGE(device.ok(), render(device.ok() ? Diagnostics{} : device.errors()));
  return std::move(device).value();
}

std::string error_of(const std::string& text) {
  const Result<Device> device = read_device(test::text_named("d.json", text));
  return device.ok() ? "" : render(device.errors());
}

constexpr const char* kTag = R"("kind": "nominal", "source": "s", "retrieved": "2026-11")";

// A device with one peak; `peak` and `rest` are JSON members.
std::string device_text(const std::string& peak, const std::string& rest = "") {
  return std::string(
             R"({"schema": "lmhost.hardware/1", "name": "x", "title": "X", "vendor": "V", )") +
         R"("kind": "gpu", "aliases": [],)" + "\n\"peaks\": [{" + peak + ", " + kTag +
         "}],\n\"memory\": {\"bandwidth\": [{\"name\": \"m\", \"direction\": \"both\", "
         "\"bytes_per_second\": 1e9, " +
         kTag + "}]}" + rest + "}";
}

constexpr const char* kPeak =
    R"("dtype": "bf16", "sparsity": "dense", "units": "matrix", "per_second": 312e12)";

void check_tag(const FigureTag& tag) {
  CHECK_FALSE(tag.source.empty());
  // A year and month at least: "2026-11", "2026-08-21".
  CHECK(tag.retrieved.size() >= 7);
  CHECK(tag.retrieved.compare(0, 2, "20") == 0);
  CHECK(tag.retrieved[4] == '-');
}

}  // namespace

TEST_CASE("the catalogue has the devices that people ask for") {
  CHECK(catalogue().size() >= 25);
  for (const std::string name :
       {"h100-sxm", "h100-pcie",     "h200",     "b200",      "gb200",        "a100-40g",
        "a100-80g", "a100-80g-pcie", "a30",      "a10",       "l4",           "l40s",
        "t4",       "v100-sxm",      "rtx-4090", "rtx-5090",  "rtx-pro-6000", "mi250x",
        "mi300x",   "mi325x",        "tpu-v4",   "tpu-v5e",   "tpu-v5p",      "tpu-v6e",
        "gaudi-2",  "gaudi-3",       "m2-ultra", "xeon-8480", "epyc-9654"}) {
    CAPTURE(name);
    CHECK(device_named(name).name == name);
  }
}

TEST_CASE("names and aliases") {
  struct {
    std::string_view spelled, name;
  } const rows[] = {{"a100-sxm-80g", "a100-80g"}, {"A100-SXM-80GB", "a100-80g"},
                    {"h100-80g", "h100-sxm"},     {"h100", "h100-sxm"},
                    {"H100_SXM", "h100-sxm"},     {"a100_80g_pcie", "a100-80g-pcie"},
                    {"4090", "rtx-4090"},         {"v5e", "tpu-v5e"}};
  for (const auto& row : rows) {
    CAPTURE(row.spelled);
    CHECK(device_named(std::string(row.spelled)).name == row.name);
  }
  const Result<Device> nearest = load_device("h100-sxn", LMHOST_BINARY_DIR);
  REQUIRE_FALSE(nearest.ok());
  CHECK(render(nearest.errors()) ==
        "lmhost: error: unknown device 'h100-sxn' [E122]\n  did you mean 'h100-sxm'?\n");
  CHECK(exit_status(nearest.errors()) == 2);
  const Result<Device> family = load_device("mi300a-apu-512", LMHOST_BINARY_DIR);
  REQUIRE_FALSE(family.ok());
  CHECK(render(family.errors()) ==
        "lmhost: error: unknown device 'mi300a-apu-512' [E122]\n"
        "  `lmhost devices` lists them; --peak and --bandwidth describe another\n");
}

// Every file obeys the rules by which other catalogues were found wrong.
TEST_CASE("lint of the catalogue") {
  for (const Device& device : catalogue()) {
    CAPTURE(device.name);
    CHECK(std::filesystem::path(device.file).stem() == device.name);
    REQUIRE(device.bandwidth() != nullptr);
    const bool is_host = device.kind == "cpu";
    CHECK((device.capacity() == nullptr) == is_host);
    for (const Peak& peak : device.peaks) {
      CAPTURE(std::string(name_of(peak.type)));
      check_tag(peak);
      // Teraflops to petaflops: a figure in another unit is far away.
      CHECK(peak.per_second.to_double() > 1e12);
      CHECK(peak.per_second.to_double() < 2e16);
      // An integer is summed in an integer; who accumulates in what is said of matrix units.
      const bool is_integer = peak.type == ComputeType::kInt8 || peak.type == ComputeType::kInt4;
      if (!peak.is_vector) CHECK_FALSE(peak.accumulate.empty());
      if (!peak.accumulate.empty()) CHECK((peak.accumulate == "int32") == is_integer);
      // Of the same units, type and accumulator sparse is twice dense, exactly.
      if (peak.is_sparse)
        for (const Peak& other : device.peaks)
          if (!other.is_sparse && other.type == peak.type && other.accumulate == peak.accumulate &&
              other.is_vector == peak.is_vector && !other.is_measured)
            CHECK(peak.per_second == other.per_second * Number(2));
      // Nobody reaches more than the nominal.
      if (peak.is_measured) {
        const Peak* nominal = device.peak(peak.type, peak.is_vector);
        REQUIRE(nominal != nullptr);
        CHECK(peak.per_second.to_double() < nominal->per_second.to_double());
      }
    }
    // fp8 is as fast as bf16, or twice as fast; vendors round to four digits.
    const Peak* bf16 = device.peak(ComputeType::kBf16, false);
    const Peak* fp8 = device.peak(ComputeType::kFp8, false);
    if (bf16 != nullptr && fp8 != nullptr) {
      const double ratio = fp8->per_second.to_double() / bf16->per_second.to_double();
      CHECK((std::fabs(ratio - 1) < 0.015 || std::fabs(ratio / 2 - 1) < 0.015));
    }
    // Where both are there, the 16-bit types are equally fast, and faster than fp32.
    const Peak* fp16 = device.peak(ComputeType::kFp16, false);
    if (bf16 != nullptr && fp16 != nullptr) CHECK(bf16->per_second == fp16->per_second);
    const Peak* fp32 = device.peak(ComputeType::kFp32, true);
    if (bf16 != nullptr && fp32 != nullptr)
      CHECK(bf16->per_second.to_double() > fp32->per_second.to_double());
    for (const auto* list : {&device.memory, &device.links})
      for (const Bandwidth& bandwidth : *list) {
        check_tag(bandwidth);
        CHECK(bandwidth.bytes_per_second.to_double() >= 30e9);
        CHECK(bandwidth.bytes_per_second.to_double() <= 10e12);
      }
    for (const Capacity& memory : device.on_chip) check_tag(memory);
    if (device.capacity_nominal) check_tag(*device.capacity_nominal);
    if (device.capacity_usable) check_tag(*device.capacity_usable);
    // What software is given is about what is marketed; "80 GB" may be 80 GiB less a reserve.
    if (device.capacity_nominal && device.capacity_usable) {
      const double ratio =
          device.capacity_usable->bytes.to_double() / device.capacity_nominal->bytes.to_double();
      CHECK(ratio > 0.93);
      CHECK(ratio < 1.0738);
    }
  }
}

// FLOP/B = peak(dtype) / bandwidth: 989.4/3.35, 312/2.039, 989/4.8, 1307.4/5.3, 121/0.3, 65/0.32.
TEST_CASE("ridge points that are known") {
  struct {
    std::string_view name;
    ComputeType type;
    int ridge;
  } const rows[] = {{"h100-sxm", ComputeType::kBf16, 295}, {"a100-80g", ComputeType::kBf16, 153},
                    {"h200", ComputeType::kBf16, 206},     {"mi300x", ComputeType::kBf16, 247},
                    {"l4", ComputeType::kBf16, 403},       {"t4", ComputeType::kFp16, 203}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const Device device = device_named(std::string(row.name));
    const Peak* peak = device.peak(row.type, false);
    REQUIRE(peak != nullptr);
    const double ridge =
        peak->per_second.to_double() / device.bandwidth()->bytes_per_second.to_double();
    CHECK(std::lround(ridge) == row.ridge);
  }
}

TEST_CASE("of several accumulators the one that PyTorch uses") {
  const Device device = device_named("rtx-4090");
  CHECK(device.peak(ComputeType::kFp16, false)->per_second ==
        Number(std::int64_t{165'200'000'000'000}));
  CHECK(device.peak(ComputeType::kFp16, true) == nullptr);
  CHECK(device.peak(ComputeType::kFp64, false) == nullptr);
  // What is measured is not the peak.
  CHECK(device_named("mi300x").peak(ComputeType::kBf16, false)->per_second ==
        Number(std::int64_t{1'307'400'000'000'000}));
  // What is sparse is not either: 1676, not 3352.
  CHECK(device_named("rtx-5090").peak(ComputeType::kFp4, false)->per_second ==
        Number(std::int64_t{1'676'000'000'000'000}));
}

TEST_CASE("a device file that is wrong") {
  CHECK(error_of(device_text(kPeak)).empty());
  CHECK(error_of("[]") ==
        "d.json:1:1: error: a device must be an object, not an array [E105]\n"
        "    1 | []\n"
        "      | ^\n");
  CHECK(error_of(R"({"schema": "lmhost.hardware/2"})").find("[E111]") != std::string::npos);
  // All errors of a file at once.
  const std::string errors = error_of(
      device_text(R"("dtype": "bf15", "sparsty": "dense", "units": "matrix", "per_second": -1)"));
  CHECK(errors.find("d.json:2:21: error: 'dtype' cannot be 'bf15' [E108]") != std::string::npos);
  CHECK(errors.find("did you mean 'bf16'?") != std::string::npos);
  CHECK(errors.find("unknown key 'sparsty' [E104]") != std::string::npos);
  CHECK(errors.find("missing key 'sparsity' [E106]") != std::string::npos);
  CHECK(errors.find("'per_second' must be a whole number above 0, in units of one [E108]") !=
        std::string::npos);
  // A figure without a source is none.
  const std::string bare =
      R"({"schema": "lmhost.hardware/1", "name": "x", "title": "X", "vendor": "V", "kind": "gpu",)"
      R"("aliases": [], "peaks": [], "memory": {"bandwidth": [{"name": "m", "direction": "up",)"
      R"("bytes_per_second": 1e9, "kind": "nominal"}]}})";
  CHECK(error_of(bare).find("missing key 'source' [E106]") != std::string::npos);
  CHECK(error_of(bare).find("missing key 'retrieved' [E106]") != std::string::npos);
  CHECK(error_of(bare).find("'direction' cannot be 'up' [E108]") != std::string::npos);
}

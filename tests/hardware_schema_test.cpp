// The published schemas of devices and efficiency profiles say what the readers say: the stored
// files pass both, and a table of texts passes both or neither.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "load/device.hpp"
#include "schema.hpp"
#include "scratch_folder.hpp"
#include "study/efficiency.hpp"

using namespace lmhost;
using lmhost::test::file_text;
using lmhost::test::passes_schema;

namespace {

std::string device_errors(const std::string& text) {
  const Result<Device> device =
      read_device(std::make_shared<const SourceText>(SourceText{"d.json", text}));
  return device ? "" : render(device.errors());
}

// Of a prefix whose only file is this.
std::string efficiency_errors(const std::string& text) {
  const ScratchFolder prefix;
  std::filesystem::create_directories(prefix.path() + "/share/lmhost/catalogs");
  prefix.write("share/lmhost/catalogs/efficiency.json", text);
  const Result<std::vector<Efficiency>> profiles = load_efficiencies(prefix.path());
  return profiles ? "" : render(profiles.errors());
}

struct Row {
  const char* from;
  const char* to;
  bool passes;
};

std::string edited(std::string text, const Row& row) {
  const std::size_t at = text.find(row.from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, std::string(row.from).size(), row.to);
}

}  // namespace

TEST_CASE("hardware schema: every stored device passes it and the reader") {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(LMHOST_SOURCE_DIR "/catalogs/hardware")) {
    CAPTURE(entry.path().string());
    const std::string text = file_text(entry.path());
    CHECK(passes_schema("hardware", text));
    CHECK(device_errors(text) == "");
    ++count;
  }
  CHECK(count >= 25);
}

TEST_CASE("hardware schema: schema and reader agree") {
  const std::string good =
      R"({"schema": "lmhost.hardware/1", "name": "x-1", "title": "X", "vendor": "V",
          "kind": "gpu", "aliases": ["y"], "doc": "d",
          "peaks": [{"dtype": "bf16", "accumulate": "fp32", "sparsity": "dense",
                     "units": "matrix", "per_second": 989.4e12, "kind": "nominal",
                     "source": "s", "retrieved": "2026-11", "verified": false, "note": "n"}],
          "memory": {"bandwidth": [{"name": "HBM", "direction": "both", "bytes_per_second": 3350e9,
                                    "kind": "measured", "source": "s", "retrieved": "2026-11"}],
                     "capacity_nominal": {"bytes": 80e9, "kind": "nominal", "source": "s",
                                          "retrieved": "2026-11"}},
          "links": [], "on_chip": [{"name": "L2", "bytes": 52428800, "kind": "nominal",
                                    "source": "s", "retrieved": "2026-11"}]})";
  const Row rows[] = {
      {"\"X\"", "\"X\"", true},
      {"\"doc\": \"d\",", "", true},
      {"\"links\": [], ", "", true},
      {"\"accumulate\": \"fp32\", ", "", true},
      {", \"verified\": false, \"note\": \"n\"", "", true},
      {"lmhost.hardware/1", "lmhost.hardware/2", false},
      {"\"title\": \"X\", ", "", false},
      {"\"X\"", "\"\"", false},
      {"\"gpu\"", "\"npu\"", false},
      {"[\"y\"]", "\"y\"", false},
      {"[\"y\"]", "[1]", false},
      {"\"bf16\"", "\"bf15\"", false},
      {"\"fp32\"", "\"fp64\"", false},
      {"\"dense\"", "\"half\"", false},
      {"\"matrix\"", "\"scalar\"", false},
      {"989.4e12", "0", false},
      {"989.4e12", "-1", false},
      {"989.4e12", "0.5", false},
      {"989.4e12", "\"989.4e12\"", false},
      {"\"kind\": \"nominal\",", "", false},
      {"\"nominal\"", "\"guessed\"", false},
      {"\"source\": \"s\", ", "", false},
      {"\"retrieved\": \"2026-11\", ", "", false},
      {"\"verified\": false", "\"verified\": 0", false},
      {"\"note\": \"n\"", "\"nota\": \"n\"", false},
      {"\"both\"", "\"up\"", false},
      {"3350e9", "null", false},
      {"\"name\": \"L2\", ", "", false},
      {"\"bandwidth\"", "\"bandwith\"", false},
      {"\"doc\"", "\"docs\"", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.to);
    const std::string text = edited(good, row);
    CHECK(passes_schema("hardware", text) == row.passes);
    CHECK((device_errors(text) == "") == row.passes);
  }
}

TEST_CASE("efficiency schema: schema and reader agree") {
  CHECK(passes_schema("efficiency", file_text(LMHOST_SOURCE_DIR "/catalogs/efficiency.json")));
  const std::string good =
      R"({"schema": "lmhost.efficiency/1", "profiles": [
          {"name": "a", "compute": {"prefill": 0.5, "decode": 0.3}, "memory": 1, "doc": "d",
           "source": "s"}]})";
  const Row rows[] = {
      {"0.5", "0.5", true},
      {", \"decode\": 0.3", "", true},
      {"\"memory\": 1, ", "", true},
      {"lmhost.efficiency/1", "lmhost.efficiency/2", false},
      {"0.5", "0", false},
      {"0.5", "1.5", false},
      {"0.5", "\"0.5\"", false},
      {"\"memory\": 1", "\"memory\": -1", false},
      {"\"decode\"", "\"train\"", false},
      {"\"name\": \"a\", ", "", false},
      {"\"source\": \"s\"", "\"sauce\": \"s\"", false},
      {"\"doc\": \"d\"", "\"doc\": 1", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.to);
    const std::string text = edited(good, row);
    CHECK(passes_schema("efficiency", text) == row.passes);
    CHECK((efficiency_errors(text) == "") == row.passes);
  }
}

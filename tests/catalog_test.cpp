// The set of plugins decides the catalog: their order never does, and a name that two of them
// declare is nobody's. How the user resolves it is in conflicts_test.cpp.
#include "load/catalog.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/conventions.hpp"
#include "load/plugin_discovery.hpp"
#include "load/plugin_fingerprint.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";
const std::string kPlugins = LMHOST_BINARY_DIR "/lib/lmhost/plugins-0";

Plugin load(const std::string& path) {
  Result<Plugin> plugin = load_plugin(path);
  REQUIRE_MESSAGE(plugin.ok(), render(plugin.ok() ? Diagnostics{} : plugin.errors()));
  return std::move(plugin).value();
}

// A plugin without a file: kernels "name" or "name alias alias".
Plugin made(const std::string& id, const std::vector<std::vector<std::string>>& kernels) {
  Plugin plugin;
  plugin.id = id;
  plugin.version = "1.0.0";
  plugin.path = id + ".so";
  for (const std::vector<std::string>& names : kernels) {
    Kernel& kernel = plugin.kernels.emplace_back();
    kernel.name = names.front();
    kernel.aliases.assign(names.begin() + 1, names.end());
  }
  return plugin;
}

// Everything that decides an answer, as text.
std::string dump(const Catalog& catalog) {
  std::string text;
  for (const Plugin& plugin : catalog.plugins())
    text += plugin.id + " " + plugin.version + " " + fingerprint_of(plugin) + "\n";
  for (const std::string_view name : catalog.names()) {
    const Kernel* kernel = catalog.find(name);
    text +=
        std::string(name) + " -> " + kernel->name + " of " + catalog.plugin_of(*kernel).id + "\n";
  }
  for (const Kernel* kernel : catalog.kernels()) text += kernel->name + "\n";
  return text;
}

}  // namespace

TEST_CASE("catalog: any order of loading gives the same registry") {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kPlugins))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  REQUIRE(paths.size() >= 8);
  std::string first;
  std::mt19937 random(7);
  for (int round = 0; round < 10; ++round) {
    const Result<Catalog> catalog = load_catalog({paths, {}, ""});
    REQUIRE_MESSAGE(catalog.ok(), render(catalog.ok() ? Diagnostics{} : catalog.errors()));
    if (round == 0) first = dump(*catalog);
    REQUIRE(dump(*catalog) == first);
    std::shuffle(paths.begin(), paths.end(), random);
  }
}

TEST_CASE("catalog: any order gives the same conflicts") {
  std::vector<std::vector<std::string>> shared = {
      {"a.x", "a.y"}, {"b.x", "a.y"}, {"c.x", "a.x", "b.x"}};
  std::vector<int> order = {0, 1, 2};
  const char* expected =
      "lmhost: error: plugins 'p0' (p0.so) and 'p1' (p1.so) both declare 'a.y' [E408]\n"
      "  leave one of the plugins out, or say whose is meant: --use a.y=p0\n"
      "lmhost: error: plugins 'p0' (p0.so) and 'p2' (p2.so) both declare 'a.x' [E408]\n"
      "  leave one of the plugins out, or say whose is meant: --use a.x=p0\n"
      "lmhost: error: plugins 'p1' (p1.so) and 'p2' (p2.so) both declare 'b.x' [E408]\n"
      "  leave one of the plugins out, or say whose is meant: --use b.x=p1\n";
  do {
    std::vector<Plugin> plugins;
    for (const int i : order)
      plugins.push_back(made("p" + std::to_string(i), {shared[static_cast<std::size_t>(i)]}));
    const Result<Catalog> catalog = Catalog::build(std::move(plugins));
    REQUIRE(catalog.ok());
    CHECK(render(conflict_errors(*catalog)) == expected);
    CHECK(exit_status(conflict_errors(*catalog)) == 4);
    CHECK(catalog->find("a.x") == nullptr);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("catalog: two plugins that share names, by file") {
  for (const bool reversed : {false, true}) {
    std::vector<std::string> files = {kFixtures + "/duplicate_one.so",
                                      kFixtures + "/duplicate_two.so"};
    if (reversed) std::reverse(files.begin(), files.end());
    const Result<Catalog> catalog = load_catalog({files, {}, ""});
    REQUIRE(catalog.ok());
    CHECK(render(conflict_errors(*catalog)) ==
          "lmhost: error: plugins 'duplicate_one' (" + kFixtures +
              "/duplicate_one.so) and 'duplicate_two' (" + kFixtures +
              "/duplicate_two.so) both declare 'shared.alias', 'shared.kernel' "
              "[E408]\n  leave one of the plugins out, or say whose is meant: "
              "--use shared.alias=duplicate_one\n");
  }
  // Each alone is good.
  for (const char* name : {"one", "two"}) {
    const Result<Catalog> alone =
        load_catalog({{kFixtures + "/duplicate_" + std::string(name) + ".so"}, {}, ""});
    REQUIRE(alone.ok());
    CHECK(alone->conflicts().empty());
  }
}

TEST_CASE("catalog: many shared names are counted") {
  std::vector<std::vector<std::string>> kernels;
  for (char c = 'a'; c <= 'k'; ++c) kernels.push_back({std::string("k.") + c});
  std::vector<Plugin> plugins;
  plugins.push_back(made("one", kernels));
  plugins.push_back(made("two", kernels));
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  REQUIRE(catalog.ok());
  const Diagnostics errors = conflict_errors(*catalog);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].message ==
        "plugins 'one' (one.so) and 'two' (two.so) both declare 'k.a', 'k.b', 'k.c', 'k.d', 'k.e', "
        "'k.f', "
        "'k.g', 'k.h' and 3 more");
}

TEST_CASE("catalog: one id twice") {
  std::vector<Plugin> plugins;
  plugins.push_back(made("same", {{"a.b"}}));
  plugins.push_back(made("same", {{"c.d"}}));
  plugins[0].path = "z/same.so";
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  REQUIRE_FALSE(catalog.ok());
  CHECK(
      render(catalog.errors()) ==
      "z/same.so: error: plugin 'same' is given twice, first as same.so [E408]\n  leave one out\n");
}

TEST_CASE("catalog: lookup by name and alias") {
  std::vector<Plugin> plugins;
  plugins.push_back(made("p", {{"b.kernel", "@", "F.b"}, {"a.kernel"}}));
  const Result<Catalog> built = Catalog::build(std::move(plugins));
  REQUIRE(built.ok());
  const Catalog& catalog = *built;
  CHECK(catalog.find("F.b") == catalog.find("b.kernel"));
  CHECK(catalog.find("@")->name == "b.kernel");
  CHECK(catalog.find("f.b") == nullptr);
  CHECK(catalog.find("") == nullptr);
  CHECK(catalog.names() == std::vector<std::string_view>{"@", "F.b", "a.kernel", "b.kernel"});
  REQUIRE(catalog.kernels().size() == 2);
  CHECK(catalog.kernels()[0]->name == "a.kernel");
}

TEST_CASE("conventions: read, and every mistake of a file at once") {
  std::vector<Plugin> plugins;
  plugins.push_back(load(kFixtures + "/functions.so"));
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  REQUIRE(catalog.ok());
  const ScratchFolder folder;
  const auto read = [&](const std::string& text) {
    return load_conventions(folder.write("c.json", text), *catalog);
  };
  const auto errors = [&](const std::string& text) {
    const Result<Conventions> set = read(text);
    std::string rendered = set ? "ok" : render(set.errors());
    for (std::size_t at; (at = rendered.find(folder.path() + "/")) != std::string::npos;)
      rendered.erase(at, folder.path().size() + 1);
    return rendered;
  };

  const Result<Conventions> set = read(
      R"({"schema": "lmhost.conventions/1", "name": "mine", "constants": {"functions.weight_of_one": "0.25"}})");
  REQUIRE(set.ok());
  CHECK(set->name == "mine");
  REQUIRE(set->find("functions", "weight_of_one") != nullptr);
  CHECK(to_string(*set->find("functions", "weight_of_one")) == "0.25");
  CHECK(set->find("functions", "weight") == nullptr);

  CHECK(errors(R"({"schema": "lmhost.graph/1"})") ==
        "c.json:1:12: error: not a convention set: \"schema\" must be \"lmhost.conventions/1\" "
        "[E111]\n"
        "    1 | {\"schema\": \"lmhost.graph/1\"}\n"
        "      |            ^~~~~~~~~~~~~~~~\n");
  CHECK(errors("{\"schema\": \"lmhost.conventions/1\",\n"
               "\"nam\": \"x\",\n"
               "\"constants\": {\n"
               "\"functions.weight_of_on\": 1,\n"
               "\"functions.weight_of_one\": -1}}") ==
        "c.json:2:1: error: unknown key 'nam' [E104]\n"
        "    2 | \"nam\": \"x\",\n"
        "      | ^~~~~ did you mean 'name'?\n"
        "c.json:4:1: error: no loaded plugin has the constant 'functions.weight_of_on' [E203]\n"
        "    4 | \"functions.weight_of_on\": 1,\n"
        "      | ^~~~~~~~~~~~~~~~~~~~~~~~ did you mean 'functions.weight_of_one'?\n"
        "c.json:5:28: error: 'functions.weight_of_one' must be a number of 0 or more that fits 128 "
        "bits [E108]\n"
        "    5 | \"functions.weight_of_one\": -1}}\n"
        "      |                            ^~\n"
        "c.json:1:1: error: missing key 'name' [E106]\n"
        "    1 | {\"schema\": \"lmhost.conventions/1\",\n"
        "      | ^\n");
  CHECK(
      errors(
          R"({"schema": "lmhost.conventions/1", "name": 3, "constants": {"functions.weight_of_one": []}})") ==
      "c.json:1:44: error: 'name' must be a string, not a number [E105]\n"
      "    1 | {\"schema\": \"lmhost.conventions/1\", \"name\": 3, \"constants\": "
      "{\"functions.weight_of_one\": []}}\n"
      "      |                                            ^\n"
      "c.json:1:88: error: 'functions.weight_of_one' must be a number, not an array [E105]\n"
      "    1 | {\"schema\": \"lmhost.conventions/1\", \"name\": 3, \"constants\": "
      "{\"functions.weight_of_one\": []}}\n"
      "      |                                                                                     "
      "   ^\n");
}

TEST_CASE("conventions: the sets of the catalogue fit the plugins") {
  const Result<Catalog> catalog = load_catalog({{}, {}, kPlugins});
  REQUIRE(catalog.ok());
  for (const char* name : {"lmhost", "deepspeed", "seed"}) {
    const Result<Conventions> set = load_conventions(
        LMHOST_SOURCE_DIR "/catalogs/conventions/" + std::string(name) + ".json", *catalog);
    REQUIRE_MESSAGE(set.ok(), render(set.ok() ? Diagnostics{} : set.errors()));
    CHECK(set->name == name);
    CHECK(set->constants.empty() == (set->name == "lmhost"));
  }
}

// Names that two plugins declare: nobody's until the user says whose, in any order of loading; and
// --locked, which holds plugins to those of an earlier report.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "load/conventions.hpp"
#include "load/plugin_fingerprint.hpp"
#include "report/json.hpp"
#include "report/summary.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";

// Plugin p<i> with one kernel a name: "k.a", or "k.a alias alias".
Plugin made(std::size_t index, const std::vector<std::vector<std::string>>& kernels) {
  Plugin plugin;
  plugin.id = "p" + std::to_string(index);
  plugin.path = plugin.id + ".so";
  for (const std::vector<std::string>& names : kernels) {
    Kernel& kernel = plugin.kernels.emplace_back();
    kernel.name = names.front();
    kernel.aliases.assign(names.begin() + 1, names.end());
  }
  return plugin;
}

// Everything that a name can lead to, as text; the errors when there is no registry.
std::string registry(const Result<Catalog>& built) {
  if (!built.ok()) return render(built.errors());
  std::string text;
  for (const std::string_view name : built->names()) {
    const Kernel* kernel = built->find(name);
    text += std::string(name) + " = " + built->plugin_of(*kernel).id + "/" + kernel->name + "\n";
  }
  for (const NameConflict& conflict : built->conflicts())
    text += render({ambiguous_name(*built, conflict)});
  text += render(conflict_errors(*built));
  for (const Kernel* kernel : built->kernels())
    text += built->plugin_of(*kernel).id + "/" + kernel->name + "\n";
  return text;
}

std::vector<std::string> duplicates() {
  return {kFixtures + "/duplicate_one.so", kFixtures + "/duplicate_two.so"};
}

Result<Host> open_with(std::vector<std::string> use, bool reversed = false) {
  HostOptions options;
  options.prefix = LMHOST_BINARY_DIR;
  options.default_plugins = false;
  options.plugin_files = duplicates();
  if (reversed) std::reverse(options.plugin_files.begin(), options.plugin_files.end());
  options.use = std::move(use);
  return Host::open(options);
}

std::string graph_of(const std::string& kernel) {
  return R"({"schema": "lmhost.graph/1", "root": "m", "kernels": {"m": {"sub_kernels": [
  {"name": "a", "kernel": ")" +
         kernel + R"("}]}}})";
}

// FLOPs of one call of that kernel, or the errors.
std::string flops(const Result<Host>& host, const std::string& kernel, bool allow_unknown = false) {
  if (!host.ok()) return render(host.errors());
  const ScratchFolder folder;
  Workload workload;
  workload.model = folder.write("g.json", graph_of(kernel));
  workload.allow_unknown = allow_unknown;
  const Result<Analysis> analysis = host->analyze(workload);
  if (analysis.ok())
    return to_string(analysis->tree->total(analysis->tree->nodes.front())[Quantity::kFlops]);
  std::string text = render(analysis.errors());
  for (std::size_t at; (at = text.find(folder.path() + "/")) != std::string::npos;)
    text.erase(at, folder.path().size() + 1);
  for (std::size_t at; (at = text.find(kFixtures + "/")) != std::string::npos;)
    text.erase(at, kFixtures.size() + 1);
  return text;
}

}  // namespace

TEST_CASE("conflicts: any order of loading gives the same registry or the same error") {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  std::size_t with_conflict = 0, with_error = 0;
  for (int round = 0; round < 300; ++round) {
    // Up to four plugins that draw their names from a few, hence share some.
    std::vector<std::vector<std::vector<std::string>>> sets(2 + below(3));
    for (auto& kernels : sets) {
      std::vector<std::string> names = {"k.a", "k.b", "k.c", "k.d", "k.e", "k.f"};
      std::shuffle(names.begin(), names.end(), random);
      kernels = {{names[0], names[1]}, {names[2]}};
    }
    std::vector<KernelChoice> choices;
    for (std::size_t i = below(4); i > 0; --i)
      choices.push_back({"k." + std::string(1, static_cast<char>('a' + below(6))),
                         "p" + std::to_string(below(sets.size()))});
    std::vector<std::size_t> order(sets.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::string first;
    do {
      std::vector<Plugin> plugins;
      for (const std::size_t i : order) plugins.push_back(made(i, sets[i]));
      const Result<Catalog> built = Catalog::build(std::move(plugins), {}, {}, choices);
      const std::string now = registry(built);
      if (first.empty()) first = now;
      REQUIRE(now == first);
      with_conflict += built.ok() && !built->conflicts().empty() ? 1 : 0;
      with_error += built.ok() ? 0 : 1;
    } while (std::next_permutation(order.begin(), order.end()));
  }
  CHECK(with_conflict > 100);
  CHECK(with_error > 100);
}

TEST_CASE("conflicts: what --use resolves") {
  struct Row {
    std::vector<std::string> use;
    const char* name;
    const char* owner;  // "plugin/kernel", or "" while ambiguous
  };
  const Row rows[] = {
      {{}, "k.a", ""},
      {{}, "k.own", "p1/k.own"},
      {{}, "p0/k.a", "p0/k.a"},
      {{}, "p1/k.a", "p1/k.other"},
      {{"k.a=p0"}, "k.a", "p0/k.a"},
      {{"k.a=p1"}, "k.a", "p1/k.other"},
      {{"k.a=p1"}, "alias", "p1/k.other"},  // another name of the same kernel
      {{"k.other=p1"}, "k.a", "p1/k.other"},
      {{"k.a=p1", "alias=p0"}, "alias", "p0/k.a"},
      {{"k.a=p1", "alias=p0"}, "k.a", "p1/k.other"},
      {{"k.a=p1"}, "p0/k.a", "p0/k.a"},
      {{"k.own=p1"}, "k.a", ""},
      {{"===p1"}, "==", "p1/k.own"},  // a kernel's name may hold the sign
      {{}, "//", "p1/k.own"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    std::vector<Plugin> plugins;
    plugins.push_back(made(0, {{"k.a", "alias"}}));
    plugins.push_back(made(1, {{"k.other", "k.a", "alias"}, {"k.own", "==", "//"}}));
    const auto choices = kernel_choices(row.use);
    REQUIRE(choices.ok());
    const Result<Catalog> catalog = Catalog::build(std::move(plugins), {}, {}, *choices);
    REQUIRE(catalog.ok());
    const Kernel* kernel = catalog->find(row.name);
    CHECK((kernel == nullptr ? "" : catalog->plugin_of(*kernel).id + "/" + kernel->name) ==
          row.owner);
    CHECK((kernel == nullptr) == (catalog->conflict(row.name) != nullptr));
  }
}

TEST_CASE("conflicts: a --use that says nothing is an error") {
  const auto errors = [](const std::vector<std::string>& use) {
    const Result<Host> host = open_with(use);
    CHECK_FALSE(host.ok());
    CHECK((host.ok() || exit_status(host.errors()) == 2));
    return host.ok() ? "" : render(host.errors());
  };
  CHECK(errors({"shared.kernel"}) ==
        "lmhost: error: --use 'shared.kernel' is not KERNEL=PLUGIN [E601]\n"
        "  write --use torch.matmul=vendor_mm\n");
  CHECK(errors({"=x", "x="}).find("'x='") != std::string::npos);
  CHECK(errors({"shared.kernel=duplicate_on"}) ==
        "lmhost: error: --use shared.kernel=duplicate_on: no loaded plugin is 'duplicate_on' "
        "[E601]\n  did you mean 'duplicate_one'?\n");
  CHECK(errors({"shared.kernl=duplicate_one"}) ==
        "lmhost: error: --use shared.kernl=duplicate_one: plugin 'duplicate_one' declares no "
        "kernel 'shared.kernl' [E601]\n  did you mean 'shared.kernel'?\n");
  CHECK(errors({"shared.kernel=duplicate_one", "shared.kernel=duplicate_two"}) ==
        "lmhost: error: --use shared.kernel=duplicate_two: an earlier --use says plugin "
        "'duplicate_one' [E601]\n  leave one out\n");
}

TEST_CASE("conflicts: a graph that uses the name, and how each way out resolves it") {
  for (const bool reversed : {false, true}) {
    const Result<Host> host = open_with({}, reversed);
    REQUIRE(host.ok());
    const std::string expected =
        "g.json:2:27: error: name 'shared.kernel' is declared by plugins 'duplicate_one' "
        "(duplicate_one.so) and 'duplicate_two' (duplicate_two.so) [E408]\n"
        "    2 |   {\"name\": \"a\", \"kernel\": \"shared.kernel\"}]}}}\n"
        "      |                           ^~~~~~~~~~~~~~~ say which: --use "
        "shared.kernel=duplicate_one, or write 'duplicate_one/shared.kernel' in the graph\n"
        "  at m > a\n";
    CHECK(flops(host, "shared.kernel") == expected);
    // Never left out: it is known, only not whose.
    CHECK(flops(host, "shared.kernel", true) == expected);
    CHECK(flops(host, "one.alone") == "1");
    CHECK(flops(host, "duplicate_one/shared.kernel") == "1");
    CHECK(flops(host, "duplicate_two/shared.kernel") == "2");
    CHECK(flops(open_with({"shared.kernel=duplicate_one"}, reversed), "shared.kernel") == "1");
    CHECK(flops(open_with({"shared.kernel=duplicate_two"}, reversed), "shared.kernel") == "2");
    CHECK(flops(open_with({"shared.kernel=duplicate_two"}, reversed), "shared.alias") == "2");
  }
}

TEST_CASE("locked: the plugins of an earlier report, or an error") {
  const ScratchFolder folder;
  const Result<Host> host = open_with({});
  REQUIRE(host.ok());
  Workload workload;
  workload.model = folder.write("g.json", graph_of("duplicate_one/shared.kernel"));
  const Result<Analysis> analysis = host->analyze(workload);
  REQUIRE(analysis.ok());
  const std::string report = write_json(*analysis, summarize(*analysis), "");
  const std::string fingerprint = fingerprint_of(*host->catalog().plugin("duplicate_one"));

  const auto locked_to = [&](const std::string& text) {
    workload.locked = folder.write("report.json", text);
    const Result<Analysis> again = host->analyze(workload);
    if (again.ok()) return std::string();
    std::string errors = render(again.errors());
    for (std::size_t at; (at = errors.find(folder.path() + "/")) != std::string::npos;)
      errors.erase(at, folder.path().size() + 1);
    for (std::size_t at; (at = errors.find(kFixtures + "/")) != std::string::npos;)
      errors.erase(at, kFixtures.size() + 1);
    return std::to_string(exit_status(again.errors())) + " " + errors;
  };
  CHECK(locked_to(report) == "");

  // Another plugin of that name: both fingerprints are named.
  std::string other = report;
  const std::string before(64, 'a');
  REQUIRE(fingerprint.size() == before.size());
  other.replace(other.find(fingerprint), fingerprint.size(), before);
  const std::string changed = locked_to(other);
  const std::string expected =
      "error: plugin 'duplicate_one' 1.0.0 (duplicate_one.so) has fingerprint " + fingerprint +
      ", and 'duplicate_one' 1.0.0 of the locked report has " + before +
      " [E411]\n  load the plugin of the report, or leave --locked out\n";
  CHECK(changed.find("4 report.json:") == 0);
  CHECK(changed.find(expected) != std::string::npos);

  // A report of other plugins.
  CHECK(locked_to(R"({"schema": "lmhost.report/1", "plugins": []})") ==
        "4 report.json: error: plugin 'duplicate_one' 1.0.0 (duplicate_one.so) has fingerprint " +
            fingerprint +
            ", and the locked report was made without it [E411]\n"
            "  leave --locked out to accept it\n");
  // A plugin that this analysis does not use may change.
  std::string unused = report;
  unused.replace(unused.find("\"plugins\":["), 11,
                 "\"plugins\":[{\"id\":\"duplicate_two\",\"fingerprint\":\"0\"},");
  CHECK(locked_to(unused) == "");

  CHECK(locked_to(graph_of("x")).find("3 report.json:1:1: error: not a report") == 0);
  CHECK(locked_to(R"({"schema": "lmhost.report/1"})").find("has no list of plugins") !=
        std::string::npos);
  CHECK(locked_to(R"({"schema": "lmhost.report/1", "plugins": [{"id": "x"}]})").find("[E106]") !=
        std::string::npos);
  workload.locked = folder.path() + "/missing.json";
  CHECK_FALSE(host->analyze(workload).ok());
}

// What two catalogues say differently, and whether data can be: expected numbers from the formulas
// beside them.
#include <doctest/doctest.h>

#include "check/catalog_diff.hpp"
#include "check/data_checks.hpp"
#include "load/kernel_catalog.hpp"
#include "report/catalogs.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

struct Opened {
  std::shared_ptr<const Catalog> catalog;
  const Plugin& plugin() const { return catalog->plugins()[0]; }
};

std::string kernel(const std::string& name, const std::string& flops, const std::string& elements,
                   const std::string& parameters = R"({"name": "n", "type": "int"})") {
  return R"({"name": ")" + name + R"(", "revision": 1, "parameters": [)" + parameters +
         R"(], "quantities": [{"name": "flops", "expression": ")" + flops +
         R"("}], "operands": [{"name": "x", "direction": "read", "role": "activation", "elements": ")" +
         elements + R"("}]})";
}

Opened opened(const std::vector<std::string>& kernels) {
  std::string text = R"({"schema": "lmhost.kernels/1", "plugin": {"id": "p", "version": "1.0.0"},
    "kernels": [)";
  for (const std::string& one : kernels) text += (text.back() == '[' ? "" : ", ") + one;
  const Result<JsonDocument> document = JsonDocument::parse(text_named("p.json", text + "]}"));
  REQUIRE(document.ok());
  Result<Plugin> plugin = read_kernel_catalog(*document);
  REQUIRE_MESSAGE(plugin.ok(), render(plugin.ok() ? Diagnostics{} : plugin.errors()));
  std::vector<Plugin> plugins;
  plugins.push_back(std::move(*plugin));
  return {std::make_shared<const Catalog>(std::move(Catalog::build(std::move(plugins))).value())};
}

std::vector<KernelChange> diff(const Opened& a, const Opened& b) {
  return diff_catalogs(*a.catalog, a.plugin(), *b.catalog, b.plugin());
}

std::string plausible(const Opened& data) {
  std::string text;
  for (const Kernel& one : data.plugin().kernels)
    text += render(check_plausible(*data.catalog, one));
  return text;
}

}  // namespace

TEST_CASE("diff: the same, added, removed") {
  const Opened a = opened({kernel("k.a", "2*n", "n"), kernel("k.b", "n", "n")});
  CHECK(diff(a, a).empty());
  CHECK(write_catalog_diff({}, TextStyle()) == "no difference\n");
  const Opened b = opened({kernel("k.b", "n", "n"), kernel("k.c", "3*n", "n")});
  const std::vector<KernelChange> changes = diff(a, b);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].name == "k.a");
  CHECK(changes[0].kind == KernelChangeKind::kRemoved);
  CHECK(changes[1].kind == KernelChangeKind::kAdded);
  CHECK(write_catalog_diff(changes, TextStyle()) ==
        "- k.a\n  parameter 'n'\n    - int\n  flops\n    - 2*n\n  read 'x'\n    - n elements, "
        "activation\n"
        "+ k.c\n  parameter 'n'\n    + int\n  flops\n    + 3*n\n  read 'x'\n    + n elements, "
        "activation\n\n1 added, 1 removed, 0 changed\n");
}

TEST_CASE("diff: a formula that gives other numbers, and one that is only written otherwise") {
  const Opened a = opened({kernel("k.a", "2*n", "n"), kernel("k.b", "2*n", "n")});
  const Opened b = opened({kernel("k.a", "3*n", "n"), kernel("k.b", "n + n", "n")});
  const std::vector<KernelChange> changes = diff(a, b);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].compared == 100);
  CHECK(changes[0].differing == 100);      // n is at least 1
  REQUIRE(changes[0].values.size() == 2);  // flops, and useful_flops, which are the same
  const ValueChange& flops = changes[0].values[0];
  CHECK(flops.quantity == "flops");
  CHECK(flops.before * Number(3) == flops.after * Number(2));
  CHECK(changes[1].differing == 0);
  const std::string text = write_catalog_diff(changes, TextStyle());
  CHECK(text.find("~ k.a\n  flops\n    - 2*n\n    + 3*n\n  other numbers at 100 of 100 random "
                  "points; at n=") == 0);
  CHECK(text.find("+50.00%") != std::string::npos);
  CHECK(text.find("~ k.b\n  flops\n    - 2*n\n    + n + n\n  the same numbers at 100 random "
                  "points\n") != std::string::npos);
}

TEST_CASE("diff: another parameter") {
  const Opened a = opened({kernel("k.a", "n", "n")});
  const Opened b = opened(
      {kernel("k.a", "n*m", "n", R"({"name": "n", "type": "int"}, {"name": "m", "type": "int"})")});
  const std::vector<KernelChange> changes = diff(a, b);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].texts.size() == 2);  // the parameter and the formula
  CHECK(changes[0].compared == 100);
  // A renamed one cannot be compared: each lacks what the other binds.
  const Opened c = opened({kernel("k.a", "m", "m", R"({"name": "m", "type": "int"})")});
  const std::vector<KernelChange> renamed = diff(a, c);
  REQUIRE(renamed.size() == 1);
  CHECK(renamed[0].compared == 0);
  CHECK(renamed[0].not_compared == "parameter 'm' of 'k.a' is not bound");
}

TEST_CASE("diff: as JSON") {
  const Opened a = opened({kernel("k.a", "2*n", "n")});
  const std::string json = write_catalog_diff_json(diff(a, opened({})));
  CHECK(json.find("{\"name\":\"k.a\",\"change\":\"removed\"") != std::string::npos);
}

TEST_CASE("plausible: what can be, what is negative, what has no value") {
  CHECK(plausible(opened({kernel("k.a", "2*n", "n")})) == "");
  // A point without a value is passed over when others have one: n is 1 now and then.
  CHECK(plausible(opened({kernel("k.a", "n // (n - 1)", "n")})) == "");
  const std::string negative = plausible(opened({kernel("k.a", "1 - 2*n", "n")}));
  CHECK(negative.find("error: flops of 'k.a' is negative: -") != std::string::npos);
  CHECK(negative.find("[E414]") != std::string::npos);
  const std::string none = plausible(opened({kernel("k.a", "n // (n - n)", "n")}));
  CHECK(none.find("error: 'k.a' has no value at any of 100 random points: ") != std::string::npos);
  CHECK(none.find("[E414]") != std::string::npos);
}

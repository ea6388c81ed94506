// Kernels as data above those of plugins: whose name it is, what is hidden, and that the base is
// shared and not copied.
#include <doctest/doctest.h>

#include "load/data_catalog.hpp"
#include "load/plugin_fingerprint.hpp"
#include "scratch_folder.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// A plugin with one kernel a name list: {"k.a", "alias", "alias"}.
Plugin made(const std::string& id, const std::vector<std::vector<std::string>>& kernels) {
  Plugin plugin;
  plugin.id = id;
  plugin.path = id + ".json";
  for (const std::vector<std::string>& names : kernels) {
    Kernel& kernel = plugin.kernels.emplace_back();
    kernel.name = names.front();
    kernel.aliases.assign(names.begin() + 1, names.end());
  }
  return plugin;
}

std::shared_ptr<const Catalog> shared(Result<Catalog> built) {
  REQUIRE_MESSAGE(built.ok(), render(built.ok() ? Diagnostics{} : built.errors()));
  return std::make_shared<const Catalog>(std::move(built).value());
}

// "a/k.one": which kernel a name leads to.
std::string at(const Catalog& catalog, std::string_view name) {
  const Kernel* const kernel = catalog.find(name);
  if (kernel != nullptr) return catalog.plugin_of(*kernel).id + "/" + kernel->name;
  return catalog.conflict(name) == nullptr ? "nobody" : "conflict";
}

std::string hidden(const Catalog& catalog) {
  std::string text;
  for (const HiddenName& entry : catalog.hidden()) {
    text += std::string(entry.name) + ": " + catalog.plugin_of(*entry.owner).id + " over";
    for (const Kernel* kernel : entry.hidden) text += " " + catalog.plugin_of(*kernel).id;
    text += "\n";
  }
  return text;
}

std::shared_ptr<const Catalog> base() {
  return shared(
      Catalog::build({made("a", {{"k.one", "one"}, {"k.two", "two"}}), made("b", {{"k.three"}})}));
}

constexpr const char* kScaled = R"({"schema": "lmhost.kernels/1",
  "plugin": {"id": "mine", "version": "1.0.0", "doc": "a linear layer of another device"},
  "kernels": [{"name": "torch.nn.functional.linear", "revision": 1, "aliases": ["mine.linear"],
    "parameters": [{"name": "M", "type": "int"}, {"name": "share", "type": "float"},
                   {"name": "exact", "type": "bool"}, {"name": "kind", "type": "string"}],
    "quantities": [{"name": "flops", "expression": "M if exact else 2*M"}],
    "operands": [{"name": "x", "direction": "read", "role": "activation", "elements": "M"}]}]})";

std::string graph_of(const std::string& kernel, const std::string& bindings) {
  return R"({"schema": "lmhost.graph/1", "root": "m", "kernels": {"m": {"sub_kernels": [
  {"name": "a", "kernel": ")" +
         kernel + R"(", "bindings": {)" + bindings + "}}]}}}";
}

Result<Host> open_with(const std::vector<std::string>& catalogs,
                       const std::vector<std::string>& use = {}) {
  HostOptions options;
  options.prefix = LMHOST_BINARY_DIR;
  options.catalogs = catalogs;
  options.use = use;
  return Host::open(options);
}

// FLOPs of one call of that kernel, or the errors.
std::string flops(const Result<Host>& host, const std::string& kernel,
                  const std::string& bindings) {
  if (!host.ok()) return render(host.errors());
  const ScratchFolder folder;
  Workload workload;
  workload.model = folder.write("g.json", graph_of(kernel, bindings));
  const Result<Analysis> analysis = host->analyze(workload);
  if (analysis.ok())
    return to_string(analysis->tree->total(analysis->tree->nodes.front())[Quantity::kFlops]);
  std::string text = render(analysis.errors());
  for (std::size_t cut; (cut = text.find(folder.path() + "/")) != std::string::npos;)
    text.erase(cut, folder.path().size() + 1);
  return text;
}

const std::string kGood = R"("M": "7", "share": "0.5", "exact": "True", "kind": "'x'")";

}  // namespace

TEST_CASE("extended: data hides name by name, and nothing else of a kernel") {
  const std::shared_ptr<const Catalog> below = base();
  const Catalog catalog =
      std::move(Catalog::extended(below, {made("data", {{"k.new", "one"}, {"k.three"}})})).value();
  CHECK(at(catalog, "one") == "data/k.new");
  CHECK(at(catalog, "k.one") == "a/k.one");
  CHECK(at(catalog, "k.three") == "data/k.three");
  CHECK(at(catalog, "k.two") == "a/k.two");
  CHECK(at(catalog, "a/one") == "a/k.one");  // a hidden kernel by its plugin
  CHECK(at(catalog, "b/k.three") == "b/k.three");
  CHECK(at(catalog, "data/one") == "data/k.new");
  CHECK(at(catalog, "k.none") == "nobody");
  CHECK(hidden(catalog) == "k.three: data over b\none: data over a\n");
  CHECK(hidden(*below).empty());

  CHECK(catalog.names() ==
        std::vector<std::string_view>{"k.new", "k.one", "k.three", "k.two", "one", "two"});
  CHECK(catalog.kernels().size() == 5);  // the hidden one too
  CHECK(catalog.plugins().size() == 3);
  CHECK(&catalog.plugins()[0] == &below->plugins()[0]);  // shared, not copied
  CHECK(catalog.plugins()[2].is_data);
  CHECK(!catalog.plugins()[0].is_data);
  CHECK(fingerprint_of(catalog.plugins()[2]).size() == 64);
  CHECK(catalog.find("k.two") == below->find("k.two"));
}

TEST_CASE("extended: the set of data decides, the order does not") {
  const std::vector<Plugin> data = {made("x", {{"k.x", "shared"}, {"k.one"}}),
                                    made("y", {{"k.y", "shared"}})};
  const std::vector<Plugin> reversed = {data[1], data[0]};
  for (const std::vector<Plugin>& order : {data, reversed}) {
    const std::shared_ptr<const Catalog> catalog = shared(Catalog::extended(base(), order));
    CHECK(at(*catalog, "shared") == "conflict");
    CHECK(at(*catalog, "x/shared") == "x/k.x");
    CHECK(at(*catalog, "k.one") == "x/k.one");
    CHECK(render({ambiguous_name(*catalog, *catalog->conflict("shared"))}) ==
          "lmhost: error: name 'shared' is declared by catalogues 'x' (x.json) and 'y' (y.json) "
          "[E408]\n  say which: --use shared=x, or write 'x/shared' in the graph\n");
    CHECK(render(conflict_errors(*catalog)) ==
          "lmhost: error: catalogues 'x' (x.json) and 'y' (y.json) both declare 'shared' [E408]\n"
          "  leave one of the catalogues out, or say whose is meant: --use shared=x\n");
  }
  CHECK(render(Catalog::extended(base(), {made("x", {}), made("x", {})}).errors()) ==
        "x.json: error: catalogue 'x' is given twice, first as x.json [E408]\n  leave one out\n");
}

TEST_CASE("extended: conflicts of either level, and data that settles one") {
  const std::vector<Plugin> quarrel = {made("a", {{"k.a", "both"}, {"k.b", "other"}}),
                                       made("b", {{"k.c", "both"}, {"k.d", "other"}})};
  const std::shared_ptr<const Catalog> below = shared(Catalog::build(quarrel));
  CHECK(below->conflicts().size() == 2);
  const std::shared_ptr<const Catalog> settled =
      shared(Catalog::extended(below, {made("data", {{"both"}})}));
  CHECK(at(*settled, "both") == "data/both");
  CHECK(at(*settled, "other") == "conflict");
  CHECK(hidden(*settled) == "both: data over a b\n");
  CHECK(settled->conflicts().size() == 1);
  // Two of data quarrel about a name that the base owns: nobody's, not the base's.
  const std::shared_ptr<const Catalog> again =
      shared(Catalog::extended(below, {made("p", {{"k.x", "k.a"}}), made("q", {{"k.y", "k.a"}})}));
  CHECK(at(*again, "k.a") == "conflict");
  CHECK(at(*again, "a/k.a") == "a/k.a");
  const std::vector<std::string_view> names = again->names();
  CHECK(std::find(names.begin(), names.end(), "k.a") == names.end());
}

TEST_CASE("extended: three levels, the highest wins") {
  const std::shared_ptr<const Catalog> named =
      shared(Catalog::extended(base(), {made("named", {{"k.one"}, {"k.mid", "both"}})}));
  const std::shared_ptr<const Catalog> catalog =
      shared(Catalog::extended(named, {made("graph", {{"k.one"}, {"both"}})}));
  CHECK(at(*catalog, "k.one") == "graph/k.one");
  CHECK(at(*catalog, "both") == "graph/both");
  CHECK(at(*catalog, "k.mid") == "named/k.mid");
  CHECK(hidden(*catalog) == "both: graph over named\nk.one: graph over named a\n");
  // A quarrel above takes the name from those below: nothing is hidden by an owner then.
  const std::shared_ptr<const Catalog> quarrel =
      shared(Catalog::extended(named, {made("p", {{"k.one"}}), made("q", {{"k.one"}})}));
  CHECK(at(*quarrel, "k.one") == "conflict");
  CHECK(hidden(*quarrel).empty());
}

TEST_CASE("extended: --use gives a name back to a plugin, or to one of two catalogues") {
  const auto with = [](const std::vector<std::string>& use, std::vector<Plugin> data) {
    const std::vector<KernelChoice> choices = kernel_choices(use).value();
    const std::shared_ptr<const Catalog> below = shared(
        Catalog::build({made("a", {{"k.one", "one"}})}, {}, {}, choices, Choices::kMoreFollow));
    return Catalog::extended(below, std::move(data), choices);
  };
  const std::vector<Plugin> one = {made("x", {{"k.one", "one"}})};
  CHECK(at(*shared(with({}, one)), "one") == "x/k.one");
  // As between plugins: the kernel chosen by one name owns its other shared names too.
  CHECK(at(*shared(with({"k.one=a"}, one)), "one") == "a/k.one");
  CHECK(at(*shared(with({"k.one=a", "one=x"}, one)), "one") == "x/k.one");
  CHECK(hidden(*shared(with({"k.one=a"}, one))).empty());
  const std::vector<Plugin> two = {made("x", {{"k.one"}}), made("y", {{"k.one"}})};
  CHECK(at(*shared(with({"k.one=y"}, two)), "k.one") == "y/k.one");
  CHECK(at(*shared(with({"k.one=a"}, two)), "k.one") == "a/k.one");
  CHECK(render(with({"k.one=z"}, two).errors()) ==
        "lmhost: error: --use k.one=z: no loaded plugin is 'z' [E601]\n");
}

TEST_CASE("--catalog: data is called instead of a plugin's kernel, and its types are checked") {
  const ScratchFolder folder;
  const std::string file = folder.write("mine.json", kScaled);
  CHECK(flops(open_with({file}), "torch.nn.functional.linear", kGood) == "7");
  CHECK(flops(open_with({file}), "mine.linear", kGood) == "7");
  // The plugin's: 2 M K N = 2*2*3*5.
  CHECK(flops(open_with({file}), "torch.nn.Linear", R"("M": "2", "K": "3", "N": "5")") == "60");
  CHECK(flops(open_with({file}), "matmul/torch.nn.functional.linear",
              R"("M": "2", "K": "3", "N": "5")") == "60");
  CHECK(flops(open_with({file}, {"torch.nn.functional.linear=matmul"}),
              "torch.nn.functional.linear", R"("M": "2", "K": "3", "N": "5")") == "60");

  const auto wrong = [&](const std::string& bindings) {
    const std::string text = flops(open_with({file}), "mine.linear", bindings);
    const std::size_t start = text.find("error: ") + 7;
    return text.substr(start, text.find('\n') - start);
  };
  CHECK(wrong(R"("M": "1.5", "share": "0.5", "exact": "True", "kind": "'x'")") ==
        "parameter 'M' of 'torch.nn.functional.linear' is an int, not 1.5 [E304]");
  CHECK(wrong(R"("M": "7", "share": "'half'", "exact": "True", "kind": "'x'")") ==
        "parameter 'share' of 'torch.nn.functional.linear' is a float, not 'half' [E304]");
  CHECK(wrong(R"("M": "7", "share": "0.5", "exact": "2", "kind": "'x'")") ==
        "parameter 'exact' of 'torch.nn.functional.linear' is a bool, not 2 [E304]");
  CHECK(wrong(R"("M": "7", "share": "0.5", "exact": "True", "kind": "3")") ==
        "parameter 'kind' of 'torch.nn.functional.linear' is a string, not 3 [E304]");
  // What is known only at a point is judged there.
  CHECK(wrong(R"("M": "seq_len/4096", "share": "1", "exact": "True", "kind": "'x'")") ==
        "parameter 'M' of 'torch.nn.functional.linear' is an int, not 0.5: 'seq_len/4096', where "
        "seq_len=2048 [E304]");
  CHECK(wrong(R"("M": "seq_len", "share": "1", "exact": "seq_len", "kind": "'x'")") ==
        "parameter 'exact' of 'torch.nn.functional.linear' is a bool, not 2048: 'seq_len', where "
        "seq_len=2048 [E304]");
}

TEST_CASE("--catalog: what is not one") {
  const ScratchFolder folder;
  CHECK(render(open_with({"-"}).errors()) ==
        "lmhost: error: '-' is not a catalogue of kernels [E601]\n"
        "  name the file: errors and 'explain' point into it\n");
  const auto errors = [&](const std::string& name, const std::string& text) {
    std::string rendered = render(open_with({folder.write(name, text)}).errors());
    return rendered.substr(rendered.find(folder.path()) + folder.path().size() + 1);
  };
  CHECK(errors("g.json", graph_of("k", ""))
            .find("error: this is a graph, not a catalogue of "
                  "kernels [E111]") != std::string::npos);
  CHECK(errors("c.json", "{\"hidden_size\": 4}").find("error: not a catalogue of kernels [E111]") !=
        std::string::npos);
  // Of two bad files both are reported.
  const Result<Host> host = open_with({"/nowhere/a.json", "/nowhere/b.json"});
  CHECK(host.errors().size() == 2);
  CHECK(host.errors()[0].code == "E501");
}

TEST_CASE(
    "--catalog: an analysis says which file it was, and a graph without data copies nothing") {
  const ScratchFolder folder;
  const std::string file = folder.write("mine.json", kScaled);
  const Result<Host> host = open_with({file});
  REQUIRE(host.ok());
  Workload workload;
  workload.model = folder.write("g.json", graph_of("mine.linear", kGood));
  const Result<Analysis> analysis = host->analyze(workload);
  REQUIRE(analysis.ok());
  REQUIRE(analysis->inputs.size() == 2);
  CHECK(analysis->inputs[1]->name == file);
  CHECK(analysis->plan->catalog.get() == &host->catalog());
}

TEST_CASE("a graph's own kernels lie above every catalogue") {
  Result<Graph> graph =
      load_graph(text_named("g.json", graph_of("torch.nn.functional.linear", kGood)));
  REQUIRE(graph.ok());
  const ScratchFolder folder;
  const std::string file = folder.write("mine.json", kScaled);
  const Result<DataCatalog> data = load_data_catalog(file, nullptr);
  REQUIRE(data.ok());
  CHECK(data->form == "lmhost.kernels/1");
  CHECK(data->files.size() == 1);
  graph->kernels.push_back(data->plugin);
  const Result<std::shared_ptr<const Catalog>> catalog = built_host().catalog_for(*graph);
  REQUIRE(catalog.ok());
  CHECK(at(**catalog, "torch.nn.functional.linear") == "mine/torch.nn.functional.linear");
  CHECK(at(**catalog, "torch.nn.Linear") == "matmul/torch.nn.functional.linear");
  graph->kernels.clear();
  CHECK(built_host().catalog_for(*graph)->get() == &built_host().catalog());
}

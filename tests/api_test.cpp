// The public C++ API, as a program sees it: <lmhost/lmhost.hpp> and liblmhost.so, nothing else.
#include "api_support.hpp"

#include <lmhost/sdk.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

// A plugin that is linked into the program.
LMHOST_PLUGIN(mini, "1.2.0", "For the tests of embedding") {
  plugin.kernel("torch.nn.Linear").doc("Not the real one").params({"M", "K", "N"}).flops("7*M");
  plugin.kernel("mini.step").doc("One").params({"n"}).flops("3*n").reads("x", "n");
}

namespace {

using lmhost::Costs;
using lmhost::Number;
using lmhost::Quantity;
using lmhost::RuntimePoint;
using lmhost::test::built_host;
using lmhost::test::code_of;
using lmhost::test::graph_text;
using lmhost::test::must;
using V = lmhost::RuntimeVariable;

lmhost::Host mini_host() {
  lmhost::HostOptions options;
  options.default_plugins = false;
  options.add_static(&lmhost_plugin_v0);
  return must(lmhost::Host::open(options));
}

RuntimePoint point_of(const lmhost::Plan& plan, int batch, int seq, int cache) {
  RuntimePoint point = plan.default_point();
  point[V::kBatchSize] = batch;
  point[V::kSeqLen] = seq;
  point[V::kCacheLen] = cache;
  return point;
}

const std::string kLinear =
    R"({"name": "fc", "kernel": "torch.nn.Linear", "bindings": {"M": "seq_len", "K": "2", "N": "3"}})";

// Above the size from which threads are used: 600 composites of 100 calls, every call another.
std::string large_graph() {
  std::string text = R"({"schema": "lmhost.graph/1", "root": "m.Model", "kernels": {"m.Model": {)"
                     R"("sub_kernels": [)";
  for (int i = 0; i < 600; ++i) {
    const std::string name = std::to_string(i);
    text += (i == 0 ? "" : ",") + (R"({"name": "b)" + name) + R"(", "kernel": "m.B)" + name + "\"}";
  }
  text += "]}";
  for (int i = 0; i < 600; ++i) {
    text += ",\"m.B" + std::to_string(i) + R"(": {"sub_kernels": [)";
    for (int k = 0; k < 100; ++k) {
      const std::string name = std::to_string(k);
      text += (k == 0 ? "" : ",") + (R"({"name": "c)" + name) +
              R"(", "kernel": "mini.step", "bindings": {"n": "seq_len + )" +
              std::to_string(i * 100 + k + 1) + "\"}}";
    }
    text += "]}";
  }
  return text + "}}";
}

std::string text_of(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A caller's pool, poorly made: two threads of its own a loop.
void run_on_own_threads(std::size_t count, std::size_t grain,
                        const std::function<void(std::size_t, std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t begin = next.fetch_add(grain); begin < count; begin = next.fetch_add(grain))
      body(begin, begin + grain < count ? begin + grain : count);
  };
  std::thread first(work), second(work);
  first.join();
  second.join();
}

}  // namespace

TEST_CASE("a model by name, its totals, nodes and texts") {
  const lmhost::Graph graph = must(built_host().load("llama-2-7b"));
  CHECK(graph.name() == "llama-2-7b");
  CHECK(graph.architectures() == std::vector<std::string>{"LlamaForCausalLM"});
  const lmhost::Plan plan = must(built_host().resolve(graph));
  CHECK(plan.unknown().empty());
  const lmhost::Report report = must(plan.analyze(plan.default_point()));
  // Meta's number of parameters of Llama 2 7B.
  CHECK(report.totals()[Quantity::kParameters] == Number(6738415616));
  CHECK(report.point().values == plan.default_point().values);

  const lmhost::ReportNode root = report.node(0);
  CHECK(root.path.empty());
  CHECK(root.kind == lmhost::NodeKind::kComposite);
  CHECK(!root.parent.has_value());
  CHECK(root.self == Costs());
  // Every composite is the sum of what is directly below it.
  std::vector<Costs> sums(report.size());
  for (std::size_t i = 1; i < report.size(); ++i) {
    const lmhost::ReportNode node = report.node(i);
    for (std::size_t q = 0; q < lmhost::kQuantityCount; ++q)
      sums[*node.parent].values[q] = sums[*node.parent].values[q] + node.total.values[q];
  }
  for (std::size_t i = 0; i < report.size(); ++i) {
    const lmhost::ReportNode node = report.node(i);
    CHECK(node.total == (node.kind == lmhost::NodeKind::kComposite ? sums[i] : node.self));
    CHECK(report.find(node.path) == i);
  }
  CHECK(!report.find("nothing.here"));

  const lmhost::Coverage coverage = report.coverage();
  CHECK(coverage.unknown.empty());
  CHECK(!coverage.truncated);
  CHECK(coverage.sites > 10);
  REQUIRE(!coverage.plugins.empty());
  CHECK(coverage.plugins.front().fingerprint.size() == 64);

  CHECK(report.to_json().find("\"schema\":\"lmhost.report/1\"") != std::string::npos);
  CHECK(report.to_csv().substr(0, 4) == "path");
  CHECK(report.to_json_lines().front() == '{');
  CHECK(report.to_text().find("LlamaForCausalLM") != std::string::npos);
  CHECK(report.to_markdown().find("| ") != std::string::npos);
  CHECK(must(report.explain("q_proj", "flops")).find("2*M*K*N") != std::string::npos);
  CHECK(code_of(report.explain("nothing.here")) == "E602");
  CHECK(code_of(report.explain("", "no_such_metric")) == "E601");
}

TEST_CASE("totals are the root of the analysis, at every point and for every model") {
  for (const std::string& model : built_host().model_names()) {
    CAPTURE(model);
    const lmhost::Plan plan = must(built_host().resolve(must(built_host().load(model))));
    std::vector<RuntimePoint> points;
    for (const int seq : {1, 7, 512})
      for (const int cache : {0, 1023}) points.push_back(point_of(plan, 3, seq, cache));
    points.front()[V::kKvBits] = Number::ratio(33, 8);
    const std::vector<Costs> all = must(plan.totals(points));
    for (std::size_t i = 0; i < points.size(); ++i) {
      CHECK(all[i] == must(plan.analyze(points[i])).totals());
      CHECK(all[i] == must(plan.totals(points[i])));
    }
  }
}

TEST_CASE("totals fail where the analysis fails, with its words") {
  const lmhost::Host host = mini_host();
  struct Row {
    const char* multiplier;
    const char* n;
    int seq;
    const char* code;
  };
  const Row rows[] = {
      {"seq_len - 3", "1", 2, "E306"},  // a negative count
      {"seq_len / 2", "1", 3, "E306"},  // half a call
      {"seq_len / 2", "1", 4, "ok"},          {"1", "seq_len / 2", 3, "E304"},
      {"1", "seq_len - 5", 3, "E308"},  // a negative cost
      {"1", "4 // (seq_len - 3)", 3, "E305"}, {"1", "min(seq_len, 2)", 3, "ok"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.multiplier);
    CAPTURE(row.n);
    // The second call is so large that a wrong first one does not show in the sum.
    const std::string text = graph_text(
        std::string(R"({"name": "a", "kernel": "mini.step", "multiplier": ")") + row.multiplier +
        R"(", "bindings": {"n": ")" + row.n +
        R"("}}, {"name": "b", "kernel": "mini.step", "bindings": {"n": "1000*seq_len"}})");
    const lmhost::Plan plan = must(host.resolve(must(host.parse(text))));
    const RuntimePoint point = point_of(plan, 1, row.seq, 0);
    const lmhost::Result<Costs> fast = plan.totals(point);
    const lmhost::Result<lmhost::Report> slow = plan.analyze(point);
    CHECK(fast.ok() == slow.ok());
    CHECK(fast.ok() == (std::string(row.code) == "ok"));
    if (slow.ok()) {
      CHECK(*fast == slow->totals());
    } else {
      CHECK(lmhost::to_text(fast.errors()) == lmhost::to_text(slow.errors()));
    }
  }
}

TEST_CASE("two hosts with different plugins in one process") {
  const lmhost::Host mini = mini_host();
  REQUIRE(mini.plugins().size() == 1);
  CHECK(mini.plugins()[0].id == "mini");
  CHECK(mini.plugins()[0].state == lmhost::PluginState::kLoaded);
  CHECK(mini.kernel_names() == std::vector<std::string>{"mini.step", "torch.nn.Linear"});

  const std::string text = graph_text(kLinear);
  const lmhost::Plan theirs = must(built_host().resolve(must(built_host().parse(text))));
  const lmhost::Plan ours = must(mini.resolve(must(mini.parse(text))));
  CHECK(must(theirs.totals(point_of(theirs, 1, 5, 0)))[Quantity::kFlops] == Number(2 * 5 * 2 * 3));
  CHECK(must(ours.totals(point_of(ours, 1, 5, 0)))[Quantity::kFlops] == Number(7 * 5));
  // A graph is no host's: what it was read by does not matter.
  const lmhost::Plan mixed = must(mini.resolve(must(built_host().parse(text))));
  CHECK(must(mixed.totals(point_of(mixed, 1, 5, 0)))[Quantity::kFlops] == Number(7 * 5));
}

TEST_CASE("catalogues: kernels as data hide those of plugins") {
  lmhost::HostOptions options;
  options.prefix = LMHOST_BINARY_DIR;
  options.catalogs = {LMHOST_SOURCE_DIR "/tests/golden/inputs/modules.json"};
  const lmhost::Host host = must(lmhost::Host::open(options));
  const std::vector<std::string> kernels = host.kernel_names();
  CHECK(std::find(kernels.begin(), kernels.end(), "made.up.Scale") != kernels.end());
  const std::string text =
      graph_text(R"({"name": "act", "kernel": "torch.nn.SiLU", "bindings": {"n": "seq_len"}})");
  const lmhost::Plan plan = must(host.resolve(must(host.parse(text))));
  // 5 FLOPs an element in that file.
  CHECK(must(plan.totals(point_of(plan, 1, 7, 0)))[Quantity::kFlops] == Number(35));
  options.catalogs = {"/nowhere/x.json"};
  CHECK(lmhost::Host::open(options).errors().front().code == "E501");
}

TEST_CASE("a plan outlives its host and graph") {
  std::vector<lmhost::Plan> kept;
  {
    const lmhost::Host host = mini_host();
    kept.push_back(must(host.resolve(must(host.parse(graph_text(kLinear))))));
  }
  CHECK(must(kept[0].analyze(point_of(kept[0], 1, 2, 0))).totals()[Quantity::kFlops] == Number(14));
}

TEST_CASE("one host and one plan, eight threads") {
  const lmhost::Host& host = built_host();
  const lmhost::Graph graph = must(host.load("gpt2"));
  const lmhost::Plan plan = must(host.resolve(graph));
  std::vector<Costs> expected;
  for (int i = 0; i < 8; ++i)
    expected.push_back(must(plan.totals(point_of(plan, 1 + i, 9, 5 * i))));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 8; ++i) {
        const int k = (thread + i) % 8;
        const RuntimePoint point = point_of(plan, 1 + k, 9, 5 * k);
        const auto report = plan.analyze(point);
        if (!report.ok() || !(report->totals() == expected[static_cast<std::size_t>(k)])) ++wrong;
        const auto totals = plan.totals(point);
        if (!totals.ok() || !(*totals == expected[static_cast<std::size_t>(k)])) ++wrong;
        if (i == 0 && report->to_json().empty()) ++wrong;
      }
      // And all that comes before: the same host reads and resolves in every thread.
      const auto own_graph = host.load("gpt2");
      const auto own = host.resolve(*own_graph);
      const auto totals = own->totals(point_of(*own, 1, 9, 0));
      if (!totals.ok() || !(*totals == expected[0])) ++wrong;
      if (lmhost::Host::open().ok() == false) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads, the caller's own executor, progress and cancellation") {
  const lmhost::Host host = mini_host();
  const lmhost::Plan plan = must(host.resolve(must(host.parse(large_graph()))));
  const RuntimePoint point = point_of(plan, 1, 4, 0);
  const Number expected = Number(3) * (Number(60000) * Number(4) + Number(30000) * Number(60001));
  const lmhost::Report serial = must(plan.analyze(point));
  CHECK(serial.totals()[Quantity::kFlops] == expected);
  CHECK(serial.size() == 1 + 600 + 60000);

  lmhost::RunOptions two;
  two.threads = 2;
  CHECK(must(plan.analyze(point, two)).totals() == serial.totals());

  lmhost::RunOptions own;
  std::atomic<int> loops{0};
  own.parallel_for = [&](std::size_t count, std::size_t grain,
                         const std::function<void(std::size_t, std::size_t)>& body) {
    ++loops;
    run_on_own_threads(count, grain, body);
  };
  const std::thread::id here = std::this_thread::get_id();
  std::size_t last = 0, whole = 0, falls = 0, strangers = 0;
  own.progress = [&](std::size_t done, std::size_t total) {
    if (done < last) ++falls;
    if (std::this_thread::get_id() != here) ++strangers;
    last = done;
    whole = total;
  };
  CHECK(must(plan.analyze(point, own)).totals() == serial.totals());
  CHECK(loops > 0);
  CHECK(falls == 0);
  CHECK(strangers == 0);
  CHECK(whole > 60000);
  CHECK(last == whole);
  loops = 0;
  const std::vector<RuntimePoint> points(300, point_of(plan, 2, 4, 0));
  const lmhost::Plan small = must(host.resolve(must(host.parse(graph_text(kLinear)))));
  CHECK(must(small.totals(points, own)).size() == 300);
  CHECK(loops == 1);
  CHECK(last == 300);

  for (lmhost::RunOptions options : {lmhost::RunOptions(), two, own}) {
    std::atomic<bool> stop{false};
    int calls = 0;
    options.cancelled = &stop;
    options.progress = [&](std::size_t, std::size_t) {
      ++calls;
      stop = true;
    };
    CHECK(code_of(plan.analyze(point, options)) == "E603");
    CHECK(calls == 1);
    // Set before the call.
    CHECK(code_of(plan.analyze(point, options)) == "E603");
    CHECK(code_of(small.totals(points, options)) == "E603");
    CHECK(calls == 1);
    stop = false;
    options.progress = nullptr;
    CHECK(must(plan.analyze(point, options)).totals() == serial.totals());
  }
}

TEST_CASE("configs: a file's own, text, assignments") {
  const lmhost::Host host = mini_host();
  const std::string text =
      graph_text(R"({"name": "a", "kernel": "mini.step", "bindings": {"n": "config.width"}})");
  const lmhost::Graph graph = must(host.parse(text, "g.json"));
  CHECK(code_of(host.resolve(graph)) == "E303");
  lmhost::PlanOptions options;
  options.config_text = R"({"width": 5, "dtype": "float32"})";
  const lmhost::Plan plan = must(host.resolve(graph, options));
  CHECK(plan.default_point()[V::kWeightBits] == Number(32));
  CHECK(must(plan.totals(point_of(plan, 1, 2, 0)))[Quantity::kFlops] == Number(15));
  options.set = {"width=6"};
  const lmhost::Plan wider = must(host.resolve(graph, options));
  CHECK(must(wider.totals(point_of(wider, 1, 2, 0)))[Quantity::kFlops] == Number(18));
  // The graph itself has not changed.
  CHECK(code_of(host.resolve(graph)) == "E303");
  options.set = {"widht=6"};
  CHECK(lmhost::to_text(host.resolve(graph, options).errors()).find("did you mean 'width'?") !=
        std::string::npos);
  options.config_file = "config.json";
  CHECK(code_of(host.resolve(graph, options)) == "E601");

  // A config.json from memory chooses its graph as the file does.
  const lmhost::Graph chosen = must(built_host().parse(
      R"({"architectures": ["GPT2LMHeadModel"], "n_embd": 8, "n_layer": 1, "n_head": 2})", "mine"));
  CHECK(chosen.name() == "mine");
}

TEST_CASE("modes and unknown kernels") {
  const lmhost::Graph graph = must(built_host().load("gpt2"));
  lmhost::PlanOptions options;
  options.mode = lmhost::Mode::kEager;
  const lmhost::Plan eager = must(built_host().resolve(graph, options));
  const lmhost::Plan sdpa = must(built_host().resolve(graph));
  CHECK(!(must(eager.totals(eager.default_point())) == must(sdpa.totals(sdpa.default_point()))));

  const lmhost::Host host = mini_host();
  const lmhost::Graph partly = must(host.parse(
      graph_text(kLinear + R"(, {"name": "x", "kernel": "torch.nn.Liner", "bindings": {}})"),
      "g.json"));
  const lmhost::Result<lmhost::Plan> refused = host.resolve(partly);
  REQUIRE(code_of(refused) == "E101");
  CHECK(refused.errors()[0].file == "g.json");
  CHECK(refused.errors()[0].line == 1);
  options = {};
  options.allow_unknown = true;
  const lmhost::Plan plan = must(host.resolve(partly, options));
  CHECK(plan.unknown().size() == 1);
  CHECK(must(plan.analyze(plan.default_point())).coverage().unknown ==
        std::vector<std::string>{"x"});
}

TEST_CASE("what a program can do wrong is an error value") {
  lmhost::HostOptions options;
  options.plugin_files = {"/nowhere/x.so"};
  CHECK(code_of(lmhost::Host::open(options)) == "E501");
  options = {};
  options.plugin_directories = {"/nowhere"};
  CHECK(code_of(lmhost::Host::open(options)) == "E501");
  options = {};
  options.conventions = "no_such_set";
  CHECK(code_of(lmhost::Host::open(options)) == "E601");
  options = {};
  options.add_static(nullptr);
  CHECK(code_of(lmhost::Host::open(options)) == "E405");
  options = {};
  options.add_static(&lmhost_plugin_v0).add_static(&lmhost_plugin_v0);
  options.default_plugins = false;
  CHECK(code_of(lmhost::Host::open(options)) == "E408");

  const lmhost::Host& host = built_host();
  CHECK(code_of(host.load("llama-2-7c")) == "E113");
  CHECK(code_of(host.load("-")) == "E601");
  CHECK(code_of(host.load("/nowhere/graph.json")) == "E501");
  CHECK(code_of(host.parse("{", "g.json")) == "E102");

  const lmhost::Plan plan = must(host.resolve(must(host.load("gpt2"))));
  struct Row {
    V variable;
    Number value;
  };
  const Row rows[] = {{V::kSeqLen, -1},
                      {V::kBatchSize, Number::ratio(1, 2)},
                      {V::kWeightBits, 0},
                      {V::kKvBits, Number::inexact(0.5)},
                      {V::kCacheLen, Number::error(lmhost::ArithmeticError::kOverflow)}};
  for (const Row& row : rows) {
    RuntimePoint point = plan.default_point();
    point[row.variable] = row.value;
    CHECK(code_of(plan.analyze(point)) == "E601");
    CHECK(code_of(plan.totals(point)) == "E601");
    CHECK(code_of(plan.totals(std::vector<RuntimePoint>{plan.default_point(), point})) == "E601");
  }
}

// The fenced blocks of the page, each of which must stand in its example.
TEST_CASE("the page shows the examples as they are") {
  const std::string folder = LMHOST_SOURCE_DIR;
  const std::string page = text_of(folder + "/framework/EMBEDDING.md");
  struct Row {
    const char* fence;
    std::vector<std::string> examples;
    int blocks;
  };
  const Row rows[] = {{"```cpp\n", {"scheduler.cpp", "builder.cpp", "sweep.cpp", "arena.cpp"}, 5},
                      {"```c\n", {"totals.c"}, 1},
                      {"```python\n", {"totals.py"}, 1}};
  for (const Row& row : rows) {
    const std::string fence = row.fence;
    std::string example;
    for (const std::string& name : row.examples)
      example += text_of(folder + "/tools/examples/" + name);
    int blocks = 0;
    for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
      at += fence.size();
      const std::string block = page.substr(at, page.find("```", at) - at);
      CAPTURE(block);
      CHECK(example.find(block) != std::string::npos);
      ++blocks;
    }
    CHECK(blocks == row.blocks);
  }
}

// What is larger than its text: trees with more calls than can be written out, files that need not end,
// generations of any length. Asserted are counts and errors, never times.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "load/text_file.hpp"
#include "report/rows.hpp"
#include "report/structure.hpp"
#include "report/summary.hpp"
#include "report/written_tree.hpp"
#include "scratch_folder.hpp"
#include "study/comparison.hpp"
#include "study/generation.hpp"
#include "study/training.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// L0 calls L1 twice, L1 calls L2 twice ...: 2^levels paths, 2^(levels+1)-1 nodes and as many again for the
// kernel that the last level calls.
std::string doubling(int levels, const std::string& last = "torch.relu",
                     const std::string& bindings = R"({"num_elements": "seq_len"})") {
  std::string text = R"({"schema": "lmhost.graph/1", "root": "L0", "kernels": {)";
  for (int i = 0; i < levels; ++i) {
    const std::string next = "\"kernel\": \"L" + std::to_string(i + 1) + "\"";
    text += "\"L" + std::to_string(i) + R"(": {"sub_kernels": [{"name": "a", )" + next +
            R"(}, {"name": "b", )" + next + "}]}, ";
  }
  return text + "\"L" + std::to_string(levels) +
         R"(": {"sub_kernels": [{"name": "r", "kernel": ")" + last + R"(", "bindings": )" +
         bindings + "}]}}}";
}

// C0 calls C1 calls C2 ...
std::string chain(int length) {
  std::string text = R"({"schema": "lmhost.graph/1", "root": "C0", "kernels": {)";
  for (int i = 0; i < length; ++i)
    text += "\"C" + std::to_string(i) + R"(": {"sub_kernels": [{"name": "c", "kernel": "C)" +
            std::to_string(i + 1) + "\"}]}, ";
  return text + "\"C" + std::to_string(length) +
         R"(": {"sub_kernels": [{"name": "r", "kernel": "torch.relu", "bindings": {"num_elements": "seq_len"}}]}}})";
}

CostTree tree_of(const std::shared_ptr<const Plan>& plan, const TreeOptions& wanted = {},
                 std::size_t limit = CostTree::kNodeLimit) {
  const RuntimePoint point = point_at(1, 16, 0);
  Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
  REQUIRE(evaluation.ok());
  return build_cost_tree(plan, point, std::move(*evaluation), wanted, 1u, limit);
}

Analysis analysis_of(const std::shared_ptr<const Plan>& plan, const TreeOptions& wanted = {}) {
  Analysis analysis;
  analysis.model_name = "m";
  analysis.plan = plan;
  analysis.point = point_at(1, 16, 0);
  analysis.config = std::make_shared<const Config>();
  analysis.tree = std::make_shared<const CostTree>(tree_of(plan, wanted));
  return analysis;
}

std::string error_of(const Result<bool>& result) {
  return result.ok() ? "" : render(result.errors());
}

std::string read_error(const std::string& path, std::size_t limit = kLongestText) {
  const auto text = read_text(path, limit);
  return text.ok() ? "" : render(text.errors());
}

}  // namespace

TEST_CASE("a tree is opened as deep as is shown") {
  const auto plan = plan_of(doubling(60));
  TreeOptions wanted;
  wanted.depth = 4;
  const CostTree tree = tree_of(plan, wanted);
  CHECK(tree.nodes.size() == 31);  // 1 + 2 + 4 + 8 + 16
  CHECK_FALSE(tree.truncated);
  // 2^61 - 1 composites and 2^60 calls of the kernel: 3 * 2^60 - 1.
  CHECK(tree.whole.nodes == doctest::Approx(3458764513820540927.0));
  CHECK(to_string(tree.total(tree.nodes[0])[Quantity::kFlops]) ==
        "18446744073709551616");  // 16 * 2^60
  CHECK(to_string(tree.total(tree.nodes[1])[Quantity::kFlops]) == "9223372036854775808");

  // Nothing wanted is all: as many levels as the limit holds, 2^20 - 1 nodes, and says so.
  const CostTree cut = tree_of(plan, {}, 2'000'000);
  CHECK(cut.nodes.size() == 1'048'575);
  CHECK(cut.truncated);

  wanted.along = std::string("a.b.a.b.a.b.a.b");
  const CostTree along = tree_of(plan, wanted);
  // Both calls of each of the 5 composites below depth 4 that lie on the path, the last included.
  CHECK(along.nodes.size() == 31 + 2 * 5);
  std::size_t found = 0;
  for (const CostNode& node : along.nodes) found += along.path(node) == wanted.along;
  CHECK(found == 1);
}

TEST_CASE("a small tree is whole whatever is wanted") {
  const auto plan = plan_of(doubling(3));
  TreeOptions wanted;
  wanted.depth = 1;
  const CostTree tree = tree_of(plan, wanted);
  CHECK(tree.nodes.size() == 23);  // 15 composites, 8 calls
  CHECK(tree.whole.nodes == 23);
  CHECK_FALSE(tree.truncated);
}

TEST_CASE("what is said of a tree does not depend on how much of it is written out") {
  const auto plan = plan_of(doubling(8));
  TreeOptions wanted;
  wanted.depth = 2;
  const CostTree whole = tree_of(plan), cut = tree_of(plan, wanted, 100);
  REQUIRE(whole.nodes.size() == 767);
  REQUIRE(cut.nodes.size() == 7);
  Number sites = 0, times = 0;
  for (const CostNode& node : whole.nodes) {
    if (whole.instance(node).composite != nullptr) continue;
    sites = sites + Number(1);
    times = times + node.times;
  }
  CHECK(sites == Number(256));
  for (const CostTree* tree : {&whole, &cut}) {
    RowOptions options;
    options.view = View::kKernels;
    const Rows rows = make_rows(*tree, options);
    REQUIRE(rows.rows.size() == 2);
    CHECK(rows.rows[1].sites == sites);
    CHECK(rows.rows[1].times == times);
    CHECK(costs_of(*tree, rows, rows.rows[1]) == whole.total(whole.nodes[0]));
    Analysis analysis = analysis_of(plan);
    analysis.tree = std::make_shared<const CostTree>(*tree);
    const Summary summary = summarize(analysis);
    CHECK(summary.sites == sites);
    CHECK(summary.calls == times);
    CHECK(summary.unknown == Number(0));
  }
}

TEST_CASE("unknown calls below what is written out are counted and flagged") {
  ResolveOptions options;
  options.allow_unknown = true;
  const auto plan = plan_of(doubling(60, "nobody.knows"), nullptr, options);
  TreeOptions wanted;
  wanted.depth = 1;
  const CostTree tree = tree_of(plan, wanted);
  CHECK(tree.nodes.size() == 3);
  CHECK(nodes_with_unknown(tree) == std::vector<bool>{true, true, true});
  const Summary summary = summarize(analysis_of(plan, wanted));
  CHECK(to_string(summary.unknown) == "1152921504606846976");
}

TEST_CASE("counts beyond 128 bits are estimates") {
  // A view costs nothing, however often.
  const Summary summary =
      summarize(analysis_of(plan_of(doubling(200, "torch.Tensor.view", "{}")), {0, ""}));
  CHECK(summary.calls.is_inexact());
  CHECK(summary.calls.to_double() == std::ldexp(1.0, 200));
  CHECK(summary.sites.to_double() == std::ldexp(1.0, 200));
}

TEST_CASE("what cannot be written out says how large it would be") {
  CHECK(error_of(check_whole(tree_of(plan_of(doubling(60)), {0, ""}), "fewer")) ==
        "lmhost: error: the tree of all calls is about 3.46e18 rows: more than 200000 rows "
        "[E107]\n  fewer\n");
  CHECK(error_of(check_whole(tree_of(plan_of(doubling(17)), {0, ""}), "fewer")) ==
        "lmhost: error: the tree of all calls is 393,215 rows: more than 200000 rows [E107]\n  "
        "fewer\n");
  CHECK(error_of(check_whole(tree_of(plan_of(doubling(10))), "fewer")).empty());
  // A path of k parts is written as "c.c.c": rows are indented by 5, 5 * (1 + 2 + ... + 6001).
  const CostTree deep = tree_of(plan_of(chain(6000)));
  CHECK(error_of(check_whole(deep, "fewer")) ==
        "lmhost: error: the tree of all calls has 90,045,005 bytes of paths in 6,002 rows: more "
        "than 67108864 "
        "bytes of paths [E107]\n  fewer\n");
  RowOptions options;
  options.depth = 100;
  CHECK(error_of(check_rows(deep, options, "fewer")).empty());
  options.depth.reset();
  CHECK_FALSE(check_rows(deep, options, "fewer").ok());
}

TEST_CASE("the structure of a DAG without its paths is as large as the DAG") {
  const auto plan = plan_of(doubling(60));
  StructureOptions options;
  const Result<Structure> tree =
      make_structure(*plan->graph, plan.get(), plan->catalog.get(), options);
  REQUIRE_FALSE(tree.ok());
  CHECK(render(tree.errors()) ==
        "lmhost: error: the tree of all calls is about 3.46e18 rows: more than 200000 rows [E107]\n"
        "  --depth N opens fewer levels; --format dot has every kernel once\n");
  options.opens_once = true;
  const Result<Structure> once =
      make_structure(*plan->graph, plan.get(), plan->catalog.get(), options);
  REQUIRE(once.ok());
  CHECK(once->nodes.size() == 122);  // both calls of 60 composites, the root and the kernel

  // What the diagrams show is the same.
  const auto small = plan_of(doubling(6));
  options.opens_once = false;
  const auto all = make_structure(*small->graph, small.get(), small->catalog.get(), options);
  options.opens_once = true;
  const auto each = make_structure(*small->graph, small.get(), small->catalog.get(), options);
  CHECK(write_structure_dot(*all, {}).str() == write_structure_dot(*each, {}).str());
  CHECK(write_structure_mermaid(*all).str() == write_structure_mermaid(*each).str());
}

TEST_CASE("a long cell does not widen the rows of others") {
  Table table({{"A", true, Ink::kPlain}, {"B", true, Ink::kPlain}});
  table.add({std::string(300, 'x'), "1"});
  table.add({"y", "2"});
  CHECK(table.text({}) == "A  B\n" + std::string(300, 'x') + "  1\ny  2\n");
}

TEST_CASE("sums by node are for trees of some size") {
  Analysis analysis = analysis_of(plan_of(doubling(17)), {0, ""});
  const std::string expected =
      "lmhost: error: written out, the calls are more than 200000 rows: too many for a generation "
      "or a "
      "training step [E107]\n  a single pass has no such limit\n";
  const auto generated = generate(analysis, Number(3), Number(4));
  REQUIRE_FALSE(generated.ok());
  CHECK(render(generated.errors()) == expected);
  const auto trained = train(analysis, optimizers().front());
  REQUIRE_FALSE(trained.ok());
  CHECK(render(trained.errors()) == expected);
}

TEST_CASE("a generation is summed in closed form, or has a limit") {
  Analysis analysis = analysis_of(plan_of(doubling(2)));
  const Number tokens(std::int64_t{1'000'000'000'000});
  Result<Generation> closed = generate(analysis, Number(3), tokens);
  REQUIRE(closed.ok());
  CHECK(closed->closed_steps == 999'999'999'999);
  // 4 calls: 3 elements in the prefill, one in each step.
  CHECK(to_string(closed->analysis.tree->total(
            closed->analysis.tree->nodes[0])[Quantity::kFlops]) == "4000000000008");
  GenerationOptions options;
  options.closed_form = false;
  const auto plain = generate(analysis, Number(3), tokens, 1u, options);
  REQUIRE_FALSE(plain.ok());
  CHECK(plain.errors().front().code == "E107");
  CHECK(plain.errors().front().message.starts_with(
      "the cost of this generation is a sum over 999,999,999,999 passes, more than the "));
  const Result<DeviceBounds> bounds = bound_generation(closed->analysis, Roof(), Roof());
  REQUIRE_FALSE(bounds.ok());
  CHECK(bounds.errors().front().message.starts_with(
      "the time bound of this generation is a sum over 999,999,999,999 passes, more than the "));
}

TEST_CASE("files that need not end are not read") {
  const ScratchFolder scratch;
  const std::string pipe = scratch.path() + "/pipe", socket_path = scratch.path() + "/socket";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_error(pipe) ==
        "lmhost: error: cannot read '" + pipe + "': it is a pipe that nobody writes to [E501]\n");
  CHECK(read_error("/dev/zero") ==
        "lmhost: error: cannot read '/dev/zero': it is a device [E501]\n");
  CHECK(read_error("/dev/null") ==
        "lmhost: error: cannot read '/dev/null': it is a device [E501]\n");
  CHECK(read_error(scratch.path()) ==
        "lmhost: error: cannot read '" + scratch.path() + "': Is a directory [E501]\n");

  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(socket_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  REQUIRE(::bind(listener, reinterpret_cast<struct sockaddr*>(&address), sizeof address) == 0);
  CHECK(read_error(socket_path) ==
        "lmhost: error: cannot read '" + socket_path + "': it is a socket [E501]\n");
  ::close(listener);

  // A hole of a terabyte is refused by its size.
  const std::string hole = scratch.write("hole", "");
  REQUIRE(::truncate(hole.c_str(), off_t{1} << 40) == 0);
  CHECK(read_error(hole) ==
        "lmhost: error: '" + hole + "' is longer than 268435456 bytes [E107]\n");
  CHECK(read_error(scratch.write("five", "12345"), 4).ends_with("is longer than 4 bytes [E107]\n"));
  CHECK(read_error(scratch.write("four", "1234"), 4).empty());
}

TEST_CASE("a pipe that somebody writes to is read to its end") {
  const ScratchFolder scratch;
  const std::string pipe = scratch.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string text(300'000, 'x');  // more than a pipe holds
  std::thread writer([&] {
    const int descriptor = ::open(pipe.c_str(), O_WRONLY);
    ::usleep(1'500'000);  // there, and silent for longer than a writer is waited for
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    ::close(descriptor);
  });
  const auto read = read_text(pipe);
  writer.join();
  REQUIRE(read.ok());
  CHECK((*read)->text == text);

  // What a writer left that is gone already; as /dev/fd names what a shell hands over.
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "left", 4) == 4);
  ::close(ends[1]);
  const auto left = read_text("/dev/fd/" + std::to_string(ends[0]));
  ::close(ends[0]);
  REQUIRE(left.ok());
  CHECK((*left)->text == "left");
}

TEST_CASE("an endless pipe is read up to the limit") {
  const ScratchFolder scratch;
  const std::string pipe = scratch.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // Opened for reading too, so that the writer's end breaks nothing when the reader leaves.
  const int both = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK);
  REQUIRE(both >= 0);
  REQUIRE(::write(both, "12345678", 8) == 8);
  CHECK(read_error(pipe, 4) == "lmhost: error: '" + pipe + "' is longer than 4 bytes [E107]\n");
  ::close(both);
}

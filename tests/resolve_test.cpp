// From graph to plan: what names stand for, what is shared, and every mistake with its place.
#include <doctest/doctest.h>

#include <set>

#include "resolve/names.hpp"
#include "resolve/requirements.hpp"
#include "support.hpp"

using namespace lmhost;
using namespace lmhost::test;

namespace {

// A graph of one composite "m.Root" with the given calls and further members of the file.
std::string graph_with(std::string_view calls, std::string_view more = "",
                       std::string_view composites = "") {
  return "{\"schema\": \"lmhost.graph/1\", \"root\": \"m.Root\",\n" + std::string(more) +
         "\"kernels\": {" + std::string(composites) + "\"m.Root\": {\"sub_kernels\": [\n" +
         std::string(calls) + "\n]}}}";
}

std::string errors_of(std::string_view calls, std::string_view more = "",
                      std::string_view composites = "") {
  std::string errors;
  plan_of(graph_with(calls, more, composites), &errors);
  return errors;
}

constexpr std::string_view kConfig = "\"config\": {\"hidden\": 4, \"layers\": 3},\n";

}  // namespace

TEST_CASE("names: parameter, variable, runtime, config, in this order") {
  const auto plan = plan_of(graph_with(
      R"({"name": "block", "kernel": "m.Block", "bindings": {"width": "hidden * 2"}, "multiplier": "config.layers"})",
      R"("config": {"hidden": 4, "layers": 3}, "variables": {"hidden": "config.hidden + zero", "zero": "0"},)",
      R"("m.Block": {"parameters": ["width", "half=width // 2", "batch_size=11"], "variables": {"area": "width * half"},
          "sub_kernels": [{"name": "mm", "kernel": "torch.mm", "bindings": {"M": "seq_len", "K": "area", "N": "batch_size"}}]},)"));
  // width 8, half 4, area 32; the block's own batch_size hides the runtime one. 3 * 2*5*32*11
  CHECK(totals_of(*plan, point_at(100, 5, 0))[Quantity::kMatmulFlops] ==
        Number(3 * 2 * 5 * 32 * 11));
}

TEST_CASE("a distinct kernel and binding is one instance") {
  const auto plan = plan_of(graph_with(R"(
      {"name": "a", "kernel": "torch.mm", "bindings": {"M": "2*seq_len", "K": "3", "N": "4"}},
      {"name": "b", "kernel": "aten::mm", "bindings": {"N": "2+2", "K": "3", "M": "seq_len*2"}},
      {"name": "c", "kernel": "torch.mm", "bindings": {"M": "2*seq_len", "K": "3", "N": "5"}})"));
  CHECK(plan->instances.size() == 3);  // two kernels and the root
  CHECK(totals_of(*plan, point_at(1, 1, 0))[Quantity::kFlops] ==
        Number(2 * (2 * 2 * 3 * 4) + 2 * 2 * 3 * 5));
}

TEST_CASE("when and multiplier decide the count") {
  const std::string text = graph_with(
      R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}, "multiplier": "seq_len", "when": "cache_len > 0"},
         {"name": "b", "kernel": "no.such.kernel", "when": "config.layers == 7"})",
      kConfig);
  const auto plan = plan_of(text);
  CHECK(totals_of(*plan, point_at(1, 5, 0))[Quantity::kFlops] == Number(0));
  CHECK(totals_of(*plan, point_at(1, 5, 1))[Quantity::kFlops] == Number(10));
}

TEST_CASE("when has Python's truth: a text or a list that is not empty is true") {
  const auto calls_of = [](std::string_view when) {
    return plan_of(graph_with(
                       "{\"name\": \"a\", \"kernel\": \"torch.mm\", \"bindings\": {\"M\": \"1\", "
                       "\"K\": \"1\", \"N\": \"1\"}, \"when\": \"" +
                           std::string(when) + "\"}",
                       R"("config": {"t": "x", "l": [0], "e": "", "n": null, "o": {"p": 1}},)"))
        ->edges.size();
  };
  for (const char* yes : {"config.t", "config.l", "config.o", "'no'", "2"}) {
    CAPTURE(yes);
    CHECK(calls_of(yes) == 1);
  }
  for (const char* no : {"config.e", "config.n", "''", "0"}) {
    CAPTURE(no);
    CHECK(calls_of(no) == 0);
  }
}

TEST_CASE("an expected count may be a constant as well as depend on the point") {
  const auto plan = plan_of(graph_with(
      R"g({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}, "multiplier": "distinct(8, 2, 16)"},
         {"name": "b", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}, "multiplier": "distinct(8, 2, seq_len)"})g"));
  const Costs costs = totals_of(*plan, point_at(1, 16, 0));
  CHECK(costs[Quantity::kFlops].to_double() == doctest::Approx(4 * 7.919819233939052));
}

TEST_CASE("stored_count counts storages, roles override operands") {
  const auto plan = plan_of(graph_with(
      R"({"name": "a", "kernel": "torch.nn.Linear", "bindings": {"M": "1", "K": "2", "N": "3"}, "multiplier": 4, "stored_count": 1},
         {"name": "b", "kernel": "torch.mul", "bindings": {"num_elements": "6", "input_elements": "2"}, "roles": {"input": "weight"}})"));
  const Costs costs = totals_of(*plan, point_at(1, 1, 0));
  CHECK(costs[Quantity::kParameters] == Number(6 + 2));
  CHECK(costs[Quantity::kStoredBytesWeight] == Number(2 * (6 + 2)));
  CHECK(costs[Quantity::kBytesReadWeight] == Number(2 * (4 * 6 + 2)));
}

TEST_CASE("mistakes are reported whole, all at once") {
  struct {
    std::string calls, more, composites;
    const char* expected;
  } const rows[] = {
      {R"({"name": "a", "kernel": "torch.nn.functional.liner"})", "", "",
       "g.json:3:25: error: unknown kernel 'torch.nn.functional.liner' [E101]\n"
       "    3 | {\"name\": \"a\", \"kernel\": \"torch.nn.functional.liner\"}\n"
       "      |                         ^~~~~~~~~~~~~~~~~~~~~~~~~~~ did you mean "
       "'torch.nn.functional.linear' (plugin matmul "},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2"}})", "", "",
       "g.json:3:25: error: parameter 'N' of 'torch.mm' is not bound [E302]\n"
       "    3 | {\"name\": \"a\", \"kernel\": \"torch.mm\", \"bindings\": {\"M\": \"1\", \"K\": "
       "\"2\"}}\n"
       "      |                         ^~~~~~~~~~\n"
       "  at Root > a\n"},
      // A second call that is wrong in the same way is a second mistake.
      {R"({"name": "a", "kernel": "torch.add"}, {"name": "b", "kernel": "torch.add"})", "", "",
       "  at Root > a\n"
       "g.json:3:63: error: parameter 'num_elements' of 'torch.add' is not bound [E302]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3", "MM": "4"}})",
       "", "", "error: 'torch.mm' has no parameter 'MM' [E301]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1 + sqe_len", "K": "2", "N": "3"}})",
       "", "",
       "g.json:3:60: error: unknown name 'sqe_len' [E203]\n"
       "    3 | {\"name\": \"a\", \"kernel\": \"torch.mm\", \"bindings\": {\"M\": \"1 + sqe_len\", "
       "\"K\": \"2\", \"N\": \"3\"}}\n"
       "      |                                                            ^~~~~~~ did you mean "
       "'seq_len'?\n"
       "  at Root > a\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "hidden", "K": "2", "N": "3"}})",
       std::string(kConfig), "", "did you mean 'config.hidden'?"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "'x'", "K": "1.5", "N": "3"}})", "",
       "", "error: parameter 'M' of 'torch.mm' is an int, not 'x' [E304]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1.5", "N": "3"}})", "",
       "", "error: parameter 'K' of 'torch.mm' is an int, not 1.5 [E304]\n"},
      {R"({"name": "a", "kernel": "torch.nn.Linear", "bindings": {"M": "1", "K": "1", "N": "3", "has_bias": "2"}})",
       "", "",
       "error: parameter 'has_bias' of 'torch.nn.functional.linear' is a bool, not 2 [E304]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}, "multiplier": "0 - 2"})",
       "", "",
       "error: multiplier of call 'a' must be a whole number >= 0, not -2 (0 - 2) [E306]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}, "multiplier": "3/2"})",
       "", "", "error: multiplier of call 'a' must be a whole number >= 0, not 1.5 (3/2) [E306]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}, "count": "3/2"})",
       "", "", "error: count of call 'a' must be a whole number >= 0, not 1.5 (3/2) [E306]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1 // 0", "K": "2", "N": "3"}})",
       "", "", "error: division by zero in '1 // 0' [E305]\n"},
      {R"g({"name": "a", "kernel": "torch.mm", "bindings": {"M": "frob(2)", "K": "2", "N": "3"}})g",
       "", "", "error: unknown function 'frob' [E202]\n"},
      {R"g({"name": "a", "kernel": "torch.mm", "bindings": {"M": "ceil_div(2)", "K": "2", "N": "3"}})g",
       "", "", "error: ceil_div() got 1 argument [E304]\n"},
      {R"({"name": "a", "kernel": "torch.add", "bindings": {"num_elements": "1"}, "roles": {"inptu": "weight"}})",
       "", "", "error: 'torch.add' has no operand 'inptu' [E301]\n"},
      {R"({"name": "a", "kernel": "m.B"})", "",
       R"("m.B": {"parameters": ["w"], "sub_kernels": []},)",
       "error: parameter 'w' of 'm.B' is not bound [E302]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "v", "K": "2", "N": "3"}})",
       R"("variables": {"v": "w", "w": "v"},)", "",
       "error: variable 'v' refers to itself in 'v' [E305]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "v", "K": "2", "N": "3"}})",
       R"("variables": {"v": "nowhere"},)", "", "error: unknown name 'nowhere' [E203]\n"},
      {R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}})",
       R"("requires": {"matmul": ">=9.0", "matmull": ">=1"},)", "",
       "error: the graph requires plugin 'matmul' >=9.0, but "},
      {R"({"name": "a", "kernel": "pointwise/torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}})",
       "", "", "error: unknown kernel 'pointwise/torch.mm' [E101]\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.calls);
    const std::string errors = errors_of(row.calls, row.more, row.composites);
    CHECK_MESSAGE(errors.find(row.expected) != std::string::npos, errors);
  }
}

TEST_CASE("a composite may have a slash in its name") {
  const char* const composites =
      R"("meta-llama/Llama": {"sub_kernels": [
{"name": "x", "kernel": "torch.add", "bindings": {"num_elements": "3"}}]},)";
  const auto plan =
      plan_of(graph_with(R"({"name": "a", "kernel": "meta-llama/Llama"})", "", composites));
  CHECK(totals_of(*plan, point_at(1, 1, 0))[Quantity::kFlops] == Number(3));
}

TEST_CASE("errors point at the place, once for one cause") {
  struct {
    std::string calls, more, composites;
    const char* expected;
  } const rows[] = {
      {R"({"name": "a", "kernel": "torch.mm", "when": "1 + nowhere", "bindings": {"M": "1", "K": "1", "N": "1"}})",
       "", "", "g.json:3:50: error: unknown name 'nowhere'"},
      {R"({"name": "a", "kernel": "torch.mm", "stored_count": "1/2", "bindings": {"M": "1", "K": "1", "N": "1"}})",
       "", "", "g.json:3:54: error: stored_count of call 'a' must be a whole number >= 0, not 0.5"},
      {R"({"name": "a", "kernel": "m.B"})", "",
       "\n"
       R"("m.B": {"parameters": ["w = 1 + nowhere"], "sub_kernels": [{"name": "x", "kernel": "torch.mm", "bindings": {"M": "w", "K": "1", "N": "1"}}]},)",
       "g.json:3:33: error: unknown name 'nowhere'"},
      // A graph variable does not see the composite's parameters, whatever they are called.
      {R"({"name": "a", "kernel": "m.B", "bindings": {"w": "3"}})",
       "\"variables\": {\"v\": \"w * 2\"},\n",
       R"("m.B": {"parameters": ["w"], "sub_kernels": [{"name": "x", "kernel": "torch.mm", "bindings": {"M": "v", "K": "1", "N": "1"}}]},)",
       "g.json:2:21: error: unknown name 'w'"},
      // Asked for with defined(), and used where it is not.
      {R"g({"name": "a", "kernel": "torch.mm", "bindings": {"M": "config.no if not defined(config.no) else 1", "K": "1", "N": "1"}})g",
       std::string(kConfig), "", "error: the config has no 'no'"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.calls);
    const std::string errors = errors_of(row.calls, row.more, row.composites);
    CHECK_MESSAGE(errors.find(row.expected) != std::string::npos, errors);
    CHECK_MESSAGE(errors.find(": error: ") == errors.rfind(": error: "), errors);
  }
}

TEST_CASE("a graph that is wrong everywhere or grows without end costs bounded time") {
  std::string calls;
  for (int i = 0; i < 30'000; ++i) {
    calls += (i == 0 ? "" : ",\n") + std::string("{\"name\": \"c") + std::to_string(i) +
             "\", \"kernel\": \"no.such" + std::to_string(i) + "\", \"when\": \"nothing" +
             std::to_string(i) + " > 1\"}";
  }
  CHECK(errors_of(calls).find("too many errors: the rest of the graph was not looked at") !=
        std::string::npos);

  // Every level wrong: the paths alone would be quadratic.
  std::string chain;
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(i), next = std::to_string(i + 1);
    chain += "\"m.C" + n + "\": {\"sub_kernels\": [{\"name\": \"w\", \"kernel\": \"torch.mm\", " +
             "\"when\": \"1//0 + " + n + "\"}, {\"name\": \"c\", \"kernel\": \"m.C" + next +
             "\"}]},\n";
  }
  CHECK(errors_of(R"({"name": "c", "kernel": "m.C0"})", "",
                  chain + R"("m.C20000": {"sub_kernels": []},)")
            .find("division by zero in '1//0 + 19'") != std::string::npos);

  // 2,000 parameters with defaults, bound anew by each of 50 calls.
  std::string parameters = "\"p\"", uses;
  for (int i = 0; i < 2000; ++i) parameters += ", \"p" + std::to_string(i) + "=1\"";
  for (int i = 0; i < 50; ++i)
    uses += (i == 0 ? "" : ", ") + std::string("{\"name\": \"c") + std::to_string(i) +
            "\", \"kernel\": \"m.B\", \"bindings\": {\"p\": \"" + std::to_string(i) + "\"}}";
  std::string errors;
  plan_of(
      graph_with(uses, "", "\"m.B\": {\"parameters\": [" + parameters + "], \"sub_kernels\": []},"),
      &errors, {.rows = 50'000});
  CHECK(errors.find("the graph resolves to more than 50000 kernels, arguments and calls [E107]") !=
        std::string::npos);
}

TEST_CASE("many parameters: the first of a name wins, bound by any of them") {
  std::string parameters, bindings;
  for (int i = 0; i < 40; ++i) {
    parameters += (i == 0 ? "\"p" : ", \"p") + std::to_string(i) + "\"";
    bindings +=
        (i == 0 ? "\"p" : ", \"p") + std::to_string(i) + "\": \"" + std::to_string(i) + "\"";
  }
  const auto plan = plan_of(
      graph_with("{\"name\": \"a\", \"kernel\": \"m.B\", \"bindings\": {" + bindings + "}}", "",
                 "\"m.B\": {\"parameters\": [" + parameters +
                     R"(], "variables": {"p3": "1000", "v": "p3 + p39"},
      "sub_kernels": [{"name": "x", "kernel": "torch.mm", "bindings": {"M": "v", "K": "p17", "N": "1"}}]},)"));
  CHECK(totals_of(*plan, point_at(1, 1, 0))[Quantity::kFlops] == Number(2 * (3 + 39) * 17));
}

TEST_CASE("every missing config name is listed, once, also behind variables") {
  const std::string errors = errors_of(
      R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "config.x", "K": "v", "N": "config.x + config.y"}})",
      R"("variables": {"v": "config.head_dim if defined(config.head_dim) else config.z"},)");
  for (const char* name : {"'x'", "'y'", "'z'"}) {
    CAPTURE(name);
    const std::string text = std::string("error: the config has no ") + name + " [E303]";
    CHECK(errors.find(text) != std::string::npos);
    CHECK(errors.find(text) == errors.rfind(text));
  }
  CHECK(errors.find("head_dim' [E303]") == std::string::npos);
  CHECK(errors.find("pass --hf-config FILE") != std::string::npos);
}

TEST_CASE("unknown kernels are left out only when asked, and are listed") {
  const std::string text = graph_with(R"({"name": "a", "kernel": "no.such"},
      {"name": "b", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}})");
  const auto plan = plan_of(text, nullptr, {.allow_unknown = true});
  CHECK(plan->unknown.size() == 1);
  CHECK(plan->unknown.front().severity == Severity::kWarning);
  CHECK(totals_of(*plan, point_at(1, 1, 0))[Quantity::kFlops] == Number(2));
}

TEST_CASE("modes fall back to the next lower alternative") {
  const std::string text = R"({"schema": "lmhost.graph/1", "root": "m.Root", "kernels": {"m.Root": {
      "sub_kernels": [{"name": "a", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}}],
      "modes": {"sdpa": {"sub_kernels": [{"name": "a", "kernel": "torch.mm", "bindings": {"M": "2", "K": "1", "N": "1"}}]}}}}})";
  const auto flops = [&](Mode mode) {
    return totals_of(*plan_of(text, nullptr, {.mode = mode}), point_at(1, 1, 0))[Quantity::kFlops];
  };
  CHECK(flops(Mode::kEager) == Number(2));
  CHECK(flops(Mode::kSdpa) == Number(4));
  CHECK(flops(Mode::kFused) == Number(4));
}

TEST_CASE("failures that depend on the runtime point name the call, the formula and the values") {
  const auto plan = plan_of(graph_with(
      R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "8 // cache_len", "K": "2", "N": "3"}},
         {"name": "b", "kernel": "torch.mm", "bindings": {"M": "seq_len / 2", "K": "2", "N": "3"}},
         {"name": "c", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}, "multiplier": "seq_len - 10"},
         {"name": "e", "kernel": "torch.mm", "bindings": {"M": "1", "K": "2", "N": "3"}, "count": "seq_len - 9"},
         {"name": "d", "kernel": "torch.mm", "bindings": {"M": "seq_len - 20", "K": "2", "N": "3"}})"));
  const std::string failure = failure_of(*plan, point_at(1, 5, 0));
  for (const char* expected :
       {"g.json:3:56: error: division by zero in '8 // cache_len', where cache_len=0 [E305]\n",
        "  at Root > a\n",
        "error: parameter 'M' of 'torch.mm' is an int, not 2.5: 'seq_len / 2', where seq_len=5 "
        "[E304]\n",
        "  at Root > b\n",
        "error: multiplier of call 'c' must be a whole number >= 0, not -5 (seq_len - 10) [E306]\n",
        "  at Root > c\n",
        "error: count of call 'e' must be a whole number >= 0, not -4 (seq_len - 9) [E306]\n",
        "  at Root > e\n", "flops of 'torch.mm' is negative: -180, where M=-15, K=2, N=3 [E308]",
        "  at Root > d\n"}) {
    CAPTURE(expected);
    CHECK_MESSAGE(failure.find(expected) != std::string::npos, failure);
  }
  CHECK(failure_of(*plan, point_at(1, 20, 4)).empty());
}

TEST_CASE("overflow is an error that names the call") {
  const auto plan = plan_of(graph_with(
      R"({"name": "a", "kernel": "torch.mm", "bindings": {"M": "10**17", "K": "seq_len * 10**20", "N": "1"}},
         {"name": "b", "kernel": "m.B", "multiplier": "10**20"})",
      "",
      R"("m.B": {"sub_kernels": [{"name": "x", "kernel": "torch.mm", "bindings": {"M": "10**10", "K": "seq_len * 10**10", "N": "1"}}]},)"));
  CHECK(failure_of(*plan, point_at(1, 100, 0)).find("overflow of 128 bits") != std::string::npos);
  CHECK(failure_of(*plan, point_at(1, 1, 0))
            .find("overflow of 128 bits in the sum of flops of 'm.Root'") != std::string::npos);
}

TEST_CASE("a failure names the formula of functions, constants and operands too") {
  const auto plan = plan_of(graph_with(
      R"({"name": "a", "kernel": "torch.einsum", "bindings": {"equation": "'ij,jk->ik'", "i": "seq_len * 10**30", "j": "10**9", "k": "10**9"}},
         {"name": "b", "kernel": "torch.nn.Linear", "bindings": {"M": "1", "K": "1", "N": "1", "has_bias": "seq_len"}},
         {"name": "m", "kernel": "m.B"})",
      "",
      R"("m.B": {"sub_kernels": [{"name": "m", "kernel": "torch.mm", "bindings": {"M": "1", "K": "1", "N": "1"}, "multiplier": "seq_len - 10"}]},)"));
  const std::string failure = failure_of(*plan, point_at(1, 5, 0));
  for (const char* expected :
       {"overflow of 128 bits in flops of 'torch.einsum': einsum(equation, 'flops')",
        "parameter 'has_bias' of 'torch.nn.functional.linear' is a bool, not 5: 'seq_len', where "
        "seq_len=5 [E304]\n",
        "  at Root > m > m\n"}) {
    CAPTURE(expected);
    CHECK_MESSAGE(failure.find(expected) != std::string::npos, failure);
  }
}

TEST_CASE("nothing, however often, is nothing") {
  const auto plan = plan_of(graph_with(
      R"({"name": "a", "kernel": "m.B", "multiplier": "10**30"})", "",
      R"("m.B": {"sub_kernels": [{"name": "x", "kernel": "m.C", "multiplier": "10**30"}]}, "m.C": {"sub_kernels": [{"name": "z", "kernel": "torch.Tensor.view"}]},)"));
  const RuntimePoint point = point_at(1, 1, 0);
  Result<Evaluation> evaluation = evaluate_plan(*plan, make_schedule(*plan), point);
  REQUIRE(evaluation.ok());
  const CostTree tree = build_cost_tree(plan, point, std::move(*evaluation));
  for (const CostNode& node : tree.nodes) CHECK(tree.total(node) == Costs());
}

TEST_CASE("version ranges") {
  struct {
    const char *version, *range;
    std::optional<bool> inside;
  } const rows[] = {{"1.2.0", ">=1.0 <2", true},
                    {"2.0.0", ">=1.0 <2", false},
                    {"1.2.3", "1.2.3", true},
                    {"1.2.3", "=1.2", false},
                    {"1.2.3", "*", true},
                    {"1.2.3", ">1.2.2  <=1.2.3", true},
                    {"1.2.3", "", std::nullopt},
                    {"1.2.3", ">=x", std::nullopt},
                    {"1.2.3", "~1.2", std::nullopt},
                    {"1.10.0", ">1.9", true},
                    {"1.0.0-rc1", ">=1.0", true}};
  for (const auto& row : rows) {
    CAPTURE(row.version);
    CAPTURE(row.range);
    CHECK(version_in_range(row.version, row.range) == row.inside);
  }
}

TEST_CASE("precision has bits and bytes, lengths have not") {
  const std::vector<std::string_view> listed = precision_names();
  const std::set<std::string_view> names(listed.begin(), listed.end());
  CHECK(names == std::set<std::string_view>{"bytes", "w_bytes", "a_bytes", "kv_bytes",
                                            "index_bytes", "w_bits", "a_bits", "kv_bits",
                                            "index_bits"});
  CHECK(listed.size() == names.size());
  for (const std::string_view name : names) CHECK(is_precision_name(name));
  for (const char* name : {"batch_size", "seq_len", "cache_len", "bits", "config.bytes"})
    CHECK(!is_precision_name(name));
}

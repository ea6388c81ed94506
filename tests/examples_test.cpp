// Worked examples: every one that a plugin carries holds, a wrong one is reported, and one kernel
// evaluated by itself gives every number of its explanation.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "load/plugin_discovery.hpp"
#include "resolve/example.hpp"

using namespace lmhost;

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins";

const Catalog& catalog_of(const std::string& name) {
  static std::vector<std::unique_ptr<const Catalog>> kept;
  Result<Catalog> catalog = load_catalog({{kFixtures + "/" + name + ".so"}, {}, ""});
  REQUIRE_MESSAGE(catalog.ok(), render(catalog.ok() ? Diagnostics{} : catalog.errors()));
  return *kept.emplace_back(std::make_unique<const Catalog>(std::move(catalog).value()));
}

std::string without_folder(std::string text) {
  for (std::size_t at; (at = text.find(kFixtures + "/")) != std::string::npos;)
    text.erase(at, kFixtures.size() + 1);
  return text;
}

Result<KernelCosts> evaluate(const Catalog& catalog, const char* kernel, const std::string& text,
                             const Conventions& conventions = {}) {
  REQUIRE(catalog.find(kernel) != nullptr);
  const Result<KernelBindings> bindings = parse_bindings(text, "the command line");
  if (!bindings) return bindings.errors();
  return evaluate_kernel(catalog, conventions, *catalog.find(kernel), *bindings);
}

// "flops", or the errors.
std::string flops(const Catalog& catalog, const char* kernel, const std::string& text,
                  const Conventions& conventions = {}) {
  const Result<KernelCosts> costs = evaluate(catalog, kernel, text, conventions);
  return costs ? to_string(costs->costs[Quantity::kFlops]) : without_folder(render(costs.errors()));
}

}  // namespace

TEST_CASE("examples: all of all first-party plugins hold, and every kernel has one") {
  const Result<Catalog> catalog = load_catalog({{}, {}, LMHOST_BINARY_DIR "/lib/lmhost/plugins-0"});
  REQUIRE_MESSAGE(catalog.ok(), render(catalog.ok() ? Diagnostics{} : catalog.errors()));
  std::string refused;
  for (const RefusedPlugin& plugin : catalog->refused())
    refused += render(plugin.reason) + render(plugin.others);
  CHECK(refused == "");
  CHECK(catalog->plugins().size() == 9);
  CHECK(render(check_examples(*catalog), false, 1000) == "");
  for (const Kernel* kernel : catalog->kernels())
    CHECK_MESSAGE(!kernel->examples.empty(), kernel->name);
}

TEST_CASE("examples: wrong ones are reported with what is right") {
  CHECK(without_folder(render(check_examples(catalog_of("wrong_example")))) ==
        "wrong_example.so: expected numbers of example 2 of 'bad.example':1:1: error: flops is 10, "
        "not 11, for n=5 "
        "[E409]\n"
        "    1 | flops=11, read=41\n"
        "      | ^~~~~\n"
        "wrong_example.so: expected numbers of example 2 of 'bad.example':1:11: error: read is 40, "
        "not 41, for n=5 "
        "[E409]\n"
        "    1 | flops=11, read=41\n"
        "      |           ^~~~\n"
        "wrong_example.so: expected numbers of example 3 of 'bad.example':1:1: error: unknown "
        "quantity 'flop' "
        "[E409]\n"
        "    1 | flop=10\n"
        "      | ^~~~ did you mean 'flops'?\n"
        "wrong_example.so: elements of operand 'output' of 'bad.example':1:3: error: division by "
        "zero with n=7 "
        "[E409]\n"
        "    1 | n // 0 if n == 7 else n\n"
        "      |   ^\n"
        "wrong_example.so: error: example 5 of 'bad.example': 'bad.example' has no parameter 'm' "
        "[E409]\n"
        "  its parameters are n, has_bias\n"
        "wrong_example.so: error: example 5 of 'bad.example': parameter 'n' of 'bad.example' is "
        "not bound [E409]\n"
        "wrong_example.so: error: example 6 of 'bad.example': parameter 'has_bias' of "
        "'bad.example' must be True or "
        "False, not 2 [E409]\n"
        "wrong_example.so: expected numbers of example 7 of 'bad.example':1:1: error: expects "
        "nothing [E409]\n");
  CHECK(check_examples(catalog_of("functions")).empty());
}

TEST_CASE("one kernel by itself: parameters, lets, operands, costs") {
  const Catalog& catalog = catalog_of("wrong_example");
  const Result<KernelCosts> costs = evaluate(catalog, "bad.example", "n=5, w_bits=4, a_bits=32");
  REQUIRE(costs.ok());
  REQUIRE(costs->parameters.size() == 2);
  CHECK_FALSE(costs->parameters[0].is_default);
  CHECK(costs->parameters[1].is_default);
  REQUIRE(costs->operands.size() == 3);
  // 3*5 weights of half a byte.
  CHECK(to_string(costs->operands[1].bits) == "4");
  CHECK(to_string(costs->operands[1].bytes) == "7.5");
  CHECK(to_string(costs->operands[1].stored_bytes) == "7.5");
  CHECK(to_string(costs->operands[0].bytes) == "20");
  CHECK(to_string(costs->costs.bytes_read()) == "27.5");
  CHECK(to_string(costs->costs.bytes_written()) == "20");
  CHECK(to_string(costs->costs[Quantity::kParameters]) == "15");
  CHECK(to_string(costs->costs[Quantity::kUsefulFlops]) == "10");
  CHECK(costs->costs[Quantity::kMatmulFlops].is_zero());
}

TEST_CASE("one kernel by itself: functions, constants and convention sets") {
  const Catalog& catalog = catalog_of("functions");
  CHECK(flops(catalog, "good.functions", "n=10") == "35");              // 2*10*1.5 + 10/2
  CHECK(flops(catalog, "good.functions", "n=10, of='n + 1'") == "38");  // 2*11*1.5 + 10/2
  Conventions conventions;
  conventions.constants["functions.weight_of_one"] = 4;
  CHECK(flops(catalog, "good.functions", "n=10", conventions) == "85");
  CHECK(flops(catalog, "good.functions", "n=10, of='nothing'") ==
        "functions.so: let 'twice' of 'good.functions':1:1: error: doubled() failed: cannot double "
        "nothing with "
        "of='nothing' [E305]\n"
        "    1 | doubled(of)\n"
        "      | ^\n");
}

TEST_CASE("bindings: what is read, and every mistake") {
  const Result<KernelBindings> bindings = parse_bindings(
      "M=2*3, equation='ij,jk->ik', flag=True, w_bits=4.125, ratio=max(1, 2)/4", "here");
  REQUIRE(bindings.ok());
  REQUIRE(bindings->parameters.size() == 4);
  CHECK(to_string(bindings->parameters[0].second) == "6");
  CHECK(bindings->parameters[1].second.string == "ij,jk->ik");
  CHECK(bindings->parameters[2].second.is_boolean);
  CHECK(to_string(bindings->parameters[3].second) == "0.5");
  CHECK(to_string(bindings->w_bits) == "4.125");
  CHECK(to_string(bindings->a_bits) == "16");
  CHECK(to_string(bindings->index_bits) == "64");
  const Result<KernelBindings> bytes = parse_bindings("bytes=4, kv_bits=8", "here");
  REQUIRE(bytes.ok());
  CHECK(to_string(bytes->w_bits) == "32");
  CHECK(to_string(bytes->a_bits) == "32");
  CHECK(to_string(bytes->kv_bits) == "8");
  REQUIRE(parse_bindings("  ", "here").ok());

  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"n", "here:1:1: error: expected name=value [E201]\n    1 | n\n      | ^\n"},
      {"n=1,", "here:1:5: error: expected name=value [E201]\n    1 | n=1,\n      |     ^\n"},
      {"=1", "here:1:1: error: expected name=value [E201]\n    1 | =1\n      | ^~\n"},
      {"n=1, n=2",
       "here:1:6: error: 'n' is given twice [E110]\n    1 | n=1, n=2\n      |      ^\n"},
      {"n=1+",
       "here:1:5: error: expected a number, a name or '(', found the end of the formula [E201]\n"
       "    1 | n=1+\n      |     ^\n"},
      {"n=m", "here:1:3: error: 'm' has no value [E108]\n    1 | n=m\n      |   ^\n"},
      {"n=1//0, w_bits='x'",
       "here:1:4: error: division by zero [E108]\n    1 | n=1//0, w_bits='x'\n      |    ^\n"},
      {"w_bits=-4",
       "here:1:1: error: 'w_bits' must be an exact number of 0 or more [E108]\n"
       "    1 | w_bits=-4\n      | ^~~~~~\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<KernelBindings> result = parse_bindings(row.text, "here");
    REQUIRE_FALSE(result.ok());
    CHECK(render(result.errors()) == row.expected);
  }
}

// The registry of the public C++ API: one kernel by name, without a graph.
#include "api_support.hpp"

#include <string>
#include <thread>
#include <vector>

namespace {

using lmhost::Arguments;
using lmhost::Number;

const lmhost::Host& host() { return lmhost::test::built_host(); }

template <class T>
std::string text_of(const lmhost::Result<T>& result) {
  return result.ok() ? "ok" : lmhost::to_text(result.errors());
}

}  // namespace

TEST_CASE("compute_flops and compute_memory, by every spelling") {
  // The q projection of seed 001's example: 2*2048*4096*4096 FLOP; (M*K + K*N)*2 and M*N*2 bytes.
  const Arguments arguments = {{"M", 2048}, {"K", 4096}, {"N", 4096}, {"bytes", 2}};
  for (const char* name : {"torch.nn.functional.linear", "torch.nn.Linear", "F.linear",
                           "torch__nn__Linear", "torch_Linear", "TorchLinear", "Linear"}) {
    CAPTURE(name);
    const auto flops = host().compute_flops(name, arguments);
    REQUIRE_MESSAGE(flops.ok(), text_of(flops));
    CHECK(*flops == Number(std::int64_t{68'719'476'736}));
    const auto memory = host().compute_memory(name, arguments);
    REQUIRE_MESSAGE(memory.ok(), text_of(memory));
    CHECK(memory->bytes_read == Number(2 * (2048 * 4096 + 4096 * 4096)));
    CHECK(memory->bytes_written == Number(2 * 2048 * 4096));
    CHECK(memory->intermediate_bytes == Number(0));
  }
}

TEST_CASE("kinds of arguments: truths, fractions, texts, precision of one role") {
  // 2*2*3*4 + 2*4 for the bias.
  CHECK(*host().compute_flops("Linear", {{"M", 2}, {"K", 3}, {"N", 4}, {"has_bias", true}}) ==
        Number(56));
  CHECK(*host().compute_flops(
            "einsum", {{"equation", "ij,jk->ik"}, {"i", 2}, {"j", 3}, {"k", 4}}) == Number(48));
  // 12 weights of 4.125 bits are 6.1875 bytes; 6 activations of 16 bits 12.
  const auto costs = host().compute_costs(
      "Linear", {{"M", 2}, {"K", 3}, {"N", 4}, {"w_bits", Number::ratio(33, 8)}});
  REQUIRE_MESSAGE(costs.ok(), text_of(costs));
  CHECK(costs->bytes_read() == Number::ratio(99, 16) + Number(12));
  CHECK((*costs)[lmhost::Quantity::kParameters] == Number(12));
}

TEST_CASE("what a kernel is and needs") {
  const auto info = host().kernel("F.linear");
  REQUIRE_MESSAGE(info.ok(), text_of(info));
  CHECK(info->name == "torch.nn.functional.linear");
  CHECK(info->plugin == "matmul");
  CHECK_FALSE(info->aliases.empty());
  const auto required = host().required_parameters("F.linear");
  REQUIRE(required.ok());
  CHECK(*required == std::vector<std::string>{"M", "K", "N"});
  std::vector<std::string> from_info;
  for (const lmhost::ParameterInfo& parameter : info->parameters) {
    if (parameter.is_required) from_info.push_back(parameter.name);
    if (parameter.name == "has_bias") {
      CHECK(parameter.kind == lmhost::ParameterKind::kBool);
      CHECK(parameter.default_value == "0");
    }
  }
  CHECK(from_info == *required);
  // Every kernel says what it needs, and has no cost without it.
  for (const std::string& name : host().kernel_names()) {
    const auto needed = host().required_parameters(name);
    REQUIRE(needed.ok());
    if (needed->empty()) continue;
    const auto without = host().compute_flops(name, {});
    CAPTURE(name);
    REQUIRE_FALSE(without.ok());
    CHECK(without.errors().front().code == "E302");
  }
}

TEST_CASE("errors of the registry") {
  CHECK(text_of(host().compute_flops("torch.nn.functional.liner", {})) ==
        "lmhost: error: unknown kernel 'torch.nn.functional.liner' [E101]\n"
        "  did you mean 'torch.nn.functional.linear'?\n");
  CHECK(text_of(host().compute_flops("torch.mm", {{"M", 1}, {"K", 1}})) ==
        "lmhost: error: parameter 'N' of 'torch.mm' is not bound [E302]\n");
  CHECK(text_of(host().compute_memory("torch.mm", {{"M", 1}, {"K", 1}, {"N", 1}, {"L", 1}})) ==
        "lmhost: error: 'torch.mm' has no parameter 'L' [E301]\n"
        "  its parameters are M, K, N, input_bits, other_bits, output_bits\n");
  CHECK(text_of(host().compute_flops("torch.mm", {{"M", "big"}, {"K", 1}, {"N", 1}})) ==
        "lmhost: error: parameter 'M' of 'torch.mm' must be an integer, not 'big' [E304]\n");
  CHECK(text_of(host().compute_flops("torch.mm", {{"M", 1}, {"M", 2}, {"K", 1}, {"N", 1}})) ==
        "lmhost: error: argument 'M' is given twice [E601]\n");
  CHECK(text_of(host().compute_flops("torch.mm", {{"M", 1}, {"K", 1}, {"N", 1}, {"bytes", -1}})) ==
        "lmhost: error: 'bytes' must be an exact number of 0 or more, not -1 [E304]\n");
  CHECK(text_of(host().required_parameters("no.such")).find("[E101]") != std::string::npos);
  CHECK(text_of(host().kernel("no.such")).find("[E101]") != std::string::npos);
}

TEST_CASE("a composite of a graph: recursion through its calls") {
  // graphs/tiny.json, one block with T = 3 tokens: 432 FLOP, 264 bytes read, 120 written (derived in
  // the file).
  auto graph = host().load(LMHOST_SOURCE_DIR "/graphs/tiny.json");
  REQUIRE_MESSAGE(graph.ok(), text_of(graph));
  for (const char* name : {"tiny.Block", "Block", "tiny_Block"}) {
    const auto costs =
        host().compute_costs(*graph, name, {{"batch_size", 1}, {"seq_len", 3}, {"bytes", 2}});
    REQUIRE_MESSAGE(costs.ok(), text_of(costs));
    CHECK((*costs)[lmhost::Quantity::kFlops] == Number(432));
    CHECK(costs->bytes_read() == Number(264));
    CHECK(costs->bytes_written() == Number(120));
  }
  CHECK(text_of(host().compute_costs(*graph, "Blok", {})) ==
        "lmhost: error: the graph has no kernel 'Blok' [E101]\n"
        "  did you mean 'tiny.Block'?\n");
  CHECK(text_of(host().compute_costs(*graph, "Block", {{"sek_len", 3}})) ==
        "lmhost: error: 'tiny.Block' has no parameter 'sek_len' [E301]\n"
        "  did you mean 'seq_len'?\n");
}

TEST_CASE("the registry from many threads") {
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(4);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([t, &wrong] {
      for (int i = 1; i < 200; ++i) {
        const auto flops = host().compute_flops("Linear", {{"M", i}, {"K", 3}, {"N", 5}});
        if (!flops.ok() || *flops != Number(30 * i)) wrong[t] = text_of(flops);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : wrong) CHECK(text.empty());
}

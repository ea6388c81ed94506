// What the program writes as JSON passes the schema that is published for it.
#include <doctest/doctest.h>

#include <string>

#include "command_output.hpp"
#include "schema.hpp"

using namespace lmhost;

TEST_CASE("outputs pass their schemas") {
  struct Row {
    std::string schema;
    std::string arguments;
    int status = 0;
  };
  const Row rows[] = {
      {"report", "analyze llama-2-7b -o json"},
      {"report", "analyze llama-2-7b --w-bits 4.125 -b 9604 -s 129790 -o json"},
      {"report", "analyze llama-3.1-8b --mode fused --hw h100 --measured '9 ms' -o json"},
      {"report", "analyze llama-2-7b --hw h100 --efficiency blis-h100 -o json"},
      {"report", "analyze llama-2-7b --isl 32 --osl 8 --hw l4 --price-per-hour 1 -o json"},
      {"report", "analyze gpt2 --phase train --hw t4 --optimizer sgd -o json"},
      {"report", "analyze llama-2-7b --isl 100K --osl 90001 -b 9604 --hw h100 -o json"},
      {"report",
       "analyze llama-2-7b --phase train -s 129790 -b 9604 --w-bits 4.125 --hw h100 -o json"},
      {"report", "analyze " LMHOST_SOURCE_DIR "/tests/golden/inputs/experts.json -o json"},
      {"report", "analyze " LMHOST_SOURCE_DIR
                 "/tests/golden/inputs/unknown_kernel.json --allow-unknown -o json"},
      {"comparison", "compare llama-3.1-8b -- llama-2-7b -o json"},
      {"comparison", "compare llama-3.1-8b gpt2 --hw l4 -o json"},
      {"comparison", "compare llama-3.1-8b --fail-if 'flops>+1%' -o json -- llama-2-7b", 1},
      {"comparison", "compare gpt2 --metric read -o json -- gpt2-xl"},
      {"fits", "fits llama-3.1-8b --hw l4 -o json", 1},
      {"fits", "fits llama-3.1-8b --hw l4 --max-model-len 8K -o json"},
      {"fits", "fits llama-3.1-70b --hw h100 --devices 8 -pp 2 --max-model-len 8K -o json"},
      {"fits", "fits llama-3.1-8b --hw l4 --solve max-model-len -o json"},
      {"fits", "fits llama-3.1-70b --hw h100 --solve devices -o json"},
      {"fits", "fits llama-3.1-70b --hw t4 --solve dtype -o json", 1},
      {"fits", "fits " LMHOST_SOURCE_DIR
               "/tests/golden/inputs/experts.json --hw t4 --max-model-len 16 -o json"},
      {"formula", "formula llama-2-7b -o json"},
      {"formula", "formula llama-2-7b layers.mlp --in seq_len,w_bits --metric intensity -o json"},
      {"formula",
       "formula " LMHOST_SOURCE_DIR "/tests/golden/inputs/experts.json --in batch_size -o json"},
      {"growth", "formula llama-2-7b --asymptotic -o json"},
      {"growth", "formula gpt2 --asymptotic --in seq_len,n_layer --metric stored -o json"},
      {"reconciliation", "explain llama-2-7b --reconcile 29.26TFLOP -o json"},
      {"reconciliation", "explain llama-2-7b layers.mlp -b 3 --reconcile '1 GiB' -o json", 1},
      {"reconciliation", "explain " LMHOST_SOURCE_DIR
                         "/tests/golden/inputs/experts.json --reconcile '264 params' -o json"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.arguments);
    const std::string text = test::output_of(
        LMHOST_BINARY_DIR "/bin/lmhost " + row.arguments + " 2> /dev/null < /dev/null", row.status);
    REQUIRE_FALSE(text.empty());
    CHECK(test::passes_schema(row.schema, text));
  }
  // A schema that took anything would pass anything.
  for (const std::string name :
       {"report", "comparison", "fits", "formula", "growth", "reconciliation"}) {
    CAPTURE(name);
    CHECK_FALSE(test::passes_schema(name, "{}"));
    CHECK_FALSE(test::passes_schema(name, R"({"schema": "lmhost.)" + name + R"(/1"})"));
  }
}

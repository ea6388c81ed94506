// Worked examples that the formulas do not give.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(wrong_example, "1.0.0", "Worked examples that are wrong") {
  plugin.kernel("bad.example")
      .params({"n", "has_bias:bool=0"})
      .flops("2*n")
      .reads("input", "n")
      .weight("weight", "3*n")
      .writes("output", "n // 0 if n == 7 else n")
      .example("n=5, bytes=2",
               "flops=10, read=40, read_weight=30, write=10, stored=30, parameters=15")
      .example("n=5", "flops=11, read=41")
      .example("n=5", "flop=10")
      .example("n=7", "flops=14")
      .example("m=5", "flops=14")
      .example("n=5, has_bias=2", "flops=10")
      .example("n=5", "");
}

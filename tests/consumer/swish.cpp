#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(swish, "0.1.0", "A kernel from outside") {
  plugin.license("Apache-2.0");
  plugin.kernel("consumer.swish")
      .doc("x * sigmoid(x)")
      .params({"num_elements"})
      .flops("5*num_elements")
      .reads("input", "num_elements")
      .writes("output", "num_elements")
      .example("num_elements=4, bytes=2", "flops=20, read=8, write=8");
}

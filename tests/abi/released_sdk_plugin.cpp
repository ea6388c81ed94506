// The C++ face of a release as its users have it: sdk.hpp and plugin.h of tests/abi/0.1.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(growth_sdk_0_1, "1.0.0", "The SDK of a release over its own header") {
  plugin.kernel("growth.kernel")
      .params({"n"})
      .flops("3*n")
      .reads("input", "n")
      .example("n=2, bytes=2", "flops=6, read=4");
}

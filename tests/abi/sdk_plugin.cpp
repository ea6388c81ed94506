// The C++ face over the header of the next minor: it sets none of the new fields.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(growth_sdk, "1.0.0", "The SDK over the header of another minor") {
  plugin.kernel("growth.kernel")
      .params({"n"})
      .flops("3*n")
      .reads("input", "n")
      .example("n=2, bytes=2", "flops=6, read=4");
}

// Start-up code that changes the rounding mode, as -ffast-math does with denormals.
#include <lmhost/sdk.hpp>

#include <cfenv>

__attribute__((constructor)) static void change_rounding() { std::fesetround(FE_UPWARD); }

LMHOST_PLUGIN(fast_math, "1.0.0", "Changes the floating-point environment") {
  std::fesetround(FE_DOWNWARD);
  plugin.kernel("good.fast").flops("0");
}

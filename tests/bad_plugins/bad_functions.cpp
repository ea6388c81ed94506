// Functions that remember.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(bad_functions, "1.0.0", "Functions with a memory") {
  plugin.scalar(
      "counted", 1,
      [](const std::vector<double>& arguments) {
        static thread_local double calls = 0;
        return arguments[0] + ++calls;
      },
      "");
  plugin.kernel("bad.counted").params({"n"}).flops("counted(n)").example("n=1", "flops=1");
}

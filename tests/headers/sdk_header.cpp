// The C++ SDK: every method is instantiated by a use.
#include <lmhost/sdk.hpp>

#include <string>
#include <vector>

namespace {

std::string twice(const std::vector<std::string>& arguments) { return "2*(" + arguments[0] + ")"; }
double half(const std::vector<double>& arguments) { return arguments[0] / 2; }

}  // namespace

LMHOST_PLUGIN(example, "1.0.0", "One kernel") {
  plugin.license("Apache-2.0")
      .constant("flops_per_exp", "1", "FLOPs of one exponential", "derivation")
      .macro("twice", 1, &twice, "doubles a formula")
      .scalar("half", 1, &half, "halves a number");
  plugin.kernel("example.linear")
      .doc("y = x W")
      .source("derivation")
      .revision(2)
      .alias({"example.mm"})
      .params({"M", "K:int", "N=1 -- columns", "bias:bool=0", "tile?"})
      .let("products", "M*K*N")
      .flops("2*products")
      .matmul_flops("2*products")
      .useful_flops("2*products")
      .backward_flops("4*products")
      .backward_matmul_flops("4*products")
      .reads("input", "M*K")
      .weight("weight", "K*N")
      .writes("output", "M*N")
      .scratch("partial", "M*N", "32")
      .operand(LMH_READ, LMH_INDEX, "index", "M")
      .example("M=1, K=2, N=3, bytes=2", "flops=12");
}

// Good: a macro and a scalar that answer, refuse and throw, for calls across the boundary.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(functions, "1.0.0", "Functions called by formulas") {
  plugin.constant("weight_of_one", "1.5", "any number", "made up");
  plugin.macro(
      "doubled", 1,
      [](const std::vector<std::string>& arguments) -> std::string {
        if (arguments[0] == "nothing") throw std::invalid_argument("cannot double nothing");
        return "2*(" + arguments[0] + ")";
      },
      "text -> 2*(text)");
  plugin.scalar(
      "half", 1,
      [](const std::vector<double>& arguments) {
        if (arguments[0] < 0) throw std::domain_error("negative");
        return arguments[0] / 2;
      },
      "x -> x/2");
  plugin.kernel("good.functions")
      .alias("functions.one")
      .alias("functions.two", "functions.three")
      .alias({"functions.four"})
      .params("n")
      .params("of:string='n'", "minus~=0")
      .let("twice", "doubled(of)")
      .flops("twice*weight_of_one + half(n - minus)")
      .example("n=10", "flops=35")
      .example("n=10, of='n + 1'", "flops=38");
}

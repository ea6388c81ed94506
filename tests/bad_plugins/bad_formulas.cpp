// Each kernel breaks one law at random points.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(bad_formulas, "1.0.0", "Formulas that break the laws") {
  plugin.kernel("bad.division").params({"n", "rows"}).flops("n/(rows - 64)");
  plugin.kernel("bad.negative").params({"n", "m"}).flops("m - 2*n");
  plugin.kernel("bad.falling").params({"n", "tile"}).flops("n").reads("input", "ceil_div(n, tile)");
  plugin.kernel("bad.bytes").params({"n"}).flops("n").writes("output", "n*bytes");
  plugin.kernel("bad.unused").params({"n", "m"}).flops("n");
  plugin.kernel("good.tile").params({"n", "tile~"}).flops("ceil_div(n, tile)");
  plugin.kernel("good.text").params({"n", "mode:string"}).flops("n if mode == 'x' else 0");
}

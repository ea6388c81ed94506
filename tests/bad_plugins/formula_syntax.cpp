// One formula that does not parse, one with an unknown name, one with an unknown function: all are
// reported.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(formula_syntax, "1.0.0", "Formulas that do not compile") {
  plugin.kernel("bad.syntax").params({"M", "K"}).flops("2*M**").reads("input", "M*K");
  plugin.kernel("bad.name").params({"rows", "columns"}).flops("rows*colums");
  plugin.kernel("bad.function").params({"rows"}).flops("ceil_div(rows)").let("half", "hafl(rows)");
}

// A kernel declared twice, and an alias that is another kernel's name.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(duplicate_inside, "1.0.0", "Names declared twice") {
  plugin.kernel("bad.twice").flops("0");
  plugin.kernel("bad.twice").flops("1");
  plugin.kernel("bad.other").alias({"bad.twice", "bad.again", "bad.again"}).flops("1");
}

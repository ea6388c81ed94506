// Good by itself; shares a name and an alias with duplicate_two.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(duplicate_one, "1.0.0", "Shares names with duplicate_two") {
  plugin.kernel("shared.kernel").alias({"shared.alias", "one.alone"}).flops("1");
}

// Good by itself; shares a name and an alias with duplicate_one.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(duplicate_two, "1.2.0", "Shares names with duplicate_one") {
  plugin.kernel("two.kernel").alias({"shared.kernel", "shared.alias"}).flops("2");
}

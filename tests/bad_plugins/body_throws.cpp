// The SDK turns an exception of the body into a refusal with its text.
#include <lmhost/sdk.hpp>

LMHOST_PLUGIN(body_throws, "1.0.0", "A parameter of no type") {
  plugin.kernel("bad.kernel").params({"n:integer"}).flops("n");
}

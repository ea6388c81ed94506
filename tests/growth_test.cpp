// Growth of the ABI inside its major, with plugins that compilers made: built against the frozen header of each release
// and against the header of the next minor (tests/CMakeLists.txt makes it by appending a field to lmh_plugin, lmh_kernel
// and lmh_host). The other direction, a newer host, is tests/abi/next_host.cpp. The offsets are asserted by including:
#include <doctest/doctest.h>

#include <string>

#include "abi/0.1/offsets.hpp"
#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/plugin_discovery.hpp"
#include "resolve/example.hpp"

using namespace lmhost;

namespace {

// "abi 0.1, 1 kernel, examples right", or the errors without the folder.
std::string verdict(const std::string& name) {
  const std::string folder = LMHOST_BINARY_DIR "/growth/";
  Result<Plugin> plugin = load_plugin(folder + name + ".so");
  if (!plugin.ok()) {
    std::string text = render(plugin.errors());
    for (std::size_t at; (at = text.find(folder)) != std::string::npos;)
      text.erase(at, folder.size());
    return text;
  }
  std::string text = "abi " + plugin->abi + ", ";
  text += std::to_string(plugin->kernels.size()) + " kernel, ";
  std::vector<Plugin> plugins;
  plugins.push_back(std::move(*plugin));
  const Result<Catalog> catalog = Catalog::build(std::move(plugins));
  if (!catalog.ok()) return render(catalog.errors());
  const Diagnostics wrong = check_examples(*catalog);
  return text + (wrong.empty() ? "examples right" : render(wrong));
}

}  // namespace

TEST_CASE("growth: plugins of other minors") {
  struct Row {
    const char* name;
    const char* expected;
  };
  const Row rows[] = {
      {"growth_0_1", "abi 0.1, 1 kernel, examples right"},
      {"growth_next", "abi 0.2, 1 kernel, examples right"},
      {"growth_sdk", "abi 0.2, 1 kernel, examples right"},
      {"growth_sdk_0_1", "abi 0.1, 1 kernel, examples right"},
      {"growth_next_kernel",
       "growth_next_kernel.so: error: kernel 1: uses a field of lmh_kernel that this host does not "
       "know (byte 128); it needs a newer lmhost [E410]\n"},
      {"growth_next_plugin",
       "growth_next_plugin.so: error: uses a field of lmh_plugin that this host does not know "
       "(byte 104); it needs a newer lmhost [E410]\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(verdict(row.name) == row.expected);
  }
}

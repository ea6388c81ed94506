// next_host FILE...: the host's reader, built against the header of the next minor. One line a plugin: what an older or
// newer one looks like from there.
#include <dlfcn.h>
#include <lmhost/plugin.h>

#include <cstdio>
#include <string>

#include "base/diagnostic.hpp"
#include "load/plugin_reader.hpp"
#include "load/plugin_table.hpp"

namespace {

std::string noted;

void note(const lmh_host*, const char* message) { noted = message; }
void fail(const lmh_host*, const char*) {}

const char* or_absent(const char* text) { return text == nullptr ? "absent" : text; }

bool show(const char* path) {
  noted.clear();
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto entry =
      reinterpret_cast<decltype(&lmhost_plugin_v0)>(dlsym(library, LMH_ENTRY_SYMBOL));
  if (entry == nullptr) return false;
  const lmh_host host = {sizeof(lmh_host), LMH_ABI_MAJOR, LMH_ABI_MINOR, "next",
                         nullptr,          &fail,         &note};
  const lmh_plugin* table = entry(&host);
  const lmhost::Result<lmhost::Plugin> plugin = lmhost::read_plugin(table, path);
  if (!plugin) {
    std::printf("%s", lmhost::render(plugin.errors()).c_str());
    return false;
  }
  const auto head = lmhost::copy_known_fields<lmh_plugin>(table, table->struct_size);
  const auto kernel = lmhost::copy_known_fields<lmh_kernel>(head.kernels.data, head.kernels.stride);
  std::printf("%s: abi %s, homepage %s, since %s, flops %s, noted '%s'\n", plugin->id.c_str(),
              plugin->abi.c_str(), or_absent(head.homepage), or_absent(kernel.since),
              plugin->kernels[0].quantities[0].expression->text.c_str(), noted.c_str());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool good = argc > 1;
  for (int i = 1; i < argc; ++i) good = show(argv[i]) && good;
  return good ? 0 : 1;
}

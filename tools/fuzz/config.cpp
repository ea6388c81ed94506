// Any bytes as a config.json, and as assignments of --set: reading ends with errors or with names that can
// be looked up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "load/config.hpp"

namespace {

using namespace lmhost;

template <class T>
void check(const Result<T>& result) {
  if (!result.ok() && result.errors().empty()) std::abort();
}

void check(const Config& config) {
  for (const std::string_view name : config.names())
    if (config.find(name) == nullptr) std::abort();
  (void)config.architecture();
  if (const auto bits = config.dtype_bits(); bits && bits->is_negative()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Result<Config> config =
      Config::from_text(std::make_shared<const SourceText>(SourceText{"config.json", text}));
  check(config);
  if (config.ok()) check(*config);

  // Lines as one assignment after another, on top of what a config may hold.
  Config assigned = config.ok() ? *config : Config();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const Result<bool> done = assigned.set(line);
    check(done);
    if (done.ok() && assigned.find(Config::assigned_name(line)) == nullptr) std::abort();
    begin = end + 1;
  }
  check(assigned);
  Config both = assigned;
  if (config.ok()) both.overlay(*config);
  check(both);
  return 0;
}

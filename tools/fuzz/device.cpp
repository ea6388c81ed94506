// Any bytes as a device file, and as shares of a device: reading ends with errors or with figures that
// bound a time.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "load/device.hpp"
#include "study/efficiency.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmhost;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<Device> device =
      read_device(std::make_shared<const SourceText>(SourceText{"device.json", text}));
  if (!device.ok()) {
    for (const Diagnostic& error : device.errors())
      if (error.message.empty() || error.code.empty()) std::abort();
    if (device.errors().empty()) std::abort();
  } else {
    if (device->name.empty()) std::abort();
    for (const Peak& peak : device->peaks)
      if (device->peak(peak.type, peak.is_vector) != nullptr &&
          !std::isfinite(peak.per_second.to_double()))
        std::abort();
    (void)device->bandwidth();
    (void)device->capacity();
  }
  // A text without '=' is a name in a folder that is not there.
  const Result<Efficiency> shares = parse_efficiency(text, "/nowhere");
  if (!shares.ok() && shares.errors().empty()) std::abort();
  if (shares.ok())
    for (const double share : {shares->compute.prefill, shares->compute.decode,
                               shares->memory.prefill, shares->memory.decode})
      if (!(share > 0 && share <= 1)) std::abort();
  return 0;
}

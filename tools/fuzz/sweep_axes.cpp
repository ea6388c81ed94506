// Lines as the -P of a sweep: an axis is an error, or has as many values as it counted before they were
// written out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/lmhost/sweep_axes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmhost;
  using namespace lmhost::tool;
  constexpr std::int64_t kFew = 10'000;  // values, of an axis that is written out
  const std::string text(reinterpret_cast<const char*>(data), size);
  Arguments arguments;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    arguments.options.emplace_back("vary", text.substr(begin, end - begin));
    begin = end + 1;
  }
  const Result<std::vector<AxisText>> axes = read_axes(arguments);
  if (!axes.ok()) {
    if (axes.errors().empty()) std::abort();
    return 0;
  }
  (void)grid_size(*axes);
  for (const AxisText& axis : *axes) {
    if (axis.is_numeric()) {
      (void)axis.smallest();
      (void)axis.largest();
    }
    const std::optional<std::int64_t> count = axis.count.to_int64();
    if (!count || *count > kFew) continue;
    const Result<SweepAxis> expanded = expand_axis(axis);
    if (!expanded.ok() && expanded.errors().empty()) std::abort();
    if (expanded.ok() && expanded->length() != static_cast<std::size_t>(*count)) std::abort();
  }
  return 0;
}

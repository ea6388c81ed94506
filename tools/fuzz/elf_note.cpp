// Any bytes as a plugin file: the check before dlopen answers, and reads nothing outside the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "load/elf_note.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto note = lmhost::read_plugin_note("fuzz.so", std::span<const std::byte>(bytes, size));
  if (!note && note.errors().empty()) std::abort();
  return 0;
}

// Looks at a file before the dynamic linker does: is it a complete shared library of this machine,
// and does it carry the note that says "lmhost plugin, ABI major.minor"?
//
// dlopen runs constructors before it returns, and a truncated library is a SIGBUS inside it; so
// nothing is opened that has not passed here. Reads bytes only, never maps or executes them, and
// answers for any bytes whatsoever. Thread safety: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "lmhost/result.hpp"

namespace lmhost {

// Copies `size` bytes at `offset` of the file to `into`; false when they cannot be read.
using ReadAt = std::function<bool(std::uint64_t offset, void* into, std::size_t size)>;

struct PluginNote {
  unsigned abi_major = 0;
  unsigned abi_minor = 0;
};

// Errors name `path`: E401 not a complete ELF shared library of this machine, E402 no note, E403 a
// note of another ABI major.
Result<PluginNote> read_plugin_note(const std::string& path, std::uint64_t file_size,
                                    const ReadAt& read_at);
Result<PluginNote> read_plugin_note(const std::string& path, std::span<const std::byte> file);

}  // namespace lmhost

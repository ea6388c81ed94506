// What the dynamic linker would see of a library: symbols, needed libraries, start-up code. Read
// from bytes, never mapped or executed; answers for any bytes whatsoever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lmhost {

struct ElfDynamic {
  std::vector<std::string> exported;  // names defined here for others
  std::vector<std::string> unique;    // those of them that are unique a process (STB_GNU_UNIQUE)
  std::vector<std::string> needed;    // DT_NEEDED
  bool has_text_relocations = false;
  std::size_t constructors = 0;  // entries of DT_INIT_ARRAY
};

// Nothing when the dynamic section or what it points to does not lie in the file.
std::optional<ElfDynamic> read_elf_dynamic(std::span<const std::byte> file);

}  // namespace lmhost

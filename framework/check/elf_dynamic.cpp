#include "check/elf_dynamic.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace lmhost {
namespace {

#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu
using Header = Elf64_Ehdr;
using Segment = Elf64_Phdr;
using Section = Elf64_Shdr;
using Dynamic = Elf64_Dyn;
using Symbol = Elf64_Sym;
#else
using Header = Elf32_Ehdr;
using Segment = Elf32_Phdr;
using Section = Elf32_Shdr;
using Dynamic = Elf32_Dyn;
using Symbol = Elf32_Sym;
#endif

constexpr std::size_t kMostNames = 1000;  // nobody reads more

class Reader {
 public:
  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  std::optional<ElfDynamic> read() {
    if (!get(0, &header_) || header_.e_phentsize != sizeof(Segment)) return std::nullopt;
    for (std::size_t i = 0; i < header_.e_phnum; ++i) {
      Segment segment;
      if (!get(header_.e_phoff + i * sizeof segment, &segment)) return std::nullopt;
      segments_.push_back(segment);
    }
    if (!read_dynamic_section() || !read_symbols()) return std::nullopt;
    return std::move(result_);
  }

 private:
  template <class T>
  bool get(std::uint64_t offset, T* into) const {
    if (offset > file_.size() || sizeof(T) > file_.size() - offset) return false;
    std::memcpy(into, file_.data() + offset, sizeof(T));
    return true;
  }

  // The place in the file of an address of the loaded library.
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);
    return std::nullopt;
  }

  std::optional<std::string> string_at(std::uint64_t index) const {
    const std::optional<std::uint64_t> table = offset_of(strings_);
    if (!table || index >= strings_size_ || *table + index >= file_.size()) return std::nullopt;
    const char* text = reinterpret_cast<const char*>(file_.data()) + *table + index;
    const std::uint64_t room =
        std::min<std::uint64_t>(strings_size_ - index, file_.size() - *table - index);
    return std::string(text, ::strnlen(text, static_cast<std::size_t>(room)));
  }

  bool read_dynamic_section() {
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [](const Segment& one) { return one.p_type == PT_DYNAMIC; });
    if (found == segments_.end()) return false;
    std::vector<std::uint64_t> needed;
    for (std::uint64_t at = 0; at + sizeof(Dynamic) <= found->p_filesz; at += sizeof(Dynamic)) {
      Dynamic row;
      if (!get(found->p_offset + at, &row)) return false;
      if (row.d_tag == DT_NULL) break;
      const std::uint64_t value = row.d_un.d_val;
      if (row.d_tag == DT_NEEDED) needed.push_back(value);
      if (row.d_tag == DT_STRTAB) strings_ = value;
      if (row.d_tag == DT_STRSZ) strings_size_ = value;
      if (row.d_tag == DT_TEXTREL || (row.d_tag == DT_FLAGS && (value & DF_TEXTREL) != 0))
        result_.has_text_relocations = true;
      if (row.d_tag == DT_INIT_ARRAYSZ) result_.constructors = value / sizeof(void*);
    }
    for (const std::uint64_t index : needed) {
      const std::optional<std::string> name = string_at(index);
      if (!name || result_.needed.size() >= kMostNames) return false;
      result_.needed.push_back(*name);
    }
    return true;
  }

  // The number of dynamic symbols stands in the section headers, which strip keeps.
  bool read_symbols() {
    if (header_.e_shentsize != sizeof(Section)) return false;
    for (std::size_t i = 0; i < header_.e_shnum; ++i) {
      Section section;
      if (!get(header_.e_shoff + i * sizeof section, &section)) return false;
      if (section.sh_type != SHT_DYNSYM) continue;
      for (std::uint64_t at = 0; at + sizeof(Symbol) <= section.sh_size; at += sizeof(Symbol)) {
        Symbol symbol;
        if (!get(section.sh_offset + at, &symbol)) return false;
        if (!add(symbol)) return false;
      }
      return true;
    }
    return false;
  }

  bool add(const Symbol& symbol) {
    const unsigned bind = symbol.st_info >> 4;
    const bool is_visible =
        (symbol.st_other & 3) == STV_DEFAULT || (symbol.st_other & 3) == STV_PROTECTED;
    if (symbol.st_shndx == SHN_UNDEF || bind == STB_LOCAL || !is_visible ||
        result_.exported.size() >= kMostNames)
      return true;
    const std::optional<std::string> name = string_at(symbol.st_name);
    if (!name) return false;
    result_.exported.push_back(*name);
    if (bind == STB_GNU_UNIQUE) result_.unique.push_back(*name);
    return true;
  }

  std::span<const std::byte> file_;
  Header header_ = {};
  std::vector<Segment> segments_;
  std::uint64_t strings_ = 0;
  std::uint64_t strings_size_ = 0;
  ElfDynamic result_;
};

}  // namespace

std::optional<ElfDynamic> read_elf_dynamic(std::span<const std::byte> file) {
  return Reader(file).read();
}

}  // namespace lmhost

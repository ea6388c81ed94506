#include "load/elf_note.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include <lmhost/plugin.h>

#include "load/plugin_error.hpp"

namespace lmhost {
namespace {

// The word size of the machine that this file is compiled for.
#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu
using Header = Elf64_Ehdr;
using Segment = Elf64_Phdr;
constexpr unsigned char kClass = ELFCLASS64;
#else
using Header = Elf32_Ehdr;
using Segment = Elf32_Phdr;
constexpr unsigned char kClass = ELFCLASS32;
#endif

constexpr unsigned char kByteOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned kMachine = EM_S390;
#elif defined(__loongarch__)
constexpr unsigned kMachine = 258;  // EM_LOONGARCH, missing from older headers
#elif defined(__i386__)
constexpr unsigned kMachine = EM_386;
#elif defined(__arm__)
constexpr unsigned kMachine = EM_ARM;
#else
#error "add the ELF machine number of this architecture"
#endif

constexpr std::size_t kMostSegments = 128;        // a linker writes about ten
constexpr std::uint64_t kLargestNotes = 1 << 16;  // bytes of one PT_NOTE
constexpr char kOwner[8] = "lmhost";

class Reader {
 public:
  Reader(const std::string& path, std::uint64_t size, const ReadAt& read_at)
      : path_(path), size_(size), read_at_(read_at) {}

  Result<PluginNote> read() {
    if (const std::optional<std::string> problem = check_header()) return file_error(*problem);
    if (const std::optional<std::string> problem = check_segments()) return file_error(*problem);
    for (const Segment& segment : segments_) {
      if (segment.p_type != PT_NOTE) continue;
      std::vector<char> notes(static_cast<std::size_t>(segment.p_filesz));
      if (!get(segment.p_offset, notes.data(), notes.size()))
        return file_error("its notes cannot be read");
      // A segment aligned to 8 pads its notes to 8; everything else, 0 and 1 included, means 4.
      if (find_note(notes, segment.p_align == 8 ? 8 : 4)) return judge_note();
    }
    return plugin_error(path_, codes::kPluginNote,
                        "not an lmhost plugin: it carries no lmhost note",
                        "plugins are built with <lmhost/sdk.hpp> and lmhost_add_plugin()");
  }

 private:
  bool get(std::uint64_t offset, void* into, std::size_t size) const {
    if (offset > size_ || size > size_ - offset) return false;
    return size == 0 || read_at_(offset, into, size);
  }

  Diagnostic file_error(const std::string& problem) const {
    return plugin_error(path_, codes::kPluginFile, "not a loadable plugin: " + problem);
  }

  std::optional<std::string> check_header() {
    if (size_ == 0) return "the file is empty";
    unsigned char identity[EI_NIDENT] = {};
    const std::size_t available =
        static_cast<std::size_t>(std::min<std::uint64_t>(size_, sizeof identity));
    if (!get(0, identity, available)) return "it cannot be read";
    if (std::memcmp(identity, ELFMAG, SELFMAG) != 0) return "it is not an ELF file";
    if (identity[EI_CLASS] != kClass)
      return std::to_string(8 * sizeof(void*)) + "-bit code is needed";
    if (identity[EI_DATA] != kByteOrder) return "its byte order is not this machine's";
    if (!get(0, &header_, sizeof header_)) return "the file is truncated";
    if (header_.e_machine != kMachine) {
      return "it is built for another processor (ELF machine " + std::to_string(header_.e_machine) +
             " instead of " + std::to_string(kMachine) + ")";
    }
    if (header_.e_type != ET_DYN) return "it is not a shared library";
    return std::nullopt;
  }

  // Every byte that the dynamic linker will map must be in the file.
  std::optional<std::string> check_segments() {
    if (header_.e_phnum == 0) return "it has no program headers";
    if (header_.e_phentsize != sizeof(Segment) || header_.e_phnum > kMostSegments)
      return "its program headers are damaged";
    segments_.resize(header_.e_phnum);
    if (!get(header_.e_phoff, segments_.data(), segments_.size() * sizeof(Segment)))
      return "the file is truncated";
    for (const Segment& segment : segments_) {
      const std::uint64_t offset = segment.p_offset, bytes = segment.p_filesz;
      if (segment.p_type == PT_LOAD || segment.p_type == PT_NOTE || segment.p_type == PT_DYNAMIC)
        if (offset > size_ || bytes > size_ - offset) return "the file is truncated";
      if (segment.p_type == PT_NOTE && bytes > kLargestNotes) return "its notes are damaged";
    }
    return std::nullopt;
  }

  // A note is name size, description size, type, name, description; the last two are padded.
  bool find_note(const std::vector<char>& notes, std::size_t alignment) {
    std::size_t at = 0;
    while (notes.size() - at >= sizeof(Elf32_Nhdr)) {
      Elf32_Nhdr head;
      std::memcpy(&head, notes.data() + at, sizeof head);
      const std::size_t left = notes.size() - at;
      const std::uint64_t name_end = padded(sizeof head + std::uint64_t{head.n_namesz}, alignment);
      const std::uint64_t end = name_end + head.n_descsz;
      if (end > left) return false;
      const char* name = notes.data() + at + sizeof head;
      if (head.n_namesz == sizeof kOwner - 1 && std::memcmp(name, kOwner, sizeof kOwner - 1) == 0) {
        description_.assign(notes.data() + at + name_end, notes.data() + at + end);
        type_ = head.n_type;
        return true;
      }
      at += static_cast<std::size_t>(std::min<std::uint64_t>(padded(end, alignment), left));
    }
    return false;
  }

  static std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
  }

  Result<PluginNote> judge_note() const {
    constexpr std::size_t kDescription = offsetof(lmh_note, magic);
    lmh_note note = {};
    const bool whole = type_ == 1 && description_.size() >= sizeof note - kDescription;
    if (whole) {
      std::memcpy(reinterpret_cast<char*>(&note) + kDescription, description_.data(),
                  sizeof note - kDescription);
    }
    if (!whole || note.magic != LMH_MAGIC || note.pointer_size != sizeof(void*)) {
      return plugin_error(path_, codes::kPluginNote, "its lmhost note is damaged",
                          "build the plugin again");
    }
    if (note.abi_major != LMH_ABI_MAJOR) {
      return plugin_error(path_, codes::kPluginAbi,
                          "built for plugin ABI " + std::to_string(note.abi_major) + "." +
                              std::to_string(note.abi_minor) + ", and this host has " +
                              std::to_string(LMH_ABI_MAJOR) + "." + std::to_string(LMH_ABI_MINOR),
                          "build the plugin with this version's <lmhost/sdk.hpp>");
    }
    return PluginNote{note.abi_major, note.abi_minor};
  }

  const std::string& path_;
  std::uint64_t size_;
  const ReadAt& read_at_;
  Header header_ = {};
  std::vector<Segment> segments_;
  std::vector<char> description_;
  std::uint32_t type_ = 0;
};

}  // namespace

Result<PluginNote> read_plugin_note(const std::string& path, std::uint64_t file_size,
                                    const ReadAt& read_at) {
  return Reader(path, file_size, read_at).read();
}

Result<PluginNote> read_plugin_note(const std::string& path, std::span<const std::byte> file) {
  return read_plugin_note(path, file.size(),
                          [&](std::uint64_t offset, void* into, std::size_t size) {
                            std::memcpy(into, file.data() + offset, size);
                            return true;
                          });
}

}  // namespace lmhost

// What is refused before any code of a file runs: a small ELF image, one thing wrong with it at a
// time; every truncation of a real plugin; and many thousand damaged copies, none of which may read
// outside the file.
#include "load/elf_note.hpp"

#include <doctest/doctest.h>
#include <elf.h>
#include <lmhost/plugin.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"

using namespace lmhost;

namespace {

using Header = std::conditional_t<sizeof(void*) == 8, Elf64_Ehdr, Elf32_Ehdr>;
using Segment = std::conditional_t<sizeof(void*) == 8, Elf64_Phdr, Elf32_Phdr>;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// A header, a segment to load, a segment of notes, and the note itself: the least that passes.
struct Image {
  Header header = {};
  Segment load = {};
  Segment notes = {};
  lmh_note note = {7, 12, 1, "lmhost", LMH_MAGIC, LMH_ABI_MAJOR, 7, sizeof(void*), {0, 0, 0}};
  std::string before_note;  // other notes of the segment

  Image() {
    std::ifstream self("/proc/self/exe", std::ios::binary);  // of this machine by definition
    REQUIRE(self.read(reinterpret_cast<char*>(&header), sizeof header).good());
    header.e_type = ET_DYN;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Segment);
    header.e_phnum = 2;
    load.p_type = PT_LOAD;
    notes.p_type = PT_NOTE;
    notes.p_offset = sizeof header + 2 * sizeof(Segment);
    notes.p_align = 4;
  }

  std::string bytes() {
    notes.p_filesz = before_note.size() + sizeof note;
    load.p_filesz = notes.p_offset + notes.p_filesz;
    return raw();
  }
  std::string raw() const {  // with sizes as they are
    std::string text;
    for (const auto& [data, size] : {std::pair<const void*, std::size_t>{&header, sizeof header},
                                     {&load, sizeof load},
                                     {&notes, sizeof notes},
                                     {before_note.data(), before_note.size()},
                                     {&note, sizeof note}})
      text.append(static_cast<const char*>(data), size);
    return text;
  }
};

Result<PluginNote> judge(const std::string& bytes) {
  // An exact copy on the heap, so that the address sanitizer sees a read one byte too far.
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return read_plugin_note("x.so", std::as_bytes(std::span<const char>(copy)));
}

std::string verdict(const std::string& bytes) {
  const Result<PluginNote> note = judge(bytes);
  if (!note) return render(note.errors());
  return "ABI " + std::to_string(note->abi_major) + "." + std::to_string(note->abi_minor);
}

std::string other_note() {
  const Elf32_Nhdr head = {4, 5, 3};
  std::string text(reinterpret_cast<const char*>(&head), sizeof head);
  text += std::string("GNU\0", 4) + "hello";
  text.resize(24);  // the description is padded to 4
  return text;
}

}  // namespace

TEST_CASE("elf note: one thing wrong at a time") {
  const std::string machine = std::to_string(Image().header.e_machine);
  const std::string bits = std::to_string(8 * sizeof(void*));
  const auto not_loadable = [](const std::string& why) {
    return "x.so: error: not a loadable plugin: " + why + " [E401]\n";
  };
  const std::string no_note =
      "x.so: error: not an lmhost plugin: it carries no lmhost note [E402]\n"
      "  plugins are built with <lmhost/sdk.hpp> and lmhost_add_plugin()\n";
  const std::string damaged =
      "x.so: error: its lmhost note is damaged [E402]\n  build the plugin again\n";

  struct Row {
    const char* what;
    std::function<void(Image&)> change;
    std::string expected;
  };
  const Row rows[] = {
      {"nothing", [](Image&) {}, "ABI 0.7"},
      {"another note before it", [](Image& i) { i.before_note = other_note(); }, "ABI 0.7"},
      {"no alignment", [](Image& i) { i.notes.p_align = 0; }, "ABI 0.7"},
      {"class", [](Image& i) { i.header.e_ident[EI_CLASS] ^= 3; },
       not_loadable(bits + "-bit code is needed")},
      {"byte order", [](Image& i) { i.header.e_ident[EI_DATA] ^= 3; },
       not_loadable("its byte order is not this machine's")},
      {"machine", [](Image& i) { i.header.e_machine = 4711; },
       not_loadable("it is built for another processor (ELF machine 4711 instead of " + machine +
                    ")")},
      {"a program", [](Image& i) { i.header.e_type = ET_EXEC; },
       not_loadable("it is not a shared library")},
      {"no segments", [](Image& i) { i.header.e_phnum = 0; },
       not_loadable("it has no program headers")},
      {"size of a segment header", [](Image& i) { i.header.e_phentsize = 1; },
       not_loadable("its program headers are damaged")},
      {"65535 segments", [](Image& i) { i.header.e_phnum = 0xFFFF; },
       not_loadable("its program headers are damaged")},
      {"segments outside",
       [](Image& i) { i.header.e_phoff = static_cast<decltype(i.header.e_phoff)>(-8); },
       not_loadable("the file is truncated")},
      {"note of another owner", [](Image& i) { i.note.name[0] = 'L'; }, no_note},
      {"no note segment", [](Image& i) { i.notes.p_type = PT_NULL; }, no_note},
      {"huge name", [](Image& i) { i.note.name_size = 0xFFFFFFFF; }, no_note},
      {"huge description", [](Image& i) { i.note.description_size = 0xFFFFFFFF; }, no_note},
      {"short description", [](Image& i) { i.note.description_size = 8; }, damaged},
      {"type of the note", [](Image& i) { i.note.type = 2; }, damaged},
      {"magic number", [](Image& i) { i.note.magic ^= 1; }, damaged},
      {"pointer size", [](Image& i) { i.note.pointer_size = 2; }, damaged},
      {"ABI major", [](Image& i) { i.note.abi_major = 12; },
       "x.so: error: built for plugin ABI 12.7, and this host has 0.1 [E403]\n"
       "  build the plugin with this version's <lmhost/sdk.hpp>\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Image image;
    row.change(image);
    CHECK(verdict(image.bytes()) == row.expected);
  }

  CHECK(verdict("") == not_loadable("the file is empty"));
  CHECK(verdict("\x7f") == not_loadable("it is not an ELF file"));
  CHECK(verdict("#!/bin/sh\nexit 0\n") == not_loadable("it is not an ELF file"));
  CHECK(verdict("\x7f"
                "ELF") == not_loadable(bits + "-bit code is needed"));
}

TEST_CASE("elf note: a segment that reaches beyond the file") {
  for (const bool of_notes : {false, true}) {
    Image image;
    image.bytes();
    (of_notes ? image.notes : image.load).p_filesz += 1;
    CHECK(verdict(image.raw()) ==
          "x.so: error: not a loadable plugin: the file is truncated [E401]\n");
    (of_notes ? image.notes : image.load).p_offset = static_cast<decltype(image.load.p_offset)>(-1);
    CHECK(verdict(image.raw()) ==
          "x.so: error: not a loadable plugin: the file is truncated [E401]\n");
  }
}

TEST_CASE("elf note: a real plugin, and no truncation of it") {
  const std::string whole = read_file(LMHOST_BINARY_DIR "/bad_plugins/functions.so");
  CHECK(verdict(whole) == "ABI 0.1");
  // The section headers at the end of the file are not mapped; the last loaded byte decides.
  const auto* header = reinterpret_cast<const Header*>(whole.data());
  std::size_t end = 0;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    Segment segment;
    std::memcpy(&segment, whole.data() + header->e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD)
      end = std::max<std::size_t>(end, segment.p_offset + segment.p_filesz);
  }
  CHECK(judge(whole.substr(0, end)).ok());
  for (std::size_t size = 0; size < end; size += 1 + size / 50) {
    const Result<PluginNote> note = judge(whole.substr(0, size));
    REQUIRE_FALSE(note.ok());
    CHECK(note.errors().front().code == "E401");
  }
}

TEST_CASE("elf note: damaged files get an answer") {
  const std::string whole = read_file(LMHOST_BINARY_DIR "/bad_plugins/no_entry.so").substr(0, 4096);
  Image image;
  const std::string small = image.bytes();
  std::mt19937 random(20240229);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = round % 2 == 0 ? small : whole;
    const std::size_t hot = std::min<std::size_t>(bytes.size(), 1024);  // headers and notes
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
      bytes[random() % hot] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const Result<PluginNote> note = judge(bytes);
    if (!note) REQUIRE(note.errors().size() == 1);
  }
}

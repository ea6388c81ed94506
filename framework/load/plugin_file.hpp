// A plugin as a file: what can be known, and refused, before any of its code runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lmhost/result.hpp"
#include "load/elf_note.hpp"

namespace lmhost {

// The same file under any name: two links to one library are one library to the dynamic linker too.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
  friend bool operator<(const FileIdentity& a, const FileIdentity& b) {
    return a.device != b.device ? a.device < b.device : a.inode < b.inode;
  }
};

struct PluginFile {
  std::string path;       // as given: for messages
  std::string real_path;  // absolute and without links: what is opened
  std::string stem;       // the file's name without ".so": the id that the plugin must have
  FileIdentity identity;
  PluginNote note;
};

// Refuses what is not a regular file, a file that others may replace (E401; see plugin_trust.hpp) and
// what read_plugin_note() refuses. E501 when it cannot be read. The folders of the installation are
// not doubted: who can write there can replace lmhost.
enum class PluginOrigin { kGiven, kInstallation };
Result<PluginFile> inspect_plugin_file(const std::string& path,
                                       PluginOrigin origin = PluginOrigin::kGiven);

// What the file is now; nothing when it is gone.
std::optional<FileIdentity> identity_of(const std::string& path);

// "matmul" of "plugins/matmul.so".
std::string file_stem(const std::string& path);

}  // namespace lmhost

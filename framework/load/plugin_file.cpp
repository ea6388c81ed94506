#include "load/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "load/plugin_error.hpp"
#include "load/plugin_trust.hpp"

namespace lmhost {
namespace {

class Descriptor {
 public:
  // Not blocking: opening a pipe that nobody writes to must not wait for ever.
  explicit Descriptor(const std::string& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

  bool read_at(std::uint64_t offset, void* into, std::size_t size) const {
    auto* to = static_cast<char*>(into);
    while (size > 0) {
      const ::ssize_t got = ::pread(number_, to, size, static_cast<::off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      to += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int number_;
};

FileIdentity identity_of(const struct ::stat& status) {
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

std::optional<std::string> real_path_of(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) return std::nullopt;
  return real.string();
}

// dlopen() puts folders in the place of these, and so would open another file.
bool has_linker_token(std::string_view path) {
  for (const std::string_view name : {"ORIGIN", "LIB", "PLATFORM"})
    for (const std::string& token : {"$" + std::string(name), "${" + std::string(name) + "}"})
      if (path.find(token) != path.npos) return true;
  return false;
}

Diagnostic cannot_read(const std::string& path, int error) {
  Diagnostic unreadable =
      plugin_error(path, codes::kCannotRead,
                   "cannot read the plugin: " + std::generic_category().message(error));
  unreadable.kind = ErrorKind::kIo;
  return unreadable;
}

Diagnostic refused(const std::string& path, const std::string& problem, std::string hint = {}) {
  return plugin_error(path, codes::kPluginFile, "not a loadable plugin: " + problem,
                      std::move(hint));
}

}  // namespace

Result<PluginFile> inspect_plugin_file(const std::string& path, PluginOrigin origin) {
  const Descriptor file(path);
  if (file.number() < 0) return cannot_read(path, errno);
  struct ::stat status = {};
  if (::fstat(file.number(), &status) != 0) return cannot_read(path, errno);
  if (S_ISDIR(status.st_mode))
    return refused(path, "it is a directory", "a directory of plugins is given by --plugin-dir");
  if (!S_ISREG(status.st_mode)) return refused(path, "it is not a regular file");
  if (const std::optional<Distrust> doubt = distrust_of_file(status))
    return refused(path, doubt->reason, doubt->remedy);
  std::optional<std::string> real = real_path_of(path);
  // Between the two somebody may have put another file there.
  const FileIdentity identity = identity_of(status);
  if (!real || identity_of(*real) != identity)
    return refused(path, "the file was replaced while it was looked at");
  if (origin == PluginOrigin::kGiven)
    if (const std::optional<Distrust> doubt =
            distrust_of_folder(real->substr(0, real->rfind('/') + 1), FolderUse::kOneFile))
      return refused(path, doubt->reason, doubt->remedy);
  if (has_linker_token(*real))
    return refused(path, "its path has a part that the dynamic linker replaces: " + *real,
                   "move it out of folders whose names have $ORIGIN, $LIB or $PLATFORM");

  const auto read_at = [&](std::uint64_t offset, void* into, std::size_t size) {
    return file.read_at(offset, into, size);
  };
  Result<PluginNote> note =
      read_plugin_note(path, static_cast<std::uint64_t>(status.st_size), read_at);
  if (!note) return std::move(note).errors();
  return PluginFile{path, *std::move(real), file_stem(path), identity, *note};
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct ::stat status = {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return identity_of(status);
}

std::string file_stem(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  constexpr std::string_view kSuffix = ".so";
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

}  // namespace lmhost

#include "load/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "load/plugin_error.hpp"

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

Result<PluginFile> inspect_plugin_file(const std::string& path) {
  const Descriptor file(path);
  if (file.number() < 0) return cannot_read(path, errno);
  struct ::stat status = {};
  if (::fstat(file.number(), &status) != 0) return cannot_read(path, errno);
  if (S_ISDIR(status.st_mode))
    return refused(path, "it is a directory", "a directory of plugins is given by --plugin-dir");
  if (!S_ISREG(status.st_mode)) return refused(path, "it is not a regular file");
  if ((status.st_mode & S_IWOTH) != 0)
    return refused(path, "everybody may write to it", "chmod o-w removes the permission");

  const auto read_at = [&](std::uint64_t offset, void* into, std::size_t size) {
    return file.read_at(offset, into, size);
  };
  Result<PluginNote> note =
      read_plugin_note(path, static_cast<std::uint64_t>(status.st_size), read_at);
  if (!note) return std::move(note).errors();
  return PluginFile{path, file_stem(path),
                    FileIdentity{static_cast<std::uint64_t>(status.st_dev),
                                 static_cast<std::uint64_t>(status.st_ino)},
                    *note};
}

std::string file_stem(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  constexpr std::string_view kSuffix = ".so";
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

}  // namespace lmhost

#include "load/replace_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "load/file_lock.hpp"

namespace lmhost {
namespace {

Diagnostic cannot_write(const std::string& path, int error) {
  return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                     "cannot write " + quoted(path) + ": " + std::strerror(error));
}

// A descriptor that is closed at the end of the scope unless close() was called.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  // 0 or errno: a full disk may be told here.
  int close() {
    const int was = descriptor_;
    descriptor_ = -1;
    return was >= 0 && ::close(was) != 0 ? errno : 0;
  }

 private:
  int descriptor_;
};

// Creates it and leaves its name in *path.
int create_temporary(const std::string& target, bool is_exclusive, std::string* path) {
  if (!is_exclusive) {
    *path = target + ".XXXXXX";
    return ::mkostemp(path->data(), O_CLOEXEC);
  }
  *path = target + ".new";
  // Left by a writer that was killed. O_EXCL: nobody's link is followed.
  ::unlink(path->c_str());
  return ::open(path->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

mode_t default_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666u & ~mask;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Empty when it cannot be resolved.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr),
                                                          &::free);
  return resolved == nullptr ? std::string() : std::string(resolved.get());
}

constexpr int kLongestChain = 40;  // of links, as the kernel has it

// Replaces *path by what the link at it names. False: there is no link.
bool follow_link(std::string* path) {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink(path->c_str(), buffer, sizeof buffer);
  if (length <= 0) return false;
  const std::string target(buffer, static_cast<std::size_t>(length));
  *path = target.front() == '/' ? target : folder_of(*path) + "/" + target;
  return true;
}

// 0 or errno.
int sync_folder_of(const std::string& path) {
  Descriptor descriptor(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) return errno;
  // Some file systems cannot sync a folder and say so; the rename is as safe as they make it.
  return ::fsync(descriptor.get()) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string link_target(const std::string& path) {
  if (std::string resolved = real_path(path); !resolved.empty()) return resolved;
  std::string target = path;
  for (int i = 0; i < kLongestChain && follow_link(&target);) ++i;
  const std::string folder = real_path(folder_of(target));
  if (folder.empty()) return path;
  return (folder == "/" ? "" : folder) + "/" + target.substr(target.rfind('/') + 1);
}

std::optional<int> named_descriptor(const std::string& path) {
  const std::string descriptors = "/proc/" + std::to_string(::getpid()) + "/fd";
  std::string name = path;
  for (int i = 0; i < kLongestChain; ++i) {
    if (real_path(folder_of(name)) == descriptors) {
      const char* const last = name.c_str() + name.size();
      int number = 0;
      const auto read = std::from_chars(name.c_str() + name.rfind('/') + 1, last, number);
      if (read.ec == std::errc() && read.ptr == last) return number;
    }
    if (!follow_link(&name)) break;
  }
  return std::nullopt;
}

Result<bool> replace_file(const std::string& path, std::string_view text,
                          const ReplaceOptions& options) {
  struct stat status = {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return cannot_write(path, EISDIR);
  // Renaming over it would write what the owner has forbidden to write.
  if (exists && ::access(path.c_str(), W_OK) != 0) return cannot_write(path, errno);

  const std::string target = link_target(path);
  // Held until the new file has the name. Whoever replaces files shares the lock; one who writes a
  // file in place has it alone. (A file that cannot be locked is replaced all the same.)
  Descriptor old(exists ? ::open(target.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1);
  if (old.get() >= 0 && try_lock(old.get(), LockKind::kShared) == EWOULDBLOCK)
    return locked_by_other(old.get(), path);
  std::string temporary;
  Descriptor file(create_temporary(target, options.is_exclusive, &temporary));
  if (file.get() < 0) return cannot_write(path, errno);
  int error = write_all(file.get(), text);
  mode_t mode = exists ? status.st_mode & 07777u : default_mode();
  // Only root can give a file away. Bits that lend the owner's rights are then not for this one.
  if (exists && ::fchown(file.get(), status.st_uid, status.st_gid) != 0) mode &= 0777u;
  if (error == 0 && ::fchmod(file.get(), mode) != 0) error = errno;
  if (error == 0 && options.is_synced && ::fsync(file.get()) != 0) error = errno;
  if (const int closed = file.close(); error == 0) error = closed;
  if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return cannot_write(path, error);
  }
  if (options.is_synced) error = sync_folder_of(target);
  if (error != 0) return cannot_write(path, error);
  return true;
}

}  // namespace lmhost

#include "load/update_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "load/file_lock.hpp"
#include "load/replace_file.hpp"
#include "load/text_file.hpp"

namespace lmhost {
namespace {

using Clock = std::chrono::steady_clock;

Diagnostic io_error(std::string_view code, std::string message, std::string hint = {}) {
  return plain_error(ErrorKind::kIo, code, std::move(message), std::move(hint));
}

// An exclusive lock, held as long as the object lives.
//
// The lock file is removed by whoever holds the lock. Somebody who waited for it then holds a lock
// on a file without a name, which excludes nobody: after every lock the name is looked up again.
class FileLock {
 public:
  static Result<FileLock> take(const std::string& path, unsigned wait_ms) {
    const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(wait_ms);
    for (;;) {
      const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (descriptor < 0)
        return io_error(codes::kCannotWrite,
                        "cannot make the lock " + quoted(path) + ": " + std::strerror(errno),
                        "the folder must be writable");
      FileLock lock(path, descriptor);
      const int error = lock.wait(deadline);
      if (error == EWOULDBLOCK) return locked_by_other(descriptor, path);
      if (error != 0)
        return io_error(codes::kCannotWrite,
                        "cannot lock " + quoted(path) + ": " + std::strerror(error));
      lock.is_locked_ = has_name(descriptor, path);
      if (lock.is_locked_) return lock;
    }
  }

  ~FileLock() {
    if (descriptor_ < 0) return;
    if (is_locked_) ::unlink(path_.c_str());
    ::close(descriptor_);
  }
  FileLock(FileLock&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(other.descriptor_),
        is_locked_(other.is_locked_) {
    other.descriptor_ = -1;
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock& operator=(FileLock&&) = delete;

 private:
  FileLock(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  // 0, or errno; EWOULDBLOCK when the time is over.
  int wait(Clock::time_point deadline) {
    constexpr std::chrono::milliseconds kPause(2);
    for (;;) {
      const int error = try_lock(descriptor_, LockKind::kExclusive);
      if (error != EWOULDBLOCK || Clock::now() >= deadline) return error;
      std::this_thread::sleep_for(kPause);
    }
  }

  std::string path_;
  int descriptor_;
  bool is_locked_ = false;
};

// Nothing when there is no such file.
Result<std::optional<std::string>> read_if_there(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return io_error(codes::kCannotRead,
                    "cannot read " + quoted(path) + ": " + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode))
    return io_error(codes::kCannotWrite, "cannot change " + quoted(path) + ": not a regular file");
  Result<std::shared_ptr<const SourceText>> text = read_text(path);
  if (!text) return std::move(text).errors();
  return std::optional<std::string>(text.value()->text);
}

}  // namespace

Result<bool> update_file(const std::string& path, const FileTransform& transform,
                         const UpdateOptions& options) {
  // By whatever name the file is known, the lock is the same.
  const std::string target = link_target(path);
  const Result<FileLock> lock = FileLock::take(target + ".lock", options.wait_ms);
  if (!lock) return lock.errors();
  const Result<std::optional<std::string>> before = read_if_there(target);
  if (!before) return before.errors();
  const Result<std::string> after = transform(*before);
  if (!after) return after.errors();
  if (*before == *after) return false;
  return replace_file(target, *after, {.is_synced = true, .is_exclusive = true});
}

}  // namespace lmhost

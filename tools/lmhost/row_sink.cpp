#include "tools/lmhost/row_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/codes.hpp"
#include "load/file_lock.hpp"
#include "load/replace_file.hpp"

namespace lmhost::tool {

namespace {

// -1, and errno. A file is made, but never cut: it may be somebody else's still. What is no file is
// written to only, so that a pipe has its reader first.
int open_for_rows(const std::string& path, bool is_read) {
  struct stat status = {};
  const bool is_file = ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  if (!is_file) return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor >= 0 || errno != EACCES || is_read) return descriptor;
  return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
}

}  // namespace

Result<RowSink> RowSink::open(const std::optional<std::string>& path, bool resume) {
  RowSink sink(STDOUT_FILENO);
  if (path && *path != "-") {
    sink.name_ = quoted(*path);
    if (const std::optional<int> named = named_descriptor(*path)) {
      sink.descriptor_ = *named;
    } else {
      sink.descriptor_ = -1;
      do {
        if (sink.descriptor_ >= 0) close(sink.descriptor_);
        sink.descriptor_ = open_for_rows(*path, resume);
        if (Result<bool> locked = sink.lock(*path); !locked) return std::move(locked).errors();
        // The file of that name may have been another one before it was locked.
      } while (sink.is_file_ && !has_name(sink.descriptor_, *path));
    }
  }
  if (resume && !sink.is_file_)
    return plain_error(ErrorKind::kUsage, codes::kUsage,
                       "--resume needs the file to continue, and " + sink.name_ + " is none",
                       "add --output FILE");
  struct stat status = {};
  if (resume && fstat(sink.descriptor_, &status) != 0) return sink.failed(errno);
  sink.existing_ = static_cast<std::size_t>(status.st_size);
  sink.is_begun_ = resume || !sink.is_file_;
  return sink;
}

// Without locks two sweeps could destroy a file, so that none is written.
Result<bool> RowSink::lock(const std::string& path) {
  if (descriptor_ < 0) return failed(errno);
  struct stat status = {};
  if (fstat(descriptor_, &status) != 0) return failed(errno);
  is_file_ = S_ISREG(status.st_mode);
  const int error = is_file_ ? try_lock(descriptor_, LockKind::kExclusive) : 0;
  if (error == EWOULDBLOCK) return locked_by_other(descriptor_, path);
  if (error != 0)
    return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                       "cannot lock " + name_ + ": " + std::strerror(error),
                       "write where files can be locked, or to standard output: > FILE");
  return true;
}

RowSink::RowSink(RowSink&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_file_(other.is_file_),
      name_(std::move(other.name_)),
      is_begun_(other.is_begun_),
      existing_(other.existing_),
      at_(other.at_),
      line_(other.line_),
      whole_(other.whole_) {}

RowSink::~RowSink() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
}

Diagnostic RowSink::failed(int error) {
  // A reader that went away knows it.
  if (error == EPIPE) return plain_error(ErrorKind::kIo, codes::kCannotWrite, "");
  std::string hint;
  if (is_file_ && (error == ENOSPC || error == EDQUOT || error == EFBIG))
    hint = "the file holds whole rows; with room again --resume continues it";
  return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                     "cannot write " + name_ + ": " + std::strerror(error), hint);
}

// Takes from `lines` what the file has already.
Result<bool> RowSink::compare(std::string_view* lines) {
  std::vector<char> buffer(std::min(lines->size(), existing_ - at_));
  std::size_t read = 0;
  while (read < buffer.size()) {
    const ssize_t got = pread(descriptor_, buffer.data() + read, buffer.size() - read,
                              static_cast<off_t>(at_ + read));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return plain_error(ErrorKind::kIo, codes::kCannotRead, "cannot read " + name_);
    read += static_cast<std::size_t>(got);
  }
  const auto [theirs, ours] = std::mismatch(buffer.begin(), buffer.end(), lines->begin());
  line_ += static_cast<std::size_t>(std::count(buffer.begin(), theirs, '\n'));
  if (theirs != buffer.end())
    return plain_error(
        ErrorKind::kUsage, codes::kSweepResume,
        "line " + std::to_string(line_) + " of " + name_ + " is not what this sweep writes there",
        "--resume continues a file of the same model, options and version; nothing was "
        "changed");
  const auto end = std::find(buffer.rbegin(), buffer.rend(), '\n');
  if (end != buffer.rend()) whole_ = at_ + static_cast<std::size_t>(buffer.rend() - end);
  at_ += buffer.size();
  lines->remove_prefix(buffer.size());
  return true;
}

Result<bool> RowSink::begin() {
  if (!std::exchange(is_begun_, true) && ftruncate(descriptor_, 0) != 0) return failed(errno);
  return true;
}

// In a file every write says where: no position of the descriptor can be wrong.
ssize_t RowSink::put(std::string_view bytes) const {
  if (!is_file_) return ::write(descriptor_, bytes.data(), bytes.size());
  return pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at_));
}

Result<bool> RowSink::write(std::string_view lines) {
  if (lines.empty()) return true;
  if (Result<bool> begun = begin(); !begun) return begun;
  if (at_ < existing_) {
    Result<bool> same = compare(&lines);
    if (!same) return same;
  }
  while (!lines.empty()) {
    const ssize_t written = put(lines);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      // A file that cannot be cut keeps a part of a line, which --resume completes.
      if (is_file_ && ftruncate(descriptor_, static_cast<off_t>(whole_)) != 0) return failed(error);
      return failed(error);
    }
    const std::string_view done = lines.substr(0, static_cast<std::size_t>(written));
    if (const std::size_t end = done.rfind('\n'); end != done.npos) whole_ = at_ + end + 1;
    at_ += done.size();
    lines.remove_prefix(done.size());
  }
  return true;
}

Result<bool> RowSink::finish() {
  if (Result<bool> begun = begin(); !begun) return begun;
  if (at_ < existing_)
    return plain_error(ErrorKind::kUsage, codes::kSweepResume,
                       name_ + " has more rows than this sweep writes", "nothing was changed");
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor > STDERR_FILENO && close(descriptor) != 0) return failed(errno);
  return true;
}

}  // namespace lmhost::tool

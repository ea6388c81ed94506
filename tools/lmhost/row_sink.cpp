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

namespace lmhost::tool {

Result<RowSink> RowSink::open(const std::optional<std::string>& path, bool resume) {
  if (!path || *path == "-") return RowSink(STDOUT_FILENO);
  RowSink sink(-1);
  sink.name_ = quoted(*path);
  sink.descriptor_ =
      ::open(path->c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (resume ? 0 : O_TRUNC), 0666);
  // What can be written and not read (a pipe, a device) needs no comparing.
  if (sink.descriptor_ < 0 && !resume)
    sink.descriptor_ = ::open(path->c_str(), O_WRONLY | O_CLOEXEC);
  if (sink.descriptor_ < 0) return sink.failed(errno);
  struct stat status = {};
  sink.is_file_ = fstat(sink.descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (resume && sink.is_file_) sink.existing_ = static_cast<std::size_t>(status.st_size);
  return sink;
}

RowSink::RowSink(RowSink&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_file_(other.is_file_),
      name_(std::move(other.name_)),
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
  if (!lines->empty() && lseek(descriptor_, static_cast<off_t>(at_), SEEK_SET) < 0)
    return failed(errno);
  return true;
}

Result<bool> RowSink::write(std::string_view lines) {
  if (at_ < existing_) {
    Result<bool> same = compare(&lines);
    if (!same) return same;
  }
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
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
  if (at_ < existing_)
    return plain_error(ErrorKind::kUsage, codes::kSweepResume,
                       name_ + " has more rows than this sweep writes", "nothing was changed");
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor > STDERR_FILENO && close(descriptor) != 0) return failed(errno);
  return true;
}

}  // namespace lmhost::tool

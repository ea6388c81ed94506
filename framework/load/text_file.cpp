// Reads files by POSIX calls, for errors that say why.
#include "load/text_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/codes.hpp"

namespace lmhost {
namespace {

// How long a pipe may be without a writer: one that the shell just starts opens it in less.
constexpr int kWriterMilliseconds = 1000;

class Descriptor {
 public:
  explicit Descriptor(int number, bool owned) : number_(number), owned_(owned) {}
  ~Descriptor() {
    if (owned_ && number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
  bool owned_;
};

Diagnostic cannot_read(const std::string& name, const std::string& why) {
  return plain_error(ErrorKind::kIo, codes::kCannotRead,
                     "cannot read " + quoted(name) + ": " + why);
}

Diagnostic cannot_read(const std::string& name, int error) {
  return cannot_read(name, std::generic_category().message(error));
}

Diagnostic too_long(const std::string& name, std::size_t limit) {
  return plain_error(ErrorKind::kInput, codes::kLimit,
                     quoted(name) + " is longer than " + std::to_string(limit) + " bytes");
}

// Why nothing of this kind is read, or "". A device need not end, and opening one can do things.
std::string refusal(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return std::generic_category().message(EISDIR);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) return "it is a device";
  if (S_ISSOCK(status.st_mode)) return "it is a socket";
  return "";
}

// Standard input is what the program was given: a terminal or a socket too, whose other end says
// when it ends.
bool may_be_input(const struct stat& status) {
  return S_ISSOCK(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(STDIN_FILENO) == 1);
}

// Whether there is something to read, an end included. Without a time it waits as long as it takes.
bool wait_for(int descriptor, int milliseconds) {
  struct pollfd waiting = {descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

// Appends up to the end of the file, at most limit + 1 bytes in all; 0 or an errno. By way of a
// buffer that stays in the processor's cache: a string cannot grow without writing zeros, which
// costs more.
int read_all(int descriptor, bool may_wait, std::size_t limit, std::string* text) {
  char buffer[std::size_t{64} << 10];
  while (text->size() <= limit) {
    const std::size_t wanted = std::min(sizeof buffer, limit + 1 - text->size());
    const ssize_t count = ::read(descriptor, buffer, wanted);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && may_wait && wait_for(descriptor, -1)) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    text->append(buffer, static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

Result<std::shared_ptr<const SourceText>> read_text(const std::string& path, std::size_t limit) {
  const bool is_input = path == "-";
  auto source = std::make_shared<SourceText>();
  source->name = is_input ? "<stdin>" : path;
  struct stat status = {};
  if (!is_input && ::stat(path.c_str(), &status) != 0) return cannot_read(source->name, errno);
  std::string why = refusal(status);
  if (!why.empty()) return cannot_read(source->name, why);
  // Not blocking: opening a pipe that nobody writes to must not wait for ever.
  const Descriptor file(
      is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
      !is_input);
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0)
    return cannot_read(source->name, errno);
  why = refusal(status);
  if (!why.empty() && !(is_input && may_be_input(status))) return cannot_read(source->name, why);
  const bool is_regular = S_ISREG(status.st_mode);
  if (is_regular) {
    if (static_cast<std::uint64_t>(status.st_size) > limit) return too_long(source->name, limit);
    source->text.reserve(static_cast<std::size_t>(status.st_size));
  }
  const bool is_named_pipe = S_ISFIFO(status.st_mode) && !is_input;
  const bool is_silent = is_named_pipe && !wait_for(file.number(), kWriterMilliseconds);
  const int error = read_all(file.number(), !is_regular, limit, &source->text);
  if (error != 0) return cannot_read(source->name, error);
  if (is_silent && source->text.empty())
    return cannot_read(source->name, "it is a pipe that nobody writes to");
  if (source->text.size() > limit) return too_long(source->name, limit);
  return std::shared_ptr<const SourceText>(std::move(source));
}

}  // namespace lmhost

// Reads files by POSIX calls, for errors that say why.
#include "load/text_file.hpp"

#include <fcntl.h>
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

Diagnostic cannot_read(const std::string& name, int error) {
  return plain_error(ErrorKind::kIo, codes::kCannotRead,
                     "cannot read " + quoted(name) + ": " + std::generic_category().message(error));
}

// Appends up to the end of the file, at most limit + 1 bytes in all; 0 or an errno. By way of a
// buffer that stays in the processor's cache: a string cannot grow without writing zeros, which
// costs more.
int read_all(int descriptor, std::size_t limit, std::string* text) {
  char buffer[std::size_t{64} << 10];
  while (text->size() <= limit) {
    const std::size_t wanted = std::min(sizeof buffer, limit + 1 - text->size());
    const ssize_t count = ::read(descriptor, buffer, wanted);
    if (count < 0 && errno == EINTR) continue;
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
  const Descriptor file(is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                        !is_input);
  struct stat status = {};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0)
    return cannot_read(source->name, errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(source->name, EISDIR);
  if (S_ISREG(status.st_mode))
    source->text.reserve(std::min(static_cast<std::size_t>(status.st_size), limit));
  const int error = read_all(file.number(), limit, &source->text);
  if (error != 0) return cannot_read(source->name, error);
  if (source->text.size() > limit)
    return plain_error(
        ErrorKind::kInput, codes::kLimit,
        quoted(source->name) + " is longer than " + std::to_string(limit) + " bytes");
  return std::shared_ptr<const SourceText>(std::move(source));
}

}  // namespace lmhost

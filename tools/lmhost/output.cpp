#include "tools/lmhost/output.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/codes.hpp"
#include "load/replace_file.hpp"

namespace lmhost::tool {
namespace {

constexpr unsigned kNarrowest = 60;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool wants_colour(const Arguments* arguments, int descriptor) {
  const std::string when = arguments == nullptr ? "auto" : arguments->get("color").value_or("auto");
  if (when != "auto") return when == "always";
  return isatty(descriptor) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos ||
           value.find("utf8") != std::string_view::npos ||
           value.find("UTF8") != std::string_view::npos ||
           value.find("utf-8") != std::string_view::npos;
  }
  return true;
}

// Of the terminal, unless COLUMNS says otherwise; 0: neither is known.
unsigned line_width(int descriptor) {
  const std::string_view columns = environment("COLUMNS");
  unsigned width = 0;
  const auto parsed = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  if (parsed.ec == std::errc() && parsed.ptr == columns.data() + columns.size() && width != 0)
    return width;
  winsize size = {};
  if (isatty(descriptor) == 1 && ioctl(descriptor, TIOCGWINSZ, &size) == 0) return size.ws_col;
  return 0;
}

// Lines are broken for eyes only: what goes to a file or a program stays as it is.
unsigned folding_width(int descriptor) {
  return isatty(descriptor) == 1 ? line_width(descriptor) : 0;
}

Diagnostic cannot_write(const std::string& path, int error) {
  return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                     "cannot write " + path + ": " + std::strerror(error));
}

// A pipe, a device: renaming over it would replace it.
Result<bool> write_in_place(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return cannot_write(quoted(path), errno);
  int error = write_all(file, text);
  if (close(file) != 0 && error == 0) error = errno;
  if (error != 0) return cannot_write(quoted(path), error);
  return true;
}

}  // namespace

TextStyle text_style(const Arguments& arguments) {
  TextStyle style;
  const bool to_file = arguments.has("output");
  const bool on_terminal = !to_file && isatty(STDOUT_FILENO) == 1;
  style.colour =
      to_file ? arguments.get("color") == "always" : wants_colour(&arguments, STDOUT_FILENO);
  style.unicode = !arguments.has("ascii") && (!on_terminal || locale_is_utf8());
  style.bars = on_terminal;
  style.exact = arguments.has("exact");
  if (const unsigned width = to_file ? 0 : line_width(STDOUT_FILENO); width != 0)
    style.width = std::max(width, kNarrowest);
  return style;
}

bool colour_on_errors(const Arguments* arguments) { return wants_colour(arguments, STDERR_FILENO); }

Result<bool> write_standard_output(const Document& document) {
  const int error =
      write_all(STDOUT_FILENO, document.is_for_people()
                                   ? folded_lines(document.str(), folding_width(STDOUT_FILENO))
                                   : document.str());
  if (error == 0) return true;
  Diagnostic diagnostic = cannot_write("standard output", error);
  if (error == EPIPE) diagnostic.message.clear();
  return diagnostic;
}

void write_message(std::string_view text) {
  write_standard_error(folded_lines(text, folding_width(STDERR_FILENO)));
}

void write_standard_error(std::string_view text) { write_all(STDERR_FILENO, text); }

Result<bool> write_file(const std::string& path, std::string_view text) {
  if (const std::optional<int> descriptor = named_descriptor(path)) {
    const int error = write_all(*descriptor, text);
    if (error != 0) return cannot_write(quoted(path), error);
    return true;
  }
  struct stat status = {};
  const bool exists = stat(path.c_str(), &status) == 0;
  const bool is_in_place = exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
  return is_in_place ? write_in_place(path, text) : replace_file(path, text);
}

}  // namespace lmhost::tool

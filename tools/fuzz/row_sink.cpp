// Any bytes as rows, as the writes that they come in, and as what happens to the file in between: cut
// anywhere or changed. Resuming gives the whole, or refuses [E606] and leaves the file as it is.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/lmhost/row_sink.hpp"

namespace {

using namespace lmhost;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool is_empty() const { return at_ == size_; }
  unsigned next() { return is_empty() ? 0 : data_[at_++]; }
  std::size_t below(std::size_t limit) { return (next() << 8 | next()) % limit; }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

void demand(bool holds) {
  if (!holds) std::abort();
}

const std::string& path() {
  static const std::string name = [] {
    std::string made = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : "/tmp/";
    made += "fuzz_row_sink.XXXXXX";
    const int file = mkstemp(made.data());
    demand(file >= 0 && close(file) == 0);
    static const std::string to_remove = made;
    std::atexit([] { unlink(to_remove.c_str()); });
    return made;
  }();
  return name;
}

void set_content(const std::string& text) {
  const int file = open(path().c_str(), O_WRONLY | O_TRUNC);
  demand(file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  close(file);
}

std::string content() {
  std::string text(1 << 16, '\0');
  const int file = open(path().c_str(), O_RDONLY);
  const ssize_t size = read(file, text.data(), text.size());
  demand(size >= 0);
  close(file);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::vector<std::string> read_rows(Bytes& bytes) {
  std::vector<std::string> rows;
  for (std::size_t count = bytes.next() % 40; rows.size() < count;) {
    rows.emplace_back();
    for (std::size_t length = bytes.next() % 24; rows.back().size() < length;)
      rows.back() += static_cast<char>('a' + bytes.next() % 3);
    rows.back() += '\n';
  }
  return rows;
}

// Writes the rows, some at a time; ends without finish() behind `stop` writes, as a signal does.
Result<bool> run(const std::vector<std::string>& rows, bool resume, std::size_t stop,
                 Bytes& bytes) {
  Result<tool::RowSink> sink = tool::RowSink::open(path(), resume);
  demand(sink.ok());
  // A second writer; not always, since who holds the lock is looked up in /proc.
  if (const unsigned second = bytes.next(); second >= 240)
    demand(!tool::RowSink::open(path(), second % 2 == 0).ok());
  for (std::size_t row = 0; row < rows.size();) {
    if (stop-- == 0) return false;
    std::string lines;
    for (std::size_t more = bytes.next() % 5; row < rows.size() && more-- > 0;)
      lines += rows[row++];
    if (lines.empty() && bytes.is_empty()) lines = rows[row++];
    if (Result<bool> written = sink->write(lines); !written) return written;
  }
  if (Result<bool> finished = sink->finish(); !finished) return finished;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const std::vector<std::string> rows = read_rows(bytes);
  std::string whole;
  for (const std::string& row : rows) whole += row;

  // What another program left is gone once there is a row.
  set_content(std::string(bytes.next(), 'z'));
  Result<bool> result = run(rows, false, bytes.next() % 16, bytes);
  demand(result.ok());
  if (*result) demand(content() == whole);
  if (whole.compare(0, content().size(), content()) != 0)
    set_content("");  // no row was written yet
  for (unsigned round = bytes.next() % 4; round-- > 0;) {
    std::string before = content();
    switch (bytes.next() % 4) {
      case 0:
        before.resize(bytes.below(before.size() + 1));
        break;
      case 1:
        if (!before.empty()) before[bytes.below(before.size())] = 'x';
        break;
      case 2:
        before += std::string(bytes.next() % 4, 'x');
        break;
      default:
        break;
    }
    set_content(before);
    const bool is_prefix = whole.compare(0, before.size(), before) == 0;
    result = run(rows, true, bytes.next() % 16, bytes);
    const std::string after = content();
    if (!result.ok()) {
      demand(!is_prefix && result.errors().front().code == "E606" && after == before);
      set_content(before = whole.substr(0, bytes.below(whole.size() + 1)));
      continue;
    }
    if (*result) demand(is_prefix && after == whole);
    demand(is_prefix ? whole.compare(0, after.size(), after) == 0 && after.size() >= before.size()
                     : after == before);
    if (!is_prefix) set_content("");
  }
  result = run(rows, true, SIZE_MAX, bytes);
  demand(result.ok() && *result && content() == whole);
  return 0;
}

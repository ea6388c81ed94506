// A file of rows that is cut anywhere, also exactly behind what one write() wrote, is resumed to the
// whole; one that is another's, or that somebody else writes, does not change by a byte.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "load/file_lock.hpp"
#include "load/replace_file.hpp"
#include "scratch_folder.hpp"
#include "tools/lmhost/row_sink.hpp"

using namespace lmhost;
using tool::RowSink;

namespace {

const std::vector<std::string> kRows = {"a,b\n", "1,10\n", "2,20\n", "3,300\n", "\n", "4,4\n"};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The rows in writes of which each begins where a bit of `cuts` is set.
std::vector<std::string> chunks_of(const std::vector<std::string>& rows, unsigned cuts) {
  std::vector<std::string> chunks;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || (cuts >> (i - 1) & 1u) != 0) chunks.emplace_back();
    chunks.back() += rows[i];
  }
  return chunks;
}

Result<bool> write_rows(const std::string& path, bool resume,
                        const std::vector<std::string>& chunks) {
  Result<RowSink> sink = RowSink::open(path, resume);
  if (!sink) return std::move(sink).errors();
  for (const std::string& chunk : chunks)
    if (Result<bool> written = sink->write(chunk); !written) return written;
  return sink->finish();
}

std::string text_of(const Result<bool>& result) {
  return result.ok() ? "" : render(result.errors());
}

std::string whole_text() {
  std::string whole;
  for (const std::string& row : kRows) whole += row;
  return whole;
}

}  // namespace

TEST_CASE("row sink: from every length, in writes of every size, resuming gives the whole") {
  const ScratchFolder folder;
  const std::string whole = whole_text();
  for (unsigned cuts = 0; cuts < 1u << (kRows.size() - 1); ++cuts) {
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const std::string path = folder.write("rows", whole.substr(0, length));
      const Result<bool> resumed = write_rows(path, true, chunks_of(kRows, cuts));
      REQUIRE_MESSAGE(resumed.ok(), text_of(resumed));
      REQUIRE_MESSAGE(content(path) == whole, "cut at " << length << ", writes " << cuts);
    }
  }
}

TEST_CASE("row sink: resuming what another has written changes nothing") {
  const ScratchFolder folder;
  const std::string whole = whole_text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (std::size_t length = at + 1; length <= whole.size(); ++length) {
      std::string other = whole.substr(0, length);
      other[at] = 'x';
      const std::string path = folder.write("rows", other);
      const Result<bool> resumed = write_rows(path, true, chunks_of(kRows, 0b10101));
      REQUIRE(!resumed.ok());
      REQUIRE(resumed.errors().front().code == "E606");
      REQUIRE(content(path) == other);
    }
  }
  const std::string path = folder.write("rows", whole + "5,5\n");
  CHECK(text_of(write_rows(path, true, kRows)) ==
        "lmhost: error: '" + path +
            "' has more rows than this sweep writes [E606]\n  nothing was changed\n");
  CHECK(content(path) == whole + "5,5\n");
}

TEST_CASE("row sink: an older file stays until there is a row") {
  const ScratchFolder folder;
  const std::string path = folder.write("rows", "of yesterday, and longer than those of today\n");
  {
    Result<RowSink> sink = RowSink::open(path, false);
    REQUIRE(sink.ok());
    CHECK(sink->write("").ok());
  }
  CHECK(content(path) == "of yesterday, and longer than those of today\n");
  CHECK(write_rows(path, false, {"1\n"}).ok());
  CHECK(content(path) == "1\n");
  CHECK(write_rows(path, false, {}).ok());  // a part without points
  CHECK(content(path).empty());
}

TEST_CASE("row sink: one writer at a time, by any name, and the others change nothing") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/rows";
  Result<RowSink> first = RowSink::open(path, false);
  REQUIRE(first.ok());
  REQUIRE(first->write("1\n").ok());
  std::filesystem::create_symlink("rows", folder.path() + "/link");
  std::filesystem::create_hard_link(path, folder.path() + "/hard");
  for (const std::string name : {"/rows", "/link", "/hard", "/./rows"}) {
    for (const bool resume : {false, true}) {
      const Result<RowSink> second = RowSink::open(folder.path() + name, resume);
      REQUIRE(!second.ok());
      const Diagnostic& error = second.errors().front();
      CHECK(error.code == "E415");
      CHECK(error.kind == ErrorKind::kIo);
      CHECK(error.hint == "wait for it to end, or end it");
      CHECK(error.message.find("process " + std::to_string(::getpid()) + " ('") == 0);
      CHECK(error.message.find(") keeps '" + folder.path() + name + "' locked") !=
            std::string::npos);
    }
    // Replacing the file would leave the rows to come without a name.
    CHECK(replace_file(folder.path() + name, "other").errors().front().code == "E415");
  }
  CHECK(content(path) == "1\n");
  REQUIRE(first->write("2\n").ok());
  REQUIRE(first->finish().ok());
  CHECK(content(path) == "1\n2\n");
  CHECK(write_rows(path, true, {"1\n", "2\n", "3\n"}).ok());  // nothing stays locked
  CHECK(replace_file(path, "other").ok());
}

TEST_CASE("row sink: pipes take rows, and are not resumed") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  CHECK(write_rows(path, false, kRows).ok());
  char buffer[100];
  const ssize_t got = ::read(reader, buffer, sizeof buffer);
  CHECK(std::string(buffer, static_cast<std::size_t>(got)) == whole_text());
  CHECK(text_of(write_rows(path, true, kRows)) ==
        "lmhost: error: --resume needs the file to continue, and '" + path +
            "' is none [E601]\n  add --output FILE\n");
  ::close(reader);
}

TEST_CASE("row sink: what a descriptor's name leads to is appended to") {
  const ScratchFolder folder;
  const std::string path = folder.write("log", "before\n");
  const int log = ::open(path.c_str(), O_WRONLY | O_APPEND);
  REQUIRE(log >= 0);
  CHECK(write_rows("/dev/fd/" + std::to_string(log), false, {"1\n", "2\n"}).ok());
  CHECK(content(path) == "before\n1\n2\n");
}

TEST_CASE("replace file: links that lead to nothing yet, modes, and descriptors") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/made", link = folder.path() + "/link";
  std::filesystem::create_symlink("second", link);
  std::filesystem::create_symlink("made", folder.path() + "/second");
  CHECK(link_target(link) == link_target(path));
  CHECK(replace_file(link, "new").ok());
  CHECK(std::filesystem::is_symlink(link));
  CHECK(std::filesystem::is_symlink(folder.path() + "/second"));
  CHECK(content(path) == "new");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(replace_file(link, "newer").ok());
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);

  CHECK(named_descriptor("/dev/stdout") == 1);
  CHECK(named_descriptor("/dev/stderr") == 2);
  CHECK(named_descriptor("/proc/self/fd/77") == 77);
  CHECK(!named_descriptor(link));
  CHECK(!named_descriptor("/dev/null"));
  CHECK(!named_descriptor("1"));
  std::filesystem::create_symlink("/dev/fd/1", folder.path() + "/out");
  CHECK(named_descriptor(folder.path() + "/out") == 1);
}

// One writer at a time, and nothing lost: two processes, killed processes, folders and disks that
// say no.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "base/diagnostic.hpp"
#include "load/json.hpp"
#include "load/module_edit.hpp"
#include "load/update_file.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

FileTransform setting(const std::string& text) {
  return [text](const std::optional<std::string>&) { return Result<std::string>(text); };
}

FileTransform adding(const std::string& name) {
  return [name](const std::optional<std::string>& text) {
    return add_module({"db.json", text.value_or("")}, {name, "{\"full_class_name\": \"x\"}"});
  };
}

std::set<std::string> entries(const std::string& path) {
  const Result<JsonDocument> document = JsonDocument::read(path);
  REQUIRE_MESSAGE(document.ok(), render(document.ok() ? Diagnostics{} : document.errors()));
  std::set<std::string> names;
  for (const JsonMember member : document->root().find("modules").members())
    names.insert(std::string(member.key()));
  return names;
}

// Runs `work` in a process of its own; its exit status is what it returns.
template <class Work>
pid_t in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  REQUIRE(child > 0);
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

bool is_root() { return ::geteuid() == 0; }

// As somebody to whom modes mean something.
void become_nobody() {
  constexpr unsigned kNobody = 65'534;
  if (is_root() && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(99);
}

}  // namespace

TEST_CASE("update file: made, changed, left alone") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/db.json";
  bool was_there = true;
  const Result<bool> made = update_file(path, [&](const std::optional<std::string>& text) {
    was_there = text.has_value();
    return Result<std::string>("one");
  });
  REQUIRE(made.ok());
  CHECK(*made);
  CHECK(!was_there);
  CHECK(content(path) == "one");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);

  std::string before;
  CHECK(*update_file(path, [&](const std::optional<std::string>& text) {
    before = *text;
    return Result<std::string>("two");
  }));
  CHECK(before == "one");
  CHECK(content(path) == "two");
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);

  const ino_t inode = status.st_ino;
  CHECK_FALSE(*update_file(path, setting("two")));
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_ino == inode);  // not even replaced by its like
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});
}

TEST_CASE("update file: errors of the transform change nothing") {
  const ScratchFolder folder;
  const std::string path = folder.write("db.json", "old");
  const Result<bool> updated = update_file(path, [](const std::optional<std::string>&) {
    return Result<std::string>(plain_error(ErrorKind::kInput, "E999", "no"));
  });
  CHECK(updated.errors().front().code == "E999");
  CHECK(content(path) == "old");
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});
}

TEST_CASE("update file: through a link, under the lock of the file itself") {
  const ScratchFolder folder;
  const std::string path = folder.write("db.json", "old");
  std::filesystem::create_symlink("db.json", folder.path() + "/link.json");
  CHECK(*update_file(folder.path() + "/link.json", setting("new")));
  CHECK(content(path) == "new");
  CHECK(std::filesystem::is_symlink(folder.path() + "/link.json"));
}

constexpr int kEach = 200;  // entries of a process; a thread adds a quarter

TEST_CASE("update file: two processes and two threads add entries, none is lost") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/db.json";
  const auto add_all = [&](const std::string& who, int count = kEach) {
    for (int i = 0; i < count; ++i)
      if (!update_file(path, adding(who + std::to_string(i))).ok()) return 1;
    return 0;
  };
  const pid_t one = in_child([&] { return add_all("a"); });
  const pid_t two = in_child([&] { return add_all("b"); });
  std::thread third([&] { add_all("c", kEach / 4); });
  CHECK(add_all("d", kEach / 4) == 0);
  third.join();
  CHECK(status_of(one) == 0);
  CHECK(status_of(two) == 0);
  CHECK(entries(path).size() == 2 * kEach + 2 * (kEach / 4));
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});
}

TEST_CASE("update file: killed in between, the file is whole and the next one goes on") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/db.json";
  int next = 0;
  std::size_t before = 0;
  for (int round = 0; round < 40; ++round) {
    // Writes without end until it is killed, each entry only after the one before.
    const pid_t child = in_child([&] {
      for (int i = next;; ++i)
        if (!update_file(path, adding("k" + std::to_string(i))).ok()) return 1;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 + 900 * (round % 13)));
    REQUIRE(::kill(child, SIGKILL) == 0);
    const int status = status_of(child);
    REQUIRE(WIFSIGNALED(status));
    if (!std::filesystem::exists(path)) continue;
    const std::size_t now = entries(path).size();  // whole JSON, or the test fails
    CHECK(now >= before);                          // nothing lost
    before = now;
    next = static_cast<int>(now);
  }
  CHECK(before > 0);
  CHECK(update_file(path, adding("last")).ok());
  CHECK(entries(path).size() == before + 1);
  // What killed writers left has been taken over.
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});
}

TEST_CASE("update file: somebody keeps the lock") {
  const ScratchFolder folder;
  const std::string path = folder.write("db.json", "old");
  const std::string lock = path + ".lock";
  const int held = ::open(lock.c_str(), O_RDWR | O_CREAT, 0666);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  const Result<bool> updated = update_file(path, setting("new"), {.wait_ms = 20});
  const std::string told = render(updated.errors());
  CHECK(told.find("lmhost: error: process " + std::to_string(::getpid()) + " ('") == 0);
  const std::string end =
      "') keeps '" + lock + "' locked [E415]\n  wait for it to end, or end it\n";
  CHECK(told.substr(told.size() - std::min(told.size(), end.size())) == end);
  CHECK(content(path) == "old");
  ::close(held);
  CHECK(*update_file(path, setting("new")));  // a lock file that nobody holds is no lock
}

TEST_CASE("update file: folders and files that may not be written") {
  const ScratchFolder folder;
  const std::string path = folder.write("db.json", "old");
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  const pid_t in_folder = in_child([&] {
    become_nobody();
    const Result<bool> updated = update_file(path, setting("new"));
    const bool is_told =
        !updated.ok() && updated.errors().front().code == "E502" &&
        updated.errors().front().kind == ErrorKind::kIo &&
        updated.errors().front().message.find("Permission denied") != std::string::npos;
    return is_told ? 0 : 1;
  });
  CHECK(status_of(in_folder) == 0);
  CHECK(content(path) == "old");

  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  const pid_t in_file = in_child([&] {
    become_nobody();
    const Result<bool> updated = update_file(path, setting("new"));
    return !updated.ok() && updated.errors().front().code == "E502" ? 0 : 1;
  });
  CHECK(status_of(in_file) == 0);
  CHECK(content(path) == "old");
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});

  CHECK(update_file(folder.path() + "/none/db.json", setting("x")).errors().front().code == "E502");
  std::filesystem::create_directory(folder.path() + "/folder.json");
  CHECK(update_file(folder.path() + "/folder.json", setting("x")).errors().front().message ==
        "cannot change '" + folder.path() + "/folder.json': not a regular file");
}

TEST_CASE("update file: a disk that is full leaves the old text and no rubbish") {
  const ScratchFolder folder;
  const std::string path = folder.write("db.json", "old");
  const pid_t child = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);  // the limit is then an error of write(), as a full disk is
    const rlimit limit = {4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const Result<bool> updated = update_file(path, setting(std::string(100'000, 'x')));
    return !updated.ok() && updated.errors().front().code == "E502" ? 0 : 1;
  });
  CHECK(status_of(child) == 0);
  CHECK(content(path) == "old");
  CHECK(files_in(folder.path()) == std::set<std::string>{"db.json"});
}

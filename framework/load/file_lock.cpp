#include "load/file_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

// "1: FLOCK  ADVISORY  WRITE 4711 fe:00:9978161 0 EOF" in /proc/locks; empty when it is not told. The
// device is not compared: some file systems show another one there than stat() gives.
std::string holder_of(int descriptor) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) return {};
  const std::string inode = ":" + std::to_string(status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, mode, process, file;
    words >> number >> kind >> advisory >> mode >> process >> file;
    // A process of another namespace is 0, and one on another machine is not listed.
    if (kind == "FLOCK" && file.size() > inode.size() && process != "0" &&
        file.compare(file.size() - inode.size(), inode.size(), inode) == 0)
      return process;
  }
  return {};
}

std::string command_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/cmdline", std::ios::binary);
  std::string command{std::istreambuf_iterator<char>(file), {}};
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  return command;
}

}  // namespace

int try_lock(int descriptor, LockKind kind) {
  const int operation = (kind == LockKind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  while (::flock(descriptor, operation) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

bool has_name(int descriptor, const std::string& path) {
  struct stat held = {}, named = {};
  return ::fstat(descriptor, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

Diagnostic locked_by_other(int descriptor, const std::string& path) {
  const std::string process = holder_of(descriptor);
  const std::string command = process.empty() ? std::string() : command_of(process);
  return plain_error(ErrorKind::kIo, codes::kFileLocked,
                     (process.empty() ? "another process" : "process " + process) +
                         (command.empty() ? "" : " (" + quoted(command) + ")") + " keeps " +
                         quoted(path) + " locked",
                     "wait for it to end, or end it");
}

}  // namespace lmhost

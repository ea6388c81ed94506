#include "check/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "check/answer.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LMHOST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LMHOST_SANITIZED 1
#endif
#endif

namespace lmhost {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestAnswer = std::size_t{4} << 20;
constexpr int kMostTimeouts = 24;  // for all of it
constexpr ::rlim_t kMemory = ::rlim_t{2} << 30;

Diagnostic cannot_start(int error) {
  return plain_error(ErrorKind::kIo, codes::kCannotRead,
                     "cannot start a process: " + std::generic_category().message(error));
}

struct Ending {
  std::string answer;
  bool is_late = false;
  int status = 0;  // of waitpid()
};

// Reads until the other end closes. False when nothing came for too long, or no end came at all.
bool read_all(int descriptor, std::chrono::milliseconds timeout, std::string* text) {
  char buffer[4096];
  const Clock::time_point last = Clock::now() + kMostTimeouts * timeout;
  Clock::time_point deadline = Clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ::pollfd wanted = {descriptor, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ::ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    deadline = std::min(last, Clock::now() + timeout);
    // A plugin that writes there for ever is not listened to for ever.
    if (text->size() < kLongestAnswer) text->append(buffer, static_cast<std::size_t>(got));
  }
}

// Waits for the child; ends it, and whatever it has started, when the time is over.
void await(::pid_t child, Clock::time_point deadline, Ending* ending) {
  ::pid_t ended = 0;
  while (!ending->is_late && ended == 0) {
    ended = ::waitpid(child, &ending->status, WNOHANG);
    if (ended < 0 && errno == EINTR) ended = 0;
    if (ended != 0) break;
    if (Clock::now() >= deadline)
      ending->is_late = true;
    else
      std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  ::kill(-child, SIGKILL);
  while (ended == 0 && ::waitpid(child, &ending->status, 0) < 0 && errno == EINTR) continue;
}

// The child's file descriptors, group and folder.
class SpawnSettings {
 public:
  SpawnSettings(int answer, const char* folder) {
    ::posix_spawn_file_actions_init(&actions);
    for (const int standard : {0, 1, 2})
      ::posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, answer, kAnswerDescriptor);
    if (folder != nullptr) ::posix_spawn_file_actions_addchdir_np(&actions, folder);
    ::posix_spawnattr_init(&attributes);
    // Signals as a fresh program has them, whatever the caller ignores or blocks.
    ::sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  ::posix_spawn_file_actions_t actions;
  ::posix_spawnattr_t attributes;
};

Result<Ending> run(const std::string& program, const std::vector<std::string>& arguments,
                   char* const* environment, const char* folder,
                   std::chrono::milliseconds timeout) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(errno);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::pid_t child = 0;
  int error = 0;
  {
    const SpawnSettings settings(ends[1], folder);
    error = ::posix_spawn(&child, program.c_str(), &settings.actions, &settings.attributes,
                          argv.data(), environment);
  }
  ::close(ends[1]);
  Ending ending;
  if (error == 0) {
    ending.is_late = !read_all(ends[0], timeout, &ending.answer);
    await(child, Clock::now() + timeout, &ending);
  }
  ::close(ends[0]);
  if (error != 0) return cannot_start(error);
  return ending;
}

std::string fate_of(const Ending& ending, std::chrono::milliseconds timeout) {
  if (ending.is_late)
    return "it gave no sign of life for " + std::to_string(timeout.count()) + " ms and was stopped";
  if (WIFSIGNALED(ending.status)) {
    const int signal = WTERMSIG(ending.status);
    const char* name = ::sigabbrev_np(signal);
    return "it crashed with signal " + std::to_string(signal) +
           (name == nullptr ? "" : " (SIG" + std::string(name) + ")");
  }
  if (!ending.answer.empty() || WEXITSTATUS(ending.status) != 0)
    return "it ended the process with status " + std::to_string(WEXITSTATUS(ending.status));
  return "it ended the process with status 0, as if all were well";
}

CheckReport judge(const Ending& ending, const std::string& path, const ChildOptions& options) {
  const bool ended_well =
      !ending.is_late && WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0;
  std::optional<CheckReport> answer;
  if (ended_well) answer = read_answer(ending.answer);
  if (answer) return *answer;
  CheckReport report;
  report.file = path;
  report.seed = options.probe.seed;
  report.reached = CheckGroup::kLoad;
  report.add("load.survives", fate_of(ending, options.timeout));
  return report;
}

std::vector<std::string> command_for(const std::string& path, const ProbeOptions& probe) {
  return {"lmhost",
          "plugin",
          "probe",
          "--",
          path,
          std::to_string(probe.seed),
          std::to_string(probe.points)};
}

void check_reproducible(const std::string& path, const ChildOptions& options, CheckReport& report) {
  ChildOptions elsewhere = options;
  elsewhere.probe.points = 0;
  const std::string absolute = std::filesystem::absolute(path).string();
  char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=Asia/Kathmandu";
  char* const environment[] = {locale, zone, nullptr};
  const Result<Ending> ending = run(options.program, command_for(absolute, elsewhere.probe),
                                    environment, "/", options.timeout);
  if (!ending) return;
  const CheckReport other = judge(*ending, absolute, elsewhere);
  const auto fatal = other.findings.find("load.survives");
  if (fatal != other.findings.end())
    report.add("load.reproducible", "in another environment " + fatal->second.front());
  else if (other.fingerprint != report.fingerprint)
    report.add("load.reproducible", "in another environment its kernels differ");
}

}  // namespace

Result<CheckReport> check_plugin(const std::string& path, const ChildOptions& options) {
  const Result<Ending> ending =
      run(options.program, command_for(path, options.probe), environ, nullptr, options.timeout);
  if (!ending) return ending.errors();
  CheckReport report = judge(*ending, path, options);
  if (!report.fingerprint.empty()) check_reproducible(path, options, report);
  return report;
}

void answer_probe(const std::string& path, const ProbeOptions& options) {
  const ::rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef LMHOST_SANITIZED
  // Sanitizers reserve terabytes of addresses.
  const ::rlimit memory = {kMemory, kMemory};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  std::setlocale(LC_ALL, "");
  ProbeOptions watched = options;
  watched.progress = [] {
    while (::write(kAnswerDescriptor, " ", 1) < 0 && errno == EINTR) continue;
  };
  const std::string answer = write_answer(probe_plugin(path, watched));
  std::size_t written = 0;
  while (written < answer.size()) {
    const ::ssize_t some =
        ::write(kAnswerDescriptor, answer.data() + written, answer.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) ::_exit(1);
    written += static_cast<std::size_t>(some);
  }
  // Without destructors: the plugin's may crash, and everything is said.
  ::_exit(0);
}

}  // namespace lmhost

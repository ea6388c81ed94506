#include "check/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long an end may go unnoticed that no descriptor tells: a child that has closed its streams,
// or whose streams somebody else still holds; a file that grows.
constexpr milliseconds kTick{1};
constexpr milliseconds kLongestTick{50};

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor reading, writing;
};

Diagnostic cannot_start(const std::string& program, int error) {
  const bool is_absent = error == ENOENT || error == EACCES || error == ENOTDIR || error == ENOEXEC;
  return plain_error(is_absent ? ErrorKind::kUsage : ErrorKind::kIo, codes::kCannotRead,
                     "cannot start '" + program + "': " + std::generic_category().message(error));
}

// 0 or an error number.
int make_pipe(Pipe* made) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  made->reading = Descriptor(ends[0]);
  made->writing = Descriptor(ends[1]);
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

// A file without a name: nobody has to write while the child reads, and a child that never reads
// holds nothing up.
int make_input(const std::string& text, Descriptor* made) {
  *made = Descriptor(::memfd_create("input", MFD_CLOEXEC));
  if (!made->is_open()) return errno;
  for (std::size_t written = 0; written < text.size();) {
    const ::ssize_t some = ::write(made->get(), text.data() + written, text.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return errno;
    written += static_cast<std::size_t>(some);
  }
  return ::lseek(made->get(), 0, SEEK_SET) == 0 ? 0 : errno;
}

// The child's descriptors, group, signals and folder.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
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

  void give(const Descriptor& own, int child) {
    ::posix_spawn_file_actions_adddup2(&actions, own.get(), child);
  }
  void give_nothing(int child) {
    ::posix_spawn_file_actions_addopen(&actions, child, "/dev/null", O_RDWR, 0);
  }
  void run_in(const std::string& folder) {
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  }

  ::posix_spawn_file_actions_t actions;
  ::posix_spawnattr_t attributes;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

class Child {
 public:
  explicit Child(const ProcessOptions& options) : options_(options) {}
  ~Child() { kill_and_wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // 0 or an error number.
  int start() {
    Pipe answer, errors;
    Descriptor input;
    if (const int error = make_input(options_.input, &input); error != 0) return error;
    if (const int error = make_pipe(&answer); error != 0) return error;
    if (const int error = make_pipe(&errors); error != 0) return error;
    SpawnSettings settings;
    settings.run_in(options_.folder);
    settings.give(input, STDIN_FILENO);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      if (stream != options_.answer_descriptor) settings.give_nothing(stream);
    if (options_.kept_errors != 0) settings.give(errors.writing, STDERR_FILENO);
    settings.give(answer.writing, options_.answer_descriptor);
    const std::vector<char*> arguments = pointers(options_.arguments);
    std::vector<char*> environment;
    if (options_.environment) environment = pointers(*options_.environment);
    const int error =
        ::posix_spawnp(&child_, options_.program.c_str(), &settings.actions, &settings.attributes,
                       arguments.data(), options_.environment ? environment.data() : environ);
    if (error != 0) {
      child_ = 0;
      return error;
    }
    answer_ = std::move(answer.reading);
    if (options_.kept_errors != 0) errors_ = std::move(errors.reading);
    return 0;
  }

  ProcessResult finish() {
    const Clock::time_point last = Clock::now() + options_.timeout;
    heard_ = Clock::now();
    std::optional<ProcessEnd> early;
    while (!early && !has_ended()) {
      const Clock::time_point now = Clock::now();
      const bool is_silent = options_.silence && now - heard_ >= *options_.silence;
      if (now >= last || is_silent) {
        early = now >= last ? ProcessEnd::kTimeout : ProcessEnd::kSilence;
      } else if (is_stopped()) {
        early = ProcessEnd::kStopped;
      } else if (!read_some() || is_file_too_long()) {
        early = ProcessEnd::kTooLong;
      }
    }
    // What is left in the pipes; nobody of the group can add to it.
    kill_and_wait();
    if (!read_some() && !early) early = ProcessEnd::kTooLong;
    if (is_file_too_long() && !early) early = ProcessEnd::kTooLong;
    result_.status = WIFSIGNALED(status_) ? WTERMSIG(status_) : WEXITSTATUS(status_);
    result_.end =
        early.value_or(WIFSIGNALED(status_) ? ProcessEnd::kSignalled : ProcessEnd::kExited);
    return std::move(result_);
  }

 private:
  // The dead child is left where it is: its number must not become another's before its group is
  // killed.
  bool has_ended() const {
    ::siginfo_t info = {};
    return ::waitid(P_PID, static_cast<::id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
  }

  // Waits for something to happen, and for nothing long. True when the caller has had enough.
  bool is_stopped() {
    ::pollfd wanted[] = {{answer_.get(), POLLIN, 0},
                         {errors_.get(), POLLIN, 0},
                         {options_.stop_descriptor, POLLIN, 0}};
    const int ready = ::poll(wanted, 3, static_cast<int>(tick_.count()));
    tick_ = ready > 0 ? kTick : std::min(2 * tick_, kLongestTick);
    return ready > 0 && wanted[2].revents != 0;
  }

  // Everything that is there. False when the answer has become too long.
  bool read_some() {
    const bool fits = read_from(answer_, [&](std::string_view text) {
      heard_ = Clock::now();
      const std::size_t room = options_.longest_answer - result_.answer.size();
      result_.answer.append(text.substr(0, room));
      return text.size() <= room;
    });
    read_from(errors_, [&](std::string_view text) {
      result_.errors.append(text);
      if (result_.errors.size() > options_.kept_errors)
        result_.errors.erase(0, result_.errors.size() - options_.kept_errors);
      return true;
    });
    return fits;
  }

  // Closes the descriptor at its end. Stops after a while, so that no stream starves the other or
  // the clock; false as soon as `take` is.
  template <class Take>
  static bool read_from(Descriptor& descriptor, Take take) {
    char buffer[16384];
    for (int round = 0; round < 64 && descriptor.is_open(); ++round) {
      const ::ssize_t got = ::read(descriptor.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) descriptor.close();
      if (got > 0 && !take(std::string_view(buffer, static_cast<std::size_t>(got)))) return false;
    }
    return true;
  }

  bool is_file_too_long() const {
    if (options_.answer_file.empty()) return false;
    struct ::stat status = {};
    return ::stat(options_.answer_file.c_str(), &status) == 0 &&
           static_cast<unsigned long long>(status.st_size) > options_.longest_answer;
  }

  void kill_and_wait() {
    if (child_ == 0) return;
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, &status_, 0) < 0 && errno == EINTR) continue;
    child_ = 0;
  }

  const ProcessOptions& options_;
  ::pid_t child_ = 0;
  int status_ = 0;
  Descriptor answer_, errors_;
  Clock::time_point heard_;
  milliseconds tick_ = kTick;
  ProcessResult result_;
};

}  // namespace

Result<ProcessResult> run_process(const ProcessOptions& options) {
  Child child(options);
  if (const int error = child.start(); error != 0) return cannot_start(options.program, error);
  return child.finish();
}

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return "signal " + std::to_string(signal) +
         (name == nullptr ? "" : " (SIG" + std::string(name) + ")");
}

}  // namespace lmhost

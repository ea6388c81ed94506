// Plugins loaded in a process of their own first. A fork, not another lmhost: it costs a fraction of a
// millisecond, and the copy has the addresses, the memory and the plugins of this one.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/codes.hpp"
#include "check/process.hpp"
#include "load/plugin_error.hpp"
#include "load/plugin_reader.hpp"
#include "tools/lmhost/guard.hpp"
#include "tools/lmhost/shell_word.hpp"

namespace lmhost::tool {
namespace {

using Clock = std::chrono::steady_clock;

// A word that both processes see: true once the plugin's code has given control back. No descriptor,
// which the plugin could close, and no exit status, which it could guess.
class SharedFlag {
 public:
  SharedFlag()
      : page_(::mmap(nullptr, sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0)) {}
  ~SharedFlag() {
    if (is_there()) ::munmap(page_, sizeof(bool));
  }
  SharedFlag(const SharedFlag&) = delete;
  SharedFlag& operator=(const SharedFlag&) = delete;

  bool is_there() const { return page_ != MAP_FAILED; }
  void set() { *static_cast<volatile bool*>(page_) = true; }
  bool is_set() const { return *static_cast<const volatile bool*>(page_); }

 private:
  void* page_;
};

// An exception must not get back into the program, of which this is a copy: it ends this process.
[[noreturn]] void load_in_child(const PluginFile& file, SharedFlag* returned) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const ::rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // What it prints it prints when it is loaded in earnest.
  if (const int nowhere = ::open("/dev/null", O_RDWR); nowhere >= 0)
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  if (const Result<const lmh_plugin*> table = open_plugin(file); table.ok()) {
    // Tables may point anywhere. What is wrong in them is said by whoever loads it in earnest.
    [[maybe_unused]] const Result<Plugin> plugin = read_plugin(*table, file.path);
  }
  returned->set();
  ::_exit(0);
}

// Waits, and leaves nothing of the child's group behind. False when patience ran out.
bool wait_for(::pid_t child, std::chrono::milliseconds patience, int* status) {
  const Clock::time_point end = Clock::now() + patience;
  std::chrono::microseconds pause(20);
  bool is_over = false;
  while (!is_over && Clock::now() < end) {
    const ::pid_t ended = ::waitpid(child, status, WNOHANG);
    is_over = ended == child || (ended < 0 && errno != EINTR);
    if (is_over) break;
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(2 * pause, std::chrono::milliseconds(5));
  }
  ::kill(-child, SIGKILL);
  if (is_over) return true;
  ::kill(child, SIGKILL);
  while (::waitpid(child, status, 0) < 0 && errno == EINTR) continue;
  return false;
}

std::string end_of(int status) {
  return WIFSIGNALED(status) ? signal_text(WTERMSIG(status))
                             : "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::optional<Diagnostic> rehearse_plugin(const PluginFile& file,
                                          std::chrono::milliseconds patience) {
  SharedFlag returned;
  if (!returned.is_there()) return std::nullopt;
  const ::pid_t child = ::fork();
  if (child < 0) return std::nullopt;  // without a rehearsal there is still watch_plugin_code()
  if (child == 0) load_in_child(file, &returned);
  int status = 0;
  const bool ended = wait_for(child, patience, &status);
  if (ended && returned.is_set()) return std::nullopt;
  // A path that looks like an option would be one.
  const std::string path = file.path.front() == '-' ? "./" + file.path : file.path;
  return plugin_error(
      file.path, codes::kPluginOpen,
      ended
          ? "not loaded, since that ends the process: " + end_of(status)
          : "not loaded, since that takes longer than " + std::to_string(patience.count()) + " ms",
      "'lmhost plugin check " + shell_word(path) + "' looks at it in a process of its own");
}

PluginWatch plugin_watch() {
  return {[](const PluginFile& file) { return rehearse_plugin(file); }, watch_plugin_code};
}

}  // namespace lmhost::tool

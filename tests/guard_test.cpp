// Exceptions that reach the top of the program, and plugins that end the process while they are
// loaded: the program's own last words.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include "report/summary.hpp"
#include "tools/lmhost/guard.hpp"

using namespace lmhost;

namespace {

struct Ended {
  int status = 0;  // of waitpid
  std::string said;
};

// What a child says on standard error before it ends.
template <class Work>
Ended in_child(Work work) {
  std::array<int, 2> pipe = {};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::_exit(work());
  }
  ::close(pipe[1]);
  Ended ended;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
    ended.said.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(pipe[0]);
  ::waitpid(child, &ended.status, 0);
  return ended;
}

// Standard output, standard error and the end of a command, as the shell tells them: 128 + signal.
[[maybe_unused]] Ended shell(const std::string& command) {
  FILE* const stream = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
  REQUIRE(stream != nullptr);
  Ended ended;
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), stream)) > 0;)
    ended.said.append(buffer.data(), got);
  ended.status = WEXITSTATUS(::pclose(stream));
  return ended;
}

Ended guard_of(void (*thrower)()) {
  return in_child([&] {
    return tool::guarded([&] {
      thrower();
      return 0;
    });
  });
}

std::string report_of(const std::string& what) {
  return "lmhost: internal error: " + what + "\nlmhost " + std::string(version()) +
         "; please report this with the command line and its input\n";
}

}  // namespace

TEST_CASE("guard: the status of what works, and exceptions of every type") {
  CHECK(tool::guarded([] { return 3; }) == 3);
  const Ended known = guard_of([] { throw std::logic_error("cannot happen"); });
  CHECK(known.said == report_of("cannot happen"));
  CHECK(WEXITSTATUS(known.status) == 70);
  const Ended memory = guard_of([] { throw std::bad_alloc(); });
  CHECK(memory.said == report_of("out of memory"));
  CHECK(WEXITSTATUS(memory.status) == 70);
  const Ended unknown = guard_of([] { throw 7; });
  CHECK(unknown.said == report_of("an exception of no known type"));
  CHECK(WEXITSTATUS(unknown.status) == 70);
}

TEST_CASE("guard: the watch ends with the plugin's code") {
  const Ended after = in_child([] {
    tool::watch_plugin_code("x.so");
    tool::watch_plugin_code("");
    std::abort();
    return 0;
  });
  CHECK(after.said.empty());
  CHECK(WTERMSIG(after.status) == SIGABRT);
}

// The sanitizers have handlers of their own for these signals.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("guard: a plugin that ends the process is named by the program") {
  struct Row {
    const char* plugin;
    int status;
  };
  const Row rows[] = {{"crash_in_entry", 128 + SIGSEGV},
                      {"crash_in_constructor", 128 + SIGABRT},
                      {"abort_in_entry", 128 + SIGABRT},
                      {"exit_in_entry", 4}};
  for (const Row& row : rows) {
    CAPTURE(row.plugin);
    const std::string file = LMHOST_BINARY_DIR "/bad_plugins/" + std::string(row.plugin) + ".so";
    // In a shell below, whose own word about the signal goes nowhere.
    const Ended ended = shell("sh -c '" LMHOST_BINARY_DIR "/bin/lmhost kernels list --plugin " +
                              file + "; exit $?'");
    CHECK(ended.status == row.status);
    CHECK(ended.said.find(file +
                          ": error: the plugin ended lmhost while it was loaded\n"
                          "  'lmhost plugin check " +
                          file + "' looks at it in a process of its own\n") != std::string::npos);
  }
}
#endif

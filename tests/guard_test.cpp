// Exceptions that reach the top of the program, and plugins that end the process while they are
// loaded: the program's own last words.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "load/plugin_file.hpp"
#include "report/summary.hpp"
#include "scratch_folder.hpp"
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
Ended shell(const std::string& command) {
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

namespace {

const std::string kFixtures = LMHOST_BINARY_DIR "/bad_plugins/";
const std::string kProgram = LMHOST_BINARY_DIR "/bin/lmhost";

[[maybe_unused]] std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string copied(const std::string& plugin, const std::string& folder) {
  const std::string file = folder + "/" + plugin + ".so";
  std::filesystem::copy(kFixtures + plugin + ".so", file);
  return file;
}

}  // namespace

// Whatever way a plugin ends the process that loads it.
TEST_CASE("guard: a plugin that would end the process is not loaded") {
  struct Row {
    const char* plugin;
    const char* end;
  };
  const Row rows[] = {
      {"crash_in_entry", "signal 11 (SIGSEGV)"}, {"crash_in_constructor", "signal 6 (SIGABRT)"},
      {"abort_in_entry", "signal 6 (SIGABRT)"},  {"kills_itself", "signal 9 (SIGKILL)"},
      {"wild_table", "signal 11 (SIGSEGV)"},     {"exit_in_entry", "exit status 0"},
      {"exit_in_constructor", "exit status 0"},  {"exit_at_once", "exit status 0"},
      {"becomes_another", "exit status 0"}};
  for (const Row& row : rows) {
    CAPTURE(row.plugin);
    const std::string file = kFixtures + row.plugin + ".so";
    std::string expected = file + ": error: not loaded, since that ends the process: " + row.end +
                           " [E404]\n  'lmhost plugin check " + file +
                           "' looks at it in a process of its own\n";
    // The sanitizers have handlers of their own for signals.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    if (expected.find("SIGSEGV") != std::string::npos ||
        expected.find("SIGABRT") != std::string::npos)
      expected = file + ": error: not loaded, since that ends the process: ";
#endif
    // The answer of `validate` is no.
    const std::pair<std::string, int> commands[] = {{"kernels list --plugin " + file, 4},
                                                    {"analyze tiny --plugin " + file, 4},
                                                    {"plugin dump " + file, 4},
                                                    {"validate " + file, 1}};
    for (const auto& [command, status] : commands) {
      const Ended ended = shell(kProgram + " " + command);
      CAPTURE(command);
      CHECK(ended.status == status);
      CHECK(ended.said.substr(0, expected.size()) == expected);
    }
  }
}

TEST_CASE("guard: a plugin that keeps the process is not loaded") {
  const Result<PluginFile> file = inspect_plugin_file(kFixtures + "hang_in_entry.so");
  REQUIRE(file.ok());
  const std::optional<Diagnostic> problem =
      tool::rehearse_plugin(*file, std::chrono::milliseconds(100));
  REQUIRE(problem.has_value());
  CHECK(problem->message == "not loaded, since that takes longer than 100 ms");
  CHECK(problem->code == "E404");
}

TEST_CASE("guard: in a folder one bad plugin takes nothing from the others") {
  const ScratchFolder folder;
  const std::string bad = copied("exit_at_once", folder.path());
  copied("functions", folder.path());
  const Ended ended =
      shell(kProgram + " plugin list --no-default-plugins --plugin-dir " + folder.path());
  CHECK(ended.status == 0);
  CHECK(ended.said.find("not loaded, since that ends the process: exit status 0 [E404]") !=
        std::string::npos);
  CHECK(ended.said.find("functions") != std::string::npos);
  CHECK(ended.said.find("loaded") != std::string::npos);
}

TEST_CASE("guard: what a plugin prints while it is loaded is printed once") {
  const ScratchFolder folder;
  const Ended ended = shell(kProgram + " kernels list --plugin " + kFixtures + "prints.so");
  CHECK(ended.status == 0);
  const std::size_t first = ended.said.find("hello from a plugin\n");
  REQUIRE(first != std::string::npos);
  CHECK(ended.said.find("hello from a plugin\n", first + 1) == std::string::npos);
}

// Plugins of the installation itself are loaded once, at once: a signal and exit() are noticed there.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("guard: a plugin of the installation that ends the process is named by the program") {
  for (const char* plugin : {"crash_in_entry", "crash_in_constructor", "abort_in_entry",
                             "wild_table", "exit_in_entry"}) {
    CAPTURE(plugin);
    const ScratchFolder prefix;
    std::filesystem::create_directories(prefix.path() + "/bin");
    std::filesystem::create_directories(prefix.path() + "/lib/lmhost/plugins-0");
    std::filesystem::copy(kProgram, prefix.path() + "/bin/lmhost");
    const std::string file = copied(plugin, prefix.path() + "/lib/lmhost/plugins-0");
    const Ended ended = shell(prefix.path() + "/bin/lmhost kernels list");
    CHECK(ended.status == 4);
    CHECK(ended.said == file +
                            ": error: the plugin ended lmhost while it was loaded\n"
                            "  'lmhost plugin check " +
                            file + "' looks at it in a process of its own\n");
  }
}
#endif

TEST_CASE("guard: a program without its installation says so at once") {
  const ScratchFolder prefix;
  std::filesystem::create_directories(prefix.path() + "/bin");
  std::filesystem::copy(kProgram, prefix.path() + "/bin/lmhost");
  const std::string folder = prefix.path() + "/lib/lmhost/plugins-0";
  const auto expect = [&](const std::string& command, const std::string& message) {
    const Ended ended = shell(prefix.path() + "/bin/lmhost " + command);
    CHECK(ended.status == 5);
    CHECK(ended.said ==
          folder + ": error: " + message +
              " [E501]\n  the prefix is the folder above lib/lmhost and share/lmhost\n");
  };
  expect("kernels list", "cannot read the plugins of the installation: No such file or directory");
  std::filesystem::create_directories(folder);
  expect("kernels list", "the installation has no plugins");
  const Ended without =
      shell(prefix.path() + "/bin/lmhost kernels list --no-default-plugins --plugin " + kFixtures +
            "functions.so");
  CHECK(without.status == 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// One byte of the headers and tables in front changed: whatever that does, it is 0 or 4. A plugin that
// is built with a sanitizer has code that runs when the process ends.
TEST_CASE("guard: a plugin with a flipped byte ends no command") {
  const std::string good = read_bytes(kFixtures + "duplicate_one.so");
  const ScratchFolder folder;
  std::set<int> statuses;
  for (std::size_t at = 0; at < 1024; at += 3) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 0xFF : 0x01));
    const std::string file = folder.write("duplicate_one.so", bytes);
    const Ended ended = shell(kProgram + " kernels list --no-default-plugins --plugin " + file);
    CAPTURE(at);
    CAPTURE(ended.said);
    CHECK((ended.status == 0 || ended.status == 4));
    statuses.insert(ended.status);
  }
  CHECK(statuses == std::set<int>{0, 4});
}
#endif

// A search path of the dynamic linker has another file of that name, which ends whoever loads it.
TEST_CASE("guard: a plugin's name is a path, whatever it looks like") {
  const ScratchFolder other;
  std::filesystem::copy(kFixtures + "crash_in_constructor.so", other.path() + "/functions.so");
  const ScratchFolder scratch;
  for (const char* folder : {"plain", "-dash", "with blank", "a$b", "semi;colon"}) {
    const std::string here = scratch.path() + "/" + folder;
    CAPTURE(folder);
    std::filesystem::create_directory(here);
    copied("functions", here);
    std::filesystem::copy(here + "/functions.so", here + "/the real one.so");
    std::filesystem::create_directory(here + "/linked");
    std::filesystem::create_symlink("../the real one.so", here + "/linked/functions.so");
    const auto run = [&](const std::string& in, const std::string& words) {
      return shell("cd '" + in + "' && LD_LIBRARY_PATH='" + other.path() + "' " + kProgram + " " +
                   words);
    };
    const std::string inside = "'" + std::string(folder) + "/functions.so'";
    const Ended runs[] = {run(here, "plugin check functions.so"),
                          run(here, "plugin check ./functions.so"),
                          run(here + "/linked", "plugin check functions.so"),
                          run(scratch.path(), "plugin check -- " + inside)};
    for (const Ended& ended : runs) {
      CHECK_MESSAGE(ended.status == 0, ended.said);
      CHECK(ended.said.find(" 0 failed") != std::string::npos);
    }
    CHECK(run(here, "validate functions.so").status == 0);
    CHECK(run(here, "plugin dump functions.so").status == 0);
    CHECK(run(here, "kernels list --no-default-plugins --plugin functions.so").status == 0);
    CHECK(run(scratch.path(),
              "kernels list --no-default-plugins --plugin-dir='" + std::string(folder) + "'")
              .status == 0);
  }
}

TEST_CASE("guard: a path in which the dynamic linker would replace something is refused") {
  const ScratchFolder scratch;
  for (const char* folder : {"$ORIGIN", "${LIB}", "x$PLATFORM"}) {
    const std::string here = scratch.path() + "/" + folder;
    CAPTURE(folder);
    std::filesystem::create_directory(here);
    const Result<PluginFile> file = inspect_plugin_file(copied("functions", here));
    REQUIRE_FALSE(file.ok());
    CHECK(file.errors().front().message ==
          "not a loadable plugin: its path has a part that the dynamic linker replaces: " + here +
              "/functions.so");
    CHECK(file.errors().front().code == "E401");
  }
}

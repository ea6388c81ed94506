// Child processes: every way to end, and nothing that stays behind.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/diagnostic.hpp"
#include "check/process.hpp"
#include "scratch_folder.hpp"

using namespace lmhost;
using std::chrono::milliseconds;

namespace {

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.program = "sh";
  options.arguments = {"sh", "-c", script};
  options.timeout = milliseconds(5000);
  options.kept_errors = 100;
  return options;
}

ProcessResult run(const ProcessOptions& options) {
  Result<ProcessResult> result = run_process(options);
  REQUIRE_MESSAGE(result.ok(), render(result.ok() ? Diagnostics{} : result.errors()));
  return std::move(result).value();
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// Dead, or a zombie that its new parent has not yet taken.
bool is_gone(long process) {
  for (int i = 0; i < 200; ++i) {
    std::ifstream status("/proc/" + std::to_string(process) + "/stat");
    std::string number, name, state;
    if (!(status >> number >> name >> state) || state == "Z") return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

}  // namespace

TEST_CASE("what a child says and how it ends") {
  ProcessOptions options = shell("cat; echo trouble >&2; exit 3");
  options.input = "question";
  const ProcessResult result = run(options);
  CHECK(result.end == ProcessEnd::kExited);
  CHECK(result.status == 3);
  CHECK(result.answer == "question");
  CHECK(result.errors == "trouble\n");

  const ProcessResult killed = run(shell("kill -SEGV $$"));
  CHECK(killed.end == ProcessEnd::kSignalled);
  CHECK(signal_text(killed.status) == "signal 11 (SIGSEGV)");

  // An input that nobody reads holds nothing up.
  ProcessOptions deaf = shell("exec <&-; echo done");
  deaf.input.assign(std::size_t{4} << 20, 'x');
  CHECK(run(deaf).answer == "done\n");
}

TEST_CASE("its environment and folder") {
  ProcessOptions options = shell("echo \"$ONLY:$HOME:$(pwd)\"");
  options.environment = {"ONLY=this", "PATH=/usr/bin:/bin"};
  options.folder = "/";
  CHECK(run(options).answer == "this::/\n");
}

TEST_CASE("a child that takes too long is killed with all that it has started") {
  const ScratchFolder folder;
  ProcessOptions options =
      shell("sleep 1000 & echo $! > " + folder.path() + "/child; echo first; wait");
  options.timeout = milliseconds(200);
  const auto start = std::chrono::steady_clock::now();
  const ProcessResult result = run(options);
  CHECK(result.end == ProcessEnd::kTimeout);
  CHECK(result.answer == "first\n");
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(4000));
  long child = 0;
  std::ifstream(folder.path() + "/child") >> child;
  REQUIRE(child > 0);
  CHECK(is_gone(child));
}

TEST_CASE("what a child leaves running is killed when it ends") {
  // It holds the streams open: their end is not waited for.
  const ProcessResult result = run(shell("sleep 1000 & echo $!"));
  CHECK(result.end == ProcessEnd::kExited);
  CHECK(is_gone(std::stol(result.answer)));
}

TEST_CASE("a child that falls silent is killed, one that goes on is not") {
  ProcessOptions options = shell("for i in 1 2 3 4; do sleep 0.1; echo $i; done; sleep 1000");
  options.silence = milliseconds(400);
  const ProcessResult result = run(options);
  CHECK(result.end == ProcessEnd::kSilence);
  CHECK(result.answer == "1\n2\n3\n4\n");
}

TEST_CASE("a child that writes too much is killed") {
  for (const std::string stream : {"", " > \"$FILE\""}) {
    CAPTURE(stream);
    const ScratchFolder folder;
    ProcessOptions options = shell("yes | head -c 100000000" + stream + "; sleep 1000");
    options.environment = {"PATH=/usr/bin:/bin", "FILE=" + folder.path() + "/answer"};
    options.answer_file = folder.path() + "/answer";
    options.longest_answer = 100'000;
    const ProcessResult result = run(options);
    CHECK(result.end == ProcessEnd::kTooLong);
    CHECK(result.answer.size() == (stream.empty() ? 100'000 : 0));
  }
  // Of standard error the end is kept, however long it is.
  const ProcessResult noisy = run(shell("yes noise | head -n 200000 >&2; echo last >&2"));
  CHECK(noisy.end == ProcessEnd::kExited);
  CHECK(noisy.errors.size() == 100);
  CHECK(noisy.errors.ends_with("noise\nlast\n"));
}

TEST_CASE("a child is killed when the caller has had enough") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ProcessOptions options = shell("sleep 1000");
  options.stop_descriptor = ends[0];
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    CHECK(::write(ends[1], "x", 1) == 1);
  });
  CHECK(run(options).end == ProcessEnd::kStopped);
  stopper.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("signals that the caller ignores or blocks are the child's own") {
  ::sigset_t terminate, before;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, &before);
  const ProcessResult result = run(shell("kill -TERM $$; sleep 1; echo survived"));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(result.end == ProcessEnd::kSignalled);
  CHECK(result.status == SIGTERM);
}

TEST_CASE("no such program") {
  ProcessOptions options = shell("");
  options.program = "no-such-program-of-lmhost";
  const Result<ProcessResult> result = run_process(options);
  REQUIRE_FALSE(result.ok());
  CHECK(render(result.errors()) ==
        "lmhost: error: cannot start 'no-such-program-of-lmhost': No such file or directory "
        "[E501]\n");
  CHECK(result.errors().front().kind == ErrorKind::kUsage);
}

TEST_CASE("no descriptor and no zombie stays") {
  const std::ptrdiff_t before = open_descriptors();
  ProcessOptions late = shell("sleep 1000");
  late.timeout = milliseconds(20);
  ProcessOptions missing = shell("");
  missing.program = "no-such-program-of-lmhost";
  for (int i = 0; i < 20; ++i) {
    run(shell("exit 1"));
    run(late);
    CHECK_FALSE(run_process(missing).ok());
  }
  CHECK(open_descriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // ECHILD: none is left
}

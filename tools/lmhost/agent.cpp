#include "tools/lmhost/agent.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/codes.hpp"
#include "check/process.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

constexpr std::size_t kKeptErrors = 4096;

// A private folder for the answer, gone with everything in it at the end of the scope.
class AnswerFolder {
 public:
  AnswerFolder() {
    std::error_code ignored;
    path_ = (std::filesystem::temp_directory_path(ignored) / "lmhost-agent-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) error_ = errno;
  }
  ~AnswerFolder() {
    std::error_code ignored;
    if (error_ == 0) std::filesystem::remove_all(path_, ignored);
  }
  AnswerFolder(const AnswerFolder&) = delete;
  AnswerFolder& operator=(const AnswerFolder&) = delete;

  int error() const { return error_; }
  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/answer.json"; }

 private:
  std::string path_;
  int error_ = 0;
};

std::vector<std::string> environment_for(const AgentQuestion& question, const std::string& file) {
  const std::string own[] = {"LMHOST_OUTPUT=" + file, "LMHOST_MODULE=" + question.module,
                             "LMHOST_SOURCE_FILE=" + question.file,
                             "LMHOST_ATTEMPT=" + std::to_string(question.attempt)};
  std::vector<std::string> environment(std::begin(own), std::end(own));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view given = *entry;
    const std::string_view name = given.substr(0, given.find('=') + 1);
    bool is_own = false;
    for (const std::string& one : own) is_own |= one.starts_with(name);
    if (!is_own) environment.emplace_back(given);
  }
  return environment;
}

// What the file holds, nothing when there is none. Not followed, not waited for: a link or a pipe in
// its place is no answer.
std::string text_of(const std::string& file, std::size_t longest) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return {};
  struct ::stat status = {};
  std::string text;
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    char buffer[16384];
    for (::ssize_t got = 0;
         text.size() <= longest && (got = ::read(descriptor, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(descriptor);
  return text;
}

Diagnostic agent_failed(std::string what, std::string hint = {}) {
  return plain_error(ErrorKind::kInput, codes::kAgentFailed, "the agent " + std::move(what),
                     std::move(hint));
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

std::optional<Diagnostic> failure_of(const ProcessResult& result, const Agent& agent,
                                     const std::string& text) {
  switch (result.end) {
    case ProcessEnd::kStopped:
      return agent_failed("was stopped");
    case ProcessEnd::kTimeout:
    case ProcessEnd::kSilence:
      return agent_failed(
          "gave no answer within " + seconds_text(agent.timeout) + " and was killed",
          "--timeout says how long it may take");
    case ProcessEnd::kTooLong:
      return agent_failed("wrote more than " + std::to_string(agent.longest_answer) +
                          " bytes and was killed");
    case ProcessEnd::kSignalled:
      return agent_failed("crashed with " + signal_text(result.status));
    case ProcessEnd::kExited:
      break;
  }
  if (result.status != 0) return agent_failed("ended with status " + std::to_string(result.status));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return agent_failed("ended without an answer",
                        "one JSON object is expected on standard output or in $LMHOST_OUTPUT");
  return std::nullopt;
}

Diagnostic cannot_start(const Agent& agent, const Diagnostics& errors) {
  Diagnostic error = errors.front();
  if (error.kind != ErrorKind::kUsage) return error;
  error.code = codes::kUsage;
  error.message = "--agent: " + error.message;
  error.hint = "the command is run without a shell; a shell is 'sh -c \"...\"'";
  const bool is_bare = agent.command.front().find('/') == std::string::npos;
  if (is_bare) error.hint = "it is looked for in PATH; " + error.hint;
  return error;
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  bool is_open = false;  // a word has begun: '' is a word, too
  char quote = 0;
  const auto add = [&](char c) {
    if (!is_open) words.emplace_back();
    is_open = true;
    words.back() += c;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (quote == '\'' ? c == '\'' : quote == '"' && c == '"') {
      quote = 0;
    } else if (quote == '\'') {
      add(c);
    } else if (c == '\\' && next != '\0' && (quote == 0 || next == '"' || next == '\\')) {
      add(next);
      ++at;
    } else if (quote == '"') {
      add(c);
    } else if (c == '\'' || c == '"') {
      quote = c;
      if (!is_open) words.emplace_back();
      is_open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      is_open = false;
    } else {
      add(c);
    }
  }
  if (quote != 0)
    return usage_error(std::string("--agent: a quote ") + quote + " does not end",
                       "the command: " + std::string(text));
  if (words.empty() || words.front().empty())
    return usage_error("--agent names no program", "write --agent 'PROGRAM [ARGUMENT]...'");
  return words;
}

Result<AgentAnswer> ask_agent(const Agent& agent, const AgentQuestion& question) {
  const AnswerFolder folder;
  if (folder.error() != 0)
    return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                       "cannot make the folder '" + folder.path() +
                           "': " + std::generic_category().message(folder.error()));
  ProcessOptions process;
  process.program = agent.command.front();
  process.arguments = agent.command;
  process.environment = environment_for(question, folder.file());
  process.input = question.prompt;
  process.longest_answer = agent.longest_answer;
  process.answer_file = folder.file();
  process.kept_errors = kKeptErrors;
  process.timeout = agent.timeout;
  process.stop_descriptor = agent.stop_descriptor;
  const auto start = std::chrono::steady_clock::now();
  Result<ProcessResult> result = run_process(process);
  if (!result.ok()) return cannot_start(agent, result.errors());

  AgentAnswer answer;
  answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  answer.text = text_of(folder.file(), agent.longest_answer);
  if (answer.text.empty()) answer.text = std::move(result->answer);
  answer.failure = failure_of(*result, agent, answer.text);
  answer.is_stopped = result->end == ProcessEnd::kStopped;
  answer.is_late = result->end == ProcessEnd::kTimeout;
  if (result->end == ProcessEnd::kExited) answer.exit_status = result->status;
  answer.errors = std::move(result->errors);
  return answer;
}

StopSignals::StopSignals() {
  ::sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() {
  if (descriptor_ >= 0) ::close(descriptor_);
  ::sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int StopSignals::taken() {
  ::signalfd_siginfo info = {};
  if (taken_ == 0 && ::read(descriptor_, &info, sizeof info) == sizeof info)
    taken_ = static_cast<int>(info.ssi_signo);
  return taken_;
}

}  // namespace lmhost::tool

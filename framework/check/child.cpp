#include "check/child.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <filesystem>
#include <optional>
#include <string>

#include "check/answer.hpp"
#include "check/process.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LMHOST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LMHOST_SANITIZED 1
#endif
#endif

namespace lmhost {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{4} << 20;
constexpr int kMostTimeouts = 24;  // for all of it

std::string fate_of(const ProcessResult& result, std::chrono::milliseconds timeout) {
  switch (result.end) {
    case ProcessEnd::kTimeout:
    case ProcessEnd::kSilence:
    case ProcessEnd::kStopped:
      return "it gave no sign of life for " + std::to_string(timeout.count()) +
             " ms and was stopped";
    case ProcessEnd::kTooLong:
      return "it wrote more than " + std::to_string(kLongestAnswer) +
             " bytes to a descriptor that is not its own and was stopped";
    case ProcessEnd::kSignalled:
      return "it crashed with " + signal_text(result.status);
    case ProcessEnd::kExited:
      break;
  }
  if (!result.answer.empty() || result.status != 0)
    return "it ended the process with status " + std::to_string(result.status);
  return "it ended the process with status 0, as if all were well";
}

CheckReport judge(const ProcessResult& result, const std::string& path,
                  const ChildOptions& options) {
  std::optional<CheckReport> answer;
  if (result.end == ProcessEnd::kExited && result.status == 0) answer = read_answer(result.answer);
  if (answer) return *answer;
  CheckReport report;
  report.file = path;
  report.seed = options.probe.seed;
  report.reached = CheckGroup::kLoad;
  report.add("load.survives", fate_of(result, options.timeout));
  return report;
}

ProcessOptions process_for(const std::string& path, const ChildOptions& options) {
  ProcessOptions process;
  process.program = options.program;
  process.arguments = {"lmhost",
                       "plugin",
                       "probe",
                       "--",
                       path,
                       std::to_string(options.probe.seed),
                       std::to_string(options.probe.points)};
  process.answer_descriptor = kAnswerDescriptor;
  process.longest_answer = kLongestAnswer;
  process.timeout = kMostTimeouts * options.timeout;
  process.silence = options.timeout;
  return process;
}

void check_reproducible(const std::string& path, const ChildOptions& options, CheckReport& report) {
  ChildOptions elsewhere = options;
  elsewhere.probe.points = 0;
  const std::string absolute = std::filesystem::absolute(path).string();
  ProcessOptions process = process_for(absolute, elsewhere);
  process.environment = {"LC_ALL=C.UTF-8", "TZ=Asia/Kathmandu"};
  process.folder = "/";
  const Result<ProcessResult> result = run_process(process);
  if (!result) return;
  const CheckReport other = judge(*result, absolute, elsewhere);
  const auto fatal = other.findings.find("load.survives");
  if (fatal != other.findings.end())
    report.add("load.reproducible", "in another environment " + fatal->second.front());
  else if (other.fingerprint != report.fingerprint)
    report.add("load.reproducible", "in another environment its kernels differ");
}

}  // namespace

Result<CheckReport> check_plugin(const std::string& path, const ChildOptions& options) {
  const Result<ProcessResult> result = run_process(process_for(path, options));
  if (!result) return result.errors();
  CheckReport report = judge(*result, path, options);
  if (!report.fingerprint.empty()) check_reproducible(path, options, report);
  return report;
}

void answer_probe(const std::string& path, const ProbeOptions& options) {
  const ::rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef LMHOST_SANITIZED
  // Sanitizers reserve terabytes of addresses.
  constexpr ::rlim_t kMemory = ::rlim_t{2} << 30;
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

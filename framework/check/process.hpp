// A child process with limits: on its time, on its silence, on what it writes. The one place that
// starts processes.
//
// The child leads a process group of its own. Whatever way it ends, the whole group is killed and
// the child is waited for: nothing that it has started in its group stays behind, no zombie, no open
// descriptor. Its signals are as a fresh program has them. Nothing here is a shell.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lmhost/result.hpp"

namespace lmhost {

struct ProcessOptions {
  std::string program;                 // a path; a name without '/' is looked up in PATH
  std::vector<std::string> arguments;  // argv, with its name
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; nothing: the caller's
  std::string folder;                                   // to run in; empty: the caller's
  std::string input;  // standard input: a file that holds this, at its start
  // The descriptor that the answer is read from. The standard streams that nobody reads are
  // /dev/null.
  int answer_descriptor = 1;
  std::size_t longest_answer = std::size_t{1} << 20;  // beyond it the child is killed
  // A file that the child may write instead, watched for the same length. Empty: none.
  std::string answer_file;
  std::size_t kept_errors = 0;  // bytes of the end of standard error; 0: it is not read
  std::chrono::milliseconds timeout{600'000};
  std::optional<std::chrono::milliseconds> silence;  // without a byte of an answer
  int stop_descriptor = -1;  // when it becomes readable the child is killed; -1: nothing does
};

enum class ProcessEnd { kExited, kSignalled, kTimeout, kSilence, kTooLong, kStopped };

struct ProcessResult {
  ProcessEnd end = ProcessEnd::kExited;
  int status = 0;      // exit status or number of the signal
  std::string answer;  // at most longest_answer bytes
  std::string errors;  // the last of standard error
};

// Errors: E501 when no process can be started, with kUsage when there is no such program.
Result<ProcessResult> run_process(const ProcessOptions& options);

// "signal 11 (SIGSEGV)"
std::string signal_text(int signal);

}  // namespace lmhost

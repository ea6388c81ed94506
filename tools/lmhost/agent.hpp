// The program that --agent names: how its command is read, and one question to it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace lmhost::tool {

// The words of a command, without a shell: blanks separate them; '...' holds anything; in "..." a
// backslash keeps '"' and '\', elsewhere it keeps any character. No variables, no patterns, no
// pipes. Errors: E601 for a quote that does not end, or no word at all.
Result<std::vector<std::string>> split_command(std::string_view text);

struct Agent {
  std::vector<std::string> command;  // at least one word
  std::chrono::milliseconds timeout{600'000};
  std::size_t longest_answer = std::size_t{1} << 20;
  int stop_descriptor = -1;  // when it becomes readable the agent is killed; see StopSignals
};

struct AgentQuestion {
  std::string module;       // in LMHOST_MODULE
  std::string file;         // in LMHOST_SOURCE_FILE: where its class is
  std::size_t attempt = 1;  // in LMHOST_ATTEMPT
  std::string prompt;       // on standard input
};

struct AgentAnswer {
  std::string text;  // of $LMHOST_OUTPUT, or of standard output where there is none
  std::optional<Diagnostic> failure;  // E703: why that is no answer
  bool is_stopped = false;            // because of the stop descriptor
  bool is_late = false;               // it used up its time
  std::optional<int> exit_status;     // when it ended by itself
  std::string errors;                 // the last of its standard error
  double seconds = 0;
};

// Errors: E601 when there is no such program, E501 or E502 when the system gives no process or
// temporary folder.
Result<AgentAnswer> ask_agent(const Agent& agent, const AgentQuestion& question);

// Signals that end a program, as a descriptor: from here to the end of the scope SIGINT, SIGTERM and
// SIGHUP do nothing else. REQUIRES: no other thread.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int descriptor() const { return descriptor_; }
  // The first one that came, or 0.
  int taken();

 private:
  int descriptor_ = -1;
  int taken_ = 0;
};

}  // namespace lmhost::tool

// A plugin checked in a process of its own: whatever the plugin does, the caller lives.
//
// The child is this program again, `lmhost plugin probe FILE SEED POINTS`, with its standard
// streams on /dev/null. It answers with one JSON object on descriptor 3; no answer is a finding.
// Blanks in front of the object say that work goes on: a plugin hangs when nothing at all comes for
// as long as the timeout, however slow the machine is.
#pragma once

#include <chrono>
#include <string>

#include "check/checks.hpp"
#include "check/probe.hpp"
#include "lmhost/result.hpp"

namespace lmhost {

inline constexpr int kAnswerDescriptor = 3;

struct ChildOptions {
  std::string program = "/proc/self/exe";   // an lmhost
  std::chrono::milliseconds timeout{5000};  // without a sign of life
  ProbeOptions probe;
};

// Two children: the second, with another environment, folder and locale, must declare the same.
// Errors: E501 when no process can be started.
Result<CheckReport> check_plugin(const std::string& path, const ChildOptions& options = {});

// What the child does, up to and including its end: limits, probe_plugin(), the answer.
[[noreturn]] void answer_probe(const std::string& path, const ProbeOptions& options);

}  // namespace lmhost

// What `lmhost learn` says while it works, on standard error: for people with colour or plain, for
// programs as JSON lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "report/layout.hpp"

namespace lmhost::tool {

enum class ProgressForm { kNone, kPlain, kColour, kJson };

struct ProgressEvent {
  enum class Kind { kCached, kAttempt, kRefused, kLearned, kGenerated, kFailed, kStopped };
  Kind kind = Kind::kAttempt;
  std::string_view module;
  std::size_t index = 0;  // from 1, of `total` modules
  std::size_t total = 0;
  std::size_t attempt = 0;  // from 1, of `attempts`; of kAttempt and kRefused
  std::size_t attempts = 0;
  double seconds = 0;                   // that the agent took; of kRefused and kLearned
  std::string_view detail;              // where a cached one is; a file; why it failed
  const Diagnostics* errors = nullptr;  // of kRefused and kFailed
};

// One or more whole lines, or nothing. Plain text has no times: two runs that do the same say the
// same.
std::string progress_text(const ProgressEvent& event, ProgressForm form);

std::string_view name_of(ProgressEvent::Kind kind);  // "cached", ...

}  // namespace lmhost::tool

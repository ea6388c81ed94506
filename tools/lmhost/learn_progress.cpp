#include "tools/lmhost/learn_progress.hpp"

#include <cstdio>

#include "report/json_writer.hpp"

namespace lmhost::tool {
namespace {

using Kind = ProgressEvent::Kind;

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

std::string json_line(const ProgressEvent& event) {
  JsonWriter json;
  json.begin_object();
  json.member("event", name_of(event.kind));
  json.member("module", event.module);
  json.member("index", event.index);
  json.member("total", event.total);
  if (event.attempt != 0) {
    json.member("attempt", event.attempt);
    json.member("attempts", event.attempts);
  }
  if (event.seconds > 0) json.member("milliseconds", static_cast<std::size_t>(event.seconds * 1e3));
  if (!event.detail.empty()) json.member("detail", event.detail);
  if (event.errors != nullptr) {
    json.key("errors");
    json.begin_array();
    for (const Diagnostic& error : *event.errors) {
      json.begin_object();
      json.member("code", error.code);
      json.member("message", error.message);
      if (error.line != 0) json.member("line", error.line);
      if (error.column != 0 && error.line != 0) json.member("column", error.column);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string words_of(const ProgressEvent& event) {
  const std::string of = std::to_string(event.attempt) + " of " + std::to_string(event.attempts);
  const std::string detail(event.detail);
  switch (event.kind) {
    case Kind::kCached:
      return "cached, " + detail;
    case Kind::kAttempt:
      return "asking the agent, attempt " + of;
    case Kind::kRefused:
      return "answer " + of + " refused";
    case Kind::kLearned:
      return "learned, " + detail;
    case Kind::kGenerated:
      return "built " + detail;
    case Kind::kFailed:
      return "failed" + (detail.empty() ? "" : ", see " + detail);
    case Kind::kStopped:
      break;
  }
  return "stopped";
}

// ANSI colours of the one word that tells how it went.
std::string_view colour_of(Kind kind) {
  switch (kind) {
    case Kind::kLearned:
    case Kind::kGenerated:
      return "\x1b[32m";
    case Kind::kFailed:
    case Kind::kStopped:
      return "\x1b[31m";
    case Kind::kRefused:
      return "\x1b[33m";
    case Kind::kCached:
    case Kind::kAttempt:
      break;
  }
  return "\x1b[2m";
}

}  // namespace

std::string_view name_of(Kind kind) {
  constexpr std::string_view kNames[] = {"cached",    "attempt", "refused", "learned",
                                         "generated", "failed",  "stopped"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string progress_text(const ProgressEvent& event, ProgressForm form) {
  if (form == ProgressForm::kNone) return {};
  if (form == ProgressForm::kJson) return json_line(event);
  const bool colour = form == ProgressForm::kColour;
  std::string text = "[" + std::to_string(event.index) + "/" + std::to_string(event.total) + "] " +
                     std::string(event.module) + ": ";
  if (colour) text += colour_of(event.kind);
  text += words_of(event);
  if (colour) text += "\x1b[0m";
  if (colour && event.seconds > 0) text += " (" + seconds_text(event.seconds) + ")";
  text += "\n";
  if (event.errors != nullptr) text += render(*event.errors, colour);
  return text;
}

}  // namespace lmhost::tool

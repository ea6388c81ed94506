#include "tools/lmhost/learn_files.hpp"

#include <filesystem>
#include <system_error>

#include "base/codes.hpp"
#include "report/json_writer.hpp"
#include "tools/lmhost/output.hpp"

namespace lmhost::tool {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& store) { return store + ".quarantine"; }

// A module's name as that of a file: it is the user's, and may hold anything.
std::string file_name(const std::string& module) {
  std::string name;
  for (const char c : module) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    name += is_plain ? c : '_';
  }
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) name.erase(0, name.size() - kLongest);
  if (!name.empty() && name.front() == '.') name.front() = '_';
  return name;
}

std::string answer_name(const std::string& module, std::size_t attempt) {
  return file_name(module) + "_answer_" + std::to_string(attempt) + ".txt";
}

void write_errors(JsonWriter* json, const Diagnostics& errors) {
  json->begin_array();
  for (const Diagnostic& error : errors) {
    json->line();
    json->begin_object();
    json->member("code", error.code);
    json->member("message", error.message);
    if (!error.hint.empty()) json->member("hint", error.hint);
    if (error.line != 0) {
      json->member("line", error.line);
      json->member("column", error.column);
    }
    json->end_object();
  }
  json->end_array();
}

std::string diagnostics_text(const LearnFailure& failure) {
  JsonWriter json;
  json.begin_object();
  json.line();
  json.member("module_analyzed", failure.module);
  json.line();
  json.member("status", "fail");
  json.line();
  json.member("reason", failure.reasons.empty() ? "" : failure.reasons.front().message);
  json.line();
  json.key("errors");
  write_errors(&json, failure.reasons);
  json.line();
  json.key("attempts");
  json.begin_array();
  for (std::size_t i = 0; i < failure.attempts.size(); ++i) {
    const LearnAttempt& attempt = failure.attempts[i];
    json.line();
    json.begin_object();
    json.member("attempt", i + 1);
    json.key("exit");
    if (attempt.exit_status)
      json.value(Number(*attempt.exit_status));
    else
      json.null();
    json.member("milliseconds", static_cast<std::size_t>(attempt.seconds * 1e3));
    if (!attempt.answer.empty()) json.member("answer", answer_name(failure.module, i + 1));
    json.member("stderr", attempt.agent_errors);
    json.line();
    json.key("errors");
    write_errors(&json, attempt.errors);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace

Result<std::string> write_failure(const std::string& store, const LearnFailure& failure) {
  remove_failure(store, failure.module);
  const std::string folder = folder_of(store);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return plain_error(ErrorKind::kIo, codes::kCannotWrite,
                       "cannot make the folder '" + folder + "': " + error.message());
  for (std::size_t i = 0; i < failure.attempts.size(); ++i) {
    const std::string& answer = failure.attempts[i].answer;
    if (answer.empty()) continue;
    const std::string path = folder + "/" + answer_name(failure.module, i + 1);
    if (Result<bool> written = write_file(path, answer); !written.ok())
      return std::move(written).errors();
  }
  std::string path = folder + "/" + file_name(failure.module) + "_diagnostics.json";
  if (Result<bool> written = write_file(path, diagnostics_text(failure)); !written.ok())
    return std::move(written).errors();
  return path;
}

void remove_failure(const std::string& store, const std::string& module) {
  std::error_code ignored;
  const fs::path folder = folder_of(store);
  fs::remove(folder / (file_name(module) + "_diagnostics.json"), ignored);
  for (std::size_t attempt = 1; fs::remove(folder / answer_name(module, attempt), ignored);)
    ++attempt;
  // Only when nothing is left of others.
  fs::remove(folder, ignored);
}

}  // namespace lmhost::tool

#include "formula/plugin_function.hpp"

#include <cfenv>
#include <string_view>

#include "base/codes.hpp"
#include "base/diagnostic.hpp"

namespace lmhost {
namespace {

// What the callbacks of one call fill in.
struct Answer {
  std::string text;
  std::string failure;
};

constexpr std::size_t kMaximumExpansion = 64 * 1024;

void fail(const lmh_call* call, const char* message) noexcept {
  static_cast<Answer*>(call->host_data)->failure = message == nullptr ? "no reason given" : message;
}

void emit(const lmh_call* call, const char* text, std::size_t size) noexcept {
  auto* answer = static_cast<Answer*>(call->host_data);
  if (size > kMaximumExpansion - answer->text.size()) {
    answer->failure = "its result is longer than 64 KiB";
  } else {
    answer->text.append(text, size);
  }
}

// Runs the plugin's code with its own floating-point environment restored afterwards, and stops an
// exception of a plugin that was written without the SDK at the boundary.
template <class Body>
std::string guarded(const PluginFunction& function, Answer& answer, Body body) {
  const lmh_call call = {sizeof(lmh_call), 0, &answer, &fail, &emit};
  std::fenv_t environment;
  std::fegetenv(&environment);
  std::int32_t status = 0;
  try {
    status = body(call);
  } catch (...) {
    answer.failure = "it threw an exception across the plugin boundary";
  }
  std::fesetenv(&environment);
  if (status != 0 && answer.failure.empty()) answer.failure = "it failed without a reason";
  return answer.failure.empty() ? std::string() : function.name + "() failed: " + answer.failure;
}

Diagnostic failed(std::string message) {
  return plain_error(ErrorKind::kInput, codes::kFunctionFailed, std::move(message));
}

}  // namespace

Result<std::string> PluginFunction::expand(const std::vector<std::string>& arguments) const {
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  Answer answer;
  std::string failure = guarded(*this, answer, [&](const lmh_call& call) {
    return table.macro(&call, table.user, pointers.data(),
                       static_cast<std::uint32_t>(pointers.size()));
  });
  if (!failure.empty()) return failed(std::move(failure));
  return std::move(answer.text);
}

Result<double> PluginFunction::evaluate(const std::vector<double>& arguments) const {
  double result = 0;
  Answer answer;
  std::string failure = guarded(*this, answer, [&](const lmh_call& call) {
    return table.scalar(&call, table.user, arguments.data(),
                        static_cast<std::uint32_t>(arguments.size()), &result);
  });
  if (!failure.empty()) return failed(std::move(failure));
  return result;
}

}  // namespace lmhost

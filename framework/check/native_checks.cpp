// Functions of a plugin: pure, concurrent, and nothing thrown across the boundary.
#include <algorithm>
#include <thread>
#include <utility>

#include "base/diagnostic.hpp"
#include "check/sample.hpp"
#include "check/stages.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kCalls = 100;
constexpr std::size_t kThreads = 8;

struct Call {
  const PluginFunction* function;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

// The answer or the refusal, as text.
std::string answer_of(const Call& call) {
  if (call.function->is_macro) {
    const Result<std::string> text = call.function->expand(call.texts);
    return text ? "= " + *text : text.errors().front().message;
  }
  const Result<double> number = call.function->evaluate(call.numbers);
  return number ? "= " + to_string(Number::inexact(*number)) : number.errors().front().message;
}

std::vector<std::string> answers_of(const std::vector<Call>& calls) {
  std::vector<std::string> answers;
  for (const Call& call : calls) answers.push_back(answer_of(call));
  return answers;
}

std::vector<Call> calls_of(const PluginFunction& function, std::uint64_t seed) {
  std::vector<Call> calls;
  Dice dice(seed);
  for (std::size_t i = 0; i < kCalls; ++i) {
    Call& call = calls.emplace_back();
    call.function = &function;
    for (unsigned a = 0; a < function.arity; ++a) {
      call.numbers.push_back(static_cast<double>(1 + dice.below(4096)));
      call.texts.push_back(to_string(Number(static_cast<std::int64_t>(call.numbers.back()))));
    }
  }
  return calls;
}

void compare(const std::vector<Call>& calls, const std::vector<std::string>& first,
             const std::vector<std::string>& other, std::string_view check, CheckReport& report) {
  const auto [at, unused] = std::mismatch(first.begin(), first.end(), other.begin());
  if (at == first.end()) return;
  const auto index = static_cast<std::size_t>(at - first.begin());
  std::string arguments;
  for (const std::string& text : calls[index].texts)
    arguments += (arguments.empty() ? "" : ", ") + text;
  report.add(check, calls[index].function->name + "(" + arguments + ") gave '" + first[index] +
                        "' and then '" + other[index] + "'; --seed " + std::to_string(report.seed));
}

}  // namespace

void check_functions(const Plugin& plugin, CheckReport& report) {
  for (const PluginFunction& function : plugin.functions) {
    if (!function.is_macro && function.doc.empty())
      report.add("native.opaque_with_reason", quoted(function.name) + " has no description");
    const std::vector<Call> calls = calls_of(function, report.seed);
    const std::vector<std::string> first = answers_of(calls);
    compare(calls, first, answers_of(calls), "native.pure", report);
    const bool threw = std::any_of(first.begin(), first.end(), [](const std::string& answer) {
      return answer.find("threw an exception across") != std::string::npos;
    });
    if (threw)
      report.add("native.contained", quoted(function.name) + " threw across the plugin boundary");

    std::vector<std::vector<std::string>> answers(kThreads);
    std::vector<std::thread> threads;
    for (std::vector<std::string>& own : answers)
      threads.emplace_back([&own, &calls] { own = answers_of(calls); });
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<std::string>& own : answers)
      compare(calls, first, own, "native.concurrent", report);
  }
}

}  // namespace lmhost

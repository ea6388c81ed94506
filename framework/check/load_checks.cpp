// What loading does to the process, besides giving tables.
#include <dlfcn.h>
#include <signal.h>

#include <array>
#include <cfenv>
#include <cfloat>
#include <chrono>
#include <clocale>
#include <cstring>
#include <exception>
#include <filesystem>
#include <system_error>

#include "check/stages.hpp"
#include "load/plugin_opener.hpp"

namespace lmhost {
namespace {

namespace fs = std::filesystem;

constexpr double kSlow = 0.1;  // seconds

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    ++count;
  return count;
}

// What a plugin must leave as it was.
struct Surroundings {
  std::size_t threads = entries_of("/proc/self/task");
  std::size_t files = entries_of("/proc/self/fd");
  std::string locale = std::setlocale(LC_ALL, nullptr);
  int rounding = std::fegetround();
  bool flushes_denormals = is_flushing();
  std::array<struct ::sigaction, 65> handlers = signal_handlers();

  static bool is_flushing() {
    volatile double smallest = DBL_MIN;
    return smallest / 2 == 0;
  }
  static std::array<struct ::sigaction, 65> signal_handlers() {
    std::array<struct ::sigaction, 65> handlers = {};
    for (int signal = 1; signal < 65; ++signal)
      ::sigaction(signal, nullptr, &handlers[static_cast<std::size_t>(signal)]);
    return handlers;
  }
};

void compare(const Surroundings& before, const Surroundings& after, CheckReport& report) {
  const auto find = [&](bool is_same, const char* what) {
    if (!is_same) report.add("load.leaves_no_trace", what);
  };
  find(before.threads == after.threads, "it started a thread");
  find(before.files == after.files, "it left a file open");
  find(before.locale == after.locale, "it changed the locale");
  find(before.rounding == after.rounding, "it changed the rounding mode");
  find(before.flushes_denormals == after.flushes_denormals,
       "it flushes denormal numbers to zero in the whole process, as -ffast-math does");
  bool same_handlers = true;
  for (std::size_t i = 1; i < before.handlers.size(); ++i)
    same_handlers = same_handlers && before.handlers[i].sa_handler == after.handlers[i].sa_handler;
  find(same_handlers, "it changed a signal handler");
}

void ignore_failure(const lmh_host*, const char*) {}

// The entry's answer, or null.
const lmh_plugin* call_entry(void* library) {
  void* const symbol = ::dlsym(library, LMH_ENTRY_SYMBOL);
  if (symbol == nullptr) return nullptr;
  decltype(&lmhost_plugin_v0) entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  const lmh_host host = {sizeof(lmh_host), LMH_ABI_MAJOR, LMH_ABI_MINOR,
                         LMHOST_VERSION,   nullptr,       &ignore_failure};
  try {
    return entry(&host);
  } catch (...) {
    return nullptr;
  }
}

}  // namespace

const lmh_plugin* check_loading(const PluginFile& file, CheckReport& report) {
  const Surroundings before;
  const auto start = std::chrono::steady_clock::now();
  // Opened here first: open_plugin() undoes what start-up code does to the arithmetic.
  void* const library = ::dlopen(file.real_path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const Surroundings opened;
  std::fesetenv(FE_DFL_ENV);
  const Result<const lmh_plugin*> table = open_plugin(file);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  compare(before, opened, report);
  if (!table) {
    report.add(table.errors(), "load.entry");
    return nullptr;
  }
  // A second call only after a good first one: an entry that throws has done enough.
  if (call_entry(library) != *table)
    report.add("load.same_entry", "the second call of its entry gave other tables");
  std::fesetenv(FE_DFL_ENV);
  Surroundings called;
  called.rounding = opened.rounding;
  called.flushes_denormals = opened.flushes_denormals;
  compare(opened, called, report);
  if (took.count() > kSlow)
    report.add("load.quick",
               "it took " + std::to_string(static_cast<int>(1000 * took.count())) + " ms");
  return *table;
}

}  // namespace lmhost

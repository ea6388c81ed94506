#include "tools/lmhost/guard.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include "lmhost/result.hpp"
#include "report/summary.hpp"

namespace lmhost::tool {
namespace {

constexpr int kInternalStatus = static_cast<int>(ErrorKind::kInternal);
constexpr int kPluginStatus = static_cast<int>(ErrorKind::kPlugin);
constexpr std::array kDeadly = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

// Whole before the plugin's code runs, so that the handler has nothing to do but write it.
struct Breadcrumb {
  std::array<char, 9216> text;
  volatile sig_atomic_t size = 0;  // 0: no plugin's code runs
};
Breadcrumb breadcrumb;
std::array<char, 16 * 1024> handler_stack;  // of its own: the plugin may have run out of the other

void write_error(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Async-signal-safe. Says it once.
void drop_breadcrumb() {
  const auto size = static_cast<std::size_t>(breadcrumb.size);
  breadcrumb.size = 0;
  write_error({breadcrumb.text.data(), size});
}

void on_deadly_signal(int) {
  drop_breadcrumb();
  ::_exit(kPluginStatus);
}

void on_exit() {
  if (breadcrumb.size == 0) return;
  drop_breadcrumb();
  ::_exit(kPluginStatus);
}

void install_handlers() {
  stack_t stack = {};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = &on_deadly_signal;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
  for (const int signal_number : kDeadly) ::sigaction(signal_number, &action, nullptr);
}

void remove_handlers() {
  for (const int signal_number : kDeadly) ::signal(signal_number, SIG_DFL);
}

int internal_error(std::string_view what) {
  write_error("lmhost: internal error: " + std::string(what) + "\nlmhost " +
              std::string(version()) +
              "; please report this with the command line and its input\n");
  return kInternalStatus;
}

}  // namespace

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return internal_error("out of memory");
  } catch (const std::exception& error) {
    return internal_error(error.what());
  } catch (...) {
    return internal_error("an exception of no known type");
  }
}

void watch_plugin_code(const std::string& path) {
  if (path.empty()) {
    breadcrumb.size = 0;
    remove_handlers();
    return;
  }
  [[maybe_unused]] static const int registered = std::atexit(&on_exit);
  const std::string text = path + ": error: the plugin ended lmhost while it was loaded\n" +
                           "  'lmhost plugin check " + path +
                           "' looks at it in a process of its own\n";
  // A path is at most PATH_MAX bytes, so both fit.
  const std::size_t size = std::min(text.size(), breadcrumb.text.size());
  std::memcpy(breadcrumb.text.data(), text.data(), size);
  breadcrumb.size = static_cast<sig_atomic_t>(size);
  install_handlers();
}

}  // namespace lmhost::tool

// What every function of the C API is made of: its handles, its errors, and the border that no exception
// crosses.
#pragma once

#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "api/c_values.hpp"
#include "api/objects.hpp"
#include "base/codes.hpp"
#include "base/diagnostic.hpp"
#include "lmhost/lmhost.h"

struct lmh_context {
  lmhost::v0::Host value;

  // The plugins as the C API shows them, made when somebody asks: fingerprints take a while.
  struct Plugins {
    std::vector<lmhost::v0::PluginInfo> list;
    std::vector<std::string> reasons;  // of each, as printed; "" of those loaded
  };
  const Plugins& plugins() const {
    std::call_once(once_, [this] {
      plugins_.list = value.plugins();
      for (const auto& plugin : plugins_.list)
        plugins_.reasons.push_back(lmhost::render(plugin.reasons));
    });
    return plugins_;
  }

  mutable std::once_flag once_ = {};
  mutable Plugins plugins_ = {};
};
struct lmh_graph {
  lmhost::v0::Graph value;
};
struct lmh_plan {
  lmhost::v0::Plan value;
};
struct lmh_report {
  lmhost::v0::Report value;
};
struct lmh_sweep {
  lmhost::v0::Sweep value;
};
struct lmh_error {
  lmhost::Diagnostics list;
  std::string text;
  std::vector<std::string> contexts;  // of each in the list
};

namespace lmhost::v0 {

inline int32_t fail(Diagnostics errors, lmh_error** error) {
  const auto kind = static_cast<int32_t>(exit_status(errors));
  if (error != nullptr) {
    std::string text = render(errors);
    std::vector<std::string> contexts;
    for (const Diagnostic& one : errors) {
      std::string& path = contexts.emplace_back();
      for (const std::string& part : one.context) path += (path.empty() ? "" : " > ") + part;
    }
    *error = new lmh_error{std::move(errors), std::move(text), std::move(contexts)};
  }
  return kind;
}

inline int32_t fail_internally(const char* what, lmh_error** error) noexcept {
  try {
    return fail({plain_error(ErrorKind::kInternal, codes::kInternal, what)}, error);
  } catch (...) {  // not even memory for the error
    return static_cast<int32_t>(ErrorKind::kInternal);
  }
}

// Runs the body of a function that can fail. `body` returns a Result; `take` gets its value.
template <class Body, class Take>
int32_t guarded(lmh_error** error, Body body, Take take) noexcept {
  try {
    auto result = body();
    if (!result.ok()) return fail(std::move(result).errors(), error);
    take(std::move(result).value());
    return 0;
  } catch (const std::bad_alloc&) {
    return fail_internally("out of memory", error);
  } catch (const std::exception& failure) {
    return fail_internally(failure.what(), error);
  } catch (...) {
    return fail_internally("an unknown exception", error);
  }
}

inline int32_t refuse_null(const char* function, lmh_error** error) noexcept {
  try {
    return fail({misuse(std::string(function) + ": a handle, text or output is NULL")}, error);
  } catch (...) {
    return static_cast<int32_t>(ErrorKind::kUsage);
  }
}

inline char* copied(const std::string& text) {
  char* copy = new char[text.size() + 1];
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

// The caller's callback and flag as ours: the flag is looked at whenever there is progress.
class Watch {
 public:
  explicit Watch(const lmh_run_options& options) : options_(options) {}

  RunOptions run() {
    RunOptions run;
    run.threads = options_.threads == 0 ? 1 : options_.threads;
    run.cancelled = &stop_;
    run.progress = [this](std::size_t done, std::size_t total) {
      if (options_.progress != nullptr && options_.progress(options_.user, done, total) != 0)
        stop_ = true;
      look();
    };
    look();
    return run;
  }

 private:
  void look() {
    if (options_.cancelled != nullptr && __atomic_load_n(options_.cancelled, __ATOMIC_RELAXED) != 0)
      stop_ = true;
  }

  const lmh_run_options& options_;
  std::atomic<bool> stop_{false};
};

}  // namespace lmhost::v0

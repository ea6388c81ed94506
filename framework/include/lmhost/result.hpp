// Errors as values. A stage returns Result<T>: a T, or every diagnostic it found; nothing throws
// across a stage. Only a program that reads the value of a failed Result gets an exception.
//
// A Diagnostic is self-contained (it copies the source line it quotes), so it outlives the file it
// speaks of. Thread safety: plain values.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lmhost/export.hpp"

namespace lmhost {

// What kind of trouble; the value is the exit status of the command line.
enum class ErrorKind { kUsage = 2, kInput = 3, kPlugin = 4, kIo = 5, kInternal = 70 };

enum class Severity { kError, kWarning };

struct Diagnostic {
  ErrorKind kind = ErrorKind::kInput;
  Severity severity = Severity::kError;
  std::string code;     // "E101"; lmhost's own, listed in framework/base/codes.hpp
  std::string message;  // one sentence without a full stop
  std::string hint;     // "did you mean 'x'?" or what to do next; may be empty

  // The place; an empty file means there is none, line 0 means the whole file. Columns count bytes
  // from 1.
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t length = 1;   // of the underlined text, in bytes
  std::string source_line;  // quoted under the message when not empty

  std::vector<std::string> context;  // "at LlamaForCausalLM > layers > mlp", outermost first
};

using Diagnostics = std::vector<Diagnostic>;

// As the command line prints them: GNU style, the line quoted, every line ended by '\n'.
LMHOST_PUBLIC std::string to_text(const Diagnostics& diagnostics);

// A program read the value of a Result that has none, which is a mistake of the program.
class LMHOST_PUBLIC BadResult : public std::exception {
 public:
  explicit BadResult(Diagnostics errors);
  ~BadResult() override;
  const char* what() const noexcept override;  // says so, then the errors as to_text() has them
  const Diagnostics& errors() const noexcept;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;  // shared: copying an exception must not throw
};

// Throws BadResult. Not in this header, so that programs without exceptions can include it: they end
// with std::terminate.
[[noreturn]] LMHOST_PUBLIC void throw_bad_result(const Diagnostics& errors);

// A value or the reasons why there is none. REQUIRES: the list of reasons is never empty.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(Diagnostics errors)
      : state_(std::in_place_index<1>, std::move(errors)) {}  // NOLINT: implicit
  Result(Diagnostic error)
      : state_(std::in_place_index<1>, Diagnostics{std::move(error)}) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Without a value all of these throw BadResult, which has the errors.
  T& value() & { return *checked(this); }
  const T& value() const& { return *checked(this); }
  T&& value() && { return std::move(*checked(this)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // None when there is a value.
  const Diagnostics& errors() const& {
    static const Diagnostics none;
    const Diagnostics* const errors = std::get_if<1>(&state_);
    return errors != nullptr ? *errors : none;
  }
  Diagnostics errors() && {
    Diagnostics* const errors = std::get_if<1>(&state_);
    return errors != nullptr ? std::move(*errors) : Diagnostics();
  }

 private:
  template <class Self>
  static auto* checked(Self* self) {
    auto* const value = std::get_if<0>(&self->state_);
    if (value == nullptr) throw_bad_result(std::as_const(*self).errors());
    return value;
  }

  std::variant<T, Diagnostics> state_;
};

}  // namespace lmhost

// Where the rows of a sweep go while it runs: standard output, or a file that is whole lines at every
// moment somebody may look at it after the program has ended.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace lmhost::tool {

class RowSink {
 public:
  // Without a path (or "-") to standard output. A file is locked until the sink is gone, and what it
  // had is kept until the first row is written. To resume is to compare what it has, byte by byte,
  // with what is written here, and to go on behind it. Errors: E415 somebody else writes there; E502
  // it cannot be opened, or not locked; E601 what is to be resumed is no file.
  static Result<RowSink> open(const std::optional<std::string>& path, bool resume);
  RowSink(RowSink&&) noexcept;
  RowSink& operator=(RowSink&&) = delete;
  ~RowSink();

  // REQUIRES: whole lines. On an error the file is cut behind its last whole line. Errors: E502; E606
  // when the file to resume has something else at that place.
  Result<bool> write(std::string_view lines);
  // An error [E606] when the file to resume has more than was written.
  Result<bool> finish();

 private:
  explicit RowSink(int descriptor) : descriptor_(descriptor) {}
  Result<bool> lock(const std::string& path);
  Result<bool> begin();
  Result<bool> compare(std::string_view* lines);
  ssize_t put(std::string_view bytes) const;
  Diagnostic failed(int error);

  int descriptor_ = 1;
  bool is_file_ = false;
  std::string name_ = "standard output";
  bool is_begun_ = true;      // nothing of an older file is left, or all of it is compared
  std::size_t existing_ = 0;  // bytes to compare
  std::size_t at_ = 0;        // bytes compared or written
  std::size_t line_ = 1;
  std::size_t whole_ = 0;  // behind the last whole line
};

}  // namespace lmhost::tool

// Where the rows of a sweep go while it runs: standard output, or a file that is whole lines at every
// moment somebody may look at it after the program has ended.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace lmhost::tool {

class RowSink {
 public:
  // Without a path (or "-") to standard output. To resume is to compare what the file has, byte by
  // byte, with what is written here, and to go on behind it.
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
  Result<bool> compare(std::string_view* lines);
  Diagnostic failed(int error);

  int descriptor_ = 1;
  bool is_file_ = false;
  std::string name_ = "standard output";
  std::size_t existing_ = 0;  // bytes to compare
  std::size_t at_ = 0;        // bytes compared or written
  std::size_t line_ = 1;
  std::size_t whole_ = 0;  // behind the last whole line
};

}  // namespace lmhost::tool

// Source text with places, the shape of every error text, and the nearest name. The one place where
// messages are laid out; stages only say what is wrong and where.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmhost/result.hpp"

namespace lmhost {

// One file of a text that several files make together.
struct SourcePart {
  std::string name;
  std::size_t begin = 0;  // of its bytes, which end in front of the NUL before the next part
};

// A named text that diagnostics point into: a file, standard input, a formula of a plugin, or the
// files of a folder behind one another, each followed by a NUL, so that one offset says file and
// place.
struct SourceText {
  std::string
      name;  // as the user gave it: "graphs/x.json", "<stdin>", "matmul.so: flops of 'torch.mm'"
  std::string text;
  std::vector<SourcePart> parts = {};  // ascending; none: the text is one file's
};

// The file that a byte of a text belongs to.
struct SourceFile {
  std::string_view name;
  std::string_view text;
  std::size_t begin = 0;  // of `text` in the whole
};
SourceFile file_at(const SourceText& source, std::size_t offset);

struct LineColumn {
  std::size_t line = 0;    // from 1
  std::size_t column = 0;  // from 1, in bytes
};

LineColumn line_column(std::string_view text, std::size_t offset);
// In the file that the byte belongs to.
LineColumn line_column(const SourceText& source, std::size_t offset);

// Places of one text asked for in ascending order, each found from the one before: many errors in a
// large file.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view text) : text_(text) {}
  LineColumn find(std::size_t offset);  // any offset; fast when not below the previous one

 private:
  std::string_view text_;
  std::size_t at_ = 0;  // the previous offset
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
};

// An error that points at `length` bytes of `source` from `offset` and quotes the line. Of a very
// long line the quote starts kQuotedBefore bytes before the column, so that a diagnostic stays
// small.
inline constexpr std::size_t kQuotedBefore = 512;
Diagnostic error_at(const SourceText& source, std::size_t offset, std::size_t length,
                    std::string_view code, std::string message, std::string hint = {});
// An error without a place in a text.
Diagnostic plain_error(ErrorKind kind, std::string_view code, std::string message,
                       std::string hint = {});

// 'name', with the middle of a very long one left out: for messages that quote what the user wrote.
std::string quoted(std::string_view name);

// The nearest name within a third of its length (at least 1) in edits, or "". The prefix before the
// last dot and the last part are measured apart, so that a wrong function is not answered by any
// other of the same module; failing that the last part alone decides ("nn.Linear":
// "torch.nn.Linear"). Letter case breaks ties; then the first wins.
std::string nearest_name(std::string_view name, std::span<const std::string_view> candidates);
// "did you mean 'x'?" or "".
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

// GNU style, several lines, each ended by '\n':
//   graphs/x.json:12:18: error: unknown kernel 'torch.liner' [E101]
//      12 |   "kernel": "torch.liner",
//         |             ^~~~~~~~~~~~~ did you mean 'torch.linear'?
//     at LlamaForCausalLM > layers > mlp
// Without a quoted line the hint has a line of its own. Lines are cut to a window of about 100
// columns around the caret; control characters and bytes that are not UTF-8 are spelled \x1b.
// `colour` adds ANSI escapes.
std::string render(const Diagnostic& diagnostic, bool colour = false);
// All of them; after `limit` of one code, "... and 31 more like this".
std::string render(const Diagnostics& diagnostics, bool colour = false, std::size_t limit = 20);

// The exit status of a run that ended with these: the largest kind wins in the order internal, io,
// plugin, input, usage; 0 when nothing is an error.
int exit_status(const Diagnostics& diagnostics);

}  // namespace lmhost

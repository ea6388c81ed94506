// Where results and messages go: the result to standard output or a file, everything else to
// standard error.
#pragma once

#include <string>
#include <string_view>

#include "report/layout.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

// How to write to this standard output; to a file: no colour, no bars.
TextStyle text_style(const Arguments& arguments);
bool colour_on_errors(const Arguments* arguments);  // nullptr: the command line could not be read

// All of it, or an error. A reader that went away is an error without a message: it knows. Text for
// people has its long lines broken at blanks on a terminal; elsewhere it stays as it is.
Result<bool> write_standard_output(const Document& document);
// Lines for people on standard error, broken likewise.
void write_message(std::string_view text);
void write_standard_error(std::string_view text);  // as it is
// To a temporary name beside it and then renamed, so that no reader ever sees half a file. Pipes and
// devices are written to, and what a name like /dev/stdout leads to is appended to.
Result<bool> write_file(const std::string& path, std::string_view text);

}  // namespace lmhost::tool

// Where the classes and functions of a Python text stand, from its lines and their indentation.
//
// Not a parser: strings, comments, brackets and line continuations are followed, so that nothing
// inside them is taken for code; statements are not. Text that Python would refuse gives some
// answer, never an error. What is defined inside a function has no name that others can import and
// is left out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lmhost {

struct PythonDefinition {
  std::string name;  // "LlamaMLP"; of a class in a class "Outer.Inner"
  bool is_class = false;
  // From 1. The first line is that of the first decorator, the last one that of the last statement:
  // comments and blank lines behind the body belong to nobody.
  std::size_t first_line = 0;
  std::size_t last_line = 0;
};

// Classes, and functions that are not methods, in the order of the text.
std::vector<PythonDefinition> python_definitions(std::string_view text);

// The names that the code uses: identifiers outside strings and comments, each once, sorted; of
// "torch.nn.Linear" three.
std::vector<std::string_view> python_names(std::string_view text);

// `__version__ = "4.46.3"` at the start of a line; empty when there is none.
std::string python_version_of(std::string_view text);

}  // namespace lmhost

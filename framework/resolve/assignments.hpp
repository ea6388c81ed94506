// "name=value, name=value": how worked examples and the command line give numbers to names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/value.hpp"
#include "lmhost/result.hpp"

namespace lmhost {

struct Assignment {
  std::string_view name;   // into the text
  std::size_t offset = 0;  // of the name
  Value value;
};

// Values are formulas without names: 3, 2*3, 0.5, 'ij,jk->ik', True. Commas inside quotes and
// parentheses do not separate. All errors are reported. The result points into source.text.
Result<std::vector<Assignment>> parse_assignments(const SourceText& source);

}  // namespace lmhost

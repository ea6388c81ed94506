// A function that a plugin offers to its own formulas: a macro (strings to formula text, which
// stays symbolic) or a scalar (numbers to a number, the last resort). Calls are thread safe;
// failures come back as text.
#pragma once

#include <lmhost/plugin.h>

#include <string>
#include <vector>

#include "lmhost/result.hpp"

namespace lmhost {

struct PluginFunction {
  std::string name;
  std::string doc;
  unsigned arity = 0;
  bool is_macro = false;
  lmh_function table = {};  // the plugin's own row; its pointers live until process exit

  Result<std::string> expand(
      const std::vector<std::string>& arguments) const;                 // REQUIRES: is_macro
  Result<double> evaluate(const std::vector<double>& arguments) const;  // REQUIRES: !is_macro
};

}  // namespace lmhost

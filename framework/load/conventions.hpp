// A convention set: named overrides of the constants that plugins declare (FLOPs per exponential
// and the like).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

struct Conventions {
  std::string name = "lmhost";
  std::string doc;
  std::string source;
  std::shared_ptr<const SourceText> file;  // what it was read from; none for the default set
  std::map<std::string, Number, std::less<>> constants;  // "norm.layer_norm_flops" -> 5

  const Number* find(std::string_view plugin, std::string_view constant) const;
};

class Catalog;

// Reads `lmhost.conventions/1`. A constant that no loaded plugin declares is an error with the
// nearest name.
Result<Conventions> load_conventions(const std::string& path, const Catalog& catalog);

}  // namespace lmhost

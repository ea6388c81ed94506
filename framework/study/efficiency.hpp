// Which share of its peaks a device reaches, by somebody's measurement or rule: named profiles
// beside the nominal figures, never inside them.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"

namespace lmhost {

struct Efficiency {
  struct Share {
    double prefill = 1;
    double decode = 1;
    double of(bool is_decode) const { return is_decode ? decode : prefill; }
  };

  std::string name;  // empty: none; "compute=0.5,memory=0.8" for one that options describe
  Share compute;
  Share memory;
  std::string doc;
  std::string source;

  bool is_nominal() const { return name.empty(); }
};

// Of <prefix>/share/lmhost/catalogs/efficiency.json (lmhost.efficiency/1), in its order.
Result<std::vector<Efficiency>> load_efficiencies(const std::string& prefix);

// "compute=.5,memory=.8" (either may be missing), or a name. Errors: E125 an unknown name, with the
// nearest; a share that is not in (0, 1].
Result<Efficiency> parse_efficiency(const std::string& text, const std::string& prefix);

}  // namespace lmhost

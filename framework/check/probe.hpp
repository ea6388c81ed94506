// Everything that is checked about one plugin, in this process: the plugin's code runs here, so
// this process may not survive. See child.hpp for one that does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "check/checks.hpp"

namespace lmhost {

inline constexpr std::size_t kCheckPoints = 1000;

struct ProbeOptions {
  std::uint64_t seed = 1;
  std::size_t points = kCheckPoints;  // 0: no formulas or functions, only what it declares
  // Called now and then: after loading, after each kernel. May be empty.
  std::function<void()> progress = {};
};

CheckReport probe_plugin(const std::string& path, const ProbeOptions& options = {});

}  // namespace lmhost

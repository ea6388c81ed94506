// What a device adds to the points of a sweep: bounds of time and rate, and whether the model fits.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host.hpp"
#include "study/device_bound.hpp"
#include "study/sweep.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct DeviceValues {
  Number seconds;            // at least
  Number tokens_per_second;  // at most
  bool fits = true;          // weights and KV cache in kUsableShare of the memory
};

class SweepDevice {
 public:
  // What serving engines take by default.
  static Number usable_share() { return Number::ratio(9, 10); }
  static const std::vector<std::string>& columns();  // "time_bound_s", ...

  // `first` is the analysis of the first point; `sweep` outlives this. Nothing when no option and no
  // axis names a device. Errors: of the device, for the types of the first point.
  static Result<std::unique_ptr<SweepDevice>> make(const Arguments& arguments, const Host& host,
                                                   const Sweep& sweep, const Analysis& first);

  // Errors: as an analysis, or as --hw, at that point. [any thread, concurrent]
  Result<DeviceValues> at(std::size_t point) const;

 private:
  SweepDevice(const Arguments& arguments, std::string prefix, const Sweep& sweep,
              const Analysis& first)
      : arguments_(arguments), prefix_(std::move(prefix)), sweep_(sweep), first_(first) {}
  Result<Roof> roof_at(std::size_t point, const SweepPlan& plan) const;

  const Arguments& arguments_;
  std::string prefix_;
  const Sweep& sweep_;
  const Analysis& first_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Roof> roofs_;  // by all that one depends on
};

}  // namespace lmhost::tool

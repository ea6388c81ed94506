#include "tools/lmhost/sweep_device.hpp"

#include <algorithm>

#include "load/config.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {

const std::vector<std::string>& SweepDevice::columns() {
  static const std::vector<std::string> names = {"time_bound_s", "tokens_per_s_bound", "fits"};
  return names;
}

Result<std::unique_ptr<SweepDevice>> SweepDevice::make(const Arguments& arguments, const Host& host,
                                                       const Sweep& sweep, const Analysis& first) {
  const bool has_axis = std::any_of(sweep.axes().begin(), sweep.axes().end(),
                                    [](const SweepAxis& axis) { return axis.name == "hw"; });
  std::unique_ptr<SweepDevice> device(new SweepDevice(arguments, host.prefix(), sweep, first));
  if (!has_axis) {
    const Result<std::optional<Roof>> roof = read_roof(arguments, host.prefix(), first);
    if (!roof) return roof.errors();
    if (!*roof) return std::unique_ptr<SweepDevice>();
    return device;
  }
  // A name that is wrong is wrong before the first row.
  std::size_t stride = sweep.size();
  for (const SweepAxis& axis : sweep.axes()) {
    stride /= axis.length();
    if (axis.name != "hw") continue;
    for (std::size_t i = 0; i < axis.length(); ++i)
      if (Result<Roof> roof = device->roof_at(i * stride, {first.plan, first.point}); !roof)
        return std::move(roof).errors();
  }
  return device;
}

// Of the device and the precision of a point.
Result<Roof> SweepDevice::roof_at(std::size_t point, const SweepPlan& plan) const {
  Analysis analysis = first_;
  analysis.point = plan.point;
  Arguments arguments = arguments_;
  const std::vector<std::size_t> place = sweep_.place(point);
  for (std::size_t i = 0; i < place.size(); ++i) {
    const SweepAxis& axis = sweep_.axes()[i];
    if (axis.name == "hw" || axis.name == "dtype")
      arguments.options.emplace_back(axis.name, axis.labels[place[i]]);
  }
  std::string key = arguments.get("hw").value_or("") + "/" + arguments.get("dtype").value_or("") +
                    "/" + std::string(phase_of(analysis));
  for (RuntimeVariable variable : {RuntimeVariable::kWeightBits, RuntimeVariable::kActivationBits})
    key += "/" + to_string(plan.point[variable]);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = roofs_.find(key); found != roofs_.end()) return found->second;
  Result<std::optional<Roof>> roof = read_roof(arguments, prefix_, analysis);
  if (!roof) return std::move(roof).errors();
  return roofs_.emplace(key, **roof).first->second;
}

Result<DeviceValues> SweepDevice::at(std::size_t point) const {
  const Result<EvaluatedPoint> evaluated = sweep_.evaluated(point);
  if (!evaluated) return evaluated.errors();
  const Result<Roof> roof = roof_at(point, evaluated->at);
  if (!roof) return roof.errors();
  const Plan& plan = *evaluated->at.plan;
  const RuntimePoint& at = evaluated->at.point;
  const double seconds = bound_instances(plan, evaluated->evaluation, *roof).back().seconds;
  const Number tokens = at[RuntimeVariable::kBatchSize] * at[RuntimeVariable::kSeqLen];
  DeviceValues values;
  values.seconds = Number::inexact(seconds);
  values.tokens_per_second = divide(tokens, values.seconds);
  if (roof->capacity) {
    const Costs total = costs_of(plan, evaluated->evaluation, plan.root());
    values.fits = compare(total.stored_bytes(), *roof->capacity * usable_share()) != 1;
  }
  return values;
}

}  // namespace lmhost::tool

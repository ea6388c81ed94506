#include "study/device_bound.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "base/codes.hpp"

namespace lmhost {
namespace {

using T = ComputeType;
using V = RuntimeVariable;

// What a type is computed in where the device lacks it, in this order: the next wider ones, and for
// the two 16-bit types, where nothing wider is listed, each other (a TPU has no fp16).
std::vector<T> alternatives(T type) {
  switch (type) {
    case T::kInt4:
      return {T::kInt8, T::kFp8, T::kBf16, T::kFp16, T::kTf32, T::kFp32};
    case T::kFp4:
      return {T::kFp8, T::kBf16, T::kFp16, T::kTf32, T::kFp32};
    case T::kInt8:
    case T::kFp8:
      return {T::kBf16, T::kFp16, T::kTf32, T::kFp32};
    case T::kBf16:
      return {T::kFp32, T::kFp16};
    case T::kFp16:
      return {T::kFp32, T::kBf16};
    case T::kTf32:
    case T::kFp32:
      return {T::kTf32, T::kBf16, T::kFp16};
    case T::kFp64:
      return {T::kFp32};
  }
  return {};
}

// Matrix units first; a CPU and an Apple GPU multiply matrices on their vector units, and fp32
// products run there on most devices.
const Peak* product_peak(const Device& device, T type) {
  const Peak* matrix = device.peak(type, false);
  return matrix != nullptr ? matrix : device.peak(type, true);
}

std::string rate_text(const Number& rate) {
  const Number tera = divide(rate, Number(std::int64_t{1'000'000'000'000}));
  return to_string(tera) + " TFLOP/s";
}

bool is_known(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

// The fastest of what multiplies matrices: no vector unit is faster.
double fastest_peak(const Device& device) {
  double fastest = 0;
  for (const Peak& peak : device.peaks)
    if (!peak.is_sparse && !peak.is_measured)
      fastest = std::max(fastest, peak.per_second.to_double());
  return fastest;
}

}  // namespace

ComputeType compute_type_of(const RuntimePoint& point, std::string_view type_name) {
  const double bits =
      std::max(point[V::kWeightBits].to_double(), point[V::kActivationBits].to_double());
  type_name = type_name.substr(type_name.rfind('.') + 1);  // "torch.float16"
  if (bits > 32) return T::kFp64;
  if (bits > 16) return T::kFp32;
  if (bits > 8) return is_known(type_name, {"float16", "fp16", "half"}) ? T::kFp16 : T::kBf16;
  const bool is_integer = is_known(type_name, {"int8", "int4"});
  // Group scales make 4-bit weights 4.125 to 4.75 bits wide.
  if (bits > 5) return is_integer ? T::kInt8 : T::kFp8;
  return is_integer ? T::kInt4 : T::kFp4;
}

Result<Roof> roof_of(const Device& device, const RuntimePoint& point, const RoofOptions& options) {
  Roof roof;
  roof.device = device.title;
  roof.efficiency = options.efficiency;
  roof.type = compute_type_of(point, options.type_name);
  if (const Capacity* capacity = device.capacity()) roof.capacity = capacity->bytes;

  const T wanted = roof.type;
  const Peak* peak = product_peak(device, wanted);
  for (const T type : alternatives(wanted)) {
    if (peak != nullptr) break;
    peak = product_peak(device, type);
    if (peak == nullptr) continue;
    roof.type = type;
    roof.notes.push_back(device.name + " lists no " + std::string(name_of(wanted)) +
                         ": computed in " + std::string(name_of(type)) + " at " +
                         rate_text(peak->per_second));
  }
  Diagnostics errors;
  if (peak == nullptr && !options.peak)
    errors.push_back(plain_error(ErrorKind::kInput, codes::kIncompleteDevice,
                                 "device '" + device.name + "' has no peak for " +
                                     std::string(name_of(wanted)) + " or a wider type",
                                 "--peak says it: --peak 312T"));
  const Bandwidth* bandwidth = device.bandwidth();
  if (bandwidth == nullptr && !options.bandwidth)
    errors.push_back(plain_error(ErrorKind::kInput, codes::kIncompleteDevice,
                                 "device '" + device.name + "' has no memory bandwidth",
                                 "--bandwidth says it: --bandwidth 2039G"));
  if (!errors.empty()) return errors;

  const double compute = options.efficiency.compute.of(options.is_decode);
  const double memory = options.efficiency.memory.of(options.is_decode);
  roof.matrix_peak = compute * (options.peak ? *options.peak : peak->per_second).to_double();
  roof.bandwidth =
      memory * (options.bandwidth ? *options.bandwidth : bandwidth->bytes_per_second).to_double();
  // Small operations compute in fp32, whatever they store (ATen's opmath_t).
  const Peak* vector = device.peak(T::kFp32, true);
  if (vector == nullptr) vector = device.peak(T::kBf16, true);
  if (vector != nullptr) {
    roof.vector_peak = compute * vector->per_second.to_double();
  } else {
    roof.vector_peak = std::max(roof.matrix_peak, compute * fastest_peak(device));
    roof.notes.push_back(device.name +
                         " lists no vector peak: what is not on matrix units is bounded by the "
                         "fastest matrix peak");
  }
  if (options.peak) roof.vector_peak = std::min(roof.vector_peak, roof.matrix_peak);
  if (!options.peak && !peak->is_verified)
    roof.notes.push_back("the " + std::string(name_of(roof.type)) +
                         " peak is not confirmed by the vendor's own document");
  if (!options.bandwidth && !bandwidth->is_verified)
    roof.notes.push_back("the bandwidth is not confirmed by the vendor's own document");
  return roof;
}

Roof roof_of(const RuntimePoint& point, const RoofOptions& options) {
  Roof roof;
  roof.device = "given by options";
  roof.type = compute_type_of(point, options.type_name);
  roof.efficiency = options.efficiency;
  roof.matrix_peak = options.peak->to_double() * options.efficiency.compute.of(options.is_decode);
  roof.vector_peak = roof.matrix_peak;
  roof.bandwidth = options.bandwidth->to_double() * options.efficiency.memory.of(options.is_decode);
  return roof;
}

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::kCompute:
      return "compute";
    case Limit::kMemory:
      return "memory";
    case Limit::kMixed:
      return "mixed";
    case Limit::kNothing:
      break;
  }
  return "-";
}

Bound& Bound::operator+=(const Bound& other) {
  seconds += other.seconds;
  compute_seconds += other.compute_seconds;
  memory_seconds += other.memory_seconds;
  compute_bound_seconds += other.compute_bound_seconds;
  return *this;
}

Bound Bound::times(double count) const {
  return {seconds * count, compute_seconds * count, memory_seconds * count,
          compute_bound_seconds * count};
}

Limit Bound::limit() const {
  constexpr double kMost = 0.9;
  if (!(seconds > 0)) return Limit::kNothing;
  if (compute_bound_seconds >= kMost * seconds) return Limit::kCompute;
  return compute_bound_seconds <= (1 - kMost) * seconds ? Limit::kMemory : Limit::kMixed;
}

Bound bound_of(const Costs& costs, const Roof& roof) {
  const double matmul = costs[Quantity::kMatmulFlops].to_double();
  const double other = costs[Quantity::kFlops].to_double() - matmul;
  const double bytes = (costs.bytes_read() + costs.bytes_written()).to_double();
  Bound bound;
  bound.compute_seconds = matmul / roof.matrix_peak + other / roof.vector_peak;
  bound.memory_seconds = bytes / roof.bandwidth;
  bound.seconds = std::max(bound.compute_seconds, bound.memory_seconds);
  if (bound.compute_seconds >= bound.memory_seconds) bound.compute_bound_seconds = bound.seconds;
  return bound;
}

std::vector<Bound> bound_instances(const Plan& plan, const Evaluation& evaluation,
                                   const Roof& roof) {
  std::vector<Bound> bounds(plan.instances.size());
  for (InstanceIndex i = 0; i < bounds.size(); ++i) {
    const Instance& instance = plan.instances[i];
    if (instance.composite == nullptr) {
      bounds[i] = bound_of(costs_of(plan, evaluation, i), roof);
      continue;
    }
    for (std::uint32_t e = 0; e < instance.edges.count; ++e) {
      const Edge& edge = plan.edges[instance.edges.first + e];
      const Number& count = evaluation.values[edge.count];
      // A call that does not happen may have costs that mean nothing.
      if (!count.is_zero()) bounds[i] += bounds[edge.child].times(count.to_double());
    }
  }
  return bounds;
}

DeviceBounds bound(const CostTree& tree, Roof roof) {
  DeviceBounds result;
  result.instances = bound_instances(*tree.plan, tree.evaluation, roof);
  result.roof = std::move(roof);
  return result;
}

}  // namespace lmhost

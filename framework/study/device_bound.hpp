// How fast a device could execute an analysis at best: a bound, never a forecast.
//
//   time of one call >= max(matmul_flops/matrix peak + other flops/vector peak, bytes/bandwidth)
//   time of a composite = sum of count * child
//
// Calls run one after the other, each as if it had the device to itself: what overlaps (two calls
// side by side) or stays in a cache between two calls could beat the sum, and the model of traffic
// (framework/README.md) counts every call's operands from device memory. The peak is that of the
// type that is computed in, not stored in: 4-bit weights under 16-bit activations are computed in
// 16 bit. Seconds are doubles, summed in a fixed order: the same on every machine.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/cost_tree.hpp"
#include "load/device.hpp"
#include "study/efficiency.hpp"

namespace lmhost {

// A device reduced to what a bound at one precision needs.
struct Roof {
  std::string device;                     // "NVIDIA H100 SXM5 80 GB"
  ComputeType type = ComputeType::kBf16;  // computed in
  double matrix_peak = 0;                 // FLOP/s, with the efficiency in force
  double vector_peak = 0;                 // FLOP/s
  double bandwidth = 0;                   // B/s
  std::optional<Number> capacity;         // B
  Efficiency efficiency;
  std::vector<std::string> notes;  // what was assumed: "t4 has no bf16: computed in fp32"

  double ridge() const { return matrix_peak / bandwidth; }  // FLOP/B
};

// What decides the compute type, apart from the bits of the point: the name of a type of that size,
// as --dtype or the config have it ("bfloat16", "float16", "int8"); "" when nobody says.
struct RoofOptions {
  std::string type_name;
  Efficiency efficiency;
  bool is_decode = false;           // profiles differ by phase
  std::optional<Number> peak;       // FLOP/s, instead of the device's
  std::optional<Number> bandwidth;  // B/s
};

// The type that a point's bits compute in: the wider of weights and activations decides its size,
// since a product of 4-bit weights and 16-bit activations is one of 16-bit numbers.
ComputeType compute_type_of(const RuntimePoint& point, std::string_view type_name);

// Errors: E124 when a device says nothing about its bandwidth, or gives no peak of that or a wider
// type.
Result<Roof> roof_of(const Device& device, const RuntimePoint& point, const RoofOptions& options);
// Of no device: --peak and --bandwidth alone. REQUIRES: both.
Roof roof_of(const RuntimePoint& point, const RoofOptions& options);

enum class Limit { kNothing, kCompute, kMemory, kMixed };
std::string_view name_of(Limit limit);  // "-", "compute", "memory", "mixed"

// Of one call, or a sum of calls.
struct Bound {
  double seconds = 0;                // at least
  double compute_seconds = 0;        // matmul_flops/matrix + other flops/vector
  double memory_seconds = 0;         // bytes/bandwidth
  double compute_bound_seconds = 0;  // the part of `seconds` in calls that computing bounds

  Bound& operator+=(const Bound& other);
  Bound times(double count) const;
  // Compute or memory when nine tenths of the time or more are in calls that it bounds.
  Limit limit() const;
};

// Of one atomic call. Nothing costs nothing: a view takes 0 s.
Bound bound_of(const Costs& costs, const Roof& roof);

// The bound of every node of a tree.
struct DeviceBounds {
  Roof roof;
  std::vector<Bound> instances;  // of one execution, by InstanceIndex; the root's is the last
  // Of a tree with sums over several passes: of all passes, by node. `nodes` is that tree's first.
  std::vector<Bound> sums;
  const CostNode* nodes = nullptr;

  Bound per_call(const CostNode& node) const { return instances[node.instance]; }
  Bound total(const CostNode& node) const {
    if (!sums.empty()) return sums[static_cast<std::size_t>(&node - nodes)];
    return instances[node.instance].times(node.times.to_double());
  }
  Bound whole() const { return sums.empty() ? instances.back() : sums.front(); }
};

// By instance, children before parents.
std::vector<Bound> bound_instances(const Plan& plan, const Evaluation& evaluation,
                                   const Roof& roof);
DeviceBounds bound(const CostTree& tree, Roof roof);

}  // namespace lmhost

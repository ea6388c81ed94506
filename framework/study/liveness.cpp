#include "study/liveness.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lmhost {
namespace {

// Values are told apart by these. Sizes are whole bytes below 2^53 in all that fits a machine.
using Shape = std::pair<Role, double>;

struct Tensor {
  Shape shape;   // of the whole, so that a part is known by its whole
  Number bytes;  // that a rank holds
};

// What one execution of an instance looks like to its caller.
struct Flow {
  std::vector<Tensor> inputs;   // arguments: the caller holds them
  std::vector<Tensor> outputs;  // what it returns
  Number peak = 0;              // of what it creates, outputs included
  std::uint32_t peak_edge = 0;  // composite: the call of its peak
};

struct LiveValue {
  Tensor tensor;
  std::size_t born;
  std::size_t last;
  bool is_read = false;
};

bool is_held(Role role) { return role == Role::kActivation || role == Role::kIndex; }

Flow atomic_flow(const Plan& plan, const Evaluation& evaluation, const Instance& instance) {
  Flow flow;
  for (std::uint32_t i = 0; i < instance.operands.count; ++i) {
    const BoundOperand& operand = plan.operands[instance.operands.first + i];
    const Number& bytes = evaluation.values[operand.bytes];
    if (bytes.is_zero()) continue;
    const Direction direction = operand.operand->direction;
    const Tensor tensor = {{operand.role, bytes.to_double()}, bytes};
    if (direction == Direction::kRead) {
      if (is_held(operand.role)) flow.inputs.push_back(tensor);
      continue;
    }
    // A cache or a weight that is written is held elsewhere; its copy in flight is held here.
    flow.peak = flow.peak + bytes;
    if (direction == Direction::kWrite && is_held(operand.role)) flow.outputs.push_back(tensor);
  }
  return flow;
}

// The calls of one composite in order.
class Frame {
 public:
  // A rank creates `share` of what the call does.
  void run(std::uint32_t edge, const Flow& flow, const Number& share) {
    const std::size_t step = edges_.size();
    edges_.push_back(edge);
    in_flight_.push_back(flow.peak * share);
    std::map<Shape, std::size_t> unmatched;
    for (const Tensor& input : flow.inputs)
      if (!take(input.shape, step)) {
        const std::size_t wanted = ++unmatched[input.shape];
        // Two reads of one size are two arguments only where one call makes both.
        if (wanted > arguments_[input.shape]) {
          arguments_[input.shape] = wanted;
          inputs_.push_back(input);
        }
      }
    for (const Tensor& output : flow.outputs) {
      places_[output.shape].unread.push_back(values_.size());
      values_.push_back({{output.shape, output.bytes * share}, step, step});
    }
  }

  Flow finish() && {
    Flow flow;
    flow.inputs = std::move(inputs_);
    // gained[i]: what is held from call i on.
    const std::size_t steps = edges_.size();
    std::vector<Number> gained(steps + 2), lost(steps + 2);
    for (const LiveValue& value : values_) {
      if (!value.is_read) flow.outputs.push_back(value.tensor);
      const std::size_t last = value.is_read ? value.last : steps;
      if (last <= value.born) continue;
      gained[value.born + 1] = gained[value.born + 1] + value.tensor.bytes;
      lost[last + 1] = lost[last + 1] + value.tensor.bytes;
    }
    Number held = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      held = held + gained[step] - lost[step];
      const Number live = held + in_flight_[step];
      if (step != 0 && compare(live, flow.peak).value_or(0) <= 0) continue;
      flow.peak = live;
      flow.peak_edge = edges_[step];
    }
    return flow;
  }

 private:
  struct Places {
    std::vector<std::size_t> unread;    // youngest last
    std::optional<std::size_t> oldest;  // of those that were read
  };

  // Whether a value of the frame can be what is read.
  bool take(const Shape& shape, std::size_t step) {
    const auto found = places_.find(shape);
    if (found == places_.end()) return false;
    Places& places = found->second;
    if (places.unread.empty()) {
      if (!places.oldest) return false;
      values_[*places.oldest].last = step;
      return true;
    }
    const std::size_t youngest = places.unread.back();
    places.unread.pop_back();
    values_[youngest].is_read = true;
    values_[youngest].last = step;
    places.oldest = std::min(places.oldest.value_or(youngest), youngest);
    return true;
  }

  std::vector<std::uint32_t> edges_;
  std::vector<Number> in_flight_;
  std::vector<LiveValue> values_;
  std::map<Shape, Places> places_;
  std::map<Shape, std::size_t> arguments_;
  std::vector<Tensor> inputs_;
};

Flow composite_flow(const Plan& plan, const Evaluation& evaluation, const Instance& instance,
                    const std::vector<Flow>& flows, const std::vector<Number>& shares) {
  Frame frame;
  for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
    const std::uint32_t edge = instance.edges.first + i;
    // A call that does not happen may have sizes that mean nothing.
    if (!evaluation.values[plan.edges[edge].count].is_zero())
      frame.run(edge, flows[plan.edges[edge].child], shares[edge]);
  }
  return std::move(frame).finish();
}

}  // namespace

Liveness live_activations(const Plan& plan, const Evaluation& evaluation,
                          const std::vector<Number>& shares) {
  std::vector<Flow> flows(plan.instances.size());
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const Instance& instance = plan.instances[i];
    flows[i] = instance.composite == nullptr
                   ? atomic_flow(plan, evaluation, instance)
                   : composite_flow(plan, evaluation, instance, flows, shares);
  }
  const Flow& root = flows.back();
  Liveness result;
  result.peak = root.peak;
  for (const Tensor& argument : root.inputs) result.peak = result.peak + argument.bytes;
  for (InstanceIndex at = plan.root(); plan.instances[at].composite != nullptr;) {
    if (plan.instances[at].edges.count == 0 || flows[at].peak.is_zero()) break;
    const Edge& edge = plan.edges[flows[at].peak_edge];
    result.is_split = result.is_split || shares[flows[at].peak_edge] != Number(1);
    if (!result.peak_path.empty()) result.peak_path += '.';
    result.peak_path += plan.graph->calls[edge.call].name;
    at = edge.child;
  }
  return result;
}

}  // namespace lmhost

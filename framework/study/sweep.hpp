// A sweep: costs of nodes at every point of a grid over runtime variables, config values, modes and
// devices. What changes the plan (a mode, a config value that formulas cannot stay symbolic in) has a
// plan each; everything else is one GridProgram.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "study/grid_program.hpp"

namespace lmhost {

struct SweepAxis {
  std::string name;                 // the column's: "batch_size"
  std::vector<std::string> labels;  // one a value, as rows show them
  // What it varies: runtime variables, together; or a config name; or the mode; or none of them,
  // which repeats the same costs (devices).
  std::vector<RuntimeVariable> variables;
  std::string config;
  std::vector<Mode> modes;
  std::vector<Number> numbers;  // of the variables, or of the config name where all are numbers

  std::size_t length() const { return labels.size(); }
};

// What one plan of a sweep differs in from the others.
struct PlanVariant {
  std::vector<std::string> set;   // "num_hidden_layers=4"
  std::vector<std::string> open;  // config names left open
  std::optional<Mode> mode;
};
struct SweepPlan {
  std::shared_ptr<const Plan> plan;
  RuntimePoint point;  // of what no axis varies
};
using Planner = std::function<Result<SweepPlan>(const PlanVariant&)>;

struct SweepOutput {
  std::string node;  // a whole path; "" for the root
  CostWeights weights;
};

// Consecutive points of a sweep. Worth keeping between calls of one thread.
struct SweepBlock {
  std::vector<std::vector<Number>> outputs;      // by output; or, where no number needs it,
  std::vector<std::vector<std::int64_t>> whole;  // by output
  bool is_whole = true;

  Number at(std::size_t output, std::size_t index) const {
    return is_whole ? Number(whole[output][index]) : outputs[output][index];
  }

  std::vector<GridColumn> columns;  // scratch
  GridProgram::Scratch scratch;
};

// A point as an analysis has it: for what is no sum of costs.
struct EvaluatedPoint {
  SweepPlan at;
  Evaluation evaluation;
};

class Sweep {
 public:
  // With `keep_plans` config values have a plan each, which evaluated() is fast with. Errors: those
  // of the planner for the first point.
  static Result<std::unique_ptr<Sweep>> make(std::vector<SweepAxis> axes,
                                             std::vector<SweepOutput> outputs, Planner planner,
                                             bool keep_plans = false);

  std::size_t size() const { return size_; }  // points
  const std::vector<SweepAxis>& axes() const { return axes_; }
  // The place on every axis of a point.
  std::vector<std::size_t> place(std::size_t point) const;
  // The plan and the runtime point of a point, every value in place: what an analysis would have.
  Result<SweepPlan> planned(std::size_t point) const;

  Result<EvaluatedPoint> evaluated(std::size_t point) const;  // [any thread, concurrent]

  // The points [first, first + count). When one fails, the block holds those before it.
  // [any thread, concurrent, with a block of one's own] REQUIRES: within the sweep.
  std::optional<GridFailure> evaluate(std::size_t first, std::size_t count,
                                      SweepBlock& block) const;

 private:
  struct Program {
    SweepPlan plan;
    Schedule schedule;
    std::vector<GridOutput> outputs;
    std::unique_ptr<GridProgram> grid;
  };
  enum class Kind { kInput, kOpen, kPlan };

  Sweep() = default;
  PlanVariant variant_at(const std::vector<std::size_t>& place, bool with_open) const;
  Result<std::shared_ptr<const Program>> program_of(const std::vector<std::size_t>& place) const;
  Result<std::shared_ptr<const Program>> make_program(const std::vector<std::size_t>& place) const;
  std::vector<GridOutput> outputs_in(const std::shared_ptr<const Plan>& plan) const;
  Result<std::vector<Number>> refer(const Program& program,
                                    const std::vector<std::size_t>& plan_place,
                                    std::size_t grid_point) const;

  static constexpr std::size_t kKeptPrograms = 1024;

  std::vector<SweepAxis> axes_;
  std::vector<Kind> kinds_;
  std::vector<SweepOutput> outputs_;
  Planner planner_;
  std::size_t size_ = 1;
  std::size_t segment_ = 1;  // consecutive points that share a plan
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::size_t, std::shared_ptr<const Program>> programs_;  // by variant
};

// A path exactly as it is, in a plan; nothing when it has no such call.
std::optional<NodePath> exact_path(const CostTree& structure, const std::string& path);

}  // namespace lmhost

#include "study/sweep.hpp"

#include <algorithm>

#include "aggregate/aggregate.hpp"
#include "load/config_check.hpp"

namespace lmhost {
namespace {

// What the planner takes for granted of an open name (Symbol::is_length) it takes from the first value.
// Where that is not true of the others too, each has a plan of its own.
bool hold_alike(const std::vector<Number>& values) {
  const auto is_length = [](const Number& value) {
    return value.is_integer() && !value.is_negative();
  };
  return !is_length(values.front()) || std::all_of(values.begin(), values.end(), is_length);
}

}  // namespace

std::optional<NodePath> exact_path(const CostTree& structure, const std::string& path) {
  if (path.empty()) return path_to(structure, 0);
  for (std::uint32_t i = 1; i < structure.nodes.size(); ++i)
    if (structure.path_match(structure.nodes[i], path) == PathMatch::kWhole)
      return path_to(structure, i);
  return std::nullopt;
}

Result<std::unique_ptr<Sweep>> Sweep::make(std::vector<SweepAxis> axes,
                                           std::vector<SweepOutput> outputs, Planner planner,
                                           bool keep_plans) {
  std::unique_ptr<Sweep> sweep(new Sweep);
  sweep->axes_ = std::move(axes);
  sweep->outputs_ = std::move(outputs);
  sweep->planner_ = std::move(planner);
  bool has_open = false;
  for (const SweepAxis& axis : sweep->axes_) {
    sweep->size_ *= axis.length();
    // A value that may be an error is planned, so that it is one here too.
    const bool is_open = !keep_plans && !axis.config.empty() && !axis.numbers.empty() &&
                         hold_alike(axis.numbers) && !is_checked(axis.config);
    has_open = has_open || is_open;
    sweep->kinds_.push_back(is_open                                       ? Kind::kOpen
                            : !axis.config.empty() || !axis.modes.empty() ? Kind::kPlan
                                                                          : Kind::kInput);
  }
  const std::vector<std::size_t> first(sweep->axes_.size(), 0);
  if (has_open) {
    // Formulas cannot stay symbolic in every name (a macro needs its numbers), nor is every form then
    // a polynomial: with a plan a value nothing of that matters.
    const auto program = sweep->make_program(first);
    if (!program || (*program)->grid->is_by_reference())
      std::replace(sweep->kinds_.begin(), sweep->kinds_.end(), Kind::kOpen, Kind::kPlan);
  }
  for (std::size_t axis = sweep->axes_.size(); axis-- > 0;) {
    if (sweep->kinds_[axis] == Kind::kPlan) break;
    sweep->segment_ *= sweep->axes_[axis].length();
  }
  // What is wrong with the model is said before the first row.
  const auto program = sweep->program_of(first);
  if (!program) return program.errors();
  return sweep;
}

std::vector<std::size_t> Sweep::place(std::size_t point) const {
  std::vector<std::size_t> place(axes_.size());
  for (std::size_t axis = axes_.size(); axis-- > 0; point /= axes_[axis].length())
    place[axis] = point % axes_[axis].length();
  return place;
}

PlanVariant Sweep::variant_at(const std::vector<std::size_t>& place, bool with_open) const {
  PlanVariant variant;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const SweepAxis& axis = axes_[i];
    const std::string assignment = axis.config + "=" + axis.labels[place[i]];
    if (kinds_[i] == Kind::kOpen && with_open) {
      variant.set.push_back(axis.config + "=" + axis.labels[0]);
      variant.open.push_back(axis.config);
    } else if (!axis.config.empty()) {
      variant.set.push_back(assignment);
    } else if (!axis.modes.empty()) {
      variant.mode = axis.modes[place[i]];
    }
  }
  return variant;
}

Result<SweepPlan> Sweep::planned(std::size_t point) const {
  const std::vector<std::size_t> place = this->place(point);
  Result<SweepPlan> plan = planner_(variant_at(place, false));
  if (!plan) return plan;
  for (std::size_t i = 0; i < axes_.size(); ++i)
    for (RuntimeVariable variable : axes_[i].variables)
      plan->point[variable] = axes_[i].numbers[place[i]];
  return plan;
}

Result<EvaluatedPoint> Sweep::evaluated(std::size_t point) const {
  const std::vector<std::size_t> place = this->place(point);
  SweepPlan at;
  Schedule schedule;
  if (std::find(kinds_.begin(), kinds_.end(), Kind::kOpen) != kinds_.end()) {
    Result<SweepPlan> own = planned(point);
    if (!own) return std::move(own).errors();
    at = std::move(*own);
    schedule = make_schedule(*at.plan);
  } else {
    const Result<std::shared_ptr<const Program>> program = program_of(place);
    if (!program) return program.errors();
    at = (*program)->plan;
    schedule = (*program)->schedule;
    for (std::size_t i = 0; i < axes_.size(); ++i)
      for (RuntimeVariable variable : axes_[i].variables)
        at.point[variable] = axes_[i].numbers[place[i]];
  }
  Result<Evaluation> evaluation = evaluate_plan(*at.plan, schedule, at.point);
  if (!evaluation) return std::move(evaluation).errors();
  return EvaluatedPoint{std::move(at), std::move(*evaluation)};
}

Result<std::shared_ptr<const Sweep::Program>> Sweep::program_of(
    const std::vector<std::size_t>& place) const {
  std::size_t variant = 0;
  for (std::size_t i = 0; i < axes_.size(); ++i)
    if (kinds_[i] == Kind::kPlan) variant = variant * axes_[i].length() + place[i];
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = programs_.find(variant); found != programs_.end()) return found->second;
  Result<std::shared_ptr<const Program>> program = make_program(place);
  if (!program) return program;
  if (programs_.size() >= kKeptPrograms) programs_.clear();
  programs_[variant] = *program;
  return program;
}

Result<std::shared_ptr<const Sweep::Program>> Sweep::make_program(
    const std::vector<std::size_t>& place) const {
  Result<SweepPlan> planned = planner_(variant_at(place, true));
  if (!planned) return std::move(planned).errors();
  auto program = std::make_shared<Program>();
  program->plan = std::move(*planned);
  const Plan& plan = *program->plan.plan;
  program->schedule = make_schedule(plan);
  program->outputs = outputs_in(program->plan.plan);
  std::vector<GridAxis> grid_axes;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (kinds_[i] == Kind::kPlan) continue;
    GridAxis axis{axes_[i].length(), {}};
    for (RuntimeVariable variable : axes_[i].variables)
      axis.inputs.push_back({input_name(variable), axes_[i].numbers});
    if (kinds_[i] == Kind::kOpen) {
      const std::vector<Symbol>& open = plan.program.symbols();
      for (std::uint32_t k = 0; k < open.size(); ++k)
        if (open[k].name == axes_[i].config)
          axis.inputs.push_back({open_name(k), axes_[i].numbers});
    }
    grid_axes.push_back(std::move(axis));
  }
  if (grid_axes.empty()) grid_axes.push_back({});
  const Program* const self = program.get();
  program->grid = std::make_unique<GridProgram>(
      plan, program->plan.point, std::move(grid_axes), program->outputs,
      [this, self, place](std::size_t point) { return refer(*self, place, point); });
  return std::shared_ptr<const Program>(std::move(program));
}

// One point as an analysis computes it.
Result<std::vector<Number>> Sweep::refer(const Program& program,
                                         const std::vector<std::size_t>& plan_place,
                                         std::size_t grid_point) const {
  std::vector<std::size_t> place = plan_place;
  bool is_open = false;
  for (std::size_t i = axes_.size(); i-- > 0;) {
    if (kinds_[i] == Kind::kPlan) continue;
    place[i] = grid_point % axes_[i].length();
    grid_point /= axes_[i].length();
    is_open = is_open || kinds_[i] == Kind::kOpen;
  }
  SweepPlan at = program.plan;
  if (is_open) {
    Result<SweepPlan> planned = planner_(variant_at(place, false));
    if (!planned) return std::move(planned).errors();
    at = std::move(*planned);
  }
  for (std::size_t i = 0; i < axes_.size(); ++i)
    for (RuntimeVariable variable : axes_[i].variables)
      at.point[variable] = axes_[i].numbers[place[i]];
  const Result<Evaluation> evaluation =
      evaluate_plan(*at.plan, is_open ? make_schedule(*at.plan) : program.schedule, at.point);
  if (!evaluation) return evaluation.errors();
  return reference_costs(*at.plan, *evaluation, is_open ? outputs_in(at.plan) : program.outputs);
}

// A node that a mode does not have costs nothing there.
std::vector<GridOutput> Sweep::outputs_in(const std::shared_ptr<const Plan>& plan) const {
  TreeOptions rows;
  const bool has_nodes =
      std::any_of(outputs_.begin(), outputs_.end(),
                  [](const SweepOutput& output) { return !output.node.empty(); });
  if (!has_nodes) rows.depth = 0;
  const CostTree structure = structure_of(plan, rows);
  std::vector<GridOutput> outputs;
  for (const SweepOutput& output : outputs_) {
    const std::optional<NodePath> path = exact_path(structure, output.node);
    outputs.push_back(path ? GridOutput{*path, output.weights}
                           : GridOutput{{output.node, {}}, CostWeights{}});
  }
  return outputs;
}

std::optional<GridFailure> Sweep::evaluate(std::size_t first, std::size_t count,
                                           SweepBlock& block) const {
  block.is_whole = true;
  block.outputs.resize(outputs_.size());
  block.whole.resize(outputs_.size());
  block.columns.resize(outputs_.size());
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    block.whole[o].resize(count);
    block.outputs[o].clear();
  }
  for (std::size_t done = 0; done < count;) {
    const std::size_t point = first + done;
    const std::size_t part = std::min(count - done, segment_ - point % segment_);
    const std::vector<std::size_t> place = this->place(point);
    const Result<std::shared_ptr<const Program>> program = program_of(place);
    if (!program) return GridFailure{point, program.errors()};
    std::size_t grid_point = 0;
    for (std::size_t i = 0; i < axes_.size(); ++i)
      if (kinds_[i] != Kind::kPlan) grid_point = grid_point * axes_[i].length() + place[i];
    for (std::size_t o = 0; o < outputs_.size(); ++o)
      block.columns[o].whole64 = block.whole[o].data() + done;
    std::optional<GridFailure> failure =
        (*program)->grid->evaluate(grid_point, part, block.columns, block.scratch);
    const std::size_t good = failure ? failure->point - grid_point : part;
    const bool is_whole =
        std::all_of(block.columns.begin(), block.columns.end(), [](const GridColumn& column) {
          return column.form == GridColumn::Form::kWhole64 && column.denominator == 1;
        });
    if (block.is_whole && !is_whole) {
      for (std::size_t o = 0; o < outputs_.size(); ++o)
        for (std::size_t i = 0; i < done; ++i) block.outputs[o].emplace_back(block.whole[o][i]);
      block.is_whole = false;
    }
    if (!block.is_whole)
      for (std::size_t o = 0; o < outputs_.size(); ++o)
        for (std::size_t i = 0; i < good; ++i) block.outputs[o].push_back(block.columns[o].at(i));
    if (failure) {
      failure->point = point + good;
      return failure;
    }
    done += part;
  }
  return std::nullopt;
}

}  // namespace lmhost

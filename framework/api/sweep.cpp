// Sweep of the public API: one plan over a grid, into memory.
#include <limits>
#include <set>
#include <utility>

#include "aggregate/aggregate.hpp"
#include "api/objects.hpp"
#include "base/codes.hpp"
#include "report/explain.hpp"

namespace lmhost::v0 {
namespace {

Diagnostic axis_error(std::size_t axis, std::string what) {
  return plain_error(ErrorKind::kUsage, codes::kSweepAxis,
                     "axis " + std::to_string(axis) + " of the sweep " + std::move(what));
}

// A value that is none (batch_size -1, 0 bits) is refused as analyze() refuses it.
Diagnostics check_axes(const std::vector<SweepAxis>& axes, const Analysis& analysis) {
  Diagnostics errors;
  std::set<RuntimeVariable> seen;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].variables.empty()) errors.push_back(axis_error(i, "varies nothing"));
    if (axes[i].values.empty()) errors.push_back(axis_error(i, "has no value"));
    for (RuntimeVariable variable : axes[i].variables) {
      if (!seen.insert(variable).second)
        errors.push_back(
            axis_error(i, "varies " + quoted(name_of(variable)) + ", which is varied already"));
      RuntimePoint point = analysis.point;
      for (const Number& value : axes[i].values) {
        point[variable] = value;
        Diagnostics refused = check_point(point, *analysis.config);
        errors.insert(errors.end(), refused.begin(), refused.end());
        if (!refused.empty()) break;
      }
    }
  }
  if (axes.empty())
    errors.push_back(plain_error(ErrorKind::kUsage, codes::kSweepAxis, "a sweep needs an axis"));
  return errors;
}

CostWeights weights_of(const SweepColumn& column) {
  CostWeights weights{};
  for (Quantity quantity : column.quantities) ++weights[static_cast<std::size_t>(quantity)];
  return weights;
}

// In 64 bits of cells. Nothing when addresses end before.
std::optional<std::size_t> points_of(const std::vector<SweepAxis>& axes, std::size_t columns) {
  std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(std::int64_t);
  most /= std::max<std::size_t>(1, columns);
  std::size_t points = 1;
  for (const SweepAxis& axis : axes)
    if (__builtin_mul_overflow(points, axis.values.size(), &points) || points > most)
      return std::nullopt;
  return points;
}

// The runtime point at a place of the grid.
RuntimePoint point_at(const std::vector<SweepAxis>& axes, RuntimePoint point, std::size_t index) {
  for (std::size_t axis = axes.size(); axis-- > 0;) {
    const std::size_t length = axes[axis].values.size();
    for (RuntimeVariable variable : axes[axis].variables)
      point[variable] = axes[axis].values[index % length];
    index /= length;
  }
  return point;
}

std::string place_text(const std::vector<SweepAxis>& axes, const RuntimePoint& point) {
  std::string text;
  for (const SweepAxis& axis : axes)
    for (RuntimeVariable variable : axis.variables)
      text += (text.empty() ? "" : ", ") + std::string(name_of(variable)) + "=" +
              to_string(point[variable]);
  return " (at " + text + ")";
}

}  // namespace

Result<Sweep> Plan::sweep(const std::vector<SweepAxis>& axes,
                          const std::vector<SweepColumn>& columns,
                          const RunOptions& options) const {
  const Analysis& analysis = data_->analysis;
  const lmhost::Plan& plan = *analysis.plan;
  Diagnostics errors = check_axes(axes, analysis);
  const CostTree structure = structure_of(analysis.plan);
  std::vector<GridOutput> outputs;
  for (const SweepColumn& column : columns) {
    const Result<std::uint32_t> node = find_node(structure, column.node);
    if (node)
      outputs.push_back({path_to(structure, *node), weights_of(column)});
    else
      errors.insert(errors.end(), node.errors().begin(), node.errors().end());
  }
  if (!errors.empty()) return errors;
  const std::optional<std::size_t> points = points_of(axes, columns.size());
  if (!points)
    return plain_error(ErrorKind::kUsage, codes::kSweepSize,
                       "the grid has more cells than memory has addresses");

  std::vector<GridAxis> grid_axes;
  for (const SweepAxis& axis : axes) {
    grid_axes.push_back({axis.values.size(), {}});
    for (RuntimeVariable variable : axis.variables)
      grid_axes.back().inputs.push_back({input_name(variable), axis.values});
  }
  const auto reference = [&](std::size_t index) -> Result<std::vector<Number>> {
    const RuntimePoint point = point_at(axes, analysis.point, index);
    const Result<Evaluation> evaluation = evaluate_plan(plan, data_->schedule, point);
    if (!evaluation) return evaluation.errors();
    return reference_costs(plan, *evaluation, outputs);
  };
  const Execution execution = Run(options).execution;
  const GridProgram grid(plan, analysis.point, std::move(grid_axes), outputs, reference, execution);
  GridTable table(*points, columns.size());
  std::optional<GridFailure> failure = table.fill(grid, execution);
  if (execution.is_cancelled()) return cancelled_error();
  if (failure) {
    const std::string place = place_text(axes, point_at(axes, analysis.point, failure->point));
    for (Diagnostic& error : failure->errors) error.message += place;
    return std::move(failure->errors);
  }
  return Sweep(std::make_shared<const Sweep::Data>(Sweep::Data{std::move(table)}));
}

std::size_t Sweep::points() const { return data_->table.points(); }

std::size_t Sweep::columns() const { return data_->table.columns(); }

const std::int64_t* Sweep::whole(std::size_t column) const { return data_->table.whole(column); }

Number Sweep::at(std::size_t column, std::size_t point) const {
  return data_->table.at(column, point);
}

}  // namespace lmhost::v0

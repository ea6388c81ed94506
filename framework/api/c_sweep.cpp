// Sweeps of the C API.
#include "api/c_calls.hpp"
#include "report/columns.hpp"

namespace lmhost::v0 {
namespace {

Result<SweepAxis> read_axis(const lmh_axis* from) {
  const Result<lmh_axis> read = read_struct(from, "lmh_axis");
  if (!read) return read.errors();
  SweepAxis axis;
  const std::string names = text_or(read->variables);
  for (std::string_view rest = names; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty()) continue;
    const std::optional<RuntimeVariable> variable = runtime_variable_named(name);
    if (!variable)
      return plain_error(ErrorKind::kUsage, codes::kSweepAxis,
                         "an axis varies " + quoted(name) + ", which is no runtime variable",
                         "batch_size, seq_len, cache_len, w_bits, a_bits, kv_bits or index_bits");
    axis.variables.push_back(*variable);
  }
  for (std::size_t i = 0; i < read->value_count; ++i) axis.values.push_back(exact(read->values[i]));
  return axis;
}

Result<SweepColumn> read_column(const lmh_column* from) {
  const Result<lmh_column> read = read_struct(from, "lmh_column");
  if (!read) return read.errors();
  const Result<const Column*> metric = parse_metric(text_or(read->quantity));
  if (!metric) return metric.errors();
  if ((*metric)->kind == ColumnKind::kRatio)
    return misuse(quoted((*metric)->key) + " is no sum of quantities");
  SweepColumn column{text_or(read->node), {}};
  const CostWeights weights = weights_of(**metric);
  for (std::size_t q = 0; q < kQuantityCount; ++q)
    if (weights[q] != 0) column.quantities.push_back(static_cast<Quantity>(q));
  return column;
}

Result<Sweep> sweep_of(const Plan& plan, const lmh_axis* axes, std::size_t axis_count,
                       const lmh_column* columns, std::size_t column_count,
                       const lmh_run_options* options) {
  const Result<lmh_run_options> run = read_struct(options, "lmh_run_options");
  if (!run) return run.errors();
  std::vector<SweepAxis> all_axes;
  for (std::size_t i = 0; i < axis_count; ++i) {
    Result<SweepAxis> axis = read_axis(element(axes, i));
    if (!axis) return std::move(axis).errors();
    all_axes.push_back(std::move(*axis));
  }
  std::vector<SweepColumn> all_columns;
  for (std::size_t i = 0; i < column_count; ++i) {
    Result<SweepColumn> column = read_column(element(columns, i));
    if (!column) return std::move(column).errors();
    all_columns.push_back(std::move(*column));
  }
  Watch watch(*run);
  return plan.sweep(all_axes, all_columns, watch.run());
}

}  // namespace
}  // namespace lmhost::v0

using namespace lmhost::v0;  // NOLINT: the functions below belong to no namespace

int32_t lmh_plan_sweep(const lmh_plan* plan, const lmh_axis* axes, size_t axis_count,
                       const lmh_column* columns, size_t column_count,
                       const lmh_run_options* options, lmh_sweep** sweep, lmh_error** error) {
  if (plan == nullptr || sweep == nullptr || (axis_count != 0 && axes == nullptr) ||
      (column_count != 0 && columns == nullptr))
    return refuse_null("lmh_plan_sweep", error);
  return guarded(
      error,
      [&] { return sweep_of(plan->value, axes, axis_count, columns, column_count, options); },
      [&](Sweep made) { *sweep = new lmh_sweep{std::move(made)}; });
}

void lmh_sweep_free(lmh_sweep* sweep) { delete sweep; }

size_t lmh_sweep_points(const lmh_sweep* sweep) {
  return sweep == nullptr ? 0 : sweep->value.points();
}

const int64_t* lmh_sweep_cells(const lmh_sweep* sweep, size_t column) {
  if (sweep == nullptr || column >= sweep->value.columns()) return nullptr;
  return sweep->value.whole(column);
}

int32_t lmh_sweep_number(const lmh_sweep* sweep, size_t column, size_t point, lmh_number* number,
                         lmh_error** error) {
  if (sweep == nullptr || number == nullptr) return refuse_null("lmh_sweep_number", error);
  return guarded(
      error,
      [&]() -> lmhost::Result<lmhost::Number> {
        if (column >= sweep->value.columns() || point >= sweep->value.points())
          return misuse("the sweep has no cell at column " + std::to_string(column) + ", point " +
                        std::to_string(point));
        return sweep->value.at(column, point);
      },
      [&](const lmhost::Number& value) { *number = to_c(value); });
}

#include "study/grid_program.hpp"

#include <algorithm>

#include "aggregate/aggregate.hpp"
#include "base/codes.hpp"
#include "study/streaming_store.hpp"

namespace lmhost {
namespace {

// Fits one 64-bit word with room for the rounding of the bound itself.
constexpr double kLargest64 = 9.2e18;
// A stretch of a row that stays in the first cache while its terms are added.
constexpr std::size_t kStretch = 1024;

template <class Store, class Cell, class Source>
void set_linear(Cell* out, std::size_t count, Cell constant, Cell slope, const Source* x) {
  for (std::size_t i = 0; i < count; ++i)
    Store::put(out + i, constant + slope * static_cast<Cell>(x[i]));
}

// out = sum + slope * x; `out` may be `sum`.
template <class Store, class Cell, class Source>
void add_scaled(Cell* out, const Cell* sum, std::size_t count, Cell slope, const Source* x) {
  for (std::size_t i = 0; i < count; ++i)
    Store::put(out + i, sum[i] + slope * static_cast<Cell>(x[i]));
}

Number cost_at(const Plan& plan, const Evaluation& evaluation, const NodePath& node,
               const CostWeights& weights) {
  Number times = 1, stored_times = 1;
  for (std::uint32_t index : node.edges) {
    times = times * evaluation.values[plan.edges[index].count];
    stored_times = stored_times * evaluation.values[plan.edges[index].stored_count];
  }
  Costs costs = costs_of(plan, evaluation,
                         node.edges.empty() ? plan.root() : plan.edges[node.edges.back()].child);
  for (std::size_t q = 0; q < kQuantityCount; ++q) {
    // As the rows of an analysis: nothing, however often, is nothing.
    if (costs.values[q] == Number(0)) continue;
    costs.values[q] =
        costs.values[q] * (is_stored(static_cast<Quantity>(q)) ? stored_times : times);
    if (times.is_zero()) costs.values[q] = Number(0);  // an absent call costs nothing
  }
  return weighted(costs, weights);
}

}  // namespace

Result<std::vector<Number>> reference_costs(const Plan& plan, const Evaluation& evaluation,
                                            const std::vector<GridOutput>& outputs) {
  std::vector<Number> values;
  for (const GridOutput& output : outputs) {
    values.push_back(cost_at(plan, evaluation, output.node, output.weights));
    if (values.back().is_error())
      return plain_error(ErrorKind::kInput, codes::kArithmetic,
                         std::string(describe(values.back().error_reason())) + " in the costs of " +
                             quoted(output.node.text));
  }
  return values;
}

Number GridColumn::at(std::size_t index) const {
  if (form == Form::kNumbers) return numbers[index];
  const Int128 whole = form == Form::kWhole64 ? whole64[index] : whole128[index];
  return denominator == 1 ? Number(whole) : Number::ratio(whole, denominator);
}

std::size_t GridProgram::inner_operations() const {
  std::size_t operations = 0;
  for (const Factor& factor : factors_) operations += factor.table == kNone ? 1 : 2;
  return operations;
}

// The cell of a table at a place, the innermost axis at its beginning.
std::size_t GridProgram::cell(AxisMask mask, const std::vector<std::size_t>& place) const {
  std::size_t cell = 0;
  for (std::size_t axis = 0; axis + 1 < axes_.size(); ++axis)
    if ((mask >> axis & 1) != 0) cell = cell * axes_[axis].length + place[axis];
  if ((mask >> (axes_.size() - 1) & 1) != 0) cell *= inner_length();
  return cell;
}

// The coefficients of a row, when only axes from `changed` on have moved since the row before.
void GridProgram::specialize_row(Scratch& scratch, std::size_t changed,
                                 Int128* coefficients) const {
  for (std::size_t i = 1; i < outer_.size(); ++i) {
    const OuterValue& value = outer_[i];
    if (value.level < changed) continue;
    scratch.outer[i] = value.table != kNone
                           ? tables_[value.table].at(cell(tables_[value.table].mask, scratch.place))
                           : scratch.outer[value.left] * scratch.outer[value.right];
  }
  for (std::size_t f = 0; f < factors_.size(); ++f) {
    Int128 sum = 0;
    const OuterTerm* term = terms_.data() + factors_[f].first_term;
    for (std::uint32_t i = 0; i < factors_[f].terms; ++i, ++term)
      sum += term->coefficient * scratch.outer[term->value];
    coefficients[f] = sum;
  }
}

// Rows of the innermost axis from a point on: which part of each is asked for, and what moved.
class GridProgram::Rows {
 public:
  Rows(const GridProgram& grid, std::size_t first, std::size_t count,
       std::vector<std::size_t>& place)
      : grid_(grid), place_(place), count_(count), begin_(first % grid.inner_length()) {
    place_.resize(grid.axes_.size());
    std::size_t row = first / grid.inner_length();
    for (std::size_t axis = grid.axes_.size() - 1; axis-- > 0; row /= grid.axes_[axis].length)
      place_[axis] = row % grid.axes_[axis].length;
  }

  bool at_end() const { return offset_ == count_; }
  std::size_t begin() const { return begin_; }    // on the innermost axis
  std::size_t offset() const { return offset_; }  // in the block
  std::size_t length() const { return std::min(grid_.inner_length() - begin_, count_ - offset_); }
  std::size_t changed() const { return changed_; }  // the first axis that moved since the last row

  void next() {
    offset_ += length();
    begin_ = 0;
    changed_ = 0;
    for (std::size_t axis = grid_.axes_.size() - 1; axis-- > 0;) {
      if (++place_[axis] < grid_.axes_[axis].length) {
        changed_ = axis;
        return;
      }
      place_[axis] = 0;
    }
  }

 private:
  const GridProgram& grid_;
  std::vector<std::size_t>& place_;
  std::size_t count_, begin_, offset_ = 0, changed_ = 0;
};

void GridProgram::add_suspects(const Rows& row, Scratch& scratch) const {
  for (const Guard& guard : guards_) {
    const std::size_t start = cell(guard.mask, scratch.place);
    const bool varies = (guard.mask >> (axes_.size() - 1) & 1) != 0;
    for (std::size_t i = 0; i < row.length(); ++i)
      if (guard.failed[start + (varies ? row.begin() + i : 0)])
        scratch.suspects.push_back(row.offset() + i);
  }
}

// A proof over the rows of a block, where that over the grid did not suffice.
bool GridProgram::fits64(const Output& output, const Int128* coefficients, std::size_t rows) const {
  if (output.largest < kLargest64) return true;
  double bound = 0;
  for (std::uint32_t f = 0; f < output.factors; ++f) {
    const Factor& factor = factors_[output.first_factor + f];
    double largest = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const Int128 value = coefficients[row * factors_.size() + output.first_factor + f];
      largest = std::max(largest, static_cast<double>(value < 0 ? -value : value));
    }
    bound += largest * (factor.table == kNone ? 1.0 : inner_tables_[factor.table].largest);
  }
  return bound < kLargest64;
}

template <class Store, class Cell>
void GridProgram::fill_row(const Output& output, const Int128* coefficients,
                           const std::vector<std::size_t>& place, std::size_t begin,
                           std::size_t length, Cell* out) const {
  const Factor* const factors = factors_.data() + output.first_factor;
  coefficients += output.first_factor;
  // The factor 1, if there is one, is the first.
  const bool has_constant = output.factors != 0 && factors[0].table == kNone;
  const Cell constant = has_constant ? static_cast<Cell>(coefficients[0]) : Cell{0};
  const std::uint32_t start = has_constant ? 1 : 0;
  if (output.factors == start) {
    for (std::size_t i = 0; i < length; ++i) Store::put(out + i, constant);
    return;
  }
  // Sums of several factors are made here, and stored with the last of them.
  Cell partial[kStretch];
  for (std::size_t done = 0; done < length; done += kStretch) {
    const std::size_t count = std::min(kStretch, length - done);
    for (std::uint32_t f = start; f < output.factors; ++f) {
      const Table& table = inner_tables_[factors[f].table];
      const std::size_t at = cell(table.mask, place) + begin + done;
      const Cell slope = static_cast<Cell>(coefficients[f]);
      const bool is_first = f == start, is_last = f + 1 == output.factors;
      const auto apply = [&](const auto* x) {
        if (is_first && is_last)
          set_linear<Store>(out + done, count, constant, slope, x);
        else if (is_first)
          set_linear<CachedStore>(partial, count, constant, slope, x);
        else if (is_last)
          add_scaled<Store>(out + done, partial, count, slope, x);
        else
          add_scaled<CachedStore>(partial, partial, count, slope, x);
      };
      if (table.is_wide())
        apply(table.whole128.data() + at);
      else
        apply(table.whole64.data() + at);
    }
  }
}

// One row of every output, by the coefficients of that row.
void GridProgram::fill_columns(const Int128* coefficients, const Rows& row,
                               const std::vector<std::size_t>& place, Stores stores,
                               std::vector<GridColumn>& columns) const {
  const std::size_t begin = row.begin(), length = row.length(), offset = row.offset();
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    if (columns[o].form == GridColumn::Form::kWhole128)
      fill_row<CachedStore>(outputs_[o], coefficients, place, begin, length,
                            columns[o].whole128.data() + offset);
    else if (stores == Stores::kStreamed)
      fill_row<StreamingStore>(outputs_[o], coefficients, place, begin, length,
                               columns[o].whole64 + offset);
    else
      fill_row<CachedStore>(outputs_[o], coefficients, place, begin, length,
                            columns[o].whole64 + offset);
  }
}

std::optional<GridFailure> GridProgram::evaluate(std::size_t first, std::size_t count,
                                                 std::vector<GridColumn>& columns, Scratch& scratch,
                                                 Stores stores) const {
  if (by_reference_) return refer(first, count, columns);
  scratch.outer.assign(outer_.size(), 1);
  scratch.suspects.clear();
  // Where the whole grid is proved to fit 64 bits, a row is filled as soon as it is specialised; else
  // the coefficients of all rows must be known first.
  const bool is_proved = std::all_of(outputs_.begin(), outputs_.end(), [](const Output& output) {
    return output.largest < kLargest64;
  });
  const std::size_t all_rows =
      (first % inner_length() + count + inner_length() - 1) / inner_length();
  scratch.coefficients.resize((is_proved ? 1 : all_rows) * factors_.size());
  const std::size_t stride = is_proved ? 0 : factors_.size();
  const auto choose_forms = [&](std::size_t rows) {
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const bool is_narrow = fits64(outputs_[o], scratch.coefficients.data(), rows);
      columns[o].form = is_narrow ? GridColumn::Form::kWhole64 : GridColumn::Form::kWhole128;
      columns[o].denominator = outputs_[o].denominator;
      if (!is_narrow) columns[o].whole128.resize(count);
    }
  };
  if (is_proved) choose_forms(0);
  Int128* coefficients = scratch.coefficients.data();
  for (Rows row(*this, first, count, scratch.place); !row.at_end(); row.next()) {
    specialize_row(scratch, row.changed(), coefficients);
    if (!guards_.empty()) add_suspects(row, scratch);
    if (is_proved) fill_columns(coefficients, row, scratch.place, stores, columns);
    coefficients += stride;
  }
  if (!is_proved) {
    choose_forms(all_rows);
    coefficients = scratch.coefficients.data();
    for (Rows row(*this, first, count, scratch.place); !row.at_end(); row.next()) {
      fill_columns(coefficients, row, scratch.place, stores, columns);
      coefficients += stride;
    }
  }
  if (stores == Stores::kStreamed) StreamingStore::finish();
  return refer_suspects(first, count, columns, scratch);
}

// The points whose guards fail, one by one.
std::optional<GridFailure> GridProgram::refer_suspects(std::size_t first, std::size_t count,
                                                       std::vector<GridColumn>& columns,
                                                       Scratch& scratch) const {
  if (scratch.suspects.empty()) return std::nullopt;
  std::sort(scratch.suspects.begin(), scratch.suspects.end());
  scratch.suspects.erase(std::unique(scratch.suspects.begin(), scratch.suspects.end()),
                         scratch.suspects.end());
  for (GridColumn& column : columns) {
    column.numbers.resize(count);
    for (std::size_t i = 0; i < count; ++i) column.numbers[i] = column.at(i);
    column.form = GridColumn::Form::kNumbers;
  }
  for (std::size_t suspect : scratch.suspects) {
    Result<std::vector<Number>> values = reference_(first + suspect);
    if (!values) return GridFailure{first + suspect, std::move(values).errors()};
    for (std::size_t o = 0; o < columns.size(); ++o) columns[o].numbers[suspect] = (*values)[o];
  }
  return std::nullopt;
}

std::optional<GridFailure> GridProgram::refer(std::size_t first, std::size_t count,
                                              std::vector<GridColumn>& columns) const {
  for (GridColumn& column : columns) {
    column.form = GridColumn::Form::kNumbers;
    column.numbers.resize(count);
  }
  for (std::size_t i = 0; i < count; ++i) {
    Result<std::vector<Number>> values = reference_(first + i);
    if (!values) return GridFailure{first + i, std::move(values).errors()};
    for (std::size_t o = 0; o < columns.size(); ++o) columns[o].numbers[i] = (*values)[o];
  }
  return std::nullopt;
}

}  // namespace lmhost

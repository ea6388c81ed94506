// Costs of a plan over a grid of points, column by column: the evaluator of sweeps.
//
// The plan's program is specialised to what the axes vary and expanded into polynomials. Each atom of
// these (a variable, or what is opaque to algebra) is computed once over the axes that it depends on,
// and kept as a table. What depends on the outer axes only is computed once a row of the innermost
// axis, so that the loop over a row is a few multiplications and one store a point. Columns are 64 bit
// where a bound over the grid, or over the block, proves that they can be, and 128 bit elsewhere.
//
// Points where a guard fails, and every point of a grid that no bound vouches for (a value might leave
// 128 bits, an expectation is inexact, a table would be too large), are asked of `Reference`, so that a
// sweep always equals as many analyses.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "evaluate/parallel.hpp"
#include "study/cost_forms.hpp"

namespace lmhost {

// Inputs that one axis varies together.
struct GridInput {
  InputName name;
  std::vector<Number> values;  // one a place on the axis
};
struct GridAxis {
  std::size_t length = 1;
  std::vector<GridInput> inputs;
};
struct GridOutput {
  NodePath node;
  CostWeights weights;
};

// The outputs of an evaluated plan: what a column has at that point. Errors: E305 of a cost that has no
// value.
Result<std::vector<Number>> reference_costs(const Plan& plan, const Evaluation& evaluation,
                                            const std::vector<GridOutput>& outputs);

// One output at consecutive points.
struct GridColumn {
  enum class Form { kWhole64, kWhole128, kNumbers };

  std::int64_t* whole64 = nullptr;  // the caller's, with room for every point asked for
  std::vector<Int128> whole128;
  std::vector<Number> numbers;
  Form form = Form::kWhole64;
  std::int64_t denominator = 1;  // of the two whole forms

  Number at(std::size_t index) const;
};

// The first point, in the order of the grid, that has no value, and why.
struct GridFailure {
  std::size_t point;
  Diagnostics errors;
};

class GridProgram {
 public:
  // The outputs at one point, by its index in the grid. [any thread, concurrent]
  using Reference = std::function<Result<std::vector<Number>>(std::size_t point)>;
  // Cells of one table; beyond it the grid is evaluated by reference.
  static constexpr std::size_t kMaximumCells = std::size_t{1} << 20;

  struct Scratch {
    std::vector<std::size_t> place;     // on every axis
    std::vector<Int128> outer;          // values of the outer monomials
    std::vector<Int128> coefficients;   // by row, then by factor of every output
    std::vector<std::size_t> suspects;  // points of the block whose guards fail
  };

  // The first axis varies slowest. `point` gives what no axis varies. REQUIRES: the plan outlives this;
  // there is an axis, no axis is empty, and the product of their lengths fits 63 bits.
  GridProgram(const Plan& plan, const RuntimePoint& point, std::vector<GridAxis> axes,
              std::vector<GridOutput> outputs, Reference reference,
              const Execution& execution = 1u);

  std::size_t size() const { return size_; }
  bool is_by_reference() const { return by_reference_; }
  // Multiplications and additions of one point in the loop over a row.
  std::size_t inner_operations() const;

  // Where 64-bit columns are written: kCached for a block that is read right away, kStreamed (past the
  // caches, where the processor can) for columns larger than they are. The values are the same.
  enum class Stores { kCached, kStreamed };

  // The points [first, first + count). When one fails, the columns hold those before it.
  // [any thread, concurrent, with a scratch and columns of one's own] REQUIRES: within the grid; a
  // column an output.
  std::optional<GridFailure> evaluate(std::size_t first, std::size_t count,
                                      std::vector<GridColumn>& columns, Scratch& scratch,
                                      Stores stores = Stores::kCached) const;

 private:
  using AxisMask = std::uint64_t;
  // Values over the axes of a mask, the last axis contiguous.
  struct Table {
    AxisMask mask = 0;
    std::vector<std::int64_t> whole64;  // or
    std::vector<Int128> whole128;
    double largest = 1;  // magnitude, at least 1
    bool is_wide() const { return !whole128.empty(); }
    Int128 at(std::size_t cell) const { return is_wide() ? whole128[cell] : whole64[cell]; }
  };
  struct Guard {
    AxisMask mask;
    std::vector<bool> failed;
  };
  struct OuterValue {  // outer[i]: 1, a table's value, or a product of two before it
    std::uint32_t table = kNone, left = 0, right = 0;
    std::size_t level = 0;  // the last axis that it depends on
    double largest = 1;
  };
  struct OuterTerm {
    Int128 coefficient;
    std::uint32_t value;  // into outer
  };
  struct Factor {                 // of an output: the sum of its terms, times a table over the row
    std::uint32_t table = kNone;  // into factors_; kNone: 1
    std::uint32_t first_term = 0, terms = 0;
  };
  struct Output {
    std::uint32_t first_factor = 0, factors = 0;
    std::int64_t denominator = 1;
    double largest = 0;  // a bound of every partial sum over the grid
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  class Builder;
  class Rows;
  std::size_t inner_length() const { return axes_.back().length; }
  std::size_t cell(AxisMask mask, const std::vector<std::size_t>& place) const;
  void specialize_row(Scratch& scratch, std::size_t changed, Int128* coefficients) const;
  void add_suspects(const Rows& row, Scratch& scratch) const;
  void fill_columns(const Int128* coefficients, const Rows& row,
                    const std::vector<std::size_t>& place, Stores stores,
                    std::vector<GridColumn>& columns) const;
  template <class Store, class Cell>
  void fill_row(const Output& output, const Int128* coefficients,
                const std::vector<std::size_t>& place, std::size_t begin, std::size_t length,
                Cell* out) const;
  bool fits64(const Output& output, const Int128* coefficients, std::size_t rows) const;
  std::optional<GridFailure> refer_suspects(std::size_t first, std::size_t count,
                                            std::vector<GridColumn>& columns,
                                            Scratch& scratch) const;
  std::optional<GridFailure> refer(std::size_t first, std::size_t count,
                                   std::vector<GridColumn>& columns) const;

  std::vector<GridAxis> axes_;
  std::size_t size_ = 1;
  Reference reference_;
  bool by_reference_ = false;
  std::vector<Table> tables_;        // of atoms that depend on outer axes only
  std::vector<Table> inner_tables_;  // of products of atoms that depend on the innermost axis
  std::vector<Guard> guards_;
  std::vector<OuterValue> outer_;  // parts before products
  std::vector<OuterTerm> terms_;
  std::vector<Factor> factors_;
  std::vector<Output> outputs_;
};

}  // namespace lmhost

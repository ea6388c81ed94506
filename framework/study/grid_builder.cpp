// From a plan and axes to the tables and sums of a GridProgram.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "study/grid_program.hpp"
#include "study/magnitude.hpp"

namespace lmhost {
namespace {

constexpr double kLargest128 = 8e37;  // below 2^126, with room for the rounding of the bound
constexpr double kLargest64 = 9.2e18;
constexpr std::size_t kCellGrain = 4096;

bool is_good_cost(const Number& cost) { return !cost.is_error() && !cost.is_negative(); }

Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }

// 0 when it does not fit.
std::int64_t least_common_multiple(std::int64_t a, std::int64_t b) {
  const std::int64_t gcd = std::gcd(a, b);
  std::int64_t product = 0;
  return __builtin_mul_overflow(a / gcd, b, &product) ? 0 : product;
}

}  // namespace

class GridProgram::Builder {
 public:
  Builder(GridProgram& grid, const Plan& plan, const RuntimePoint& point,
          const Execution& execution)
      : grid_(grid), plan_(plan), point_(point), execution_(execution) {
    for (std::size_t axis = 0; axis < grid.axes_.size(); ++axis)
      for (const GridInput& input : grid.axes_[axis].inputs) inputs_[input.name] = {axis, &input};
  }

  // False when the grid must be evaluated by reference.
  bool build(const std::vector<GridOutput>& outputs) {
    if (!surely_fits(plan_, [this](InputName name) { return magnitude_of(name); })) return false;
    const auto is_positive = [this](InputName name) { return above_zero(name); };
    specialized_ = specialize(
        plan_.program, [this](InputName name) { return fixed(name); }, is_positive);
    find_masks();
    SymbolicBudget budget;
    CostForms forms(plan_, specialized_, is_positive, budget,
                    PolynomialForm::Conditionals::kExpand);
    if (!add_guards(forms.facts())) return false;
    std::vector<Polynomial> polynomials;
    for (const GridOutput& output : outputs) {
      std::optional<Polynomial> total = forms.total(output.node, output.weights);
      if (!total) return false;
      polynomials.push_back(std::move(*total));
    }
    for (const Polynomial& polynomial : polynomials)
      for (const auto& [monomial, coefficient] : polynomial)
        for (const Power& factor : monomial)
          if (!add_atom(factor.atom)) return false;
    grid_.outer_.push_back({});
    for (const Polynomial& polynomial : polynomials)
      if (!add_output(polynomial)) return false;
    return true;
  }

 private:
  using Power = lmhost::Factor;  // an atom to a power; GridProgram has factors of its own
  struct Varied {
    std::size_t axis;
    const GridInput* input;
  };
  struct Atom {
    Table table;
    std::int64_t denominator = 1;
  };

  std::size_t innermost() const { return grid_.axes_.size() - 1; }
  bool is_inner(AxisMask mask) const { return (mask >> innermost() & 1) != 0; }

  std::optional<Number> fixed(InputName name) const {
    if (inputs_.contains(name)) return std::nullopt;
    return name.is_open ? plan_.program.symbols()[name.index].value
                        : point_[static_cast<RuntimeVariable>(name.index)];
  }

  bool above_zero(InputName name) const {
    const auto found = inputs_.find(name);
    if (found == inputs_.end()) return false;  // a constant by now
    const std::vector<Number>& values = found->second.input->values;
    return std::all_of(values.begin(), values.end(), [](const Number& value) {
      return value.is_exact() && !value.is_negative() && !value.is_zero();
    });
  }

  Magnitude magnitude_of(InputName name) const {
    Magnitude result;
    const auto found = inputs_.find(name);
    const auto add = [&](const Number& number) {
      if (!number.is_exact()) return;
      result.value = std::max(result.value, std::fabs(number.to_double()));
      const auto own = static_cast<double>(number.denominator());
      if (std::fmod(result.denominator, own) != 0) result.denominator *= own;
    };
    if (found == inputs_.end()) {
      add(*fixed(name));
    } else {
      for (const Number& value : found->second.input->values) add(value);
    }
    return result;
  }

  // Which axes every node depends on.
  void find_masks() {
    const Program& program = specialized_.program;
    masks_.assign(program.size(), 0);
    for (NodeIndex i = 0; i < program.size(); ++i) {
      const ProgramNode& node = program.node(i);
      if (node.op == ProgramOp::kInput || node.op == ProgramOp::kSymbol) {
        const auto found = inputs_.find({node.op == ProgramOp::kSymbol, node.operands[0]});
        if (found != inputs_.end()) masks_[i] = AxisMask{1} << found->second.axis;
      }
      for (NodeIndex operand : program.operands(node)) masks_[i] |= masks_[operand];
    }
  }

  std::size_t cells(AxisMask mask) const {
    std::size_t count = 1;
    for (std::size_t axis = 0; axis < grid_.axes_.size(); ++axis) {
      if ((mask >> axis & 1) == 0) continue;
      if (count > kMaximumCells / grid_.axes_[axis].length) return kMaximumCells + 1;
      count *= grid_.axes_[axis].length;
    }
    return count;
  }

  // The node over the axes it depends on, by the program itself.
  std::vector<Number> tabulate(NodeIndex node) const {
    const Program& program = specialized_.program;
    std::set<NodeIndex> needed = {node};
    for (auto at = needed.rbegin(); at != needed.rend(); ++at)
      for (NodeIndex operand : program.operands(program.node(*at))) needed.insert(operand);
    const std::vector<NodeIndex> cone(needed.begin(), needed.end());
    std::vector<std::size_t> axes;
    for (std::size_t axis = 0; axis < grid_.axes_.size(); ++axis)
      if ((masks_[node] >> axis & 1) != 0) axes.push_back(axis);
    std::vector<Number> table(cells(masks_[node]));
    for_each_range(table.size(), kCellGrain, execution_, [&](std::size_t begin, std::size_t end) {
      std::vector<Number> values(node + std::size_t{1});
      std::vector<std::size_t> place(grid_.axes_.size());
      for (std::size_t cell = begin; cell < end; ++cell) {
        std::size_t rest = cell;
        for (std::size_t i = axes.size(); i-- > 0; rest /= grid_.axes_[axes[i]].length)
          place[axes[i]] = rest % grid_.axes_[axes[i]].length;
        for (NodeIndex index : cone) {
          const ProgramNode& row = program.node(index);
          if (row.op == ProgramOp::kInput || row.op == ProgramOp::kSymbol) {
            const Varied& varied = inputs_.at({row.op == ProgramOp::kSymbol, row.operands[0]});
            values[index] = varied.input->values[place[varied.axis]];
          } else {
            values[index] = program.compute(row, values.data(), point_);
          }
        }
        table[cell] = values[node];
      }
    });
    return table;
  }

  // What evaluate_plan() judges at every point, less what is sure at all of them.
  bool add_guards(const NodeFacts& facts) {
    std::set<std::pair<NodeIndex, bool (*)(const Number&)>> done;
    const auto add = [&](NodeIndex original, bool (*holds)(const Number&)) {
      const NodeIndex node = specialized_.nodes[original];
      if (!done.insert({node, holds}).second) return true;
      if (cells(masks_[node]) > kMaximumCells) return false;
      const std::vector<Number> values = tabulate(node);
      std::vector<bool> failed(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) failed[i] = !holds(values[i]);
      if (std::find(failed.begin(), failed.end(), true) != failed.end())
        grid_.guards_.push_back({masks_[node], std::move(failed)});
      return true;
    };
    for (const Check& check : plan_.checks) {
      const NodeIndex node = specialized_.nodes[check.node];
      const bool is_sure =
          facts.never_fails(node) && (check.holds == is_count   ? facts.is_length(node)
                                      : check.holds == is_whole ? facts.is_whole(node)
                                                                : facts.is_truth(node));
      if (!is_sure && !add(check.node, check.holds)) return false;
    }
    for (const Edge& edge : plan_.edges) {
      for (NodeIndex count : {edge.count, edge.stored_count})
        if (!facts.never_fails(specialized_.nodes[count]) && !add(count, is_count)) return false;
    }
    for (const Term& term : plan_.terms) {
      const NodeIndex node = specialized_.nodes[term.node];
      const bool is_sure = facts.never_fails(node) && facts.is_never_negative(node);
      if (!is_sure && !add(term.node, is_good_cost)) return false;
    }
    return true;
  }

  static bool store(Table& table, const std::vector<Int128>& values) {
    double largest = 1;
    for (Int128 value : values) largest = std::max(largest, static_cast<double>(magnitude(value)));
    if (largest > kLargest128) return false;
    table.largest = largest;
    if (largest < kLargest64)
      table.whole64.assign(values.begin(), values.end());
    else
      table.whole128 = values;
    return true;
  }

  bool add_atom(NodeIndex node) {
    if (atoms_.contains(node)) return true;
    if (cells(masks_[node]) > kMaximumCells) return false;
    const std::vector<Number> numbers = tabulate(node);
    Atom atom;
    atom.table.mask = masks_[node];
    for (const Number& number : numbers) {
      if (number.is_inexact()) return false;
      // An error belongs to a term or count that a guard watches.
      if (!number.is_error())
        atom.denominator = least_common_multiple(atom.denominator, number.denominator());
      if (atom.denominator == 0) return false;
    }
    std::vector<Int128> values;
    for (const Number& number : numbers) {
      const Number scaled = number.is_error() ? Number(0) : number * Number(atom.denominator);
      if (!scaled.is_integer()) return false;
      values.push_back(scaled.numerator());
    }
    if (!store(atom.table, values)) return false;
    atoms_.emplace(node, std::move(atom));
    return true;
  }

  // A product of atoms of the innermost axis over all axes that they depend on.
  std::optional<std::uint32_t> inner_table(const Monomial& monomial) {
    if (const auto found = inner_.find(monomial); found != inner_.end()) return found->second;
    Table table;
    double bound = 1;
    for (const Power& factor : monomial) {
      table.mask |= masks_[factor.atom];
      bound *= std::pow(atoms_.at(factor.atom).table.largest, factor.exponent);
    }
    const std::size_t count = cells(table.mask);
    if (count > kMaximumCells || !(bound < kLargest128)) return std::nullopt;
    std::vector<Int128> values(count);
    std::vector<std::size_t> place(grid_.axes_.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t rest = i;
      for (std::size_t axis = grid_.axes_.size(); axis-- > 0;) {
        if ((table.mask >> axis & 1) == 0) continue;
        place[axis] = rest % grid_.axes_[axis].length;
        rest /= grid_.axes_[axis].length;
      }
      Int128 value = 1;
      for (const Power& factor : monomial) {
        const Table& atom = atoms_.at(factor.atom).table;
        const Int128 base = atom.at(grid_.cell(atom.mask, place) + place.back());
        for (std::uint32_t e = 0; e < factor.exponent; ++e) value *= base;
      }
      values[i] = value;
    }
    if (!store(table, values)) return std::nullopt;
    grid_.inner_tables_.push_back(std::move(table));
    return inner_[monomial] = static_cast<std::uint32_t>(grid_.inner_tables_.size() - 1);
  }

  // The place in outer_ of a product of atoms of outer axes.
  std::uint32_t outer_value(const Monomial& monomial) {
    if (monomial.empty()) return 0;
    if (const auto found = outer_indices_.find(monomial); found != outer_indices_.end())
      return found->second;
    OuterValue value;
    const NodeIndex last = monomial.back().atom;
    if (monomial.size() == 1 && monomial.back().exponent == 1) {
      value.table = static_cast<std::uint32_t>(grid_.tables_.size());
      grid_.tables_.push_back(atoms_.at(last).table);
      value.level = level_of(masks_[last]);
      value.largest = grid_.tables_.back().largest;
    } else {
      Monomial prefix = monomial;
      if (--prefix.back().exponent == 0) prefix.pop_back();
      value.left = outer_value(prefix);
      value.right = outer_value({{last, 1}});
      value.level = std::max(grid_.outer_[value.left].level, grid_.outer_[value.right].level);
      value.largest = grid_.outer_[value.left].largest * grid_.outer_[value.right].largest;
    }
    grid_.outer_.push_back(value);
    return outer_indices_[monomial] = static_cast<std::uint32_t>(grid_.outer_.size() - 1);
  }

  static std::size_t level_of(AxisMask mask) {
    std::size_t level = 0;
    while ((mask >>= 1) != 0) ++level;
    return level;
  }

  bool add_output(const Polynomial& polynomial) {
    // Over one denominator: of the coefficients, and of the tables that stand for fractions.
    std::vector<std::pair<const Monomial*, Number>> scaled;
    std::int64_t denominator = 1;
    for (const auto& [monomial, coefficient] : polynomial) {
      Number value = coefficient;
      for (const Power& factor : monomial)
        for (std::uint32_t e = 0; e < factor.exponent; ++e)
          value = divide(value, Number(atoms_.at(factor.atom).denominator));
      if (!value.is_exact()) return false;
      denominator = least_common_multiple(denominator, value.denominator());
      if (denominator == 0) return false;
      scaled.emplace_back(&monomial, value);
    }
    std::map<Monomial, std::vector<OuterTerm>> factors;
    double bound = 0;
    for (const auto& [monomial, value] : scaled) {
      const Number whole = value * Number(denominator);
      if (!whole.is_integer()) return false;
      Monomial inner, outer;
      for (const Power& factor : *monomial)
        (is_inner(masks_[factor.atom]) ? inner : outer).push_back(factor);
      const OuterTerm term = {whole.numerator(), outer_value(outer)};
      const double size =
          static_cast<double>(magnitude(whole.numerator())) * grid_.outer_[term.value].largest;
      factors[inner].push_back(term);
      double inner_size = 1;
      for (const Power& factor : inner)
        inner_size *= std::pow(atoms_.at(factor.atom).table.largest, factor.exponent);
      bound += size * inner_size;
    }
    if (!(bound < kLargest128)) return false;
    Output output;
    output.first_factor = static_cast<std::uint32_t>(grid_.factors_.size());
    output.factors = static_cast<std::uint32_t>(factors.size());
    output.denominator = denominator;
    output.largest = bound;
    for (auto& [inner, terms] : factors) {  // the empty monomial, 1, comes first
      GridProgram::Factor factor;
      if (!inner.empty()) {
        const std::optional<std::uint32_t> table = inner_table(inner);
        if (!table) return false;
        factor.table = *table;
      }
      factor.first_term = static_cast<std::uint32_t>(grid_.terms_.size());
      factor.terms = static_cast<std::uint32_t>(terms.size());
      grid_.terms_.insert(grid_.terms_.end(), terms.begin(), terms.end());
      grid_.factors_.push_back(factor);
    }
    grid_.outputs_.push_back(output);
    return true;
  }

  GridProgram& grid_;
  const Plan& plan_;
  const RuntimePoint& point_;
  const Execution& execution_;
  std::map<InputName, Varied> inputs_;
  SpecializedProgram specialized_;
  std::vector<AxisMask> masks_;
  std::map<NodeIndex, Atom> atoms_;
  std::map<Monomial, std::uint32_t> inner_;
  std::map<Monomial, std::uint32_t> outer_indices_;
};

GridProgram::GridProgram(const Plan& plan, const RuntimePoint& point, std::vector<GridAxis> axes,
                         std::vector<GridOutput> outputs, Reference reference,
                         const Execution& execution)
    : axes_(std::move(axes)), reference_(std::move(reference)) {
  for (const GridAxis& axis : axes_) size_ *= axis.length;
  by_reference_ = axes_.size() > 63 || !Builder(*this, plan, point, execution).build(outputs);
}

}  // namespace lmhost

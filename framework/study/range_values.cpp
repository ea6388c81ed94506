#include "study/range_values.hpp"

#include <algorithm>
#include <utility>

namespace lmhost {
namespace {

// Products of three quantities that grow with the cache exist nowhere; beyond this, halving the range
// does not help either.
constexpr std::size_t kMostCoefficients = 8;

bool has_error(const RangeValue& value) { return is_constant(value) && value[0].is_error(); }

bool is_whole_polynomial(const RangeValue& value) {
  return std::all_of(value.begin(), value.end(), [](const Number& c) { return c.is_integer(); });
}

// Without zeros at the end; unknown when a coefficient is no exact number.
RangeValue checked(RangeValue value) {
  while (value.size() > 1 && value.back() == Number(0)) value.pop_back();
  const bool is_exact =
      std::all_of(value.begin(), value.end(), [](const Number& c) { return c.is_exact(); });
  if (value.size() > 1 && (!is_exact || value.size() > kMostCoefficients)) return {};
  return value;
}

RangeValue negative(RangeValue value) {
  for (Number& coefficient : value) coefficient = -coefficient;
  return value;
}

Number at(const RangeValue& value, const Number& x) {
  Number sum = 0;
  for (auto c = value.rbegin(); c != value.rend(); ++c) sum = sum * x + *c;
  return sum;
}

// 0^k + 1^k + ... + (n-1)^k for every k below `count`. From the binomial theorem, summed over x:
// n^(k+1) = sum over j <= k of binomial(k+1, j) * S_j.
std::vector<Number> power_sums(const Number& n, std::size_t count) {
  std::vector<Number> sums;
  Number power = n;
  for (std::size_t k = 0; k < count; ++k) {
    Number rest = power;
    Number binomial = 1;  // (k+1 over j)
    for (std::size_t j = 0; j < k; ++j) {
      rest = rest - binomial * sums[j];
      binomial = divide(binomial * Number(static_cast<std::int64_t>(k + 1 - j)),
                        Number(static_cast<std::int64_t>(j + 1)));
    }
    sums.push_back(divide(rest, binomial));  // binomial is (k+1 over k)
    power = power * n;
  }
  return sums;
}

}  // namespace

RangeValue range_sum(const RangeValue& a, const RangeValue& b) {
  if (a.empty() || b.empty()) return {};
  RangeValue sum = a.size() < b.size() ? b : a;
  const RangeValue& other = a.size() < b.size() ? a : b;
  for (std::size_t i = 0; i < other.size(); ++i) sum[i] = sum[i] + other[i];
  return checked(std::move(sum));
}

RangeValue range_product(const RangeValue& a, const RangeValue& b) {
  if (a.empty() || b.empty()) return {};
  RangeValue product(a.size() + b.size() - 1, Number(0));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) product[i + j] = product[i + j] + a[i] * b[j];
  return checked(std::move(product));
}

Number sum_over(const RangeValue& value, std::int64_t steps) {
  // As often as not a constant, which may be inexact.
  if (is_constant(value)) return value[0] * Number(steps);
  const std::vector<Number> powers = power_sums(Number(steps), value.size());
  Number sum = 0;
  for (std::size_t k = 0; k < value.size(); ++k) sum = sum + value[k] * powers[k];
  return sum;
}

RangeValues::RangeValues(const Plan& plan, const Schedule& schedule, const RuntimePoint& first,
                         std::int64_t steps)
    : plan_(plan), first_(first), steps_(steps), values_(plan.program.size()) {
  constants_.resize(plan.program.size());
  for (NodeIndex i = 0; i < plan.program.size(); ++i) {
    values_[i] = value_of(i);
    if (is_constant(values_[i])) constants_[i] = values_[i][0];
  }
  for (const Check& check : plan.checks) is_decided_ = is_decided_ && surely(check);
  composites_.resize(schedule.composites.size());
  for (const InstanceIndex index : schedule.composites)
    if (is_decided_) is_decided_ = add_composite(plan.instances[index]);
}

RangeCosts RangeValues::costs(InstanceIndex index) const {
  const Instance& instance = plan_.instances[index];
  if (instance.composite != nullptr) return composites_[instance.composite_index];
  RangeCosts costs;
  costs.values.fill({Number(0)});
  for (std::uint32_t k = 0; k < instance.terms.count; ++k) {
    const Term& term = plan_.terms[instance.terms.first + k];
    costs.values[static_cast<std::size_t>(term.quantity)] = values_[term.node];
  }
  return costs;
}

// As aggregate_composite() at one point. False: something is not known, or not sure.
bool RangeValues::add_composite(const Instance& instance) {
  RangeCosts sum;
  sum.values.fill({Number(0)});
  for (std::uint32_t i = 0; i < instance.edges.count; ++i) {
    const Edge& edge = plan_.edges[instance.edges.first + i];
    const RangeValue& count = values_[edge.count];
    // A constant that is no whole number is judged where the last point of the range is evaluated.
    if (!is_never_negative(count) || !(is_constant(count) || is_whole_polynomial(count)))
      return false;
    if (is_constant(count) && count[0].is_zero()) continue;
    const RangeCosts child = costs(edge.child);
    for (std::size_t q = 0; q < kQuantityCount; ++q) {
      if (is_constant(child.values[q]) && child.values[q][0] == Number(0)) continue;
      if (!is_never_negative(child.values[q])) return false;
      const bool stored = is_stored(static_cast<Quantity>(q));
      const RangeValue term =
          range_product(child.values[q], stored ? values_[edge.stored_count] : count);
      sum.values[q] = range_sum(sum.values[q], term);
      if (sum.values[q].empty() || has_error(sum.values[q])) return false;
    }
  }
  composites_[instance.composite_index] = std::move(sum);
  return true;
}

std::optional<RangeValues::Bounds> RangeValues::bounds(const RangeValue& value) const {
  if (value.empty() || has_error(value)) return std::nullopt;
  const auto grows = [](const Number& c) { return !c.is_negative(); };
  const auto falls = [](const Number& c) { return c.is_negative() || c.is_zero(); };
  const Number last = is_constant(value) ? value[0] : at(value, Number(steps_ - 1));
  if (last.is_error()) return std::nullopt;
  if (std::all_of(value.begin() + 1, value.end(), grows)) return Bounds{value[0], last};
  if (std::all_of(value.begin() + 1, value.end(), falls)) return Bounds{last, value[0]};
  return std::nullopt;
}

bool RangeValues::is_never_negative(const RangeValue& value) const {
  const auto range = bounds(value);
  return range && !range->low.is_negative();
}

bool RangeValues::surely(const Check& check) const {
  const RangeValue& value = values_[check.node];
  // A constant is judged where the last point of the range is evaluated, with its call.
  if (is_constant(value)) return true;
  if (value.empty() || !is_whole_polynomial(value)) return false;
  if (check.holds == is_whole) return true;
  return check.holds == is_count && is_never_negative(value);
}

RangeValue RangeValues::value_of(NodeIndex index) const {
  const ProgramNode& node = plan_.program.node(index);
  const bool is_cache =
      node.op == ProgramOp::kInput &&
      static_cast<RuntimeVariable>(node.operands[0]) == RuntimeVariable::kCacheLen;
  if (is_cache && steps_ > 1) return {first_[RuntimeVariable::kCacheLen], Number(1)};
  const auto operands = plan_.program.operands(node);
  const bool all_constant = std::all_of(operands.begin(), operands.end(), [&](NodeIndex operand) {
    return is_constant(values_[operand]);
  });
  if (all_constant) return {plan_.program.compute(node, constants_.data(), first_)};
  if (node.op == ProgramOp::kScalar) return {};
  const RangeValue& a = values_[node.operands[0]];
  if (node.op == ProgramOp::kSelect) {
    if (!is_constant(a) || a[0].is_error()) return has_error(a) ? a : RangeValue{};
    return values_[node.operands[a[0].is_zero() ? 2 : 1]];
  }
  for (const NodeIndex operand : operands) {
    if (values_[operand].empty()) return {};
    if (has_error(values_[operand])) return values_[operand];
    // Sums of rounded numbers depend on their order.
    if (!values_[operand][0].is_exact()) return {};
  }
  if (node.op == ProgramOp::kWindowPairs)
    return window_pairs(a, values_[node.operands[1]], values_[node.operands[2]]);
  if (operands.size() == 1) return unary(node.op, a);
  return operands.size() == 2 ? binary(node.op, a, values_[node.operands[1]]) : RangeValue{};
}

RangeValue RangeValues::unary(ProgramOp op, const RangeValue& a) const {
  const auto range = bounds(a);
  const bool is_positive = range && !range->low.is_negative() && !range->low.is_zero();
  switch (op) {
    case ProgramOp::kNot:
      if (is_positive || (range && range->high.is_negative())) return {Number(0)};
      return {};
    case ProgramOp::kAbs:
      if (range && !range->low.is_negative()) return a;
      return range && (range->high.is_negative() || range->high.is_zero()) ? negative(a)
                                                                           : RangeValue{};
    case ProgramOp::kFloor:
    case ProgramOp::kCeil:
      return is_whole_polynomial(a) ? a : RangeValue{};
    default:
      return {};
  }
}

RangeValue RangeValues::binary(ProgramOp op, const RangeValue& a, const RangeValue& b) const {
  switch (op) {
    case ProgramOp::kAdd:
      return range_sum(a, b);
    case ProgramOp::kSubtract:
      return range_sum(a, negative(b));
    case ProgramOp::kMultiply:
      return range_product(a, b);
    case ProgramOp::kDivide:
      if (!is_constant(b) || b[0].is_zero()) return {};
      return range_product(a, {divide(Number(1), b[0])});
    case ProgramOp::kPower: {
      const auto exponent = is_constant(b) ? b[0].to_int64() : std::nullopt;
      if (!exponent || *exponent < 0 || *exponent > 4) return {};
      RangeValue power = {Number(1)};
      for (std::int64_t i = 0; i < *exponent; ++i) power = range_product(power, a);
      return power;
    }
    case ProgramOp::kMinimum:
    case ProgramOp::kMaximum: {
      const RangeValue less = compared(ProgramOp::kLessEqual, a, b);
      if (less.empty()) return {};
      return less[0].is_zero() == (op == ProgramOp::kMinimum) ? b : a;
    }
    case ProgramOp::kLess:
    case ProgramOp::kLessEqual:
    case ProgramOp::kEqual:
    case ProgramOp::kNotEqual:
      return compared(op, a, b);
    case ProgramOp::kCausalPairs:
      return pairs(a, b);
    default:
      return {};
  }
}

// Decided when the difference has one sign on the whole range.
RangeValue RangeValues::compared(ProgramOp op, const RangeValue& a, const RangeValue& b) const {
  const auto difference = bounds(range_sum(b, negative(a)));
  if (!difference) return {};
  const bool above = !difference->low.is_negative() && !difference->low.is_zero();  // a < b
  const bool below = difference->high.is_negative();                                // a > b
  const bool not_below = !difference->low.is_negative();                            // a <= b
  const bool not_above = below || difference->high.is_zero();                       // a >= b
  switch (op) {
    case ProgramOp::kLess:
      return above ? RangeValue{Number(1)} : not_above ? RangeValue{Number(0)} : RangeValue{};
    case ProgramOp::kLessEqual:
      return not_below ? RangeValue{Number(1)} : below ? RangeValue{Number(0)} : RangeValue{};
    default:
      if (!above && !below) return {};
      return {Number(op == ProgramOp::kNotEqual ? 1 : 0)};
  }
}

// S*C + S*(S+1)/2.
RangeValue RangeValues::pairs(const RangeValue& new_tokens, const RangeValue& past) const {
  for (const RangeValue& length : {new_tokens, past})
    if (!is_whole_polynomial(length) || !is_never_negative(length)) return {};
  const RangeValue triangle = range_product(new_tokens, range_sum(new_tokens, {Number(1)}));
  return range_sum(range_product(new_tokens, past), range_product(triangle, {Number::ratio(1, 2)}));
}

// Sum over i = 1..S of min(C + i, W), where one of the two holds for all i.
RangeValue RangeValues::window_pairs(const RangeValue& new_tokens, const RangeValue& past,
                                     const RangeValue& window) const {
  const auto s = bounds(new_tokens), c = bounds(past), w = bounds(window);
  if (!s || !c || !w || s->low.is_negative() || c->low.is_negative()) return {};
  for (const RangeValue& length : {new_tokens, past, window})
    if (!is_whole_polynomial(length)) return {};
  if (w->low.is_negative() || w->low.is_zero()) return {};
  if (compare(c->low + Number(1), w->high) >= 0) return range_product(new_tokens, window);
  if (compare(c->high + s->high, w->low) <= 0) return pairs(new_tokens, past);
  return {};
}

}  // namespace lmhost

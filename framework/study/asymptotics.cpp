#include "study/asymptotics.hpp"

#include <algorithm>

namespace lmhost {
namespace {

constexpr std::int64_t kFarthest = std::int64_t{1} << 32;
constexpr std::size_t kMostTerms = 8;

using Coefficients = std::vector<Number>;  // of x**0, x**1, ...

Number value_at(const Coefficients& polynomial, std::int64_t x) {
  Number value = 0;
  for (std::size_t i = polynomial.size(); i-- > 0;) value = value * Number(x) + polynomial[i];
  return value;
}

int sign_at(const Coefficients& polynomial, std::int64_t x) {
  const Number value = value_at(polynomial, x);
  if (value.is_error())
    return polynomial.back().is_negative() ? -1 : 1;  // so far out the last term is all
  return value.is_zero() ? 0 : value.is_negative() ? -1 : 1;
}

// p(x+1) - p(x): one degree less. p is monotone where this keeps its sign.
Coefficients difference(const Coefficients& p) {
  Coefficients result(p.size() - 1, Number(0));
  for (std::size_t power = 1; power < p.size(); ++power) {
    Number binomial = 1;  // of (power, k), k from power downwards
    for (std::size_t k = power; k-- > 0;) {
      binomial = divide(binomial * Number(static_cast<std::int64_t>(k + 1)),
                        Number(static_cast<std::int64_t>(power - k)));
      result[k] = result[k] + p[power] * binomial;
    }
  }
  return result;
}

// The values in (least, kFarthest] at which the polynomial has another sign than one before, ascending.
std::vector<std::int64_t> sign_changes(const Coefficients& p, std::int64_t least) {
  std::vector<std::int64_t> edges = {least};
  if (p.size() > 2)
    for (std::int64_t edge : sign_changes(difference(p), least)) edges.push_back(edge);
  edges.push_back(kFarthest);
  std::vector<std::int64_t> changes;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    std::int64_t low = edges[i], high = edges[i + 1];
    // Within a monotone stretch a sign is left once, by way of 0 perhaps.
    while (low < high && sign_at(p, low) != sign_at(p, high)) {
      const int before = sign_at(p, low);
      std::int64_t same = low, other = high;
      while (other - same > 1) {
        const std::int64_t middle = same + (other - same) / 2;
        (sign_at(p, middle) == before ? same : other) = middle;
      }
      changes.push_back(other);
      low = other;
    }
  }
  return changes;
}

// The smallest x from which on the polynomial is positive; nothing when it is not at the end.
std::optional<std::int64_t> positive_from(const Coefficients& p, std::int64_t least) {
  if (p.empty() || sign_at(p, kFarthest) <= 0) return std::nullopt;
  const std::vector<std::int64_t> changes = sign_changes(p, least);
  std::int64_t from = least;
  for (std::int64_t change : changes)
    if (sign_at(p, change) > 0 && sign_at(p, change - 1) <= 0) from = change;
  return from;
}

void trim(Coefficients& p) {
  while (!p.empty() && p.back().is_zero()) p.pop_back();
}

Coefficients minus(Coefficients a, const Coefficients& b) {
  a.resize(std::max(a.size(), b.size()), Number(0));
  for (std::size_t i = 0; i < b.size(); ++i) a[i] = a[i] - b[i];
  trim(a);
  return a;
}

class Growth {
 public:
  Growth(CostForms& forms, InputName input, std::int64_t least)
      : forms_(forms), input_(input), least_(least) {}

  // In powers of the input, from `least` on; `least` is raised past the conditions that it decides.
  std::optional<Coefficients> coefficients(const Polynomial& polynomial) {
    Coefficients result;
    for (const auto& [monomial, coefficient] : polynomial) {
      Number factor = coefficient;
      std::uint32_t degree = 0;
      for (const Factor& atom : monomial) {
        if (is_input(atom.atom)) {
          degree += atom.exponent;
        } else if (const std::optional<int> truth = eventual_truth(atom.atom)) {
          factor = factor * Number(*truth);
        } else {
          return std::nullopt;
        }
      }
      if (degree > kMostTerms) return std::nullopt;
      if (result.size() <= degree) result.resize(degree + 1, Number(0));
      result[degree] = result[degree] + factor;
    }
    trim(result);
    return result;
  }
  std::int64_t least() const { return least_; }

 private:
  bool is_input(NodeIndex node) const {
    const ProgramNode& row = forms_.program().node(node);
    return row.op == (input_.is_open ? ProgramOp::kSymbol : ProgramOp::kInput) &&
           row.operands[0] == input_.index;
  }
  // c < x is 1 and x < c is 0 for all x above c.
  std::optional<int> eventual_truth(NodeIndex node) {
    const ProgramNode& row = forms_.program().node(node);
    if (row.op != ProgramOp::kLess && row.op != ProgramOp::kLessEqual &&
        row.op != ProgramOp::kEqual)
      return std::nullopt;
    for (const bool swapped : {false, true}) {
      const Value* constant = forms_.program().constant_value(row.operands[swapped ? 1 : 0]);
      if (constant == nullptr || !is_input(row.operands[swapped ? 0 : 1])) continue;
      const std::optional<std::int64_t> bound = floor(constant->number).to_int64();
      if (!bound || *bound >= kFarthest) return std::nullopt;
      least_ = std::max(least_, *bound + 1);
      return row.op == ProgramOp::kEqual || swapped ? 0 : 1;
    }
    return std::nullopt;
  }

  CostForms& forms_;
  InputName input_;
  std::int64_t least_;
};

}  // namespace

Asymptotic asymptotic_of(CostForms& forms, const NodePath& node, const CostWeights& weights,
                         InputName input, std::int64_t least) {
  Asymptotic result;
  const auto kernels = forms.by_kernel(node, weights);
  const std::optional<Polynomial> total = forms.total(node, weights);
  if (!kernels || !total) {
    result.obstacle = forms.obstacle("the cost").message;
    return result;
  }
  Growth growth(forms, input, least);
  const std::optional<Coefficients> sum = growth.coefficients(*total);
  std::vector<std::pair<std::string, Coefficients>> parts;
  for (const auto& [kernel, polynomial] : *kernels) {
    const auto part = growth.coefficients(forms.forms().reduced(polynomial));
    if (!sum || !part) {
      result.obstacle = "a part is no polynomial in it";
      return result;
    }
    if (kernel != nullptr && !part->empty()) parts.emplace_back(kernel->name, *part);
  }
  const auto is_exact = [](const Coefficients& p) {
    return std::all_of(p.begin(), p.end(), [](const Number& n) { return n.is_exact(); });
  };
  if (!is_exact(*sum) || !std::all_of(parts.begin(), parts.end(),
                                      [&](const auto& part) { return is_exact(part.second); })) {
    result.obstacle = describe(ArithmeticError::kOverflow);
    return result;
  }
  if (sum->empty()) return result;
  result.degree = static_cast<std::uint32_t>(sum->size() - 1);
  result.coefficient = sum->back();
  Coefficients lead(sum->size(), Number(0));
  lead.back() = sum->back() + sum->back();  // more than the rest: twice it is more than the whole
  if (const auto from = positive_from(minus(lead, *sum), growth.least());
      from && *from > growth.least())
    result.dominant_from = Number(*from);
  const auto winner =
      std::max_element(parts.begin(), parts.end(), [&](const auto& a, const auto& b) {
        const auto share = [&](const Coefficients& p) {
          return p.size() > result.degree ? p[result.degree] : Number(0);
        };
        return compare(share(a.second), share(b.second)) == -1;
      });
  if (winner == parts.end()) return result;
  result.kernel = winner->first;
  for (const auto& [name, polynomial] : parts) {
    if (name == winner->first) continue;
    const auto from = positive_from(minus(winner->second, polynomial), growth.least());
    if (from && *from > growth.least())
      result.crossovers.push_back({winner->first, name, Number(*from)});
  }
  std::sort(result.crossovers.begin(), result.crossovers.end(),
            [](const Crossover& a, const Crossover& b) { return compare(a.at, b.at) == 1; });
  return result;
}

}  // namespace lmhost

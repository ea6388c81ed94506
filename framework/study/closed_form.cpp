#include "study/closed_form.hpp"

#include <algorithm>
#include <compare>
#include <numeric>
#include <set>
#include <tuple>

#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

// Of these monomials the atoms are places in the alphabet of the polynomial at hand (FormBuilder).
using Terms = std::map<Monomial, Int128>;

Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }

Int128 greatest_common_divisor(Int128 a, Int128 b) {
  while (b != 0) a = std::exchange(b, a % b);
  return magnitude(a);
}

std::uint32_t degree(const Monomial& monomial) {
  return std::accumulate(monomial.begin(), monomial.end(), std::uint32_t{0},
                         [](std::uint32_t sum, const Factor& f) { return sum + f.exponent; });
}

// Whether a stands before b in a sum.
bool leads(const Monomial& a, const Monomial& b) {
  if (degree(a) != degree(b)) return degree(a) > degree(b);
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return false;  // of one degree, so equal
  return x->atom != y->atom ? x->atom < y->atom : x->exponent > y->exponent;
}

std::uint32_t exponent_of(const Monomial& monomial, NodeIndex atom) {
  for (const Factor& factor : monomial)
    if (factor.atom == atom) return factor.exponent;
  return 0;
}

Monomial quotient(const Monomial& a, const Monomial& b) {
  Monomial result;
  for (const Factor& factor : a)
    if (const std::uint32_t rest = factor.exponent - exponent_of(b, factor.atom); rest != 0)
      result.push_back({factor.atom, rest});
  return result;
}

class FormBuilder {
 public:
  FormBuilder(const Program& program, PolynomialForm& forms, const NodeFacts& facts,
              const InputSymbols& symbols)
      : program_(program), forms_(forms), facts_(facts), symbols_(symbols) {}

  ClosedForm take() { return std::move(form_); }

  std::uint32_t add(const Polynomial& polynomial) {
    add_atoms(polynomial);
    return rational(polynomial);
  }
  std::uint32_t ratio(std::uint32_t a, std::uint32_t b) {
    FormNode node;
    node.op = FormOp::kCall;
    node.call = ProgramOp::kDivide;
    node.children = {a, b};
    return append(std::move(node));
  }

 private:
  std::uint32_t append(FormNode node) {
    form_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(form_.nodes.size() - 1);
  }
  std::uint32_t integer(Int128 value) {
    FormNode node;
    node.integer = value;
    return append(std::move(node));
  }

  FormNode symbol(InputName input) const {
    InputSymbol known = symbols_(input);
    FormNode node;
    node.op = FormOp::kSymbol;
    node.name = std::move(known.name);
    node.rank = known.rank;
    return node;
  }

  // Every atom that the polynomial needs, those inside of others first: an atom's operands have
  // smaller indices than itself.
  void add_atoms(const Polynomial& polynomial) {
    std::set<NodeIndex> needed;
    const auto need = [&](const Polynomial& part) {
      for (const auto& [monomial, coefficient] : part)
        for (const Factor& factor : monomial) needed.insert(factor.atom);
    };
    need(polynomial);
    for (auto at = needed.rbegin(); at != needed.rend(); ++at)
      for (NodeIndex operand : program_.operands(program_.node(*at))) need(forms_.of(operand));
    for (NodeIndex atom : needed)
      if (!atoms_.contains(atom)) atoms_[atom] = atom_node(atom);
  }

  std::uint32_t atom_node(NodeIndex atom) {
    const ProgramNode& source = program_.node(atom);
    FormNode node;
    switch (source.op) {
      case ProgramOp::kInput:
      case ProgramOp::kSymbol:
        return append(symbol({source.op == ProgramOp::kSymbol, source.operands[0]}));
      case ProgramOp::kConstant:
        node.op = FormOp::kNumber;
        node.number = program_.constant_value(atom)->number;
        form_.is_inexact = form_.is_inexact || !node.number.is_exact();
        return append(std::move(node));
      default:
        break;
    }
    node.op = FormOp::kCall;
    node.call = source.op;
    if (source.op == ProgramOp::kScalar) node.name = program_.scalar_call(source).function->name;
    form_.is_inexact = form_.is_inexact || source.op == ProgramOp::kScalar ||
                       source.op == ProgramOp::kDistinct || source.op == ProgramOp::kLog2;
    for (NodeIndex operand : program_.operands(source))
      node.children.push_back(rational(forms_.of(operand)));
    return append(std::move(node));
  }

  std::uint32_t rational(const Polynomial& polynomial) {
    std::int64_t denominator = 1;
    for (const auto& [monomial, coefficient] : polynomial)
      denominator = std::lcm(denominator, coefficient.denominator());
    find_alphabet(polynomial);
    Terms terms;
    for (const auto& [monomial, coefficient] : polynomial)
      terms[spelled(monomial)] = (coefficient * Number(denominator)).numerator();
    const std::uint32_t numerator = sum_of(terms);
    if (denominator == 1) return numerator;
    FormNode node;
    node.op = FormOp::kQuotient;
    node.integer = denominator;
    node.children = {numerator};
    node.is_whole = divides(denominator, terms);
    return append(std::move(node));
  }

  // The atoms of a polynomial in the order of their printing.
  void find_alphabet(const Polynomial& polynomial) {
    std::set<NodeIndex> atoms;
    for (const auto& [monomial, coefficient] : polynomial)
      for (const Factor& factor : monomial) atoms.insert(factor.atom);
    alphabet_.assign(atoms.begin(), atoms.end());
    std::stable_sort(alphabet_.begin(), alphabet_.end(), [&](NodeIndex a, NodeIndex b) {
      return compare(atoms_.at(a), atoms_.at(b)) < 0;
    });
  }

  Monomial spelled(const Monomial& monomial) const {
    Monomial result;
    for (NodeIndex letter = 0; letter < alphabet_.size(); ++letter)
      if (const std::uint32_t exponent = exponent_of(monomial, alphabet_[letter]); exponent != 0)
        result.push_back({letter, exponent});
    return result;
  }

  // Symbols by rank, then everything else by what it is made of.
  std::strong_ordering compare(std::uint32_t a, std::uint32_t b) const {
    if (a == b) return std::strong_ordering::equal;
    const FormNode& x = form_.nodes[a];
    const FormNode& y = form_.nodes[b];
    const auto head = [](const FormNode& node) {
      return std::make_tuple(node.op != FormOp::kSymbol, node.rank, node.op, node.call,
                             node.exponent, node.integer, std::string_view(node.name),
                             node.children.size());
    };
    if (const auto order = head(x) <=> head(y); order != 0) return order;
    if (x.op == FormOp::kNumber) return to_string(x.number) <=> to_string(y.number);
    for (std::size_t i = 0; i < x.children.size(); ++i)
      if (const auto order = compare(x.children[i], y.children[i]); order != 0) return order;
    return std::strong_ordering::equal;
  }

  // Whether the divisor divides the sum for all whole values of the atoms, by trying every remainder.
  bool divides(std::int64_t divisor, const Terms& terms) const {
    double tries = 1;
    for (NodeIndex atom : alphabet_) {
      if (!facts_.is_whole(atom)) return false;
      tries *= static_cast<double>(divisor);
    }
    if (tries > 100'000) return false;
    std::vector<std::int64_t> values(alphabet_.size(), 0);
    while (true) {
      Int128 sum = 0;
      for (const auto& [monomial, coefficient] : terms) {
        Int128 product = coefficient % divisor;
        for (const Factor& factor : monomial)
          for (std::uint32_t e = 0; e < factor.exponent; ++e)
            product = product * values[factor.atom] % divisor;
        sum += product;
      }
      if (sum % divisor != 0) return false;
      auto next = values.begin();
      while (next != values.end() && ++*next == divisor) *next++ = 0;
      if (next == values.end()) return true;
    }
  }

  // content * common monomial * what is left.
  std::uint32_t sum_of(const Terms& terms) {
    if (terms.empty()) return integer(0);
    Monomial common = terms.begin()->first;
    Int128 content = 0;
    bool all_negative = true;
    for (const auto& [monomial, coefficient] : terms) {
      Monomial shared;
      for (const Factor& factor : common)
        if (const auto e = std::min(factor.exponent, exponent_of(monomial, factor.atom)); e != 0)
          shared.push_back({factor.atom, e});
      common = std::move(shared);
      content = greatest_common_divisor(content, coefficient);
      all_negative = all_negative && coefficient < 0;
    }
    // What does not depend on the inputs is a figure that people know: 13,476,831,232 bytes of
    // weights. It is not divided by what else is divisible.
    const bool has_figure = terms.size() > 1 && terms.contains(common);
    if (has_figure) content = 1;
    if (all_negative) content = -content;
    Terms rest;
    for (const auto& [monomial, coefficient] : terms)
      rest[quotient(monomial, common)] = coefficient / content;

    std::vector<std::uint32_t> factors;
    for (const Factor& factor : common) factors.push_back(power(factor));
    if (rest.size() > 1) factors.push_back(addends(std::move(rest)));
    if (content != 1 || factors.empty()) factors.insert(factors.begin(), integer(content));
    if (factors.size() == 1) return factors.front();
    FormNode node;
    node.op = FormOp::kProduct;
    node.children = std::move(factors);
    return append(std::move(node));
  }

  std::uint32_t power(const Factor& factor) {
    const std::uint32_t base = atoms_.at(alphabet_[factor.atom]);
    if (factor.exponent == 1) return base;
    FormNode node;
    node.op = FormOp::kPower;
    node.exponent = factor.exponent;
    node.children = {base};
    return append(std::move(node));
  }

  // Groups terms that share an atom or a coefficient, the largest group first, until none is left.
  std::uint32_t addends(Terms rest) {
    std::vector<std::pair<Monomial, std::uint32_t>> parts;  // the first term of each, its node
    while (!rest.empty()) {
      const Terms group = largest_group(rest);
      Monomial first = group.begin()->first;
      for (const auto& [monomial, coefficient] : group) {
        if (leads(monomial, first)) first = monomial;
        rest.erase(monomial);
      }
      parts.emplace_back(std::move(first), sum_of(group));
    }
    std::sort(parts.begin(), parts.end(),
              [](const auto& a, const auto& b) { return leads(a.first, b.first); });
    FormNode node;
    node.op = FormOp::kSum;
    for (const auto& [first, child] : parts) node.children.push_back(child);
    return append(std::move(node));
  }

  static Terms largest_group(const Terms& terms) {
    std::map<NodeIndex, std::size_t> atoms;
    std::map<Int128, std::size_t> coefficients;
    for (const auto& [monomial, coefficient] : terms) {
      for (const Factor& factor : monomial) ++atoms[factor.atom];
      if (!monomial.empty() && magnitude(coefficient) > 1) ++coefficients[coefficient];
    }
    std::size_t most = 1;
    Int128 coefficient = 0;
    NodeIndex atom = 0;
    for (const auto& [value, count] : coefficients)
      if (count > most) most = count, coefficient = value;
    for (const auto& [index, count] : atoms)
      if (count > most && count < terms.size()) most = count, atom = index, coefficient = 0;
    Terms group;
    for (const auto& term : terms) {
      const bool belongs = most == 1          ? group.empty()
                           : coefficient != 0 ? term.second == coefficient && !term.first.empty()
                                              : exponent_of(term.first, atom) != 0;
      if (belongs) group.insert(term);
    }
    // A group that is everything would never end.
    if (group.size() == terms.size() && terms.size() > 1 && coefficient == 0)
      return {*terms.begin()};
    return group;
  }

  const Program& program_;
  PolynomialForm& forms_;
  const NodeFacts& facts_;
  const InputSymbols& symbols_;
  ClosedForm form_;
  std::map<NodeIndex, std::uint32_t> atoms_;
  std::vector<NodeIndex> alphabet_;  // of the polynomial that rational() is about
};

}  // namespace

ClosedForm closed_form(const Polynomial& polynomial, const Program& program, PolynomialForm& forms,
                       const NodeFacts& facts, const InputSymbols& symbols) {
  FormBuilder builder(program, forms, facts, symbols);
  builder.add(polynomial);
  return builder.take();
}

ClosedForm closed_ratio(const Polynomial& numerator, const Polynomial& denominator,
                        const Program& program, PolynomialForm& forms, const NodeFacts& facts,
                        const InputSymbols& symbols) {
  FormBuilder builder(program, forms, facts, symbols);
  const std::uint32_t above = builder.add(numerator);
  builder.ratio(above, builder.add(denominator));
  return builder.take();
}

}  // namespace lmhost

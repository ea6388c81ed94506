#include "study/closed_form.hpp"

#include <algorithm>
#include <compare>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/codes.hpp"
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

// What makes a node the same as another.
std::string key_of(const FormNode& node) {
  std::string key = std::to_string(static_cast<int>(node.op)) + ' ' +
                    std::to_string(static_cast<int>(node.call)) + ' ' +
                    std::to_string(node.exponent) + (node.is_whole ? " w " : " ") +
                    to_string(node.integer) + ' ';
  if (node.op == FormOp::kNumber)
    key += to_string(node.number) + (node.number.is_exact() ? "e" : "i");
  for (std::uint32_t child : node.children) key += std::to_string(child) + ',';
  return key + ' ' + node.name;
}

class FormBuilder {
 public:
  FormBuilder(const Program& program, PolynomialForm& forms, const NodeFacts& facts,
              const InputSymbols& symbols)
      : program_(program),
        forms_(forms),
        budget_(forms.budget()),
        facts_(facts),
        symbols_(symbols) {}

  Result<ClosedForm> take(std::uint32_t value) {
    if (budget_.is_exhausted()) return budget_.error();
    if (!obstacle_.empty())
      return plain_error(ErrorKind::kInput, codes::kArithmetic, std::move(obstacle_));
    form_.value = value;
    return std::move(form_);
  }

  std::uint32_t add(const Polynomial& polynomial) {
    add_atoms(polynomial);
    return rational(polynomial);
  }
  std::uint32_t ratio(std::uint32_t a, std::uint32_t b) {
    FormNode node;
    node.op = FormOp::kCall;
    node.call = ProgramOp::kDivide;
    node.children = {a, b};
    node.may_fail = true;
    return append(std::move(node));
  }

 private:
  std::uint32_t append(FormNode node) {
    const auto next = static_cast<std::uint32_t>(form_.nodes.size());
    const auto [known, is_new] = known_.try_emplace(key_of(node), next);
    budget_.spend(1 + node.children.size());
    if (!is_new) return known->second;
    budget_.keep(2 + node.children.size());
    for (std::uint32_t child : node.children)
      node.may_fail = node.may_fail || form_.nodes[child].may_fail;
    form_.nodes.push_back(std::move(node));
    return next;
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
      if (!budget_.is_exhausted() && !atoms_.contains(atom)) atoms_[atom] = atom_node(atom);
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
        node.number = number_of(atom);
        form_.is_inexact = form_.is_inexact || !node.number.is_exact();
        return append(std::move(node));
      default:
        break;
    }
    node.op = FormOp::kCall;
    node.call = source.op;
    node.may_fail = !facts_.never_fails(atom);
    if (source.op == ProgramOp::kScalar) node.name = program_.scalar_call(source).function->name;
    form_.is_inexact = form_.is_inexact || source.op == ProgramOp::kScalar ||
                       source.op == ProgramOp::kDistinct || source.op == ProgramOp::kLog2;
    for (NodeIndex operand : program_.operands(source))
      node.children.push_back(rational(forms_.of(operand)));
    return append(std::move(node));
  }

  // Of a constant; one without a value ends the form.
  Number number_of(NodeIndex constant) {
    const Value& value = *program_.constant_value(constant);
    const bool is_number = value.kind == Value::Kind::kNumber;
    if (is_number && !value.number.is_error()) return value.number;
    const ProgramError* const error = is_number ? program_.error_of(value.number) : nullptr;
    obstacle_ = error != nullptr ? error->text
                                 : std::string(describe(is_number ? value.number.error_reason()
                                                                  : ArithmeticError::kNotANumber));
    obstacle_ += " in a part of the formula";
    return Number(0);
  }

  std::uint32_t rational(const Polynomial& polynomial) {
    const std::int64_t denominator = common_denominator(polynomial);
    find_alphabet(polynomial);
    if (!obstacle_.empty() || !budget_.spend(weight_of(polynomial))) return integer(0);
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

  // Of the coefficients, all of which fit over it.
  std::int64_t common_denominator(const Polynomial& polynomial) {
    Number common = 1;
    bool fits = true;
    for (const auto& [monomial, coefficient] : polynomial) {
      if (!fits) break;
      const Int128 other = coefficient.denominator();
      common = common * Number(other / greatest_common_divisor(common.numerator(), other));
      fits = common.to_int64().has_value();  // or it is no denominator either
    }
    for (const auto& [monomial, coefficient] : polynomial)
      fits = fits && (coefficient * common).is_exact();
    if (fits) return *common.to_int64();
    obstacle_ = std::string(describe(ArithmeticError::kOverflow)) +
                " in the common denominator of the coefficients";
    return 1;
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
    letters_.clear();
    for (NodeIndex letter = 0; letter < alphabet_.size(); ++letter)
      letters_[alphabet_[letter]] = letter;
  }

  Monomial spelled(const Monomial& monomial) const {
    Monomial result;
    for (const Factor& factor : monomial)
      result.push_back({letters_.at(factor.atom), factor.exponent});
    std::sort(result.begin(), result.end());
    return result;
  }

  // Symbols by rank, then everything else by what it is made of.
  std::strong_ordering compare(std::uint32_t a, std::uint32_t b) const {
    // Pairs still to be compared, the next one last. Equal ones need no second look.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pending = {{a, b}};
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    while (!pending.empty() && budget_.spend(1)) {
      const auto pair = pending.back();
      pending.pop_back();
      if (pair.first == pair.second || !seen.insert(pair).second) continue;
      const FormNode& x = form_.nodes[pair.first];
      const FormNode& y = form_.nodes[pair.second];
      if (const auto order = compare_heads(x, y); order != 0) return order;
      for (std::size_t i = x.children.size(); i-- > 0;)
        pending.emplace_back(x.children[i], y.children[i]);
    }
    return std::strong_ordering::equal;
  }

  static std::strong_ordering compare_heads(const FormNode& x, const FormNode& y) {
    const auto head = [](const FormNode& node) {
      return std::make_tuple(node.op != FormOp::kSymbol, node.rank, node.op, node.call,
                             node.exponent, node.integer, std::string_view(node.name),
                             node.children.size());
    };
    if (const auto order = head(x) <=> head(y); order != 0) return order;
    if (x.op != FormOp::kNumber) return std::strong_ordering::equal;
    return to_string(x.number) <=> to_string(y.number);
  }

  // Whether the divisor divides the sum for all whole values of the atoms, by trying every remainder.
  bool divides(std::int64_t divisor, const Terms& terms) const {
    double tries = 1;
    for (NodeIndex atom : alphabet_) {
      if (!facts_.is_whole(atom)) return false;
      tries *= static_cast<double>(divisor);
    }
    std::size_t work = 1;  // of one try
    for (const auto& [monomial, coefficient] : terms) work += 1 + degree(monomial);
    if (tries > 100'000 || tries * static_cast<double>(work) > 2'000'000) return false;
    budget_.spend(static_cast<std::size_t>(tries) * work);
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

  // content * common monomial * what is left. It and addends() call each other no deeper than a
  // degree is high: what a group shares is taken out of it.
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

  // Groups terms that share an atom or a coefficient, the largest group first, until none does.
  std::uint32_t addends(Terms rest) {
    std::vector<std::pair<Monomial, std::uint32_t>> parts;  // the first term of each, its node
    while (!rest.empty() && budget_.spend(work_of(rest))) {
      const Terms group = largest_group(rest);
      if (group.empty()) break;
      Monomial first = group.begin()->first;
      for (const auto& [monomial, coefficient] : group) {
        if (leads(monomial, first)) first = monomial;
        rest.erase(monomial);
      }
      parts.emplace_back(std::move(first), sum_of(group));
    }
    // What shares nothing with anything.
    for (const auto& term : rest) parts.emplace_back(term.first, sum_of({term}));
    std::sort(parts.begin(), parts.end(),
              [](const auto& a, const auto& b) { return leads(a.first, b.first); });
    FormNode node;
    node.op = FormOp::kSum;
    for (const auto& [first, child] : parts) node.children.push_back(child);
    return append(std::move(node));
  }

  static std::size_t work_of(const Terms& terms) {
    std::size_t weight = terms.size();
    for (const auto& [monomial, coefficient] : terms) weight += monomial.size();
    return weight;
  }

  // Nothing when no two terms share anything.
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
    if (most == 1) return {};
    Terms group;
    for (const auto& term : terms) {
      const bool belongs = coefficient != 0 ? term.second == coefficient && !term.first.empty()
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
  SymbolicBudget& budget_;
  const NodeFacts& facts_;
  const InputSymbols& symbols_;
  ClosedForm form_;
  std::unordered_map<std::string, std::uint32_t> known_;  // nodes by what they are
  std::string obstacle_;                                  // why there is no form; empty: none
  std::map<NodeIndex, std::uint32_t> atoms_;
  std::vector<NodeIndex> alphabet_;         // of the polynomial that rational() is about
  std::map<NodeIndex, NodeIndex> letters_;  // places in it
};

}  // namespace

Result<ClosedForm> closed_form(const Polynomial& polynomial, const Program& program,
                               PolynomialForm& forms, const NodeFacts& facts,
                               const InputSymbols& symbols) {
  FormBuilder builder(program, forms, facts, symbols);
  const std::uint32_t value = builder.add(polynomial);
  return builder.take(value);
}

Result<ClosedForm> closed_ratio(const Polynomial& numerator, const Polynomial& denominator,
                                const Program& program, PolynomialForm& forms,
                                const NodeFacts& facts, const InputSymbols& symbols) {
  FormBuilder builder(program, forms, facts, symbols);
  const std::uint32_t above = builder.add(numerator);
  const std::uint32_t value = builder.ratio(above, builder.add(denominator));
  return builder.take(value);
}

}  // namespace lmhost

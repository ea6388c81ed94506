// Which parts of a closed form are named.
#include <algorithm>

#include "study/closed_form.hpp"
#include "study/named_parts.hpp"

namespace lmhost {
namespace {

// Characters of a node in text, without its children.
std::size_t length_of(const FormNode& node) {
  switch (node.op) {
    case FormOp::kInteger:
      return to_string(node.integer).size();
    case FormOp::kNumber:
      return to_string(node.number).size();
    case FormOp::kSymbol:
      return node.name.size();
    case FormOp::kSum:
      return 3 * node.children.size();
    case FormOp::kProduct:
      return node.children.size() + 1;
    case FormOp::kPower:
    case FormOp::kQuotient:
      return 4 + to_string(node.integer).size();
    case FormOp::kCall:
      return 12 + node.name.size() + 2 * node.children.size();
  }
  return 0;
}

NamedParts::Kind kind_of(const FormNode& node) {
  const bool is_word = node.children.empty() && node.op != FormOp::kCall;
  return is_word         ? NamedParts::Kind::kWord
         : node.may_fail ? NamedParts::Kind::kRisky
                         : NamedParts::Kind::kSafe;
}

// "t", or longer: no symbol is it and a number.
std::string part_prefix(const std::vector<std::string>& symbols) {
  std::string prefix = "t";
  const auto collides = [&](const std::string& symbol) { return is_numbered(symbol, prefix); };
  while (std::any_of(symbols.begin(), symbols.end(), collides)) prefix += '_';
  return prefix;
}

}  // namespace

Result<bool> name_parts(ClosedForm& form, const std::vector<std::string>& symbols,
                        SymbolicBudget& budget) {
  NamedParts parts;
  std::vector<std::uint32_t> children;
  for (const FormNode& node : form.nodes) {
    children = node.children;
    // C writes a power as a product.
    if (node.op == FormOp::kPower) children.assign(node.exponent, node.children[0]);
    const bool is_choice = node.op == FormOp::kCall && node.call == ProgramOp::kSelect;
    parts.add(children, length_of(node), kind_of(node), is_choice ? 0b110 : 0);
  }
  const SymbolicLimits& limits = budget.limits();
  if (parts.whole_length(form.value) <= limits.whole &&
      parts.whole_depth(form.value) <= limits.nesting)
    return true;
  parts.add_root(form.value);
  const std::size_t length = parts.choose(limits.nesting);
  if (!budget.fits(length) || !budget.nests(parts.deepest())) return budget.error();
  const std::string prefix = part_prefix(symbols);
  for (std::uint32_t node = 0; node < form.nodes.size(); ++node)
    if (parts.is_named(node))
      form.parts.emplace(node, prefix + std::to_string(form.parts.size() + 1));
  return true;
}

}  // namespace lmhost

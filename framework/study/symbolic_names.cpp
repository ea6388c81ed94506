// Names for the parts of forms: forms and atoms as one graph, of which named_parts.hpp chooses.
#include <algorithm>

#include "study/named_parts.hpp"
#include "study/symbolic_form.hpp"

namespace lmhost {

class SymbolicForms::Namer {
 public:
  explicit Namer(const SymbolicForms& forms) : forms_(forms) {}

  std::uint32_t add_root(FormId form) {
    pending_.push_back({false, form});
    while (!pending_.empty()) {
      const Node node = pending_.back();
      if (part_of_.contains(key(node)) || add(node)) pending_.pop_back();
    }
    const std::uint32_t root = part_of_.at(key({false, form}));
    parts_.add_root(root);
    return root;
  }

  NamedParts& parts() { return parts_; }
  // Of a part.
  struct Node {
    bool is_atom = false;
    std::uint32_t id = 0;
  };
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  static std::uint64_t key(const Node& node) { return std::uint64_t{node.id} * 2 + node.is_atom; }

  // False when what the node is made of comes first: it is pending now.
  bool add(const Node& node) {
    below_.clear();
    std::uint32_t guarded = 0;
    if (node.is_atom) {
      const Atom& atom = forms_.atoms_[node.id];
      for (FormId operand : atom.operands) below_.push_back({false, operand});
      guarded = guarded_operands(atom);
    } else {
      for (const Term& term : forms_.forms_[node.id].terms)
        for (std::size_t i = 0; i < term.factors.size(); ++i)  // of a power once
          if (i == 0 || term.factors[i] != term.factors[i - 1])
            below_.push_back({true, term.factors[i]});
    }
    const std::size_t before = pending_.size();
    children_.clear();
    for (const Node& child : below_) {
      const auto known = part_of_.find(key(child));
      if (known == part_of_.end())
        pending_.push_back(child);
      else
        children_.push_back(known->second);
    }
    if (pending_.size() > before) return false;
    if (is_alias(node)) {
      part_of_[key(node)] = children_.front();
      return true;
    }
    part_of_[key(node)] = parts_.add(children_, own_length(node), kind(node), guarded);
    nodes_.push_back(node);
    return true;
  }

  // A form that is one atom, an atom that is one form: the same part.
  bool is_alias(const Node& node) const {
    return node.is_atom ? forms_.atoms_[node.id].kind == AtomKind::kSum
                        : forms_.single_atom(node.id) != nullptr;
  }

  // Operands that are computed only where another one says so.
  static std::uint32_t guarded_operands(const Atom& atom) {
    if (atom.kind != AtomKind::kOperation) return 0;
    if (atom.op == Op::kConditional) return 0b101;
    return atom.op == Op::kAnd || atom.op == Op::kOr ? 0b10 : 0;
  }

  std::size_t own_length(const Node& node) const {
    return node.is_atom ? SymbolicForms::own_length(forms_.atoms_[node.id])
                        : SymbolicForms::own_length(forms_.forms_[node.id].terms);
  }

  NamedParts::Kind kind(const Node& node) const {
    const Traits& traits =
        node.is_atom ? forms_.atoms_[node.id].traits : forms_.forms_[node.id].traits;
    return below_.empty()    ? NamedParts::Kind::kWord
           : traits.may_fail ? NamedParts::Kind::kRisky
                             : NamedParts::Kind::kSafe;
  }

  const SymbolicForms& forms_;
  NamedParts parts_;
  std::vector<Node> nodes_;  // by part
  std::unordered_map<std::uint64_t, std::uint32_t> part_of_;
  std::vector<Node> pending_;
  std::vector<Node> below_;              // of the node at hand
  std::vector<std::uint32_t> children_;  // likewise
};

std::vector<std::pair<FormId, std::string>> SymbolicForms::name_parts(
    std::span<const FormId> roots) {
  Namer namer(*this);
  std::vector<std::uint32_t> root_parts;
  for (FormId root : roots) root_parts.push_back(namer.add_root(root));
  NamedParts& parts = namer.parts();
  parts.choose(budget_.limits().nesting);
  std::string prefix = "t";
  while (std::any_of(atoms_.begin(), atoms_.end(), [&](const Atom& atom) {
    return atom.kind == AtomKind::kName && is_numbered(atom.word, prefix);
  }))
    prefix += '_';
  std::vector<std::pair<FormId, std::string>> named;
  for (std::uint32_t part = 0; part < namer.nodes().size(); ++part) {
    if (!parts.is_named(part)) continue;
    const Namer::Node node = namer.nodes()[part];
    std::string name = prefix + std::to_string(named.size() + 1);
    (node.is_atom ? atom_names_ : form_names_)[node.id] = name;
    const FormId form = node.is_atom ? intern({{Number(1), {node.id}}}) : node.id;
    lengths_[form] = parts.length(part);
    named.emplace_back(form, std::move(name));
  }
  for (std::size_t i = 0; i < roots.size(); ++i) lengths_[roots[i]] = parts.length(root_parts[i]);
  return named;
}

std::size_t SymbolicForms::length(FormId form) const {
  const auto known = lengths_.find(form);
  return known == lengths_.end() ? forms_[form].length : known->second;
}

}  // namespace lmhost

// What is sure of a program's nodes at every valid runtime point (lengths whole and >= 0, bits above
// 0): what need not be checked again at each.
#pragma once

#include <functional>
#include <vector>

#include "formula/program.hpp"

namespace lmhost {

// An input of a program: a runtime variable, or an open name by its place in symbols().
struct InputName {
  bool is_open = false;
  std::uint32_t index = 0;
  friend auto operator<=>(const InputName&, const InputName&) = default;
};
inline InputName input_name(RuntimeVariable variable) {
  return {false, static_cast<std::uint32_t>(variable)};
}
inline InputName open_name(std::uint32_t index) { return {true, index}; }

class NodeFacts {
 public:
  // Inputs that are known to be above 0 besides the bits.
  using IsPositive = std::function<bool(InputName)>;

  // REQUIRES: the program outlives this.
  explicit NodeFacts(const Program& program, IsPositive is_positive = {});

  // The nodes made since.
  void extend();

  bool never_fails(NodeIndex node) const { return facts_[node].never_fails; }
  // Of a node that does not fail: surely not below 0; surely whole and exact.
  bool is_never_negative(NodeIndex node) const { return facts_[node].never_negative; }
  bool is_whole(NodeIndex node) const { return facts_[node].whole; }
  bool is_length(NodeIndex node) const { return is_never_negative(node) && is_whole(node); }
  bool is_positive(NodeIndex node) const { return facts_[node].positive; }
  bool is_truth(NodeIndex node) const { return facts_[node].truth; }  // 0 or 1

 private:
  struct Facts {
    bool never_negative = false;
    bool whole = false;
    bool never_fails = false;
    bool positive = false;
    bool truth = false;
  };
  Facts facts_of(const ProgramNode& node) const;
  Facts input_facts(const ProgramNode& node) const;
  Facts value_of(const ProgramNode& node) const;
  bool is_positive(const ProgramNode& node) const;
  bool is_truth(const ProgramNode& node) const;
  bool never_fails(const ProgramNode& node) const;

  const Program& program_;
  IsPositive is_positive_;
  std::vector<Facts> facts_;
};

}  // namespace lmhost

// What is sure of a program's nodes at every valid runtime point (lengths whole and >= 0, bits above
// 0): what need not be checked again at each.
#pragma once

#include <vector>

#include "formula/program.hpp"

namespace lmhost {

class NodeFacts {
 public:
  explicit NodeFacts(const Program& program);

  bool never_fails(NodeIndex node) const { return facts_[node].never_fails; }
  // Of a node that does not fail: surely not below 0; surely whole and exact.
  bool is_never_negative(NodeIndex node) const { return facts_[node].never_negative; }
  bool is_whole(NodeIndex node) const { return facts_[node].whole; }
  bool is_length(NodeIndex node) const { return is_never_negative(node) && is_whole(node); }

 private:
  struct Facts {
    bool never_negative = false;
    bool whole = false;
    bool never_fails = false;
  };
  Facts facts_of(const Program& program, const ProgramNode& node) const;
  Facts value_of(const ProgramNode& node) const;
  bool never_fails(const Program& program, const ProgramNode& node) const;

  std::vector<Facts> facts_;
};

}  // namespace lmhost

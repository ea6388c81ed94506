// The expressions of a graph as nodes of the program, read in the names of the composite under way.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "resolve/names.hpp"
#include "resolve/plan.hpp"
#include "resolve/problems.hpp"

namespace lmhost {

inline constexpr NodeIndex kNotBound = 0xFFFFFFFF;

// A composite being resolved: its local names, how far its calls are done, and the edges made so far.
struct Frame {
  const Composite* composite = nullptr;
  std::vector<std::uint32_t> key;  // of the instance it becomes; empty for the root
  std::vector<std::pair<std::string_view, NodeIndex>> locals;  // parameters, then variables
  IndexRange parameters;
  IndexRange lets;
  CallRange calls;
  std::uint32_t next_call = 0;
  std::uint32_t height = 0;
  std::vector<Edge> edges;
};

class Binder : public SymbolScope {
 public:
  // REQUIRES: everything outlives this. `stack` holds the composites under way, the innermost last.
  Binder(const Graph& graph, const Catalog& catalog, const Config& config, Program& program,
         const std::vector<Frame>& stack);

  // The node of an expression that stands at `offset` of the file. What is wrong with it is reported, once; the result
  // is then an error node, and whoever uses it need not report again.
  NodeIndex bind(ExpressionIndex index, std::uint32_t offset);

  // A name, first hit wins: the composite's parameters and variables, graph variables, runtime variables, config.
  NodeIndex find(std::string_view name) override;

  Problems& problems() { return problems_; }
  // Where the walk stands: the root's class and the names of the calls under way.
  Problems::Path path() const;

 private:
  bool is_shared(const Expression& expression) const;
  bool is_unbound_parameter(std::string_view name) const;
  void check_functions(const Expression& expression);
  void report_failure(NodeIndex node);
  PlacedExpression failed_definition(PlacedExpression where);
  std::vector<std::string_view> local_names() const;

  const Graph& graph_;
  Program& program_;
  const std::vector<Frame>& stack_;
  GraphNames names_;
  Problems problems_;
  std::vector<NodeIndex>
      shared_nodes_;           // by ExpressionIndex, of expressions that mean the same everywhere
  std::vector<bool> checked_;  // by ExpressionIndex: its functions are known
  PlacedExpression current_;   // being translated
};

// The number that a node is an error of, or nothing.
inline const Number* failed_number(const Program& program, NodeIndex node) {
  const Value* value = program.constant_value(node);
  const bool failed =
      value != nullptr && value->kind == Value::Kind::kNumber && value->number.is_error();
  return failed ? &value->number : nullptr;
}

}  // namespace lmhost

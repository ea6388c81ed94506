// The expressions of a graph as nodes of the program, read in the names of the composite under way.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "resolve/names.hpp"
#include "resolve/plan.hpp"
#include "resolve/problems.hpp"

namespace lmhost {

inline constexpr NodeIndex kNotBound = 0xFFFFFFFF;

// The names of a composite: parameters, then variables. The first of a name wins. A few are found
// fastest by looking at all of them; a generated composite may have thousands.
class LocalNames {
 public:
  // REQUIRES: what name refers to outlives this.
  void add(std::string_view name, NodeIndex node);
  const NodeIndex* find(std::string_view name) const;  // nullptr when there is none
  const std::vector<std::pair<std::string_view, NodeIndex>>& list() const { return list_; }

 private:
  static constexpr std::size_t kFew = 16;

  std::vector<std::pair<std::string_view, NodeIndex>> list_;
  std::unordered_map<std::string_view, std::uint32_t> index_;  // into list_, of more than a few
};

// A composite being resolved: its names, how far its calls are done, and the edges made so far.
struct Frame {
  const Composite* composite = nullptr;
  std::vector<std::uint32_t> key;  // of the instance it becomes; empty for the root
  LocalNames locals;
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
         const std::vector<Frame>& stack, bool keep_config);
  Binder(const Binder&) = delete;  // its problems ask it for the path
  Binder& operator=(const Binder&) = delete;

  // The node of an expression that stands at `offset` of the file. What is wrong with it is
  // reported, once; the result is then an error node, and whoever uses it need not report again.
  NodeIndex bind(ExpressionIndex index, std::uint32_t offset);

  // A name, first hit wins: the composite's parameters and variables, graph variables, runtime
  // variables, config.
  NodeIndex find(std::string_view name) override;

  Problems& problems() { return problems_; }
  // Where the walk stands: the root's class and the names of the calls under way.
  Problems::Path path() const;

 private:
  bool is_shared(const Expression& expression) const;
  void check_functions(const Expression& expression);
  void report_failure(NodeIndex node);
  bool uses_failed_local(const Expression& expression) const;
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

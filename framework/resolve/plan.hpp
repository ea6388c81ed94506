// A graph after resolution: every distinct kernel with its bound parameters, ready to evaluate at
// any runtime point.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formula/program.hpp"
#include "lmhost/quantity.hpp"
#include "load/catalog.hpp"
#include "load/conventions.hpp"
#include "load/graph.hpp"

namespace lmhost {

using InstanceIndex = std::uint32_t;

// A quantity that is not identically zero, as a node of the program.
struct Term {
  Quantity quantity;
  NodeIndex node;
};

// What a kernel declares of its backward pass: costs of a training step only, so no quantities.
inline constexpr NodeIndex kNotDeclared = 0xFFFFFFFF;
struct Backward {
  NodeIndex flops = kNotDeclared;
  NodeIndex matmul_flops = kNotDeclared;
};

// Where a parameter's value came from, for explain.
enum class Origin { kCall, kDefault, kUnbound };

struct BoundParameter {
  std::string_view name;
  NodeIndex node;
  ExpressionIndex
      expression;  // the graph's expression; kNoExpression for a default, a let or a variable
  Origin origin;
};

// The declared operand behind a term: what explain and the roles view show.
struct BoundOperand {
  const KernelOperand* operand;
  Role role;  // after the call's override
  NodeIndex elements;
  NodeIndex bits;
  NodeIndex bytes;
  NodeIndex stored_bytes;
};

// One use of a child by a composite instance.
struct Edge {
  std::uint32_t call;  // into Graph::calls
  InstanceIndex child;
  NodeIndex count;         // multiplier, times `when`
  NodeIndex stored_count;  // distinct storages among them
};

// What a number must be: of a call's count (or an expectation, >= 0), of an int and a bool parameter
// (or an expectation). Errors are judged elsewhere.
inline bool is_count(const Number& number) {
  return (number.is_integer() || number.is_inexact()) && !number.is_negative();
}
inline bool is_whole(const Number& number) { return number.is_integer() || number.is_inexact(); }
inline bool is_truth(const Number& number) { return number == Number(0) || number == Number(1); }

// A node that no constant decided, and what it must be at every runtime point.
struct Check {
  NodeIndex node;
  bool (*holds)(const Number&);  // is_count, is_whole or is_truth
};

struct IndexRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// A distinct (kernel, bound parameters): atomic, composite, or unknown when allowed.
struct Instance {
  const Kernel* kernel = nullptr;        // atomic
  const Composite* composite = nullptr;  // composite
  std::string_view name;                 // of the kernel as declared, or as called when unknown
  IndexRange parameters;                 // into Plan::parameters
  IndexRange
      lets;  // into Plan::lets: (name, node) of the kernel's lets, or a composite's variables
  IndexRange operands;                    // atomic: into Plan::operands
  IndexRange terms;                       // atomic: into Plan::terms
  std::uint32_t backward = kNotDeclared;  // atomic: into Plan::backwards
  IndexRange edges;                       // composite: into Plan::edges
  std::uint32_t composite_index = 0;      // composite: into Evaluation::composite_costs
  std::uint32_t height = 0;               // 0 for atoms, 1 + highest child for composites

  bool is_unknown() const { return kernel == nullptr && composite == nullptr; }
};

struct Plan {
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const Conventions> conventions;
  Mode mode = Mode::kSdpa;
  bool keeps_config = false;  // for printing only: what depends on the config has no value
  Program program;
  std::vector<Instance> instances;  // children before parents; the root is the last
  std::vector<BoundParameter> parameters;
  std::vector<BoundParameter> lets;
  std::vector<BoundOperand> operands;
  std::vector<Term> terms;
  std::vector<Backward> backwards;  // of the kernels that declare any
  std::vector<Edge> edges;
  std::vector<Check> checks;  // what no constant decided: judged at every point
  Diagnostics unknown;        // with allow_unknown: the calls that were left out, up to 1000

  InstanceIndex root() const { return static_cast<InstanceIndex>(instances.size() - 1); }
};

struct ResolveOptions {
  Mode mode = Mode::kSdpa;
  bool allow_unknown = false;
  bool keep_config = false;      // config.* stays a name, with a value or without
  std::size_t rows = 3'000'000;  // of the plan: instances, their parameters and edges
};

// Binds every call of the graph reachable from the root. `config` is the one in force: what a graph
// embeds must be in it. All unknown kernels, unbound parameters and missing config names are
// reported together, with the path of the call.
Result<std::shared_ptr<const Plan>> resolve(std::shared_ptr<const Graph> graph,
                                            std::shared_ptr<const Catalog> catalog,
                                            std::shared_ptr<const Conventions> conventions,
                                            const Config& config,
                                            const ResolveOptions& options = {});

}  // namespace lmhost

// What resolve complains about: each mistake once, at its place in the graph's file, with the path
// of the call.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/suggestions.hpp"
#include "load/catalog.hpp"
#include "load/graph.hpp"
#include "resolve/names.hpp"

namespace lmhost {

// An expression of the graph at its place in the file.
struct PlacedExpression {
  const Expression* expression = nullptr;
  std::uint32_t offset = 0;
};

// A call by a name that several plugins declare: ambiguous_name() at its place in the graph.
Diagnostic ambiguous_kernel(const Graph& graph, const Call& call, const Catalog& catalog,
                            const NameConflict& conflict);

// Whether the format of the graph has no place for the sizes of this call, and the kernel needs some.
bool is_unsaid(const Graph& graph, const Call& call, const Kernel& kernel);
// A warning for each such call, without the path.
Diagnostics unsaid_sizes(const Graph& graph, const Catalog& catalog);

class Problems {
 public:
  using Path = std::vector<std::string>;  // "LlamaForCausalLM", "layers", "mlp"

  // REQUIRES: all outlive this. `path` says where the walk stands; asked for every new report only,
  // because it is as long as the graph is deep.
  Problems(const Graph& graph, const Catalog& catalog, const GraphNames& names,
           std::function<Path()> path)
      : graph_(graph), catalog_(catalog), names_(names), path_(std::move(path)) {}

  void add(std::size_t offset, std::size_t length, std::string_view code, std::string message,
           std::string hint = {});
  void unknown_root();
  void unknown_name(std::string_view name, PlacedExpression where,
                    std::span<const std::string_view> locals);
  void unknown_function(const ExpressionNode& call, PlacedExpression where);
  void unknown_parameter(const Call& call, const Binding& binding,
                         std::span<const std::string_view> known);
  void unknown_operand(const Call& call, const Kernel& kernel, const RoleOverride& override);
  // The error, or warning when `allowed`, about a call whose kernel nobody defines; the error about
  // one that several plugins define.
  Diagnostic unknown_kernel(const Call& call, bool allowed);
  // The error, or warning when `allowed`, about a call of which the graph's format says no sizes.
  Diagnostic unsaid_sizes(const Call& call, const Kernel& kernel, bool allowed);
  // Every config name without a value that the expression needs, through graph variables too;
  // `failed` ("config.x") is the one that made it fail.
  void missing_config(PlacedExpression where, std::string_view failed);
  void too_large(std::size_t limit);
  void stopped();  // because is_enough()

  std::size_t count() const { return errors_.size(); }
  Diagnostics& errors() { return errors_; }
  // Whether going on would only make a hopeless list longer: a generated graph can be wrong in every
  // one of a million calls.
  bool is_enough() const {
    return errors_.size() >= kMostProblems || path_parts_ >= kMostPathParts;
  }

  static constexpr std::size_t kMostProblems = 1000;

 private:
  static constexpr std::size_t kMostPathParts = 1'000'000;

  std::vector<std::string_view> composite_names() const;
  Path path();

  const Graph& graph_;
  const Catalog& catalog_;
  const GraphNames& names_;
  std::function<Path()> path_;
  std::size_t path_parts_ = 0;
  Suggestions suggestions_;
  std::unordered_set<std::string> seen_;
  Diagnostics errors_;
};

}  // namespace lmhost

// What resolve complains about: each mistake once, at its place in the graph's file, with the path
// of the call.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

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

class Problems {
 public:
  using Path = std::vector<std::string>;  // "LlamaForCausalLM", "layers", "mlp"

  // REQUIRES: all outlive this.
  Problems(const Graph& graph, const Catalog& catalog, const GraphNames& names)
      : graph_(graph), catalog_(catalog), names_(names) {}

  void add(std::size_t offset, std::size_t length, std::string_view code, std::string message,
           const Path& path, std::string hint = {});
  void unknown_root();
  void unknown_name(std::string_view name, PlacedExpression where,
                    std::span<const std::string_view> locals, const Path& path);
  void unknown_function(const ExpressionNode& call, PlacedExpression where, const Path& path);
  void unknown_parameter(const Call& call, const Binding& binding,
                         std::span<const std::string_view> known, const Path& path);
  void unknown_operand(const Call& call, const Kernel& kernel, const RoleOverride& override,
                       const Path& path);
  // The error, or warning when `allowed`, about a call whose kernel nobody defines; the error about
  // one that several plugins define.
  Diagnostic unknown_kernel(const Call& call, bool allowed, const Path& path) const;
  // Every config name without a value that the expression needs, through graph variables too.
  void missing_config(PlacedExpression where, const Path& path);

  std::size_t count() const { return errors_.size(); }
  Diagnostics& errors() { return errors_; }

 private:
  std::vector<std::string_view> composite_names() const;

  const Graph& graph_;
  const Catalog& catalog_;
  const GraphNames& names_;
  std::unordered_set<std::string> seen_;
  Diagnostics errors_;
};

}  // namespace lmhost

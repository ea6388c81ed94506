// What the names of a graph's expressions stand for, whatever composite they appear in: runtime
// variables, graph variables and config values.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formula/program.hpp"
#include "formula/translate.hpp"
#include "load/config.hpp"
#include "load/graph.hpp"

namespace lmhost {

// "bytes", "w_bytes", "a_bytes", "kv_bytes", "index_bytes" and the runtime variables themselves, as
// nodes.
std::optional<NodeIndex> precision_node(std::string_view name, Program& program);
// The same as a number, at one point.
std::optional<Number> precision_value(std::string_view name, const RuntimePoint& point);
// Only w_bits ... index_bytes: what kernel formulas may use besides their own names.
bool is_precision_name(std::string_view name);
std::vector<std::string_view> precision_names();  // those

class GraphNames : public SymbolScope {
 public:
  // With `keep_config` config names stay names, but for those whose value is a text, a truth, a list
  // or null: these choose what executes. REQUIRES: graph, config and program outlive this.
  GraphNames(const Graph& graph, const Config& config, Program& program, bool keep_config = false);

  // The node of a name that every composite shares, or nothing when there is no such name. A config
  // name without a value gives an error node (kUnbound, "config.x").
  std::optional<NodeIndex> lookup(std::string_view name);
  NodeIndex find(std::string_view name) override;  // as lookup; an error node for an unknown name

  // The graph's variable of that name, or nullptr.
  const CompositeVariable* variable(std::string_view name) const;
  // The entry behind "config.x", or nullptr.
  const Config::Entry* config_entry(std::string_view name) const;
  bool has_config() const { return !config_.empty(); }

  // Every name that lookup() knows but those of the config, for suggestions.
  std::vector<std::string_view> names() const;
  std::vector<std::string_view> config_names() const {
    return config_.names();
  }  // without "config."

 private:
  struct Variable {
    const CompositeVariable* declaration;
    enum { kNew, kActive, kDone } state = kNew;
    NodeIndex node = 0;
  };

  const Graph& graph_;
  const Config& config_;
  Program& program_;
  bool keep_config_;
  std::unordered_map<std::string_view, Variable> variables_;
  int depth_ = 0;
};

}  // namespace lmhost

// A kernel dependency graph as read from a file: named composites, each an ordered list of calls.
//
// Nothing is looked up yet: kernels and names are text until resolve. Expressions are compiled and
// shared: two calls with the same text refer to one Expression. Flat arrays and views into the
// document, so that a graph of a million calls stays small.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/expression.hpp"
#include "lmhost/quantity.hpp"
#include "load/catalog.hpp"
#include "load/config.hpp"
#include "load/formats/detect.hpp"
#include "load/json.hpp"

namespace lmhost {

using ExpressionIndex = std::uint32_t;  // into Graph::expressions
inline constexpr ExpressionIndex kNoExpression = 0xFFFFFFFF;

enum class Mode { kEager, kSdpa, kFused };
std::string_view name_of(Mode mode);
std::optional<Mode> mode_named(std::string_view name);

inline constexpr std::uint32_t kNoComposite = 0xFFFFFFFF;

// Offsets are of bytes in Graph::source. Of an expression: its first byte, behind the quote of a
// JSON string. Of a name: its opening quote, so that an error underlines size + 2 bytes.

struct Binding {
  std::string_view parameter;
  ExpressionIndex expression = kNoExpression;
  std::uint32_t offset = 0;  // of the expression
};

struct RoleOverride {
  std::string_view operand;
  Role role = Role::kActivation;
  std::uint32_t offset = 0;
};

struct Call {
  std::string_view name;
  std::string_view kernel;
  std::uint32_t composite = kNoComposite;  // into Graph::composites; none: a plugin's kernel
  std::uint32_t kernel_offset = 0;         // of the kernel's name
  std::uint32_t offset = 0;                // of the call's '{'
  std::uint32_t first_binding = 0;         // into Graph::bindings
  std::uint32_t binding_count = 0;
  std::uint32_t first_role = 0;  // into Graph::roles
  std::uint32_t role_count = 0;
  ExpressionIndex multiplier = kNoExpression;    // none: 1
  ExpressionIndex when = kNoExpression;          // none: always
  ExpressionIndex stored_count = kNoExpression;  // none: as multiplier
  std::uint32_t multiplier_offset = 0;
  std::uint32_t when_offset = 0;
  std::uint32_t stored_count_offset = 0;
  std::string_view lines;      // "120" or "120-125"; may be empty
  std::string_view call_site;  // free text
  std::string_view doc;
};

struct CallRange {
  std::uint32_t first = 0;  // into Graph::calls
  std::uint32_t count = 0;
};

struct CompositeParameter {
  std::string_view name;
  ExpressionIndex default_value = kNoExpression;  // none: every call must bind it
  std::uint32_t offset = 0;                       // of the declaration
  std::uint32_t default_offset = 0;               // of the default value
};

struct CompositeVariable {
  std::string_view name;
  ExpressionIndex expression = kNoExpression;
  std::uint32_t offset = 0;  // of the expression
};

struct Composite {
  std::string_view name;  // not unique in the nested form
  std::string_view doc;
  std::string_view location;  // source file of the model class
  std::string_view lines;
  std::uint32_t offset = 0;
  std::vector<CompositeParameter> parameters;
  std::vector<CompositeVariable> variables;  // local names, each may use the ones before it
  CallRange calls;                           // eager
  std::optional<CallRange> sdpa;             // what replaces them in that mode
  std::optional<CallRange> fused;

  // The calls in `mode`: the alternative of the highest mode not above it.
  CallRange calls_in(Mode mode) const;
};

struct Requirement {
  std::string_view plugin;
  std::string_view range;  // ">=1.0 <2"
  std::uint32_t offset = 0;
};

struct Graph {
  InputFormat format = InputFormat::kGraph;  // what it was read from
  std::shared_ptr<const SourceText> source;  // the text; every view below points into storage
  std::shared_ptr<const void> storage;       // keeps decoded strings alive
  std::string_view root;
  std::uint32_t root_composite = kNoComposite;
  std::uint32_t root_offset = 0;
  std::string_view doc;
  std::string_view source_package;  // "transformers"
  std::string_view source_version;  // "5.23.0"
  std::string_view source_file;     // "transformers/models/llama/modeling_llama.py"
  std::vector<std::string_view> architectures;
  std::vector<Requirement> requires_plugins;
  std::vector<CompositeVariable> variables;
  std::optional<Config> config;  // embedded
  std::vector<Composite> composites;
  std::unordered_map<std::string_view, std::uint32_t> composite_by_name;
  std::vector<Call> calls;
  std::vector<Binding> bindings;
  std::vector<RoleOverride> roles;
  std::vector<Expression> expressions;
  std::vector<Plugin> kernels;  // that came as data with the graph; they hide others of their names
  // What stops nobody who does not need it: warnings, and errors of kernels that have no cost then.
  Diagnostics notes;

  const Composite* find(std::string_view name) const;  // the first of that name
  // What a call executes, or nullptr when that is a plugin's kernel.
  const Composite* composite_of(const Call& call) const {
    return call.composite == kNoComposite ? nullptr : &composites[call.composite];
  }
};

struct GraphLimits {
  std::size_t calls = 10'000'000;
  std::size_t composites = 1'000'000;
};

// Reads `lmhost.graph/1` or a format of others that describes a model (load/formats/detect.hpp), told
// apart by content. All errors of the file are reported together, up to a hundred; cycles are found
// in every mode. The graph keeps what it needs of the document.
Result<Graph> load_graph(const JsonDocument& document, const GraphLimits& limits = {});
Result<Graph> load_graph(std::shared_ptr<const SourceText> source, const GraphLimits& limits = {});
Result<Graph> load_graph_file(const std::string& path);  // "-" reads standard input

}  // namespace lmhost

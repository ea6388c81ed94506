// Why a number is what it is: every quantity of one node back to formula, values, plugin, graph
// line, model source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/columns.hpp"
#include "report/layout.hpp"
#include "report/summary.hpp"

namespace lmhost {

// A value with the text that gave it and where that text stands.
struct ExplainedValue {
  std::string name;
  std::optional<Value> value;
  std::string expression;  // "config.hidden_size", "2*M*K*N"; may be empty
  std::string
      origin;  // "call", "default", "graph variable", "config.json:12:3", "runtime"; a source
  std::string doc;
  unsigned depth = 0;  // names that an expression uses stand below it, one deeper
};

struct ExplainedOperand {
  std::string name;
  std::string direction;  // "read", "write", "scratch"
  std::string role;
  std::string formula;  // of its elements
  Number elements;
  Number bits;
  Number bytes;
  Number stored_bytes;
  std::string doc;
};

struct ExplainedQuantity {
  std::string key;
  std::string formula;  // empty for composites
  Number times;         // executions, or storages for what is stored
  Number per_call;
  Number total;
};

// One factor of `times`, outermost first.
struct ExplainedFactor {
  std::string path;
  Number count;
  std::string expression;
};

struct ExplainedChild {
  std::string name;
  std::string kernel;
  Number count;
  Costs total;
};

struct Explanation {
  std::string path;       // "" for the root
  std::string kernel;     // canonical name
  std::string called_as;  // when the graph spells an alias
  std::string type;       // "atomic", "composite", "unknown"
  std::string plugin;     // "attention 1.0.0"; empty for composites
  std::string catalog;    // of a kernel that came as data the file; else empty
  std::shared_ptr<const Provenance> provenance;  // of such a kernel, when its data says
  std::string fingerprint;
  std::string doc;
  std::string source;       // where the formulas come from
  std::string graph_place;  // "graphs/llama.json:88:9"
  std::string model_place;  // "transformers/models/llama/modeling_llama.py:456"
  std::string call_site;
  std::vector<ExplainedFactor> factors;
  Number times = 1;
  bool is_lower_bound = false;
  std::vector<ExplainedQuantity> quantities;  // those that are not zero, or the one asked for
  std::vector<ExplainedValue> parameters;
  std::vector<ExplainedValue> lets;
  std::vector<ExplainedValue> constants;  // of the plugin, where a formula names them
  std::vector<ExplainedOperand> operands;
  std::vector<ExplainedChild> children;
};

// The node of that path. Any tail of a path will do when it is the only one; "" or the root's class
// is the root. Errors: unknown (with the nearest), ambiguous (with the candidates).
Result<std::uint32_t> find_node(const CostTree& tree, std::string_view path);

// `metric` leaves one quantity; nullptr: all. `prefix` is cut from places.
Explanation explain(const Analysis& analysis, std::uint32_t node, const Column* metric,
                    std::string_view prefix);

Text write_explanation(const Explanation& explanation, const Summary& summary,
                       const Analysis& analysis, const TextStyle& style);
std::string write_explanation_json(const Explanation& explanation);

}  // namespace lmhost

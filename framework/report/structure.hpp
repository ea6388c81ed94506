// What a model is made of, without numbers: every call with its fully qualified name, kernel, count
// and place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/layout.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

struct StructureOptions {
  Mode mode = Mode::kSdpa;
  std::optional<unsigned> depth;
  // What a kernel calls is shown once, however often it is called: of a DAG all that there is.
  bool opens_once = false;
};

struct StructureNode {
  std::int64_t parent = -1;
  std::uint32_t depth = 0;
  std::string path;  // "" for the root, and where kernels are opened once
  std::string name;
  std::string kernel;  // fully qualified, as the graph spells it
  std::string plugin;  // of an atomic kernel; of an ambiguous one all that declare it
  std::string type;    // "composite", "atomic", "unknown", "ambiguous"
  std::string count;   // "32" when the config fixes it, else the expression; "" for 1
  std::string when;    // condition that is still open
  std::string place;   // "transformers/models/llama/modeling_llama.py:182"
};

struct Structure {
  std::string root;
  std::vector<StructureNode> nodes;  // preorder
};

// With a plan counts are numbers where the config fixes them, and calls that never happen are left
// out; without one (a graph whose config is not at hand) they stay expressions. `catalog` may be
// nullptr: then no kernel is known. Error: E107, more than WrittenLimits allow.
Result<Structure> make_structure(const Graph& graph, const Plan* plan, const Catalog* catalog,
                                 const StructureOptions& options);

Text write_structure(const Structure& structure, const TextStyle& style);
std::string write_structure_json(const Structure& structure);
// The DAG, not the tree: one box per kernel.
DotText write_structure_dot(const Structure& structure, const TextStyle& style);
MermaidText write_structure_mermaid(const Structure& structure);

}  // namespace lmhost

// What an analysis costs, node by node, without the plan that it came from: of an analysis at hand or
// of a report saved as JSON. What comparisons are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/analysis.hpp"
#include "lmhost/quantity.hpp"
#include "lmhost/result.hpp"
#include "lmhost/runtime.hpp"

namespace lmhost {

struct ProfileNode {
  std::uint32_t parent = 0xFFFFFFFF;  // none for the root
  std::uint32_t depth = 0;
  std::uint32_t descendants = 0;  // nodes of the subtree below; they follow this one
  std::string name;               // the call's; of the root the class
  std::string path;               // "model.layers.mlp"; "" for the root
  std::string kernel;
  bool is_composite = false;
  Number count = 1;
  Costs total;
};

struct Profile {
  std::string label;  // as the user named it
  std::string root;   // the root's class, without its package
  std::string phase;  // "prefill", "decode", "generate", "train"
  std::string mode;   // "sdpa"
  std::string conventions;
  RuntimePoint point;
  std::optional<Number> prompt_tokens, generated_tokens;  // of a generation
  bool is_lower_bound = false;                            // something unknown was left out
  std::vector<ProfileNode> nodes;                         // preorder
  std::optional<double> seconds;                          // at least, on a device
  std::optional<double> tokens;                           // that the device makes in that time

  const Costs& totals() const { return nodes.front().total; }
};

// "prefill", "decode" for one new token per sequence on top of a cache, "generate" or "train".
std::string_view phase_of(const Analysis& analysis);

// New tokens of all sequences: of a generation those generated, else those of the pass.
Number tokens_of(const Analysis& analysis);

Profile profile_of(const Analysis& analysis);

// A saved lmhost.report/1. Errors: not one, E111; what a comparison needs is missing or has another
// kind, E102, E106.
Result<Profile> read_profile(const std::string& path);
// Whether the file's text begins as a JSON object with the report's schema: to tell a saved report
// from a graph. False for what cannot be read.
bool is_saved_report(const std::string& path);

}  // namespace lmhost

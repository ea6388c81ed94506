// One analysis as a value: what was asked, what was read, and every stage's result.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lmhost/runtime.hpp"

namespace lmhost {

struct CostTree;
struct Plan;
class Config;
struct SourceText;

// What is summed: one pass of the model, a prompt with the tokens generated after it, or a training
// step.
enum class Phase { kPass, kGenerate, kTrain };

// Which rows of the call tree are wanted: costs never depend on it.
struct TreeOptions {
  std::optional<std::uint32_t> depth;  // levels below the root; none: all
  std::string along;                   // the path of a call that is wanted too, with what it calls
};

struct Analysis {
  std::string model_name;  // as the user gave it, or the graph's root class
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const CostTree> tree;
  std::vector<std::shared_ptr<const SourceText>> inputs;  // all that was read, in order
  RuntimePoint point;                                     // of several passes the last
  Phase phase = Phase::kPass;
  Number prompt_tokens, generated_tokens;  // of each sequence, of a generation
};

}  // namespace lmhost

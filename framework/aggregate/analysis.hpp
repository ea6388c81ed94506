// One analysis as a value: what was asked, what was read, and every stage's result.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lmhost/runtime.hpp"

namespace lmhost {

struct CostTree;
struct Plan;
class Config;

// What was read to answer: for reports.
struct InputFile {
  std::string path;
  std::string sha256;
};

// What is summed: one pass of the model, a prompt with the tokens generated after it, or a training
// step.
enum class Phase { kPass, kGenerate, kTrain };

struct Analysis {
  std::string model_name;  // as the user gave it, or the graph's root class
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const CostTree> tree;
  std::vector<InputFile> inputs;
  RuntimePoint point;  // of several passes the last
  Phase phase = Phase::kPass;
  Number prompt_tokens, generated_tokens;  // of each sequence, of a generation
};

}  // namespace lmhost

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

struct Analysis {
  std::string model_name;  // as the user gave it, or the graph's root class
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const CostTree> tree;
  std::vector<InputFile> inputs;
  RuntimePoint point;
};

}  // namespace lmhost

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
struct SourceText;

struct Analysis {
  std::string model_name;  // as the user gave it, or the graph's root class
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const CostTree> tree;
  std::vector<std::shared_ptr<const SourceText>> inputs;  // all that was read, in order
  RuntimePoint point;
};

}  // namespace lmhost

// The spellings of a module's name inside one file: torch.nn.Linear, torch__nn__Linear and any
// whole dotted tail of it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lmhost {

class ModuleNames {
 public:
  struct Found {
    std::optional<std::size_t> module;
    std::vector<std::string_view> candidates;  // more than one: the name is ambiguous
  };

  // REQUIRES: what name refers to outlives this. The first of a name wins.
  void add(std::string_view name, std::size_t module);
  // The name as it is, else with '.' and '_' alike, else as the tail of one module's name. "RMSNorm"
  // is no tail of "LlamaRMSNorm": only whole parts count.
  Found find(std::string_view name) const;
  std::vector<std::string_view> all() const;

 private:
  std::map<std::string_view, std::size_t> exact_;
  std::map<std::string, std::set<std::size_t>> parts_;  // "torch.nn.linear", of "torch__nn_linear"
  std::vector<std::pair<std::string_view, std::size_t>> names_;
};

// torch.nn.modules.linear.Linear is what a program prints and torch.nn.Linear what people write;
// "" for a name that is not of that form.
std::string public_torch_name(std::string_view full_class_name);

}  // namespace lmhost

// A program with some of its inputs fixed: what then is constant folds away, so that a closed form or
// a sweep has only what varies in it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "formula/program.hpp"

namespace lmhost {

// An input of a program: a runtime variable, or an open name by its place in open_inputs().
struct InputName {
  bool is_open = false;
  std::uint32_t index = 0;
  friend auto operator<=>(const InputName&, const InputName&) = default;
};
inline InputName input_name(RuntimeVariable variable) {
  return {false, static_cast<std::uint32_t>(variable)};
}
inline InputName open_name(std::uint32_t index) { return {true, index}; }

struct SpecializedProgram {
  Program program;                // its open inputs are those of the original, in the same places
  std::vector<NodeIndex> nodes;   // by the original's node
};

// `value` gives the number of an input that is fixed, nothing of one that stays.
SpecializedProgram specialize(const Program& program,
                              const std::function<std::optional<Number>(InputName)>& value);

}  // namespace lmhost

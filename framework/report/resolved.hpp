// A resolved tree for people and for programs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "aggregate/analysis.hpp"
#include "report/layout.hpp"
#include "study/resolved.hpp"

namespace lmhost {

struct ResolvedOptions {
  std::optional<unsigned> depth;  // levels below the root; all when nothing
  std::size_t nodes = 1'000'000;  // more are cut off
  SymbolicLimits limits = {};     // levels, and characters of all that is printed
};

// Both are errors (E107) of a tree that is too deep, or so large when every call stands in it that
// nobody would read it.

// A block a call: count, kernel, the four formulas of the ancestor's resolved tree.
Result<Text> write_resolved(const Analysis& analysis, const ResolvedTree& tree,
                            const ResolvedOptions& options, const TextStyle& style);
// lmhost.resolved/1: every formula, the bindings, where each call stands. The keys kernel_name,
// flops, memory_read, memory_write, children, and in a child kernel and count, are the ancestor's.
Result<std::string> write_resolved_json(const Analysis& analysis, const ResolvedTree& tree,
                                        const ResolvedOptions& options);

}  // namespace lmhost

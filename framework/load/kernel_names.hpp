// The spellings of one kernel's name: where people and the ancestor's files write it their way, and
// what each may mean. The only place that matches names loosely; Catalog::find() stays exact.
//
//   torch.nn.functional.linear        a name or an alias, as declared
//   matmul/F.linear                   of that plugin
//   torch__nn__functional__linear     every '.' and '_' written "__", or '.', or '_'
//   torch.nn.modules.linear.Linear    where torch keeps what it calls torch.nn.Linear; F. for
//                                     torch.nn.functional.
//   functional.linear, linear         the end of a name, whole parts of it: "Embedding" is no end of
//                                     LlamaRotaryEmbedding
//   torch_Linear                      first and last part, joined
//   TorchSiLU, torch_silu.py          the same, as a class or a file of the ancestor's generator
//
// The first of these that fits decides. When it fits several kernels the name is ambiguous.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "lmhost/result.hpp"
#include "load/catalog.hpp"

namespace lmhost {

struct SpelledName {
  std::string_view name;
  std::size_t owner = 0;  // what has this name: the caller's numbering
};

// The owners of the names that `given` fits best, each once, in order of first appearance. Empty:
// fits none. More than one: ambiguous.
std::vector<std::size_t> match_spelling(std::span<const SpelledName> names, std::string_view given);

// The kernel that a name means. Errors: E101 with the nearest name; E206 with the candidates when it
// fits several; E408 when several plugins declare this very name.
Result<const Kernel*> find_spelling(const Catalog& catalog, std::string_view given);

// "'Linear' may be a.Linear or b.Linear" [E206]. Many candidates are cut short.
Diagnostic ambiguous_spelling(std::string_view given, std::vector<std::string> candidates);

}  // namespace lmhost

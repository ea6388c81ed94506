// The formulas of analysed modules, in every spelling that their databases have had: parameters as
// `p`, `{p}`, `${p}` or `{dim // 2}`, powers as `**` or `^`, and calls of other modules as
// `{torch.nn.Linear}(B * S, H)`, `${torch.nn.Linear}(N=B * S, in_features=H)` or
// `{torch.nn.Linear}(reads)`.
//
// One rule reads them all: a '$' before a brace says nothing; braces with '(' right behind them are
// a call of a module; other braces hold an expression. A call is replaced by a name of its own, so
// that what is left is a formula, and is resolved on the syntax tree by whoever knows the modules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "formula/expression.hpp"

namespace lmhost {

// Offsets are of bytes in the template's text. A node of an expression lies at the offset of what
// it was made from, and Expression::text is what the author wrote: braces, calls and all.

struct ModuleArgument {
  std::string name;        // empty: positional
  std::size_t offset = 0;  // of the expression
  Expression expression;   // may use placeholders of calls before this one; offsets from `offset`
};

// What a module is asked for, where the call itself says it.
enum class ModuleMetric { kOfContext, kFlops, kReads, kWrites, kIntermediates };

struct ModuleCall {
  std::string module;      // as written
  std::size_t offset = 0;  // of its '$' or '{'
  std::size_t length = 0;  // up to its ')'
  std::size_t name_offset = 0;
  std::string placeholder;                         // the name that stands for it: "_0", "_1", ...
  ModuleMetric metric = ModuleMetric::kOfContext;  // "{X}(reads)"; it has no arguments then
  std::vector<ModuleArgument> arguments;
};

struct Template {
  Expression expression;
  std::vector<ModuleCall> calls;  // inner ones before those whose arguments they stand in
};

// Errors point into `source` at `base_offset` + the place in the text.
// REQUIRES: as parse_expression().
Result<Template> parse_template(std::string_view text, const SourceText& source,
                                std::size_t base_offset, const FormulaLimits& limits = {});
// The same for a text of its own, named in errors as `name`.
Result<Template> parse_template(std::string_view text, std::string_view name,
                                const FormulaLimits& limits = {});

// "varies", "dynamic" and "unknown": what analysts wrote where they had no formula.
bool is_unknown_sentinel(std::string_view text);

}  // namespace lmhost

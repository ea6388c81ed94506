// Whether the analysis of a module that an agent has written can be believed as far as a program can
// tell: its form, that its formulas compile and its calls are covered, and what it says at sample
// points. Whether it is right a person has to say.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "load/json.hpp"

namespace lmhost {

struct AnswerRules {
  std::string module;              // what was asked for
  const Catalog* known = nullptr;  // what its formulas may call, without the module itself
  std::size_t points = 24;         // each formula is evaluated at
};

struct ModuleAnswer {
  JsonDocument document;
  Plugin plugin;  // one kernel
};

// The answer as read: one JSON object, which a Markdown fence may surround. Everything that is
// wrong is reported together, as far as one error does not hide another; places are those of the
// answer. Errors of form: E102 to E108; another module: E704; formulas, names and calls: E109,
// E201 to E203, E301, E302, E304; costs: E305, E308, E414.
Result<ModuleAnswer> check_module_answer(std::shared_ptr<const SourceText> answer,
                                         const AnswerRules& rules);

// Form only, by the rules of catalogs/schemas/module_answer.schema.json.
Diagnostics check_answer_form(JsonValue root);

}  // namespace lmhost

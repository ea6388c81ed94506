// Prompts from templates: texts with named fields, @NAME@, as the files in catalogs/prompts are.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "load/catalog.hpp"
#include "study/module_source.hpp"

namespace lmhost {

using PromptFields = std::map<std::string_view, std::string>;

// Each field once, in one pass: what a value holds is never taken for a field. A field is upper-case
// letters and '_' between two '@'. Errors: E104, with the place, for every field that has no value.
Result<std::string> fill_prompt(const SourceText& prompt, const PromptFields& fields);

// "torch.nn.functional.linear(M, K, N, has_bias=0)  also torch.nn.Linear", one a line, sorted; a name
// that two plugins share is nobody's and left out.
std::string known_kernels(const Catalog& catalog);

// The fields of catalogs/prompts/learn_module.txt: NAME, FILE, FIRST_LINE, LAST_LINE, SOURCE,
// RELATED, KERNELS, SCHEMA.
PromptFields prompt_fields(const ModuleSource& source, const Catalog& catalog, std::string schema);

// Those of catalogs/prompts/learn_retry.txt: ATTEMPT, ANSWER, ERRORS.
PromptFields retry_fields(std::size_t attempt, std::string answer, const Diagnostics& errors);

}  // namespace lmhost

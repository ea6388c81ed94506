// A closed form in the languages of its readers. Each is exact: Python and C compute what an analysis
// computes, and the text form is an expression of the formula language.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/closed_form.hpp"

namespace lmhost {

enum class FormulaLanguage { kText, kPython, kC, kLatex };

// The expression alone. Nothing when the language cannot say it exactly: fractions and expectations
// in C.
std::optional<std::string> form_text(const ClosedForm& form, FormulaLanguage language);

// What a program needs before the first function: imports, and the helpers that the forms call.
std::string form_preamble(const std::vector<const ClosedForm*>& forms, FormulaLanguage language);

// A name as the language may write it: "rope_scaling.factor" is rope_scaling_factor in Python.
std::string form_name(const std::string& name, FormulaLanguage language);

}  // namespace lmhost

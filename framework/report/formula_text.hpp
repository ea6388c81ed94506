// A closed form in the languages of its readers. Each is exact: Python and C compute what an analysis
// computes, and the text form is an expression of the formula language.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "study/closed_form.hpp"

namespace lmhost {

enum class FormulaLanguage { kText, kPython, kC, kLatex };

struct FormText {
  std::vector<std::pair<std::string, std::string>>
      parts;         // name, expression; each before its users
  std::string text;  // in terms of them
};

// The expressions alone. Nothing when the language cannot say one exactly (fractions and expectations
// in C), or, which `is_too_long` tells, only at a length that no form may have.
std::optional<FormText> form_text(const ClosedForm& form, FormulaLanguage language,
                                  bool* is_too_long = nullptr);

// What a program needs before the first function: imports, and the helpers that the forms call.
std::string form_preamble(const std::vector<const ClosedForm*>& forms, FormulaLanguage language);

// A name as the language may write it: "rope_scaling.factor" is rope_scaling_factor in Python.
std::string form_name(const std::string& name, FormulaLanguage language);

}  // namespace lmhost

// What `lmhost formula` prints: closed forms of several metrics in one language, and how they grow.
#pragma once

#include <string>
#include <vector>

#include "lmhost/result.hpp"
#include "report/formula_text.hpp"
#include "study/formula_study.hpp"

namespace lmhost {

struct NamedForm {
  std::string metric;  // "flops"
  ClosedForm form;
};

// With the comments and helpers that a reader or a compiler needs around them. Errors: E607 where the
// language cannot say a form exactly.
Result<std::string> write_forms(const std::vector<NamedForm>& forms, const Analysis& analysis,
                                const FormulaStudy& study, const std::string& node,
                                FormulaLanguage language);
std::string write_forms_json(const std::vector<NamedForm>& forms, const Analysis& analysis,
                             const FormulaStudy& study,
                             const std::string& node);  // lmhost.formula/1

// A paragraph a variable. REQUIRES: a metric a cost of every growth.
std::string write_growth(const std::vector<Growth>& growths,
                         const std::vector<std::string>& metrics);
std::string write_growth_json(const std::vector<Growth>& growths,
                              const std::vector<std::string>& metrics, const Analysis& analysis,
                              const std::string& node);  // lmhost.growth/1

}  // namespace lmhost

// The answer of `lmhost explain --reconcile` for people and programs.
#pragma once

#include <string>

#include "report/layout.hpp"
#include "report/summary.hpp"
#include "study/reconcile.hpp"

namespace lmhost {

// `node` is a path; empty: the model.
Text write_reconciliation(const Reconciliation& reconciliation, const Summary& summary,
                          const Analysis& analysis, const std::string& node,
                          const TextStyle& style);
std::string write_reconciliation_json(const Reconciliation& reconciliation,
                                      const Analysis& analysis,
                                      const std::string& node);  // lmhost.reconciliation/1

}  // namespace lmhost

#include "formula/symbolic_budget.hpp"

#include "base/codes.hpp"
#include "lmhost/number.hpp"

namespace lmhost {

std::string SymbolicBudget::passed() const {
  return "more than " + to_grouped_string(Number(std::uint64_t{passed_limit_})) + " " +
         std::string(passed_);
}

Diagnostic SymbolicBudget::error() const {
  return plain_error(ErrorKind::kInput, codes::kLimit, "the formulas need " + passed(),
                     "`lmhost analyze` gives the numbers at one point");
}

}  // namespace lmhost

// Any formula over any names, printed in every language: brackets close, and nothing stands in the text
// that could end it or begin something else.
#include <cstdlib>
#include <string_view>

#include "report/formula_text.hpp"
#include "study/closed_form.hpp"
#include "tools/fuzz/program_of_bytes.hpp"

namespace {

using namespace lmhost;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Every bracket closes, in order.
bool is_balanced(std::string_view text) {
  std::string open;
  for (const char c : text) {
    if (c == '(' || c == '{') open += c == '(' ? ')' : '}';
    if (c != ')' && c != '}') continue;
    if (open.empty() || open.back() != c) return false;
    open.pop_back();
  }
  return open.empty();
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

void check_text(std::string_view text, FormulaLanguage language) {
  if (text.empty() || !is_balanced(text)) std::abort();
  for (const char c : text)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') std::abort();
  if (language == FormulaLanguage::kLatex) {
    if (count_of(text, "\\left") - count_of(text, "\\leftarrow") != count_of(text, "\\right"))
      std::abort();
    if (count_of(text, "\\begin{cases}") != count_of(text, "\\end{cases}")) std::abort();
    return;
  }
  const std::string_view signs =
      language == FormulaLanguage::kC ? " +-*/%()<>=!?:,." : " +-*/%()<>=!,.";
  for (const char c : text)
    if (!is_word(c) && signs.find(c) == std::string_view::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  SymbolicLimits limits;
  limits.steps = 200'000;
  limits.whole = bytes.next() % 2 == 0 ? 0 : 8192;
  Program program;
  const NodeIndex node = fuzz::build(bytes, 200, true, program);
  std::vector<std::string> names;
  for (const Symbol& symbol : program.symbols()) names.push_back(symbol.name);

  SymbolicBudget budget(limits);
  const NodeFacts facts(program);
  PolynomialForm forms(program, facts, budget);
  const Polynomial polynomial = forms.of(node);
  Result<ClosedForm> form = closed_form(polynomial, program, forms, facts, [&](InputName name) {
    return name.is_open
               ? InputSymbol{names[name.index], 9 + name.index}
               : InputSymbol{std::string(name_of(static_cast<RuntimeVariable>(name.index))),
                             name.index};
  });
  if (!form || !name_parts(*form, names, budget)) {
    if (form && budget.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto language : {FormulaLanguage::kText, FormulaLanguage::kPython, FormulaLanguage::kC,
                              FormulaLanguage::kLatex}) {
    const auto text = form_text(*form, language);
    if (!text) continue;
    check_text(text->text, language);
    for (const auto& [name, part] : text->parts) {
      check_text(part, language);
      for (const std::string& symbol : names)
        if (form_name(symbol, language) == name) std::abort();
    }
    form_preamble({&*form}, language);
  }
  return 0;
}

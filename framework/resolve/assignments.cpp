#include "resolve/assignments.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/evaluate.hpp"
#include "formula/expression.hpp"

namespace lmhost {
namespace {

// The next comma that separates, or the end.
std::size_t end_of_piece(std::string_view text, std::size_t at) {
  char quote = '\0';
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (c == ',' && depth <= 0) {
      break;
    }
  }
  return at;
}

class AssignmentParser {
 public:
  explicit AssignmentParser(const SourceText& source) : source_(source) {}

  Result<std::vector<Assignment>> parse() {
    const std::string_view text = source_.text;
    if (text.find_first_not_of(' ') == std::string_view::npos) return std::move(list_);
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = end_of_piece(text, begin);
      parse_piece(begin, end);
      begin = end + 1;
    }
    if (!errors_.empty()) return std::move(errors_);
    return std::move(list_);
  }

 private:
  void parse_piece(std::size_t begin, std::size_t end) {
    const std::string_view text = source_.text;
    while (begin < end && text[begin] == ' ') ++begin;
    const std::size_t equals = text.substr(begin, end - begin).find('=');
    std::string_view name =
        text.substr(begin, equals == std::string_view::npos ? end - begin : equals);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (equals == std::string_view::npos || name.empty()) {
      errors_.push_back(error_at(source_, begin, std::max<std::size_t>(end - begin, 1),
                                 codes::kFormulaSyntax, "expected name=value"));
      return;
    }
    if (std::any_of(list_.begin(), list_.end(),
                    [&](const Assignment& row) { return row.name == name; })) {
      errors_.push_back(error_at(source_, begin, name.size(), codes::kDuplicateName,
                                 quoted(name) + " is given twice"));
      return;
    }
    const std::size_t value = begin + equals + 1;
    Result<Expression> expression =
        parse_expression(text.substr(value, end - value), source_, value);
    if (!expression) {
      for (const Diagnostic& error : expression.errors()) errors_.push_back(error);
      return;
    }
    const FormulaValue result =
        evaluate_formula(*expression, {[](std::string_view) { return nullptr; }, {}});
    if (!result.ok()) {
      errors_.push_back(
          error_at(source_, value + result.error_offset, 1, codes::kBadValue, result.error_text));
      return;
    }
    list_.push_back({name, begin, result.value});
  }

  const SourceText& source_;
  std::vector<Assignment> list_;
  Diagnostics errors_;
};

}  // namespace

Result<std::vector<Assignment>> parse_assignments(const SourceText& source) {
  return AssignmentParser(source).parse();
}

}  // namespace lmhost

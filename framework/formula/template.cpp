// One pass over the text with a stack of open parentheses. It blanks out what is not formula,
// length for length, and leaves the rest to the formula parser.
#include "formula/template.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/codes.hpp"

namespace lmhost {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

bool is_dotted_name(std::string_view text) {
  bool starts_part = true;
  for (const char c : text) {
    if (c == '.' ? starts_part : !is_letter(c) && (starts_part || !is_digit(c))) return false;
    starts_part = c == '.';
  }
  return !starts_part;
}

bool is_keyword(std::string_view word) {
  constexpr std::string_view kWords[] = {"and", "or", "not", "if", "else"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// "_0": a name that stands for a call.
bool is_placeholder(std::string_view word) {
  return word.size() > 1 && word[0] == '_' && std::all_of(word.begin() + 1, word.end(), is_digit);
}

struct MetricName {
  std::string_view name;
  ModuleMetric metric;
};
constexpr MetricName kMetricNames[] = {{"flops", ModuleMetric::kFlops},
                                       {"reads", ModuleMetric::kReads},
                                       {"writes", ModuleMetric::kWrites},
                                       {"intermediates", ModuleMetric::kIntermediates}};

class TemplateParser {
 public:
  TemplateParser(std::string_view text, const SourceText& source, std::size_t base,
                 const FormulaLimits& limits)
      : text_(text), masked_(text), source_(source), base_(base), limits_(limits) {
    limits_.caret_is_power = true;
  }

  Result<Template> parse() {
    // What is too long is refused before it is looked at.
    if (text_.size() <= limits_.length)
      while (at_ < text_.size() && !error_) step();
    if (!error_ && !open_.empty()) {
      for (const Open& open : open_)
        if (open.is_call) fail(open.argument_begin - 1, 1, "'(' is never closed");
    }
    if (error_) return std::move(*error_);
    Result<Expression> expression = part(0, text_.size());
    if (!expression) return std::move(expression).errors();
    template_.expression = std::move(*expression);
    return std::move(template_);
  }

 private:
  enum class Last { kOperator, kWord, kOperand };  // what stands before at_, blanks apart

  struct Open {
    bool is_call = false;
    ModuleCall call;
    std::size_t argument_begin = 0;     // of a call: behind its '(' or the last ','
    std::optional<std::size_t> equals;  // of a named argument
  };

  void fail(std::size_t offset, std::size_t length, std::string message, std::string hint = {}) {
    if (!error_)
      error_ = error_at(source_, base_ + offset, std::max<std::size_t>(length, 1),
                        codes::kFormulaSyntax, std::move(message), std::move(hint));
  }

  // A part of the text as a formula, spelled in it as the author did.
  Result<Expression> part(std::size_t begin, std::size_t end) {
    Result<Expression> expression = parse_expression(
        std::string_view(masked_).substr(begin, end - begin), source_, base_ + begin, limits_);
    if (expression) expression->text = std::string(text_.substr(begin, end - begin));
    return expression;
  }

  void step() {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
    } else if (c == '\'' || c == '"') {
      const std::size_t end = text_.find(c, at_ + 1);
      at_ = end == text_.npos ? text_.size() : end + 1;
      last_ = Last::kOperand;
    } else if (is_letter(c) || is_digit(c)) {
      word();
    } else if (c == '$' || c == '{') {
      braces();
    } else {
      punctuation(c);
    }
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.'))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    check_reserved(word, begin);
    last_ = is_keyword(word) ? Last::kOperator : Last::kWord;
  }

  void check_reserved(std::string_view word, std::size_t offset) {
    if (is_placeholder(word))
      fail(offset, word.size(), "'" + std::string(word) + "' cannot be the name of a parameter");
  }

  void punctuation(char c) {
    if (c == '}') return fail(at_, 1, "'}' without '{'");
    if (c == '(' && last_ == Last::kOperand) return fail(at_, 1, "expected an operator, found '('");
    const bool in_call = !open_.empty() && open_.back().is_call;
    const std::size_t place = at_++;
    last_ = c == ')' ? Last::kOperand : Last::kOperator;
    if (c == '(') {
      open_.emplace_back();
    } else if (c == ')' && in_call) {
      close_call(place);
    } else if (c == ')') {
      if (!open_.empty()) open_.pop_back();  // else the formula parser says it
    } else if (c == ',' && in_call) {
      end_argument(place);
    } else if (c == '=' && in_call) {
      equals(place);
    } else if ((c == '<' || c == '>' || c == '!') && at_ < text_.size() && text_[at_] == '=') {
      ++at_;
    }
  }

  void equals(std::size_t place) {
    if (at_ < text_.size() && text_[at_] == '=') {
      ++at_;
      return;
    }
    Open& open = open_.back();
    if (open.equals) return;  // the formula parser says it
    open.equals = place;
  }

  // '$' or '{'.
  void braces() {
    const std::size_t begin = at_;
    if (last_ != Last::kOperator)
      return fail(begin, 1, "expected an operator, found '" + std::string(1, text_[begin]) + "'");
    const std::size_t brace = begin + (text_[begin] == '$' ? 1 : 0);
    if (brace == text_.size() || text_[brace] != '{')
      return fail(begin, 1, "'$' without '{'", "a parameter is p, {p} or ${p}");
    const std::size_t end = text_.find_first_of("{}", brace + 1);
    if (end == text_.npos || text_[end] == '{') return fail(brace, 1, "'{' is never closed");
    std::size_t first = brace + 1, last = end;
    while (first < last && is_blank(text_[first])) ++first;
    while (first < last && is_blank(text_[last - 1])) --last;
    const std::string_view content = text_.substr(first, last - first);
    if (content.empty()) return fail(brace, end + 1 - brace, "nothing between the braces");
    const bool is_name = is_dotted_name(content);
    at_ = end + 1;
    if (at_ < text_.size() && text_[at_] == '(') {
      if (!is_name) return fail(first, content.size(), quoted(content) + " is no name of a module");
      return begin_call(begin, first, content);
    }
    check_reserved(content, first);
    masked_[begin] = ' ';
    masked_[brace] = is_name ? ' ' : '(';
    masked_[end] = is_name ? ' ' : ')';
    last_ = Last::kOperand;
  }

  void begin_call(std::size_t begin, std::size_t name, std::string_view module) {
    if (open_.size() >= limits_.depth) {
      error_ = error_at(source_, base_ + begin, 1, codes::kLimit,
                        "formula nested deeper than " + std::to_string(limits_.depth) + " levels");
      return;
    }
    Open open;
    open.is_call = true;
    open.call.module = std::string(module);
    open.call.offset = begin;
    open.call.name_offset = name;
    open.argument_begin = ++at_;
    open_.push_back(std::move(open));
    last_ = Last::kOperator;
  }

  // The argument before `end`, which is a ',' or the call's ')'.
  void end_argument(std::size_t end) {
    Open& open = open_.back();
    ModuleArgument argument;
    argument.offset = open.argument_begin;
    if (open.equals) {
      std::size_t first = open.argument_begin, last = *open.equals;
      while (first < last && is_blank(text_[first])) ++first;
      while (first < last && is_blank(text_[last - 1])) --last;
      argument.name = std::string(text_.substr(first, last - first));
      if (!is_identifier(argument.name))
        return fail(first, last - first, quoted(argument.name) + " is no name of a parameter");
      argument.offset = *open.equals + 1;
    }
    while (argument.offset < end && is_blank(text_[argument.offset])) ++argument.offset;
    const bool is_late = !open.call.arguments.empty() && !open.call.arguments.back().name.empty();
    if (argument.name.empty() && is_late)
      return fail(argument.offset, end - argument.offset,
                  "an argument without a name behind one that has a name");
    Result<Expression> expression = part(argument.offset, end);
    if (!expression) {
      if (!error_) error_ = expression.errors().front();
      return;
    }
    argument.expression = std::move(*expression);
    open.call.arguments.push_back(std::move(argument));
    open.argument_begin = end + 1;
    open.equals.reset();
  }

  void close_call(std::size_t end) {
    const std::string_view rest =
        text_.substr(open_.back().argument_begin, end - open_.back().argument_begin);
    const bool is_empty =
        open_.back().call.arguments.empty() && std::all_of(rest.begin(), rest.end(), is_blank);
    if (!is_empty) end_argument(end);
    if (error_) return;
    ModuleCall call = std::move(open_.back().call);
    open_.pop_back();
    call.length = end + 1 - call.offset;
    call.placeholder = "_" + std::to_string(template_.calls.size());
    if (call.placeholder.size() > call.length) {
      error_ = error_at(source_, base_ + call.offset, call.length, codes::kLimit,
                        "more calls of modules than a formula can have");
      return;
    }
    take_metric(&call);
    std::fill_n(masked_.begin() + static_cast<std::ptrdiff_t>(call.offset), call.length, ' ');
    masked_.replace(call.offset, call.placeholder.size(), call.placeholder);
    template_.calls.push_back(std::move(call));
  }

  static void take_metric(ModuleCall* call) {
    if (call->arguments.size() != 1 || !call->arguments[0].name.empty()) return;
    const Expression& only = call->arguments[0].expression;
    if (only.nodes.size() != 1 || only.nodes[0].op != Op::kName) return;
    for (const MetricName& row : kMetricNames) {
      if (row.name != only.names[0]) continue;
      call->metric = row.metric;
      call->arguments.clear();
      return;
    }
  }

  std::string_view text_;
  std::string masked_;
  const SourceText& source_;
  std::size_t base_;
  FormulaLimits limits_;
  std::size_t at_ = 0;
  Last last_ = Last::kOperator;
  std::vector<Open> open_;
  Template template_;
  std::optional<Diagnostic> error_;
};

}  // namespace

Result<Template> parse_template(std::string_view text, const SourceText& source,
                                std::size_t base_offset, const FormulaLimits& limits) {
  return TemplateParser(text, source, base_offset, limits).parse();
}

Result<Template> parse_template(std::string_view text, std::string_view name,
                                const FormulaLimits& limits) {
  const SourceText source{std::string(name), std::string(text)};
  return parse_template(text, source, 0, limits);
}

bool is_unknown_sentinel(std::string_view text) {
  return text == "varies" || text == "dynamic" || text == "unknown";
}

}  // namespace lmhost

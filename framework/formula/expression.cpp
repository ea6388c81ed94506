// The parser: an operator-precedence loop over two states (an operand or an operator is expected)
// with one explicit stack of pending operators. Precedences are Python's.
#include "formula/expression.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/codes.hpp"
#include "formula/lexer.hpp"

namespace lmhost {
namespace {

// What waits on the stack: an operator for its right operand, or an open construct for its end.
enum class PendingKind { kOperator, kParenthesis, kCall, kIf, kElse };

struct Pending {
  PendingKind kind;
  Op op = Op::kAdd;
  int precedence = 0;
  std::uint32_t offset = 0;
  std::uint32_t function = 0;
  std::uint8_t arguments = 0;
};

struct Operator {
  std::string_view text;
  Op op;
  int precedence;
};

constexpr int kOr = 1, kAnd = 2, kNot = 3, kComparison = 4, kSum = 5, kProduct = 6, kSign = 7,
              kPower = 8;
constexpr Operator kBinary[] = {{"or", Op::kOr, kOr},
                                {"and", Op::kAnd, kAnd},
                                {"<", Op::kLess, kComparison},
                                {"<=", Op::kLessEqual, kComparison},
                                {">", Op::kGreater, kComparison},
                                {">=", Op::kGreaterEqual, kComparison},
                                {"==", Op::kEqual, kComparison},
                                {"!=", Op::kNotEqual, kComparison},
                                {"+", Op::kAdd, kSum},
                                {"-", Op::kSubtract, kSum},
                                {"*", Op::kMultiply, kProduct},
                                {"/", Op::kDivide, kProduct},
                                {"//", Op::kFloorDivide, kProduct},
                                {"%", Op::kModulo, kProduct},
                                {"**", Op::kPower, kPower}};

const Operator* binary_operator(std::string_view text) {
  const auto* found = std::find_if(std::begin(kBinary), std::end(kBinary),
                                   [&](const Operator& row) { return row.text == text; });
  return found == std::end(kBinary) ? nullptr : found;
}

// The words of a formula, each once. A few are found fastest by looking at all of them; a hostile
// formula has thousands.
class WordList {
 public:
  explicit WordList(std::vector<std::string>& words) : words_(words) {}

  std::uint32_t index_of(std::string_view word) {
    constexpr std::size_t kFew = 16;
    const auto next = static_cast<std::uint32_t>(words_.size());
    if (next < kFew) {
      const auto found = std::find(words_.begin(), words_.end(), word);
      if (found != words_.end()) return static_cast<std::uint32_t>(found - words_.begin());
    } else if (many_.empty()) {
      for (std::uint32_t i = 0; i < next; ++i) many_.emplace(words_[i], i);
    }
    if (next >= kFew) {
      const auto [slot, is_new] = many_.try_emplace(std::string(word), next);
      if (!is_new) return slot->second;
    }
    words_.emplace_back(word);
    return next;
  }

 private:
  std::vector<std::string>& words_;
  std::unordered_map<std::string, std::uint32_t> many_;
};

class Parser {
 public:
  Parser(std::string_view text, const SourceText& source, std::size_t base,
         const FormulaLimits& limits)
      : lexer_(text), source_(source), base_(base), limits_(limits) {
    expression_.text = std::string(text);
  }

  Result<Expression> parse() {
    advance();
    while (!error_) {
      if (expects_operand_ ? !operand() : !continuation()) break;
    }
    if (error_) return std::move(*error_);
    return std::move(expression_);
  }

 private:
  void advance() { token_ = lexer_.next(); }

  bool fail(std::string message, std::string hint = {}) {
    if (error_) return false;
    const std::size_t length = std::max<std::size_t>(token_.text.size(), 1);
    error_ = error_at(source_, base_ + token_.offset, length, codes::kFormulaSyntax,
                      std::move(message), std::move(hint));
    return false;
  }

  static std::string spelled(const Token& token) {
    if (token.kind == TokenKind::kEnd) return "the end of the formula";
    return "'" + std::string(token.text.substr(0, 40)) + "'";
  }

  bool push(Pending pending) {
    if (pending_.size() >= limits_.depth) {
      error_ = error_at(source_, base_ + token_.offset, 1, codes::kLimit,
                        "formula nested deeper than " + std::to_string(limits_.depth) + " levels");
      return false;
    }
    pending_.push_back(pending);
    return true;
  }

  void emit(Op op, std::uint8_t count, std::uint32_t argument, std::size_t offset) {
    expression_.nodes.push_back({op, count, argument, static_cast<std::uint32_t>(offset)});
  }

  void emit_constant(Value value) {
    emit(Op::kConstant, 0, static_cast<std::uint32_t>(expression_.constants.size()), token_.offset);
    expression_.constants.push_back(std::move(value));
  }

  // An operand, a prefix operator or an opening parenthesis. False ends the parse.
  bool operand() {
    const auto offset = static_cast<std::uint32_t>(token_.offset);
    switch (token_.kind) {
      case TokenKind::kNumber: {
        std::string digits(token_.text);
        std::erase(digits, '_');
        const std::optional<Number> number = parse_number(digits);
        if (!number)
          return fail("number " + digits.substr(0, 40) + " does not fit exact 128-bit arithmetic");
        emit_constant(Value::of(*number));
        break;
      }
      case TokenKind::kString:
        emit_constant(Value::of(std::string(token_.text)));
        break;
      case TokenKind::kName:
        return name();
      case TokenKind::kOpen:
        if (!push({.kind = PendingKind::kParenthesis, .offset = offset})) return false;
        advance();
        return true;
      case TokenKind::kOperator:
        if (token_.text == "-" || token_.text == "+") {
          // A plus sign changes nothing, so it leaves no trace.
          if (token_.text == "-" && !push({PendingKind::kOperator, Op::kNegate, kSign, offset}))
            return false;
          advance();
          return true;
        }
        [[fallthrough]];
      default:
        if (token_.kind == TokenKind::kKeyword && token_.text == "not") {
          if (!pending_.empty() && pending_.back().kind == PendingKind::kOperator &&
              pending_.back().precedence > kNot) {
            return fail("'not' needs parentheses here");
          }
          if (!push({PendingKind::kOperator, Op::kNot, kNot, offset})) return false;
          advance();
          return true;
        }
        if (token_.kind == TokenKind::kClose && !pending_.empty() &&
            pending_.back().kind == PendingKind::kCall && pending_.back().arguments == 0 &&
            just_opened_call_) {
          return close();
        }
        return bad_operand();
    }
    advance();
    expects_operand_ = false;
    return true;
  }

  bool bad_operand() {
    if (token_.kind == TokenKind::kBad && (token_.text[0] == '\'' || token_.text[0] == '"')) {
      return fail("string without its closing quote");
    }
    if (token_.kind == TokenKind::kBad) return fail("unexpected " + spelled(token_));
    return fail("expected a number, a name or '(', found " + spelled(token_));
  }

  bool name() {
    const Token name = token_;
    advance();
    if (token_.kind == TokenKind::kOpen) {
      if (!push({.kind = PendingKind::kCall,
                 .offset = static_cast<std::uint32_t>(name.offset),
                 .function = functions_.index_of(name.text)})) {
        return false;
      }
      advance();
      just_opened_call_ = token_.kind == TokenKind::kClose;
      return true;
    }
    if (is_literal_name(name.text)) {
      emit(Op::kConstant, 0, static_cast<std::uint32_t>(expression_.constants.size()), name.offset);
      expression_.constants.push_back(name.text == "None" ? Value::none()
                                                          : Value::boolean(name.text == "True"));
    } else {
      emit(Op::kName, 0, names_.index_of(name.text), name.offset);
    }
    expects_operand_ = false;
    return true;
  }

  // An operator, a closing parenthesis, a comma or the end. False ends the parse.
  bool continuation() {
    switch (token_.kind) {
      case TokenKind::kEnd:
        return finish();
      case TokenKind::kClose:
        return close();
      case TokenKind::kComma:
        return comma();
      case TokenKind::kKeyword:
        if (token_.text == "if") return conditional_if();
        if (token_.text == "else") return conditional_else();
        break;
      default:
        break;
    }
    const bool is_caret = limits_.caret_is_power && token_.text == "^";
    const Operator* row = binary_operator(is_caret ? "**" : token_.text);
    if (row == nullptr ||
        (token_.kind != TokenKind::kOperator && token_.kind != TokenKind::kKeyword && !is_caret)) {
      return fail("expected an operator, found " + spelled(token_),
                  token_.text == "^" ? "write ** for a power"
                                     : (token_.text == "=" ? "write == to compare" : ""));
    }
    if (!reduce_to(row->precedence, row->op == Op::kPower)) return false;
    if (!push({PendingKind::kOperator, row->op, row->precedence,
               static_cast<std::uint32_t>(token_.offset)})) {
      return false;
    }
    expects_operand_ = true;
    advance();
    return true;
  }

  // Emits the pending operators that bind tighter (or as tight, unless right-associative).
  bool reduce_to(int precedence, bool right_associative) {
    while (!pending_.empty() && pending_.back().kind == PendingKind::kOperator) {
      const Pending top = pending_.back();
      if (top.precedence < precedence || (right_associative && top.precedence == precedence)) break;
      if (precedence == kComparison && top.precedence == kComparison) {
        return fail("comparisons cannot be chained", "write a < b and b < c");
      }
      const bool unary = top.op == Op::kNegate || top.op == Op::kNot;
      emit(top.op, unary ? 1 : 2, 0, top.offset);
      pending_.pop_back();
    }
    return true;
  }

  // Ends the sub-expression under way: all operators, and every `else` branch.
  bool reduce_all() {
    while (true) {
      if (!reduce_to(0, false)) return false;
      if (pending_.empty() || pending_.back().kind != PendingKind::kElse) break;
      emit(Op::kConditional, 3, 0, pending_.back().offset);
      pending_.pop_back();
    }
    if (!pending_.empty() && pending_.back().kind == PendingKind::kIf) {
      return fail("expected 'else', found " + spelled(token_),
                  "a conditional is: a if condition else b");
    }
    return true;
  }

  bool conditional_if() {
    if (!reduce_to(0, false)) return false;
    if (!pending_.empty() && pending_.back().kind == PendingKind::kIf) {
      return fail("'if' inside a condition needs parentheses");
    }
    if (!push({.kind = PendingKind::kIf, .offset = static_cast<std::uint32_t>(token_.offset)}))
      return false;
    expects_operand_ = true;
    advance();
    return true;
  }

  bool conditional_else() {
    if (!reduce_to(0, false)) return false;
    if (pending_.empty() || pending_.back().kind != PendingKind::kIf)
      return fail("'else' without 'if'");
    pending_.back().kind = PendingKind::kElse;
    expects_operand_ = true;
    advance();
    return true;
  }

  bool comma() {
    if (!reduce_all()) return false;
    if (pending_.empty() || pending_.back().kind != PendingKind::kCall)
      return fail("unexpected ','");
    if (++pending_.back().arguments == 255) return fail("more than 255 arguments");
    just_opened_call_ = false;
    expects_operand_ = true;
    advance();
    return true;
  }

  bool close() {
    const bool empty_call = expects_operand_;
    if (!empty_call && !reduce_all()) return false;
    if (pending_.empty()) return fail("')' without '('");
    const Pending top = pending_.back();
    pending_.pop_back();
    if (top.kind == PendingKind::kCall) {
      const auto count = static_cast<std::uint8_t>(empty_call ? 0 : top.arguments + 1);
      emit(Op::kCall, count, top.function, top.offset);
    }
    just_opened_call_ = false;
    expects_operand_ = false;
    advance();
    return true;
  }

  bool finish() {
    if (!reduce_all()) return false;
    if (!pending_.empty()) {
      error_ = error_at(source_, base_ + pending_.back().offset, 1, codes::kFormulaSyntax,
                        "'(' is never closed");
    }
    return false;
  }

  Lexer lexer_;
  const SourceText& source_;
  std::size_t base_;
  const FormulaLimits& limits_;
  Token token_;
  Expression expression_;
  WordList names_{expression_.names};
  WordList functions_{expression_.functions};
  std::vector<Pending> pending_;
  bool expects_operand_ = true;
  bool just_opened_call_ = false;
  std::optional<Diagnostic> error_;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text, const SourceText& source,
                                    std::size_t base_offset, const FormulaLimits& limits) {
  if (text.size() > limits.length) {
    return error_at(source, base_offset, 1, codes::kLimit,
                    "formula of " + std::to_string(text.size()) +
                        " bytes is longer than the limit of " + std::to_string(limits.length));
  }
  return Parser(text, source, base_offset, limits).parse();
}

Result<Expression> parse_expression(std::string_view text, std::string_view name,
                                    const FormulaLimits& limits) {
  const SourceText source{std::string(name), std::string(text)};
  return parse_expression(text, source, 0, limits);
}

}  // namespace lmhost

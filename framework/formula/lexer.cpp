#include "formula/lexer.hpp"

#include <algorithm>

#include "formula/expression.hpp"

namespace lmhost {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::string_view kKeywords[] = {"and", "or", "not",    "if", "else",
                                          "is",  "in", "lambda", "for"};
constexpr std::string_view kLiterals[] = {"True", "False", "None"};

template <std::size_t kSize>
bool is_one_of(const std::string_view (&words)[kSize], std::string_view text) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

}  // namespace

Token Lexer::next() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
    ++at_;
  const std::size_t begin = at_;
  if (begin == text_.size()) return {TokenKind::kEnd, {}, begin};
  const char c = text_[begin];
  if (is_digit(c) || (c == '.' && begin + 1 < text_.size() && is_digit(text_[begin + 1])))
    return number();
  if (is_name_start(c)) return name();
  if (c == '\'' || c == '"') return string(c);
  ++at_;
  if (c == '(') return token(TokenKind::kOpen, begin);
  if (c == ')') return token(TokenKind::kClose, begin);
  if (c == ',') return token(TokenKind::kComma, begin);
  const std::string_view two = text_.substr(begin, 2);
  if (two == "//" || two == "**" || two == "<=" || two == ">=" || two == "==" || two == "!=") {
    ++at_;
    return token(TokenKind::kOperator, begin);
  }
  const bool known = std::string_view("+-*/%<>").find(c) != std::string_view::npos;
  return token(known ? TokenKind::kOperator : TokenKind::kBad, begin);
}

Token Lexer::token(TokenKind kind, std::size_t begin) const {
  return {kind, text_.substr(begin, at_ - begin), begin};
}

void Lexer::skip_digits() {
  while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '_')) ++at_;
}

Token Lexer::number() {
  const std::size_t begin = at_;
  skip_digits();
  if (at_ < text_.size() && text_[at_] == '.') ++at_, skip_digits();
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    std::size_t ahead = at_ + 1;
    if (ahead < text_.size() && (text_[ahead] == '+' || text_[ahead] == '-')) ++ahead;
    if (ahead < text_.size() && is_digit(text_[ahead])) at_ = ahead, skip_digits();
  }
  if (at_ < text_.size() && is_name_start(text_[at_])) {  // "2x"
    ++at_;
    return token(TokenKind::kBad, begin);
  }
  return token(TokenKind::kNumber, begin);
}

Token Lexer::name() {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool dot = c == '.' && at_ + 1 < text_.size() && is_name_start(text_[at_ + 1]);
    if (!is_name_start(c) && !is_digit(c) && !dot) break;
    ++at_;
  }
  const Token result = token(TokenKind::kName, begin);
  return is_one_of(kKeywords, result.text) ? Token{TokenKind::kKeyword, result.text, begin}
                                           : result;
}

Token Lexer::string(char quote) {
  const std::size_t begin = at_++;
  const std::size_t end = text_.find(quote, at_);
  if (end == std::string_view::npos) {
    at_ = text_.size();
    return token(TokenKind::kBad, begin);
  }
  const Token result{TokenKind::kString, text_.substr(at_, end - at_), begin};
  at_ = end + 1;
  return result;
}

bool is_literal_name(std::string_view text) { return is_one_of(kLiterals, text); }

bool is_identifier(std::string_view text) {
  return !text.empty() && is_name_start(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_name_start(c) || is_digit(c); }) &&
         !is_one_of(kKeywords, text) && !is_literal_name(text);
}

}  // namespace lmhost

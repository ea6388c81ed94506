// The words of the formula language.
#pragma once

#include <cstddef>
#include <string_view>

namespace lmhost {

enum class TokenKind {
  kNumber,
  kString,
  kName,  // dotted
  kOperator,
  kKeyword,
  kOpen,
  kClose,
  kComma,
  kEnd,
  kBad  // a character, or the start of a number or string that has no end
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // of a string: without its quotes
  std::size_t offset = 0;
};

class Lexer {
 public:
  // REQUIRES: what text refers to outlives the tokens.
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();

 private:
  Token token(TokenKind kind, std::size_t begin) const;
  Token number();
  Token name();
  Token string(char quote);
  void skip_digits();

  std::string_view text_;
  std::size_t at_ = 0;
};

// "True", "False" or "None": names that are values.
bool is_literal_name(std::string_view text);

}  // namespace lmhost

// An expression under construction, node by node in evaluation order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "formula/expression.hpp"

namespace lmhost {

// Words and constants are listed as the parser lists them: each word once, in order of first use.
class TreeBuilder {
 public:
  void add(const Expression& from);
  // One node; its operands must have been added.
  void add(const Expression& from, const ExpressionNode& node);
  void constant(Value value);
  // A number as the parser would have read it: digits, behind a sign, over digits.
  void number(const Number& number);
  void name(const std::string& word);
  void call(const std::string& function, std::uint8_t count);
  void operation(Op op, std::uint8_t count);
  std::size_t size() const { return built_.nodes.size(); }

  // With its canonical text, and the places in it.
  Expression finish();

 private:
  using Words = std::unordered_map<std::string, std::uint32_t>;
  static std::uint32_t index_of(const std::string& word, Words& known,
                                std::vector<std::string>& list);

  Expression built_;
  Words names_, functions_;
};

}  // namespace lmhost

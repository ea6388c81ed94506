// Rewriting formulas on the tree: canonical text that parses back, simultaneous binding, folding that
// keeps the value.
#include "formula/rewrite.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "formula/evaluate.hpp"

using namespace lmhost;

namespace {

Expression parsed(std::string_view text) {
  Result<Expression> expression = parse_expression(text, "formula");
  REQUIRE_MESSAGE(expression.ok(), std::string(text)
                                       << ": " << expression.errors().front().message);
  return std::move(expression).value();
}

std::string bound(std::string_view text,
                  const std::map<std::string, std::string, std::less<>>& names) {
  std::map<std::string, Expression, std::less<>> trees;
  for (const auto& [name, value] : names) trees.emplace(name, parsed(value));
  return substitute(parsed(text),
                    [&](std::string_view name) -> const Expression* {
                      const auto found = trees.find(name);
                      return found == trees.end() ? nullptr : &found->second;
                    })
      .text;
}

// A random tree of every operator, not through text: what must survive printing and parsing.
Expression random_tree(std::mt19937& random, int depth) {
  const auto child = [&] { return random_tree(random, depth - 1); };
  if (depth == 0 || random() % 6 == 0) {
    switch (random() % 8) {
      case 0:
        return constant_expression(Number(static_cast<int>(random() % 100)));
      case 1:
        return constant_expression(Number::ratio(static_cast<int>(random() % 90), 64));
      case 2:
        return constant_expression(Value::of(std::string(random() % 2 == 0 ? "a\"b" : "it's")));
      case 3:
        return constant_expression(random() % 2 == 0 ? Value::none() : Value::boolean(true));
      case 4:
        return constant_expression(Number::ratio(-static_cast<int>(random() % 9), 7));
      default: {
        constexpr const char* kNames[] = {"M", "K", "config.text.n", "batch_size"};
        return name_expression(kNames[random() % 4]);
      }
    }
  }
  constexpr Op kBinary[] = {Op::kAdd,    Op::kSubtract,  Op::kMultiply, Op::kDivide,
                            Op::kModulo, Op::kPower,     Op::kLess,     Op::kFloorDivide,
                            Op::kEqual,  Op::kLessEqual, Op::kNotEqual, Op::kGreaterEqual,
                            Op::kAnd,    Op::kOr,        Op::kGreater};
  switch (random() % 8) {
    case 0:
      return operation(Op::kNegate, child());
    case 1:
      return operation(Op::kNot, child());
    case 2:
      return conditional(child(), child(), child());
    case 3: {
      std::vector<Expression> arguments;
      for (std::size_t left = random() % 4; left > 0; --left) arguments.push_back(child());
      return call_expression(random() % 2 == 0 ? "max" : "f", arguments);
    }
    default:
      return operation(kBinary[random() % std::size(kBinary)], child(), child());
  }
}

FormulaValue value_of(const Expression& expression) {
  static const std::map<std::string, Value, std::less<>> values = {
      {"M", Value::of(Number(3))},
      {"K", Value::of(Number(5))},
      {"config.text.n", Value::of(Number(2))},
      {"batch_size", Value::of(Number(7))}};
  return evaluate_formula(expression, {[](std::string_view name) -> const Value* {
                                         const auto found = values.find(name);
                                         return found == values.end() ? nullptr : &found->second;
                                       },
                                       {}});
}

TEST_CASE("20,000 random trees print to a text that parses back to the same tree") {
  std::mt19937 random(7);
  std::size_t largest = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Expression tree = random_tree(random, i % 6);
    const Expression again = parsed(tree.text);
    REQUIRE_MESSAGE(is_same_tree(tree, again), tree.text);
    REQUIRE(print(again) == tree.text);
    // The places are those that the parser finds, too.
    for (std::size_t node = 0; node < tree.nodes.size(); ++node)
      REQUIRE_MESSAGE(tree.nodes[node].offset == again.nodes[node].offset, tree.text);
    largest = std::max(largest, tree.nodes.size());
  }
  CHECK(largest > 100);
}

TEST_CASE("no pair of parentheses can be spared") {
  // Taking any one pair away gives another tree, or no formula.
  std::mt19937 random(11);
  for (int i = 0; i < 2'000; ++i) {
    const Expression tree = random_tree(random, 1 + i % 4);
    std::vector<std::size_t> open;
    bool in_call = false;
    char quote = 0;
    std::vector<bool> calls;
    for (std::size_t at = 0; at < tree.text.size(); ++at) {
      const char c = tree.text[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(') {
        in_call = at > 0 && std::isalnum(static_cast<unsigned char>(tree.text[at - 1])) != 0;
        calls.push_back(in_call);
        open.push_back(at);
      } else if (c == ')') {
        const std::size_t begin = open.back();
        const bool is_call = calls.back();
        open.pop_back();
        calls.pop_back();
        if (is_call) continue;
        std::string without = tree.text;
        without[begin] = without[at] = ' ';
        const Result<Expression> other = parse_expression(without, "formula");
        CHECK_MESSAGE((!other.ok() || !is_same_tree(*other, tree)), tree.text);
      }
    }
  }
}

TEST_CASE("canonical texts") {
  const auto canonical = [](std::string_view text) { return print(parsed(text)); };
  CHECK(canonical("((2*M) * K)+(N*1)") == "2*M*K + N*1");
  CHECK(canonical("a-(b-c)-d") == "a - (b - c) - d");
  CHECK(canonical("a*(b*c)") == "a*(b*c)");
  CHECK(canonical("(-a)**-b**c") == "(-a)**-b**c");
  CHECK(canonical("-(a**b)") == "-a**b");
  CHECK(canonical("2*-M") == "2*-M");
  CHECK(canonical("x//(a//b)%c") == "x // (a // b) % c");
  CHECK(canonical("(a if c else b) if (d and (e or f)) else (g if not (h) else i)") ==
        "(a if c else b) if d and (e or f) else g if not h else i");
  CHECK(canonical("1 + (not a)") == "1 + (not a)");
  CHECK(canonical("(a<b)==(c)") == "(a < b) == c");
  CHECK(canonical("max( a,(b), 4.50 )+f()") == "max(a, b, 4.5) + f()");
  CHECK(canonical("count(config.layer_types, \"it's\")") == "count(config.layer_types, \"it's\")");
}

TEST_CASE("binding: on the tree, all names at once") {
  // Text substitution would give x // 3*config.n_embd, which is (x // 3)*config.n_embd.
  CHECK(bound("x // nf", {{"nf", "3*config.n_embd"}}) == "x // (3*config.n_embd)");
  CHECK(bound("M - K", {{"K", "a + b"}}) == "M - (a + b)");
  CHECK(bound("2*M*K + M", {{"M", "K"}, {"K", "M"}}) == "2*K*M + K");
  CHECK(bound("M*M", {{"M", "M + 1"}}) == "(M + 1)*(M + 1)");
  CHECK(bound("a**b", {{"a", "-2"}, {"b", "c**d"}}) == "(-2)**c**d");
  CHECK(bound("n if c else 0", {{"c", "a if b else d"}}) == "n if (a if b else d) else 0");
  CHECK(bound("bytes*config.x", {{"config.x", "7"}}) == "bytes*7");
  CHECK(bound("M", {}) == "M");

  // Only free names: a function keeps its name although a parameter has it too.
  CHECK(bound("max(max, 1)", {{"max", "n"}}) == "max(n, 1)");
}

TEST_CASE("the size of a binding is known before it is built") {
  const Expression doubled = parsed("b + b");
  Expression tree = parsed("b");
  const auto with = [&](std::string_view) { return &tree; };
  for (int i = 0; i < 10; ++i) {
    // n nodes for each of two names, and the sum.
    CHECK(substituted_size(doubled, with) == 2 * tree.nodes.size() + 1);
    tree = substitute(doubled, with);
  }
  CHECK(tree.nodes.size() == 2 * 1024 - 1);
}

TEST_CASE("constants spelled as the parser reads them") {
  const auto text = [](const Number& number) { return constant_expression(number).text; };
  CHECK(text(Number(12)) == "12");
  CHECK(text(Number(-12)) == "-12");
  CHECK(text(Number::ratio(33, 64)) == "0.515625");
  CHECK(text(Number::ratio(-1, 3)) == "-(1/3)");
  const Number tiny = Number::ratio(1, std::int64_t{1} << 62);  // no 128-bit decimal
  CHECK(text(tiny) == "1/4611686018427387904");
  for (const Number& number : {Number(12), Number(-12), Number::ratio(-1, 3), tiny}) {
    const Expression tree = constant_expression(number);
    CHECK(is_same_tree(tree, parsed(tree.text)));
    CHECK(value_of(tree).value.number == number);
  }
  CHECK(sum_of({}).text == "0");
  CHECK(product_of({}).text == "1");
  const std::vector<Expression> parts = {parsed("a + b"), parsed("2"), parsed("c*d")};
  CHECK(sum_of(parts).text == "a + b + 2 + c*d");
  CHECK(product_of(parts).text == "(a + b)*2*(c*d)");
}

TEST_CASE("folding") {
  const auto folded = [](std::string_view text) { return fold_constants(parsed(text)).text; };
  CHECK(folded("2*3*M + 4/6") == "6*M + 2/3");
  CHECK(folded("M*1 + 0 - 0") == "M");
  CHECK(folded("0*(M + K*2)") == "0");
  CHECK(folded("0*(M // K)") == "0*(M // K)");  // may fail
  CHECK(folded("M if 2 < 3 else 1 // 0") == "M");
  CHECK(folded("1 // 0 + M") == "1 // 0 + M");  // the error stays where it was
  CHECK(folded("'silu' == 'gelu' or M") == "M");
  CHECK(folded("True and M") == "M");
  CHECK(folded("0 and M") == "0");
  CHECK(folded("max(2, 7, 5)*ceil_div(M, 1 + 1)") == "7*ceil_div(M, 2)");
  CHECK(folded("2 - 5 + M") == "-3 + M");
  CHECK(folded("distinct(8, 2, 3)") == "distinct(8, 2, 3)");  // inexact: no literal for it
  CHECK(folded("f(1 + 1)") == "f(2)");

  // The value is the same wherever there is one.
  std::mt19937 random(13);
  int compared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Expression tree = random_tree(random, i % 6);
    const FormulaValue before = value_of(tree);
    if (!before.ok()) continue;
    const Expression folded_tree = fold_constants(tree);
    const FormulaValue after = value_of(folded_tree);
    REQUIRE_MESSAGE(after.ok(), tree.text << " -> " << folded_tree.text);
    REQUIRE_MESSAGE(after.value == before.value, tree.text << " -> " << folded_tree.text);
    CHECK(folded_tree.nodes.size() <= tree.nodes.size());
    ++compared;
  }
  CHECK(compared > 5'000);
}

TEST_CASE("folding: what is neutral goes, and nothing else") {
  const std::map<std::string, std::string> neutral = {
      {"0 + M", "M"}, {"M + 0", "M"}, {"M - 0", "M"}, {"1 * M", "M"},
      {"M * 1", "M"}, {"M / 1", "M"}, {"0 * M", "0"}, {"M * 0", "0"},
  };
  for (const std::string operation : {" + ", " - ", " * ", " / ", " // ", " % ", " ** "}) {
    for (const std::string number : {"0", "1", "2"}) {
      for (const std::string& text : {number + operation + "M", "M" + operation + number}) {
        CAPTURE(text);
        const auto found = neutral.find(text);
        CHECK(fold_constants(parsed(text)).text ==
              (found == neutral.end() ? print(parsed(text)) : found->second));
      }
    }
  }
}

}  // namespace

// The formula language: values, errors with their place, limits; and that the two evaluators agree.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "formula/evaluate.hpp"
#include "formula/expression.hpp"
#include "formula/functions.hpp"
#include "formula/plugin_function.hpp"
#include "formula/program.hpp"
#include "formula/translate.hpp"

using namespace lmhost;

namespace {

Value list_of(std::initializer_list<const char*> items) {
  Value value;
  value.kind = Value::Kind::kList;
  for (const char* item : items) value.list.push_back(Value::of(std::string(item)));
  return value;
}

const std::map<std::string, Value, std::less<>> kNames = {
    {"batch_size", Value::of(Number(3))},
    {"seq_len", Value::of(Number(5))},
    {"cache_len", Value::of(Number(7))},
    {"zero", Value::of(Number(0))},
    {"bits", Value::of(Number(4))},
    {"config.hidden_act", Value::of(std::string("silu"))},
    {"config.n_inner", Value::none()},
    {"config.tie", Value::boolean(true)},
    {"config.layer_types", list_of({"full", "sliding", "full"})}};

FormulaValue walk(std::string_view text) {
  const Result<Expression> expression = parse_expression(text, "formula");
  REQUIRE_MESSAGE(expression.ok(), std::string(text)
                                       << ": " << expression.errors().front().message);
  return evaluate_formula(*expression, FormulaScope{[](std::string_view name) -> const Value* {
                                                      const auto found = kNames.find(name);
                                                      return found == kNames.end() ? nullptr
                                                                                   : &found->second;
                                                    },
                                                    {}});
}

std::string parse_error(std::string_view text, FormulaLimits limits = {}) {
  const Result<Expression> expression = parse_expression(text, "formula", limits);
  return expression.ok() ? "parsed" : render(expression.errors());
}

// The same names for the program: three runtime variables, the others constants.
class TestScope : public SymbolScope {
 public:
  explicit TestScope(Program& program) : program_(program) {}
  NodeIndex find(std::string_view name) override {
    if (const auto variable = runtime_variable_named(name)) return program_.input(*variable);
    const auto found = kNames.find(name);
    return found == kNames.end() ? program_.error(ArithmeticError::kUnbound, std::string(name))
                                 : program_.constant(found->second);
  }

 private:
  Program& program_;
};

// The value of the text by the program, at the point that kNames describes.
Number run(std::string_view text) {
  const Result<Expression> expression = parse_expression(text, "formula");
  REQUIRE(expression.ok());
  Program program;
  TestScope scope(program);
  const NodeIndex node = translate(*expression, scope, program);
  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(3);
  point[RuntimeVariable::kSeqLen] = Number(5);
  point[RuntimeVariable::kCacheLen] = Number(7);
  std::vector<Number> values(program.size());
  for (std::size_t i = 0; i < program.size(); ++i)
    values[i] = program.compute(program.nodes()[i], values.data(), point);
  return values[node];
}

}  // namespace

TEST_CASE("formulas have Python's value") {
  struct {
    const char* text;
    const char* value;
  } const rows[] = {
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"10 - 4 - 3", "3"},
      {"2 ** 3 ** 2", "512"},
      {"-2 ** 2", "-4"},
      {"2 ** -1", "0.5"},
      {"7 / 2", "3.5"},
      {"-7 // 2", "-4"},
      {"-7 % 3", "2"},
      {"4.5 * 2", "9"},
      {".5 + 2", "2.5"},
      {"2 + .5", "2.5"},
      {"1\t+\n2", "3"},
      {"1_000_000", "1000000"},
      {"1 if batch_size > 2 else 0", "1"},
      {"1 if zero else 2 if batch_size == 3 else 3", "2"},
      {"(1 if zero else 2) + 1", "3"},
      {"not zero and batch_size >= 3 or 1 // zero", "1"},
      {"zero or 5", "5"},
      {"batch_size and 5", "5"},
      {"not batch_size", "0"},
      {"min(batch_size, seq_len, 2)", "2"},
      {"max(1, seq_len)", "5"},
      {"abs(-3) + floor(7/2) + ceil(7/2) + ceil_div(7, 2)", "14"},
      {"log2(8)", "3"},
      {"sum_range(1, 5)", "10"},
      {"sum_range(5, 5)", "0"},
      {"causal_pairs(seq_len, cache_len)", "50"},   // 5*7 + 5*6/2
      {"window_pairs(8192, 0, 4096)", "25167872"},  // 4096*4097/2 + 4096*4096
      {"window_pairs(1, 9000, 4096)", "4096"},
      {"window_pairs(3, 2, 4)", "11"},    // 3 + 4 + 4
      {"window_pairs(3, 2, 100)", "12"},  // causal: 3*2 + 6
      {"len(config.layer_types)", "3"},
      {"count(config.layer_types, 'full')", "2"},
      {"config.hidden_act == 'silu'", "1"},
      {"config.hidden_act != \"gelu\"", "1"},
      {"config.hidden_act == 3", "0"},
      {"config.n_inner if defined(config.n_inner) else 4 * batch_size", "12"},
      {"config.missing if defined(config.missing) else 9", "9"},
      {"config.n_inner == None", "1"},
      {"config.tie + True", "2"},
      {"bits / 8", "0.5"},
      {"2 * batch_size\n  * seq_len", "30"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const FormulaValue value = walk(row.text);
    CHECK_MESSAGE(value.ok(), value.error_text);
    CHECK(to_string(value.value.number) == row.value);
    CHECK(to_string(run(row.text)) == row.value);
  }
}

TEST_CASE("expected number of distinct experts") {
  // E*(1-(1-k/E)^T), the figures that the literature's bounds k and min(E, k*T) enclose.
  struct {
    const char* text;
    double value;
  } const rows[] = {{"distinct(8, 2, 8)", 7.19910},     {"distinct(128, 8, 8)", 51.6199},
                    {"distinct(128, 8, 32)", 111.7710}, {"distinct(256, 8, 32)", 163.3139},
                    {"distinct(8, 8, 1)", 8},           {"distinct(8, 2, 0)", 0}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(walk(row.text).value.number.to_double() == doctest::Approx(row.value).epsilon(1e-5));
    CHECK(walk(row.text).value.number.is_inexact());
    CHECK(run(row.text).is_inexact());
  }
}

TEST_CASE("a formula that fails says which operation and why") {
  struct {
    const char* text;
    std::size_t offset;
    const char* error;
  } const rows[] = {
      {"seq_len * (4 // zero)", 13, "division by zero"},
      {"1 + unknown", 4, "'unknown' has no value"},
      {"2 * config.hidden_act", 2, "not a number"},
      {"10 ** 40", 3, "overflow of 128 bits"},
      {"log2(zero)", 0, "argument outside the function's domain"},
      {"causal_pairs(zero - 1, 2)", 0, "argument outside the function's domain"},
      {"5 + frobnicate(1)", 4, "unknown function 'frobnicate'"},
      {"ceil_div(1)", 0, "ceil_div() takes ceil_div(a, b)"},
      {"len(seq_len)", 0, "not a number"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const FormulaValue value = walk(row.text);
    CHECK(value.error_text == row.error);
    CHECK(value.error_offset == row.offset);
    CHECK(run(row.text).is_error());
  }
}

TEST_CASE("of two failing functions the first is named; a value that failed elsewhere is none") {
  const Result<Expression> two = parse_expression("frob(1) + grob(2)", "formula");
  const Value failed = Value::of(Number::error(ArithmeticError::kOverflow, 7));
  const FormulaScope scope{[&](std::string_view) { return &failed; }, {}};
  CHECK(evaluate_formula(*two, scope).error_text == "unknown function 'frob'");
  const Result<Expression> use = parse_expression("1 + elsewhere", "formula");
  const FormulaValue value = evaluate_formula(*use, scope);
  CHECK(value.error_text == "'elsewhere' has no value");
  CHECK(value.error_offset == 4);
}

TEST_CASE("ceil_div of large integers is exact") {
  CHECK(walk("ceil_div(10**30, 10**29 + 1)").value.number == Number(10));
  CHECK(walk("ceil_div(0 - 7, 2)").value.number == Number(-3));
  CHECK_FALSE(walk("ceil_div(1, 0)").ok());
}

TEST_CASE("what is not taken cannot fail") {
  CHECK(walk("1 if batch_size else 1 // zero").ok());
  CHECK_FALSE(run("1 if batch_size else 1 // zero").is_error());
  CHECK_FALSE(run("1 if config.tie else unknown").is_error());
  // A factor of zero does not hide a failure.
  CHECK(run("0 * (batch_size // zero)").is_error());
  CHECK_FALSE(walk("0 * (batch_size // zero)").ok());
}

TEST_CASE("syntax errors point at the place") {
  struct {
    const char* text;
    const char* rendered;
  } const rows[] = {
      {"2 * ",
       "formula:1:5: error: expected a number, a name or '(', found the end of the formula [E201]\n"
       "    1 | 2 * \n"
       "      |     ^\n"},
      {"2 ^ 3",
       "formula:1:3: error: expected an operator, found '^' [E201]\n"
       "    1 | 2 ^ 3\n"
       "      |   ^ write ** for a power\n"},
      {"(1 + 2",
       "formula:1:1: error: '(' is never closed [E201]\n"
       "    1 | (1 + 2\n"
       "      | ^\n"},
      {"1 + 2)",
       "formula:1:6: error: ')' without '(' [E201]\n"
       "    1 | 1 + 2)\n"
       "      |      ^\n"},
      {"a b",
       "formula:1:3: error: expected an operator, found 'b' [E201]\n"
       "    1 | a b\n"
       "      |   ^\n"},
      {"1 < 2 < 3",
       "formula:1:7: error: comparisons cannot be chained [E201]\n"
       "    1 | 1 < 2 < 3\n"
       "      |       ^ write a < b and b < c\n"},
      {"1 if 2",
       "formula:1:7: error: expected 'else', found the end of the formula [E201]\n"
       "    1 | 1 if 2\n"
       "      |       ^ a conditional is: a if condition else b\n"},
      {"1 else 2",
       "formula:1:3: error: 'else' without 'if' [E201]\n"
       "    1 | 1 else 2\n"
       "      |   ^~~~\n"},
      {"'abc",
       "formula:1:1: error: string without its closing quote [E201]\n"
       "    1 | 'abc\n"
       "      | ^~~~\n"},
      {"1, 2",
       "formula:1:2: error: unexpected ',' [E201]\n"
       "    1 | 1, 2\n"
       "      |  ^\n"},
      {"lambda x",
       "formula:1:1: error: expected a number, a name or '(', found 'lambda' [E201]\n"
       "    1 | lambda x\n"
       "      | ^~~~~~\n"},
      {"2x",
       "formula:1:1: error: unexpected '2x' [E201]\n"
       "    1 | 2x\n"
       "      | ^~\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_error(row.text) == row.rendered);
  }
}

TEST_CASE("hostile formulas cost bounded time and memory") {
  std::string names = "x";
  for (int i = 0; i < 9000; ++i) names += "+a" + std::to_string(i % 4500);
  CHECK(parse_expression(names, "formula")->names.size() == 4501);
  CHECK(parse_error(std::string(10'000'000, '('))
            .find("formula of 10000000 bytes is longer than the limit of 65536") !=
        std::string::npos);
  CHECK(parse_error(std::string(60'000, '(')).find("formula nested deeper than 256 levels") !=
        std::string::npos);
  CHECK(parse_error(std::string(60'000, '-') + "1").find("formula nested deeper than 256 levels") !=
        std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 20'000; ++i) sum += "+1";
  CHECK(to_string(walk(sum).value.number) == "20001");
  CHECK(parse_error("max()").find("parsed") == 0);
  CHECK_FALSE(walk("max()").ok());
  CHECK(parse_error("max(,)") != "parsed");
  CHECK(parse_error("max(1,)") != "parsed");
  CHECK(parse_error("") != "parsed");
}

namespace {

// A random expression over the names and functions that both evaluators know.
std::string random_formula(std::mt19937& random, int depth) {
  const auto pick = [&](auto... options) {
    const char* const list[] = {options...};
    return std::string(list[random() % sizeof...(options)]);
  };
  if (depth == 0)
    return pick("0", "1", "2", "7", "3.5", "batch_size", "seq_len", "cache_len", "bits", "zero",
                "unknown");
  const std::string a = random_formula(random, depth - 1), b = random_formula(random, depth - 1);
  switch (random() % 9) {
    case 0:
      return "(" + a + pick(" + ", " - ", " * ") + b + ")";
    case 1:
      return "(" + a + pick(" / ", " // ", " % ") + b + ")";
    case 2:
      return "(" + a + pick(" < ", " <= ", " > ", " >= ", " == ", " != ") + b + ")";
    case 3:
      return "(" + a + pick(" and ", " or ") + b + ")";
    case 4:
      return "(" + a + " if " + b + " else " + random_formula(random, depth - 1) + ")";
    case 5:
      return pick("min(", "max(", "ceil_div(", "causal_pairs(", "sum_range(") + a + ", " + b + ")";
    case 6:
      return pick("abs(", "floor(", "ceil(", "(not ", "(-") + a + ")";
    case 7:
      return "window_pairs(" + a + ", " + b + ", " + random_formula(random, depth - 1) + ")";
    default:
      return "(" + a + ") ** " + pick("0", "1", "2", "3", "zero");
  }
}

}  // namespace

TEST_CASE("the plain walk and the program agree on 3,000 random formulas") {
  std::mt19937 random(20240607);
  int failed = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_formula(random, 1 + i % 5);
    const FormulaValue value = walk(text);
    const Number number = run(text);
    CAPTURE(text);
    failed += value.ok() ? 0 : 1;
    REQUIRE(value.ok() == !number.is_error());
    if (value.ok()) REQUIRE(to_string(value.value.number) == to_string(number));
  }
  CHECK(failed > 100);  // the formulas do reach the errors
  CHECK(failed < 2900);
}

TEST_CASE("a macro expands to a formula in the caller's scope; a scalar is inexact") {
  lmh_function row = {};
  row.arity = 1;
  row.macro = [](const lmh_call* call, void*, const char* const* arguments,
                 std::uint32_t) -> std::int32_t {
    if (std::string(arguments[0]) == "bad") return call->fail(call, "no such equation"), 1;
    const std::string text = std::string(arguments[0]) + "*batch_size";
    call->emit(call, text.data(), text.size());
    return 0;
  };
  const PluginFunction macro{"expand", "", 1, true, row};
  row.macro = nullptr;
  row.scalar = [](const lmh_call*, void*, const double* arguments, std::uint32_t,
                  double* result) -> std::int32_t {
    *result = arguments[0] / 3;
    return 0;
  };
  const PluginFunction scalar{"third", "", 1, false, row};
  const auto evaluate = [&](std::string_view text) {
    const Result<Expression> expression = parse_expression(text, "formula");
    return evaluate_formula(
        *expression, FormulaScope{[](std::string_view name) { return &kNames.find(name)->second; },
                                  [&](std::string_view name) -> const PluginFunction* {
                                    if (name == "expand") return &macro;
                                    return name == "third" ? &scalar : nullptr;
                                  }});
  };
  CHECK(to_string(evaluate("2 * expand('seq_len')").value.number) == "30");
  CHECK(evaluate("expand('bad')").error_text == "expand() failed: no such equation");
  CHECK(evaluate("expand('1 +')").error_text ==
        "'1 +*batch_size': expected a number, a name or '(', found '*'");
  CHECK(evaluate("third(7)").value.number.is_inexact());
  CHECK(evaluate("third(7)").value.number.to_double() == doctest::Approx(7.0 / 3));
}

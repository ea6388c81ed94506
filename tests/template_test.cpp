// Every spelling that module formulas have had, read by one rule.
#include "formula/template.hpp"

#include <doctest/doctest.h>

#include <string>

#include "formula/rewrite.hpp"

namespace lmhost {
namespace {

// "2*_0 + 5*B | torch.nn.Linear[0](B*S, in=H)": the formula, then the calls.
std::string read(std::string_view text) {
  const Result<Template> parsed = parse_template(text, "t");
  if (!parsed) return render(parsed.errors());
  std::string result = print(parsed->expression);
  for (const ModuleCall& call : parsed->calls) {
    CHECK(parsed->expression.text == text);
    CHECK(text.substr(call.name_offset, call.module.size()) == call.module);
    CHECK(text[call.offset + call.length - 1] == ')');
    result += " | " + call.module + "(";
    constexpr std::string_view kMetrics[] = {"", "flops!", "reads!", "writes!", "intermediates!"};
    result += kMetrics[static_cast<std::size_t>(call.metric)];
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      const ModuleArgument& argument = call.arguments[i];
      CHECK(text.substr(argument.offset, argument.expression.text.size()) ==
            argument.expression.text);
      result += (i == 0 ? "" : ", ") + (argument.name.empty() ? "" : argument.name + "=") +
                print(argument.expression);
    }
    result += ")";
  }
  return result;
}

TEST_CASE("parameters of every generation") {
  CHECK(read("5 * ${num_elements}") == "5*num_elements");                 // B to D
  CHECK(read("5 * {num_elements}") == "5*num_elements");                  // E to G
  CHECK(read("5 * num_elements") == "5*num_elements");                    // A, I, J
  CHECK(read("{B} * {dim // 2}") == "B*(dim // 2)");                      // G: an expression
  CHECK(read("3 * {config.n_embd} // { n }") == "3*config.n_embd // n");  // H
  CHECK(read("2 * B^2 * H") == "2*B**2*H");                               // A
  CHECK(read("N * o if bias else 0") == "N*o if bias else 0");
  CHECK(read("N if bias else {o}") == "N if bias else o");
  CHECK(read("'{not a brace}'") == "'{not a brace}'");
}

TEST_CASE("calls of modules") {
  CHECK(read("2 * {torch__nn__Linear}(${B} * ${S}, ${H}, ${I})") ==
        "2*_0 | torch__nn__Linear(B*S, H, I)");
  CHECK(read("${torch.nn.Linear}({B} * {S}, {H}) + ${x.Y}({B})") ==
        "_0 + _1 | torch.nn.Linear(B*S, H) | x.Y(B)");
  CHECK(read("${torch.nn.Linear}(N={B}, in_features = max({H}, 2))") ==
        "_0 | torch.nn.Linear(N=B, in_features=max(H, 2))");
  CHECK(read("{L} * {a.Layer}(reads)") == "L*_0 | a.Layer(reads!)");
  CHECK(read("{a.Layer}()") == "_0 | a.Layer()");
  // The inner call comes first, and stands in the argument of the outer one.
  CHECK(read("{a.F}({b.G}({x}, 2), {y})") == "_1 | b.G(x, 2) | a.F(_0, y)");
  CHECK(read("{a.F}({x} == {y}, p={x} <= 2)") == "_0 | a.F(x == y, p=x <= 2)");
}

TEST_CASE("nodes lie where they stand in the text") {
  const std::string text = "2 * ${B} + {m.L}({H}, {I} // {B})";
  const Result<Template> parsed = parse_template(text, "t");
  REQUIRE(parsed.ok());
  for (const ExpressionNode& node : parsed->expression.nodes) {
    if (node.op != Op::kName) continue;
    const std::string& name = parsed->expression.names[node.argument];
    if (name == "B") CHECK(node.offset == text.find('B'));
    if (name == "_0") CHECK(node.offset == text.find("{m.L}"));
  }
  const ModuleArgument& second = parsed->calls[0].arguments[1];
  CHECK(second.offset == text.find("{I}"));
  CHECK(second.offset + second.expression.nodes[1].offset == text.rfind('B'));
}

TEST_CASE("what is no template") {
  const auto error = [](std::string_view text) {
    const std::string all = read(text);
    return all.substr(0, all.find('\n'));
  };
  CHECK(error("2 * {B") == "t:1:5: error: '{' is never closed [E201]");
  CHECK(error("2 * {B {S}") == "t:1:5: error: '{' is never closed [E201]");
  CHECK(error("2 * B}") == "t:1:6: error: '}' without '{' [E201]");
  CHECK(error("2 * $B") == "t:1:5: error: '$' without '{' [E201]");
  CHECK(error("2 * {}") == "t:1:5: error: nothing between the braces [E201]");
  CHECK(error("2 {B}") == "t:1:3: error: expected an operator, found '{' [E201]");
  CHECK(error("f{B}") == "t:1:2: error: expected an operator, found '{' [E201]");
  CHECK(error("{B}{S}") == "t:1:4: error: expected an operator, found '{' [E201]");
  CHECK(error("{B} (S)") == "t:1:5: error: expected an operator, found '(' [E201]");
  CHECK(error("{m.L}(2)(3)") == "t:1:9: error: expected an operator, found '(' [E201]");
  CHECK(error("{m.L}(2") == "t:1:6: error: '(' is never closed [E201]");
  CHECK(error("{m.L + 1}(2)") == "t:1:2: error: 'm.L + 1' is no name of a module [E201]");
  CHECK(error("{m.L}(2, , 3)") ==
        "t:1:10: error: expected a number, a name or '(', found the end of the formula [E201]");
  CHECK(error("{m.L}(a=2, 3)") ==
        "t:1:12: error: an argument without a name behind one that has a name [E201]");
  CHECK(error("{m.L}(2 * 3=2)") == "t:1:7: error: '2 * 3' is no name of a parameter [E201]");
  CHECK(error("_0 + {m.L}(2)") == "t:1:1: error: '_0' cannot be the name of a parameter [E201]");
  CHECK(error("{m.L}(2) +") ==
        "t:1:11: error: expected a number, a name or '(', found the end of the formula [E201]");
  // Code is no formula.
  CHECK(error("__import__('os').system('rm')") ==
        "t:1:17: error: expected an operator, found '.' [E201]");
  CHECK(error("lambda: 0") ==
        "t:1:1: error: expected a number, a name or '(', found 'lambda' [E201]");
  CHECK(error("x; y") == "t:1:2: error: expected an operator, found ';' [E201]");
}

TEST_CASE("limits") {
  std::string nested, call = "1";
  for (int i = 0; i < 200; ++i) nested += "{m.L}(";
  CHECK(read(nested + "1" + std::string(200, ')')).find("_199") == 0);
  for (int i = 0; i < 100; ++i) nested += "{m.L}(";
  CHECK(read(nested + "1" + std::string(300, ')')).find("[E107]") != std::string::npos);
  const std::string many(70'000, '{');
  CHECK(read(many).find("longer than the limit") != std::string::npos);
}

}  // namespace
}  // namespace lmhost

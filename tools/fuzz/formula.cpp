// Any bytes as a formula: parsing ends in bounded time and memory, and where it succeeds both
// evaluators, the plain walk and the program, give the same number at the same point.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "formula/evaluate.hpp"
#include "formula/expression.hpp"
#include "formula/program.hpp"
#include "formula/translate.hpp"
#include "lmhost/runtime.hpp"

namespace {

using namespace lmhost;

// batch_size, seq_len and the other runtime variables have values, every other name has none.
class RuntimeScope : public SymbolScope {
 public:
  explicit RuntimeScope(Program& program) : program_(program) {}
  NodeIndex find(std::string_view name) override {
    const auto variable = runtime_variable_named(name);
    return variable ? program_.input(*variable)
                    : program_.error(ArithmeticError::kUnbound, std::string(name));
  }

 private:
  Program& program_;
};

// Postfix: every node finds its operands, and one value is left.
void check_shape(const Expression& expression, std::size_t size) {
  std::size_t depth = 0;
  for (const ExpressionNode& node : expression.nodes) {
    if (node.count > depth || node.offset > size) std::abort();
    depth = depth - node.count + 1;
  }
  if (depth != 1) std::abort();
}

Number by_program(const Expression& expression, const RuntimePoint& point) {
  Program program;
  RuntimeScope scope(program);
  const NodeIndex result = translate(expression, scope, program);
  std::vector<Number> values(program.size());
  for (std::size_t i = 0; i < program.size(); ++i)
    values[i] = program.compute(program.node(static_cast<NodeIndex>(i)), values.data(), point);
  return values[result];
}

FormulaValue by_walk(const Expression& expression, const RuntimePoint& point) {
  std::vector<Value> values;
  for (const Number& number : point.values) values.push_back(Value::of(number));
  FormulaScope scope;
  scope.value = [&](std::string_view name) -> const Value* {
    const auto variable = runtime_variable_named(name);
    return variable ? &values[static_cast<std::size_t>(*variable)] : nullptr;
  };
  return evaluate_formula(expression, scope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Expression> expression = parse_expression(text, "fuzz");
  if (!expression) {
    if (expression.errors().empty()) std::abort();
    return 0;
  }
  check_shape(*expression, size);

  RuntimePoint point;
  point[RuntimeVariable::kBatchSize] = Number(3);
  point[RuntimeVariable::kWeightBits] = Number::ratio(33, 8);
  point[RuntimeVariable::kCacheLen] = Number(0);
  const FormulaValue walk = by_walk(*expression, point);
  if (walk.ok() && walk.value.kind != Value::Kind::kNumber) return 0;
  const Number program = by_program(*expression, point);
  if (walk.ok() ? !(walk.value.number == program) : !program.is_error()) std::abort();
  return 0;
}

#include "formula/specialize.hpp"

#include "formula/plugin_function.hpp"

namespace lmhost {
namespace {

// A constant of another program. An error keeps its explanation, which is that program's.
NodeIndex copy_constant(const Program& from, const Value& value, Program& to) {
  if (value.kind != Value::Kind::kNumber) return to.constant(value);
  if (const ProgramError* error = from.error_of(value.number))
    return to.error(error->reason, error->text);
  return to.constant(value.number);
}

}  // namespace

SpecializedProgram specialize(const Program& program,
                              const std::function<std::optional<Number>(InputName)>& value) {
  SpecializedProgram result;
  Program& to = result.program;
  for (const OpenInput& input : program.open_inputs()) to.open_input(input);
  result.nodes.reserve(program.size());
  const auto input = [&](InputName name) -> NodeIndex {
    if (const std::optional<Number> fixed = value(name)) return to.constant(*fixed);
    return name.is_open ? to.open_input(program.open_inputs()[name.index])
                        : to.input(static_cast<RuntimeVariable>(name.index));
  };
  for (NodeIndex index = 0; index < program.size(); ++index) {
    const ProgramNode& node = program.node(index);
    std::vector<NodeIndex> operands;
    for (NodeIndex operand : program.operands(node)) operands.push_back(result.nodes[operand]);
    NodeIndex copy = 0;
    if (node.op == ProgramOp::kConstant)
      copy = copy_constant(program, *program.constant_value(index), to);
    else if (node.op == ProgramOp::kInput)
      copy = input({false, node.operands[0]});
    else if (node.op == ProgramOp::kOpen)
      copy = input({true, node.operands[0]});
    else if (node.op == ProgramOp::kScalar)
      copy = to.scalar(program.scalar_function(node), std::move(operands));
    else if (operands.size() == 1)
      copy = to.unary(node.op, operands[0]);
    else if (operands.size() == 2)
      copy = to.binary(node.op, operands[0], operands[1]);
    else
      copy = to.ternary(node.op, operands[0], operands[1], operands[2]);
    result.nodes.push_back(copy);
  }
  return result;
}

}  // namespace lmhost

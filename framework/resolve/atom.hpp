// One atomic kernel with bound parameters, as nodes of the program: its lets, operands and cost
// terms.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolve/binder.hpp"
#include "resolve/plan.hpp"

namespace lmhost {

// The bits of an element when the kernel does not say: the precision of the operand's role.
RuntimeVariable bits_of(Role role);

// Where an operand counts: what it moves by direction, what it keeps by role.
enum class OperandPart { kBytes, kStoredBytes, kStoredElements };
void for_each_quantity(Direction direction, Role role,
                       const std::function<void(Quantity, OperandPart)>& body);
// Whether the elements of an operand that says nothing of storage stay resident.
bool stores_elements(Direction direction, Role role);

// What a call gives to one parameter of a kernel.
struct Argument {
  NodeIndex node = kNotBound;
  ExpressionIndex expression = kNoExpression;
};

struct AtomRequest {
  const Kernel* kernel = nullptr;
  std::span<const Argument> arguments;  // one per parameter of the kernel
  std::span<const Role> roles;          // one per operand of the kernel, after the call's overrides
};

// Reports what is wrong with this binding: code, message.
using ReportProblem = std::function<void(std::string_view code, std::string message)>;

// Appends the instance to the plan. Problems (a constant of the wrong type, a formula that fails at
// every runtime point) are reported and the instance is appended all the same, so that resolving
// goes on and finds the others.
InstanceIndex append_atom(Plan& plan, const AtomRequest& request, const ReportProblem& report);

// Whether a parameter of that type can have the value.
bool fits(ParameterType type, const Value& value);

// "M=5, K=0": the arguments of an instance that are constants, for messages.
std::string constant_parameters(const Plan& plan, const Instance& instance);

}  // namespace lmhost

#include "resolve/binder.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/functions.hpp"

namespace lmhost {

Binder::Binder(const Graph& graph, const Catalog& catalog, const Config& config, Program& program,
               const std::vector<Frame>& stack)
    : graph_(graph),
      program_(program),
      stack_(stack),
      names_(graph, config, program),
      problems_(graph, catalog, names_),
      shared_nodes_(graph.expressions.size(), kNotBound),
      checked_(graph.expressions.size(), false) {}

NodeIndex Binder::bind(ExpressionIndex index, std::uint32_t offset) {
  const Expression& expression = graph_.expressions[index];
  const bool shared = is_shared(expression);
  if (shared && shared_nodes_[index] != kNotBound) return shared_nodes_[index];
  current_ = {&expression, offset};
  if (!checked_[index]) check_functions(expression);
  checked_[index] = true;
  const std::size_t problems_before = problems_.count();
  const NodeIndex node = translate(expression, *this, program_);
  if (problems_.count() == problems_before) report_failure(node);
  if (shared) shared_nodes_[index] = node;
  return node;
}

NodeIndex Binder::find(std::string_view name) {
  for (const auto& [local, node] : stack_.back().locals) {
    if (local == name) return node;
  }
  if (const std::optional<NodeIndex> node = names_.lookup(name)) return *node;
  problems_.unknown_name(name, current_, local_names(), path());
  return program_.error(ArithmeticError::kUnbound, std::string(name));
}

Problems::Path Binder::path() const {
  Problems::Path names;
  for (const Frame& frame : stack_) {
    const std::string_view root = frame.composite->name;
    if (names.empty()) names.emplace_back(root.substr(root.rfind('.') + 1));
    if (frame.next_call > 0)
      names.emplace_back(graph_.calls[frame.calls.first + frame.next_call - 1].name);
  }
  return names;
}

// Whether the expression means the same in every composite: it uses none of this one's own names.
bool Binder::is_shared(const Expression& expression) const {
  const auto& locals = stack_.back().locals;
  if (locals.empty()) return true;
  return std::none_of(expression.names.begin(), expression.names.end(),
                      [&](const std::string& name) {
                        return std::any_of(locals.begin(), locals.end(),
                                           [&](const auto& local) { return local.first == name; });
                      });
}

bool Binder::is_unbound_parameter(std::string_view name) const {
  return std::any_of(stack_.begin(), stack_.end(), [&](const Frame& frame) {
    return std::any_of(frame.composite->parameters.begin(), frame.composite->parameters.end(),
                       [&](const CompositeParameter& parameter) { return parameter.name == name; });
  });
}

void Binder::check_functions(const Expression& expression) {
  for (const ExpressionNode& node : expression.nodes) {
    if (node.op != Op::kCall) continue;
    const BuiltinFunction* builtin = builtin_named(expression.functions[node.argument]);
    const bool fits =
        builtin != nullptr && node.count >= builtin->least && node.count <= builtin->most;
    if (!fits) problems_.unknown_function(node, current_, path());
  }
}

void Binder::report_failure(NodeIndex node) {
  const Number* failure = failed_number(program_, node);
  if (failure == nullptr) return;
  const ProgramError* error = program_.error_of(*failure);
  if (error != nullptr && error->reason == ArithmeticError::kUnbound) {
    const std::string name = error->text;
    if (name.starts_with("config.")) {
      problems_.missing_config(current_, path());
    } else if (!is_unbound_parameter(name)) {  // that was reported where it should have been bound
      problems_.unknown_name(name, current_, local_names(), path());
    }
    return;
  }
  std::string message =
      error == nullptr ? std::string(describe(failure->error_reason())) : error->text;
  if (error != nullptr && error->reason == ArithmeticError::kNotANumber)
    message += " is not a number";
  const PlacedExpression origin = failed_definition(current_);
  problems_.add(origin.offset, origin.expression->text.size(), codes::kArithmetic,
                message + " in " + quoted(origin.expression->text), path());
}

// The graph variable that failed first: one mistake there is one report, not one for every use.
PlacedExpression Binder::failed_definition(PlacedExpression where) {
  constexpr int kMaximumDepth = 100;  // of variables that use variables
  for (int depth = 0; depth < kMaximumDepth; ++depth) {
    const CompositeVariable* failed = nullptr;
    for (const std::string& name : where.expression->names) {
      for (const CompositeVariable& variable : graph_.variables) {
        if (variable.name == name && failed_number(program_, find(name)) != nullptr)
          failed = &variable;
      }
    }
    if (failed == nullptr) break;
    where = {&graph_.expressions[failed->expression], failed->offset};
  }
  return where;
}

std::vector<std::string_view> Binder::local_names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, node] : stack_.back().locals) names.push_back(name);
  return names;
}

}  // namespace lmhost

#include "resolve/binder.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/functions.hpp"

namespace lmhost {

void LocalNames::add(std::string_view name, NodeIndex node) {
  const auto next = static_cast<std::uint32_t>(list_.size());
  list_.emplace_back(name, node);
  if (next < kFew) return;
  for (auto i = static_cast<std::uint32_t>(index_.size() == 0 ? 0 : next); i <= next; ++i)
    index_.try_emplace(list_[i].first, i);
}

const NodeIndex* LocalNames::find(std::string_view name) const {
  if (list_.size() > kFew) {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &list_[found->second].second;
  }
  for (const auto& [local, node] : list_) {
    if (local == name) return &node;
  }
  return nullptr;
}

Binder::Binder(const Graph& graph, const Catalog& catalog, const Config& config, Program& program,
               const std::vector<Frame>& stack, bool keep_config)
    : graph_(graph),
      program_(program),
      stack_(stack),
      names_(graph, config, program, keep_config),
      problems_(graph, catalog, names_, [this] { return path(); }),
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
  if (const NodeIndex* local = stack_.back().locals.find(name)) return *local;
  if (const std::optional<NodeIndex> node = names_.lookup(name)) return *node;
  problems_.unknown_name(name, current_, local_names());
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
  const LocalNames& locals = stack_.back().locals;
  return locals.list().empty() ||
         std::none_of(expression.names.begin(), expression.names.end(),
                      [&](const std::string& name) { return locals.find(name) != nullptr; });
}

void Binder::check_functions(const Expression& expression) {
  for (const ExpressionNode& node : expression.nodes) {
    if (node.op != Op::kCall) continue;
    const BuiltinFunction* builtin = builtin_named(expression.functions[node.argument]);
    const bool fits =
        builtin != nullptr && node.count >= builtin->least && node.count <= builtin->most;
    if (!fits) problems_.unknown_function(node, current_);
  }
}

void Binder::report_failure(NodeIndex node) {
  const Number* failure = failed_number(program_, node);
  if (failure == nullptr) return;
  const ProgramError* error = program_.error_of(*failure);
  const bool is_unbound = error != nullptr && error->reason == ArithmeticError::kUnbound;
  if (is_unbound) problems_.missing_config(current_, error->text);
  // What a parameter or variable of the composite failed for was reported where it was bound.
  if (uses_failed_local(*current_.expression)) return;
  const PlacedExpression origin = failed_definition(current_);
  if (is_unbound) {
    if (!error->text.starts_with("config."))
      problems_.unknown_name(error->text, origin, local_names());
    return;
  }
  std::string message =
      error == nullptr ? std::string(describe(failure->error_reason())) : error->text;
  if (error != nullptr && error->reason == ArithmeticError::kNotANumber)
    message += " is not a number";
  problems_.add(origin.offset, origin.expression->text.size(), codes::kArithmetic,
                message + " in " + quoted(origin.expression->text));
}

bool Binder::uses_failed_local(const Expression& expression) const {
  return std::any_of(expression.names.begin(), expression.names.end(),
                     [&](const std::string& name) {
                       const NodeIndex* local = stack_.back().locals.find(name);
                       return local != nullptr && failed_number(program_, *local) != nullptr;
                     });
}

// The graph variable that failed first: one mistake there is one report, not one for every use.
PlacedExpression Binder::failed_definition(PlacedExpression where) {
  constexpr int kMaximumDepth = 100;  // of variables that use variables
  for (int depth = 0; depth < kMaximumDepth; ++depth) {
    const CompositeVariable* failed = nullptr;
    for (const std::string& name : where.expression->names) {
      const CompositeVariable* variable = names_.variable(name);
      if (variable != nullptr && failed_number(program_, names_.find(name)) != nullptr)
        failed = variable;
    }
    if (failed == nullptr) break;
    where = {&graph_.expressions[failed->expression], failed->offset};
  }
  return where;
}

std::vector<std::string_view> Binder::local_names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, node] : stack_.back().locals.list()) names.push_back(name);
  return names;
}

}  // namespace lmhost

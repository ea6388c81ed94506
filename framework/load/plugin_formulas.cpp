#include "load/plugin_formulas.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "formula/functions.hpp"

namespace lmhost {
namespace {

bool contains(const auto& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// The first node that names or calls `argument`.
std::size_t offset_of(const Expression& expression, Op op, std::size_t argument) {
  for (const ExpressionNode& node : expression.nodes)
    if (node.op == op && node.argument == argument) return node.offset;
  return 0;
}

std::string arguments(unsigned count) {
  return std::to_string(count) + (count == 1 ? " argument" : " arguments");
}

}  // namespace

std::string FormulaPlace::text() const {
  std::string text = what;
  if (!item.empty()) text += " '" + std::string(item) + "'";
  return text + " of '" + std::string(kernel) + "'";
}

bool FormulaCompiler::is_builtin(std::string_view function) {
  return builtin_named(function) != nullptr;
}

bool FormulaCompiler::declare(std::string_view name) {
  if (contains(names_, name)) return false;
  names_.push_back(name);
  return true;
}

const Expression* FormulaCompiler::compile(std::string_view text, const FormulaPlace& place) {
  const NameSet::Added added = texts_.add(text);
  if (added.is_new) compiled_.push_back(nullptr);
  const Expression*& expression = compiled_[added.index];
  // A text with errors is compiled again: every kernel that uses it is reported.
  if (expression == nullptr) expression = parse(text, place);
  if (expression != nullptr) check_names(*expression, place);
  return expression;
}

const Expression* FormulaCompiler::parse(std::string_view text, const FormulaPlace& place) {
  scratch_.text = text;
  Result<Expression> parsed = parse_expression(text, scratch_, 0);
  if (!parsed) {
    const SourceText source{tables_->path() + ": " + place.text(), std::string(text)};
    const Result<Expression> again = parse_expression(text, source, 0);
    for (Diagnostic error : again.errors()) {
      error.kind = ErrorKind::kPlugin;
      error.code = codes::kPluginFormula;
      tables_->add(std::move(error));
    }
    return nullptr;
  }
  if (!check_functions(*parsed, place)) return nullptr;
  return &expressions_->emplace_back(std::move(*parsed));
}

bool FormulaCompiler::check_functions(const Expression& expression, const FormulaPlace& place) {
  if (expression.functions.empty()) return true;
  bool good = true;
  for (const ExpressionNode& node : expression.nodes) {
    if (node.op != Op::kCall) continue;
    const std::string& name = expression.functions[node.argument];
    if (const BuiltinFunction* builtin = builtin_named(name)) {
      if (node.count >= builtin->least && node.count <= builtin->most) continue;
      error(expression, place, node.offset, name.size(),
            "'" + name + "' is called with " + arguments(node.count),
            "write " + std::string(builtin->signature));
    } else {
      const auto own = std::find_if(functions_->begin(), functions_->end(),
                                    [&](const PluginFunction& row) { return row.name == name; });
      if (own != functions_->end() && own->arity == node.count) continue;
      if (own == functions_->end()) {
        error(expression, place, node.offset, name.size(), "unknown function '" + name + "'",
              suggest_function(name));
      } else {
        error(expression, place, node.offset, name.size(),
              "'" + name + "' is called with " + arguments(node.count),
              "it takes " + arguments(own->arity));
      }
    }
    good = false;
  }
  return good;
}

void FormulaCompiler::check_names(const Expression& expression, const FormulaPlace& place) {
  for (std::size_t i = 0; i < expression.names.size(); ++i) {
    const std::string& name = expression.names[i];
    if (is_known(name)) continue;
    error(expression, place, offset_of(expression, Op::kName, i), name.size(),
          "unknown name '" + name + "'", suggest_name(name));
  }
}

bool FormulaCompiler::is_known(std::string_view name) const {
  return contains(names_, name) || is_precision_variable(name) ||
         std::any_of(constants_->begin(), constants_->end(),
                     [&](const PluginConstant& constant) { return constant.name == name; });
}

void FormulaCompiler::error(const Expression& expression, const FormulaPlace& place,
                            std::size_t offset, std::size_t length, std::string message,
                            std::string hint) {
  if (tables_->full()) return;
  const SourceText source{tables_->path() + ": " + place.text(), expression.text};
  Diagnostic error =
      error_at(source, offset, length, codes::kPluginFormula, std::move(message), std::move(hint));
  error.kind = ErrorKind::kPlugin;
  tables_->add(std::move(error));
}

std::string FormulaCompiler::suggest_name(std::string_view name) const {
  std::vector<std::string_view> all = names_;
  for (const PluginConstant& constant : *constants_) all.push_back(constant.name);
  all.insert(all.end(), std::begin(kPrecisionVariables), std::end(kPrecisionVariables));
  return did_you_mean(name, all);
}

std::string FormulaCompiler::suggest_function(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const PluginFunction& function : *functions_) all.push_back(function.name);
  for (const BuiltinFunction& builtin : builtin_functions()) all.push_back(builtin.name);
  return did_you_mean(name, all);
}

}  // namespace lmhost

// Compiles the formulas of one plugin: every distinct text once, every name in every use checked.
//
// A name must be a parameter or let of the kernel, a constant of the plugin, or a precision
// variable; a function must be a built-in or one of the plugin's, with the right number of
// arguments. So a formula that loads can fail later only by its numbers.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formula/expression.hpp"
#include "formula/plugin_function.hpp"
#include "load/catalog.hpp"
#include "load/name_set.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {

// Which formula: "elements of operand 'weight' of 'torch.mm'".
struct FormulaPlace {
  const char* what = "";  // "flops", "elements of operand", "let"
  std::string_view item;  // "weight"; may be empty
  std::string_view kernel;

  std::string text() const;
};

class FormulaCompiler {
 public:
  // REQUIRES: `tables` outlives this; constants and functions change no more once a formula is
  // compiled.
  FormulaCompiler(TableReader& tables, const std::vector<PluginConstant>& constants,
                  const std::vector<PluginFunction>& functions)
      : tables_(&tables), constants_(&constants), functions_(&functions) {}

  static bool is_builtin(std::string_view function);

  // Forgets the parameters and lets of the kernel before.
  void begin_kernel() { names_.clear(); }
  // Makes a parameter or let visible to the formulas that follow; false when the name is taken.
  // REQUIRES: `name` lives until the next begin_kernel().
  bool declare(std::string_view name);

  // Null after an error, which is then among the table reader's. The result lives as long as
  // take()'s. REQUIRES: `text` outlives this.
  const Expression* compile(std::string_view text, const FormulaPlace& place);

  std::shared_ptr<const std::deque<Expression>> take() { return std::move(expressions_); }

 private:
  const Expression* parse(std::string_view text, const FormulaPlace& place);
  bool check_functions(const Expression& expression, const FormulaPlace& place);
  void check_names(const Expression& expression, const FormulaPlace& place);
  bool is_known(std::string_view name) const;
  void error(const Expression& expression, const FormulaPlace& place, std::size_t offset,
             std::size_t length, std::string message, std::string hint);
  std::string suggest_name(std::string_view name) const;
  std::string suggest_function(std::string_view name) const;

  TableReader* tables_;
  const std::vector<PluginConstant>* constants_;
  const std::vector<PluginFunction>* functions_;
  std::vector<std::string_view> names_;
  // Elements never move, so views into their texts and pointers to them stay good.
  std::shared_ptr<std::deque<Expression>> expressions_ = std::make_shared<std::deque<Expression>>();
  NameSet texts_;                            // every text so far, each once
  std::vector<const Expression*> compiled_;  // by index in texts_; null for one with errors
  SourceText scratch_;  // reused: most formulas compile and need no source to quote
};

}  // namespace lmhost

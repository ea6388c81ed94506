// Kernels that come as data: a name, parameters, and three formulas, FLOPs and bytes read and
// written.
//
// Bytes are an operand of 8-bit elements, so that the rest of the host need not know of another kind
// of cost. Formulas of this kind may use what every composite knows and no kernel does: batch_size,
// seq_len, cache_len, config.*. Each such name becomes a parameter, and whoever calls the kernel
// binds it to the name itself.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/graph_builder.hpp"

namespace lmhost {

// A name that is known everywhere, and the parameter that stands for it: config.n_embd, config_n_embd.
struct ImplicitParameter {
  std::string name;
  std::string parameter;
};

bool is_implicit_name(std::string_view name);  // batch_size, seq_len, cache_len, config.*
// Those and the precisions: what the seeds' formulas may use besides parameters.
bool is_common_name(std::string_view name);

// Every name of the expression must be one of `locals` or common, every function a built-in: an
// error for each that is not, at its place. `text` is the string that the expression was read from.
Diagnostics expression_errors(const Expression& expression, JsonValue text,
                              const std::vector<std::string_view>& locals);
void check_expression(const Expression& expression, JsonValue text,
                      const std::vector<std::string_view>& locals, GraphBuilder* builder);

// "varies", "dynamic", "unknown": a cost that its author left open.
bool is_open_cost(std::string_view formula);

class DataKernels {
 public:
  // What is wrong with a formula's names: an error, or, among many kernels of which a model may use
  // none, a note and a cost that is not known.
  enum class Strictness { kError, kNote };

  // `name`: of the file or folder, from which the id of the plugin is made.
  DataKernels(GraphBuilder* builder, std::string_view name,
              Strictness strictness = Strictness::kError);

  // Starts the kernel that the following calls describe. `at` is where it is declared.
  void begin(std::string_view name, JsonValue at);
  void doc(std::string_view text) { kernel_->doc = text; }
  void alias(std::string_view name) { kernel_->aliases.emplace_back(name); }
  void parameter(std::string_view name) { declared_.push_back(name); }
  // Formulas as text, after the parameters. An error is reported at its place, and the kernel is
  // then good for nothing but finding more.
  void flops(JsonValue text);
  void bytes(Direction direction, JsonValue text);
  // The same from an expression that `text` holds in some notation of its own.
  void flops(Expression expression, JsonValue text);
  void bytes(Direction direction, Expression expression, JsonValue text);
  // unknown('reason'), with the place.
  static Expression open_cost(std::string_view reason, JsonValue at);
  // What its callers bind without saying so.
  std::vector<ImplicitParameter> end();

  bool empty() const { return plugin_.kernels.empty(); }
  // Hands the kernels to the graph, unless there are none.
  void finish();

 private:
  Expression read(JsonValue text, std::string_view key);
  const Expression* take(Expression expression, JsonValue text);
  std::string parameter_for(const std::string& name, JsonValue text);

  GraphBuilder& builder_;
  Strictness strictness_;
  Plugin plugin_;
  std::shared_ptr<std::deque<Expression>> expressions_ = std::make_shared<std::deque<Expression>>();
  const Expression* byte_bits_ = nullptr;  // 8
  Kernel* kernel_ = nullptr;
  std::vector<std::string_view> declared_;
  std::vector<ImplicitParameter> implicit_;
};

// Adds to a call of the kernel what end() said of it.
void bind_implicit(const std::vector<ImplicitParameter>& implicit, std::uint32_t offset,
                   GraphBuilder* builder, Call* call);

}  // namespace lmhost

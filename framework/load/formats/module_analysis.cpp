// Decodes module analyses: what the forward() of one class does, row by row, and model analyses, whose
// rows may have rows of their own.
//
//   {"class_name": "m.MLP", "kernels": [
//     {"kernel_type": "composite", "operation": "Up projection", "analysis": "Line 12: ...",
//      "flops": "${m.Linear}(N={batch_size}, H={hidden_size})",
//      "memory_access": {"read": "<the same call>", "write": "<the same call>"}, "repeat": 2},
//     {"kernel_type": "basic", "operation": "Add", ..., "flops": "{batch_size} * {hidden_size}"}]}
//
// A class becomes a composite. A row that is the call of a module becomes a call, a row with formulas
// a kernel of its own, a row with rows a composite. The format declares no parameters: a class has
// those that its formulas name; what every analysis knows, like batch_size, has itself as default, and
// those of the root have the config's values, since analyses name sizes as configs do.
// It declares no order of them either, so positional arguments are bound where the argument is the
// very name of a parameter, and otherwise reported.
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/codes.hpp"
#include "formula/rewrite.hpp"
#include "load/formats/cache_len.hpp"
#include "load/formats/data_kernels.hpp"
#include "load/formats/decoders.hpp"
#include "load/formats/module_analysis_reader.hpp"
#include "load/graph_syntax.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

// "Line 328: query, key = ..." begins an analysis: the numbers.
std::string_view lines_of(std::string_view analysis) {
  if (!analysis.starts_with("Line")) return {};
  analysis.remove_prefix(4);
  if (analysis.starts_with('s')) analysis.remove_prefix(1);
  if (!analysis.starts_with(' ')) return {};
  analysis.remove_prefix(1);
  const std::size_t colon = analysis.find(": ");
  return parse_lines(analysis.substr(0, colon == analysis.npos ? 0 : colon)).value_or("");
}

// A name that is nobody else's, and where it is used first.
struct UsedName {
  std::string_view name;
  std::uint32_t offset = 0;
};

// What becomes a composite: a class, or a row with rows.
struct Module {
  std::string_view name;
  JsonValue json;
  std::vector<AnalysisRow> rows;
  std::vector<UsedName> parameters;  // in order of first use
  std::uint32_t composite = kNoComposite;
};

class AnalysisDecoder {
 public:
  AnalysisDecoder(const Input& input, GraphBuilder* builder)
      : input_(input), builder_(*builder), graph_(builder->graph), kernels_(builder, input.name) {}

  void decode(std::string_view root) {
    for (const InputDocument& file : input_.documents)
      if (file.format == InputFormat::kModuleAnalysis) add_class(file.document.root());
    for (Module& module : modules_) open(&module);
    // Rows with rows are appended while the walk goes on.
    for (std::size_t i = 0; i < modules_.size() && !builder_.is_enough(); ++i)
      decode_rows(modules_[i]);
    for (const auto& [call, target] : links_) builder_.link(call, target);
    kernels_.finish();
    if (graph_.composites.empty()) return;
    choose_root(root, &builder_);
    give_defaults();
  }

 private:
  void add_class(JsonValue json) {
    AnalysedClass analysed = read_analysed_class(json, &builder_);
    if (analysed.name.empty()) return;
    if (!by_name_.try_emplace(analysed.name, modules_.size()).second)
      return builder_.fail(json.find("class_name"), codes::kDuplicateName,
                           quoted(analysed.name) + " is analysed in two files");
    Module& module = modules_.emplace_back();
    module.name = analysed.name;
    module.json = json;
    module.rows = std::move(analysed.rows);
  }

  // ---- parameters ----

  static bool is_parameter(std::string_view name) {
    return !name.starts_with("config.") && !is_precision_variable(name) &&
           !name.starts_with('_');  // the placeholder of a call
  }

  // `at`: where the expression begins in the text.
  static void add_names(const Expression& expression, JsonValue text, std::size_t at,
                        std::vector<UsedName>* names) {
    for (const ExpressionNode& node : expression.nodes) {
      if (node.op != Op::kName || !text.is(JsonKind::kString)) continue;
      const std::string& name = expression.names[node.argument];
      const bool is_known = std::any_of(names->begin(), names->end(),
                                        [&](const UsedName& used) { return used.name == name; });
      if (is_known || !is_parameter(name)) continue;
      const std::size_t index = std::min(at + node.offset, text.string().size());
      names->push_back({name, static_cast<std::uint32_t>(text.string_offset(index))});
    }
  }
  static void add_names(const AnalysisFormula& formula, std::vector<UsedName>* names) {
    if (!formula.is_good) return;
    add_names(formula.parsed.expression, formula.text, 0, names);
    for (const ModuleCall& call : formula.parsed.calls)
      for (const ModuleArgument& argument : call.arguments)
        add_names(argument.expression, formula.text, argument.offset, names);
  }
  static std::vector<UsedName> names_in(const std::vector<AnalysisRow>& rows) {
    std::vector<UsedName> names;
    std::vector<const AnalysisRow*> open;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) open.push_back(&*row);
    while (!open.empty()) {
      const AnalysisRow& row = *open.back();
      open.pop_back();
      for (const AnalysisFormula* formula : {&row.flops, &row.read, &row.write, &row.repeat})
        add_names(*formula, &names);
      for (auto inner = row.rows.rbegin(); inner != row.rows.rend(); ++inner)
        open.push_back(&*inner);
    }
    return names;
  }

  void open(Module* module) {
    module->parameters = names_in(module->rows);
    for (UsedName& used : module->parameters) used.name = builder_.keep(std::string(used.name));
    module->composite = static_cast<std::uint32_t>(graph_.composites.size());
    Composite& composite = graph_.composites.emplace_back();
    composite.name = module->name;
    composite.offset = static_cast<std::uint32_t>(module->json.offset());
    for (const UsedName& used : module->parameters)
      composite.parameters.push_back(
          {used.name,
           is_implicit_name(used.name) ? builder_.name_expression(used.name) : kNoExpression,
           used.offset, used.offset});
    graph_.composite_by_name.emplace(composite.name, module->composite);
  }

  // Nobody calls the root, and the analyses take the names of a config for the sizes of a class.
  void give_defaults() {
    if (graph_.root_composite == kNoComposite) return;
    for (CompositeParameter& parameter : graph_.composites[graph_.root_composite].parameters)
      if (parameter.default_value == kNoExpression)
        parameter.default_value =
            builder_.name_expression(builder_.keep("config." + std::string(parameter.name)));
  }

  // ---- calls ----

  void decode_rows(const Module& module) {
    builder_.begin_composite(module.composite);
    CallRange range = builder_.begin_calls();
    for (const AnalysisRow& row : module.rows)
      if (!builder_.is_enough() && !decode_row(module, row)) return;
    builder_.end_calls(&range);
    graph_.composites[module.composite].calls = range;
  }

  bool decode_row(const Module& module, const AnalysisRow& row) {
    Call call;
    call.name = row.label;
    call.offset = static_cast<std::uint32_t>(row.json.offset());
    call.kernel_offset = call.offset;
    call.first_binding = static_cast<std::uint32_t>(graph_.bindings.size());
    call.first_role = static_cast<std::uint32_t>(graph_.roles.size());
    call.doc = row.text_of(kOperation);
    call.lines = lines_of(row.text_of(kAnalysis));
    const Expression* factor = nullptr;
    if (row[kSubKernels].exists()) {
      call_rows(module, row, &call);
    } else if (!row.flops.is_good || !row.read.is_good || !row.write.is_good) {
      return true;  // reported
    } else if (const ModuleCall* target = same_call(row, &factor)) {
      call_module(row, *target, &call);
    } else {
      call_kernel(module, row, &call);
    }
    set_count(row, factor, &call);
    return builder_.add_call(call, row.json);
  }

  ExpressionIndex add_expression(Expression expression) {
    graph_.expressions.push_back(std::move(expression));
    return static_cast<ExpressionIndex>(graph_.expressions.size() - 1);
  }

  void set_count(const AnalysisRow& row, const Expression* factor, Call* call) {
    const bool has_repeat = row.repeat.is_good;
    if (!has_repeat && factor == nullptr) return;
    const JsonValue text = has_repeat ? row.repeat.text : row.flops.text;
    call->multiplier_offset = GraphBuilder::expression_offset(text);
    call->multiplier = add_expression(
        factor == nullptr ? row.repeat.parsed.expression
        : has_repeat      ? operation(Op::kMultiply, row.repeat.parsed.expression, *factor)
                          : *factor);
  }

  // The one call that all three formulas are, times the same factor, or nullptr.
  const ModuleCall* same_call(const AnalysisRow& row, const Expression** factor) {
    const ModuleCall* first = nullptr;
    for (const AnalysisFormula* formula : {&row.flops, &row.read, &row.write}) {
      if (formula->parsed.calls.size() != 1) return nullptr;
      const ModuleCall& call = formula->parsed.calls.front();
      const Expression* times = factor_of(formula->parsed);
      if (times == nullptr && formula->parsed.expression.nodes.size() != 1) return nullptr;
      if (first == nullptr) {
        first = &call;
        *factor = times;
      } else if (!is_same_call(*first, call) || (times == nullptr) != (*factor == nullptr) ||
                 (times != nullptr && !is_same_tree(*times, **factor))) {
        return nullptr;
      }
    }
    return first;
  }

  static bool is_same_call(const ModuleCall& a, const ModuleCall& b) {
    if (a.module != b.module || a.arguments.size() != b.arguments.size()) return false;
    for (std::size_t i = 0; i < a.arguments.size(); ++i)
      if (a.arguments[i].name != b.arguments[i].name ||
          !is_same_tree(a.arguments[i].expression, b.arguments[i].expression))
        return false;
    return true;
  }

  // Of `factor * call`, where the call is the last leaf of a product.
  const Expression* factor_of(const Template& parsed) {
    const Expression& expression = parsed.expression;
    const std::size_t size = expression.nodes.size();
    const auto is_call = [&](const ExpressionNode& node) {
      return node.op == Op::kName &&
             expression.names[node.argument] == parsed.calls.front().placeholder;
    };
    if (size < 3 || expression.nodes.back().op != Op::kMultiply ||
        !is_call(expression.nodes[size - 2]))
      return nullptr;
    Expression& factor = factors_.emplace_back(expression);
    factor.nodes.resize(size - 2);
    if (std::any_of(factor.nodes.begin(), factor.nodes.end(), is_call)) return nullptr;
    return &factor;
  }

  // ---- what a row calls ----

  // A call of a module: a composite of this input, or a kernel of somebody else's.
  void call_module(const AnalysisRow& row, const ModuleCall& target, Call* call) {
    const JsonValue text = row.flops.text;
    call->kernel = builder_.keep(target.module);
    call->kernel_offset =
        static_cast<std::uint32_t>(text.string_offset(target.name_offset)) - 1;  // as of a quote
    const auto known = by_name_.find(target.module);
    const Module* module = known == by_name_.end() ? nullptr : &modules_[known->second];
    if (module != nullptr)
      links_.emplace_back(static_cast<std::uint32_t>(graph_.calls.size()), module->composite);
    bool is_unsaid = false;
    for (const ModuleArgument& argument : target.arguments)
      is_unsaid = !bind_argument(text, argument, module, call) || is_unsaid;
    if (is_unsaid)
      builder_.warn(
          error_in(text, target.offset, target.length, codes::kNotSaid,
                   "nothing says which parameters of " + quoted(target.module) +
                       " the positional arguments are for",
                   "write them as name=value" + (module == nullptr ? "" : ": " + listed(*module))));
  }

  static std::string listed(const Module& module) {
    std::string text;
    for (const UsedName& used : module.parameters)
      text += (text.empty() ? "" : ", ") + std::string(used.name);
    return text;
  }

  // False when nothing says which parameter a positional argument is for.
  bool bind_argument(JsonValue text, const ModuleArgument& argument, const Module* module,
                     Call* call) {
    const Expression& value = argument.expression;
    std::string_view name = argument.name;
    if (name.empty()) {
      const bool is_name = value.nodes.size() == 1 && value.nodes.front().op == Op::kName;
      if (!is_name || module == nullptr) return false;
      name = value.names.front();
      // What everybody knows may be passed to those who do not ask for it.
      if (std::none_of(module->parameters.begin(), module->parameters.end(),
                       [&](const UsedName& used) { return used.name == name; }))
        return is_common_name(name);
    }
    Binding binding;
    binding.parameter = builder_.keep(std::string(name));
    binding.expression = add_expression(value);
    binding.offset = static_cast<std::uint32_t>(text.string_offset(argument.offset));
    graph_.bindings.push_back(binding);
    ++call->binding_count;
    if (is_key_length(call->kernel, name)) {
      Expression moved = value;
      for (ExpressionNode& node : moved.nodes)
        node.offset += static_cast<std::uint32_t>(argument.offset);
      flag_cache_len(moved, text, &builder_);
    }
    return true;
  }

  void call_kernel(const Module& module, const AnalysisRow& row, Call* call) {
    call->kernel = builder_.keep(std::string(module.name) + "." + std::string(row.label));
    std::vector<UsedName> names;
    for (const AnalysisFormula* formula : {&row.flops, &row.read, &row.write})
      add_names(*formula, &names);
    std::erase_if(names, [](const UsedName& used) { return is_implicit_name(used.name); });
    kernels_.begin(call->kernel, row.json);
    kernels_.doc(call->doc);
    for (const UsedName& used : names) kernels_.parameter(used.name);
    kernels_.flops(formula_of(row.flops), row.flops.text);
    kernels_.bytes(Direction::kRead, formula_of(row.read), row.read.text);
    kernels_.bytes(Direction::kWrite, formula_of(row.write), row.write.text);
    flag_cache_len(row.flops.parsed.expression, row.flops.text, &builder_);
    for (const UsedName& used : names) bind_name(used.name, call);
    bind_implicit(kernels_.end(), call->offset, &builder_, call);
  }

  // A formula of a row; one that mixes calls and arithmetic has no place in a kernel.
  Expression formula_of(const AnalysisFormula& formula) {
    if (formula.parsed.calls.empty()) return formula.parsed.expression;
    const ModuleCall& call = formula.parsed.calls.front();
    builder_.note(error_in(formula.text, call.offset, call.length, codes::kNotSaid,
                           "the row is not one call of a module, three times the same",
                           "give the call of " + quoted(call.module) + " a row of its own"));
    return DataKernels::open_cost("it mixes the call of a module with other costs", formula.text);
  }

  void bind_name(std::string_view name, Call* call) {
    const std::string_view kept = builder_.keep(std::string(name));
    graph_.bindings.push_back({kept, builder_.name_expression(kept), call->offset});
    ++call->binding_count;
  }

  void call_rows(const Module& parent, const AnalysisRow& row, Call* call) {
    Module module;
    module.name = builder_.keep(std::string(parent.name) + "." + std::string(row.label));
    module.json = row.json;
    module.rows = row.rows;
    open(&module);
    call->kernel = module.name;
    call->composite = module.composite;
    for (const UsedName& used : module.parameters) bind_name(used.name, call);
    modules_.push_back(std::move(module));
  }

  const Input& input_;
  GraphBuilder& builder_;
  Graph& graph_;
  DataKernels kernels_;
  std::deque<Module> modules_;                                  // its elements stay where they are
  std::map<std::string_view, std::size_t> by_name_;             // classes, into modules_
  std::vector<std::pair<std::uint32_t, std::uint32_t>> links_;  // call, composite
  std::deque<Expression> factors_;
};

}  // namespace

void decode_module_analyses(const Input& input, std::string_view root, GraphBuilder* builder) {
  AnalysisDecoder(input, builder).decode(root);
}

}  // namespace lmhost

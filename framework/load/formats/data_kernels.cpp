#include "load/formats/data_kernels.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/codes.hpp"
#include "formula/functions.hpp"
#include "formula/print.hpp"
#include "formula/rewrite.hpp"
#include "lmhost/runtime.hpp"
#include "load/plugin_table.hpp"

namespace lmhost {
namespace {

constexpr std::string_view kConfig = "config.";
constexpr std::array<std::string_view, 3> kLengths = {"batch_size", "seq_len", "cache_len"};

// An id of a plugin: [a-z][a-z0-9_]*, and none that a library has.
std::string id_of(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  name = name.substr(name.rfind('/') + 1);
  if (name.ends_with(".json")) name.remove_suffix(5);
  std::string id = "data_";
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    id += is_plain ? lower : '_';
  }
  return id;
}

// "file:line:col", for explain.
std::string place_text(JsonValue at) {
  const SourceFile file = file_at(at.source(), at.offset());
  const LineColumn place = line_column(file.text, at.offset() - file.begin);
  return std::string(file.name) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

Diagnostic error_at_node(const ExpressionNode& node, std::string_view word, JsonValue text,
                         std::string_view code, std::string message, std::string hint) {
  if (!text.is(JsonKind::kString)) return error_at(text, code, std::move(message), std::move(hint));
  const std::size_t at = std::min<std::size_t>(node.offset, text.string().size());
  const std::size_t length = std::min(word.size(), text.string().size() - at);
  return error_in(text, at, length, code, std::move(message), std::move(hint));
}

void check_function(const Expression& expression, const ExpressionNode& node, JsonValue text,
                    Diagnostics* errors) {
  const std::string& name = expression.functions[node.argument];
  const BuiltinFunction* builtin = builtin_named(name);
  if (builtin != nullptr && node.count >= builtin->least && node.count <= builtin->most) return;
  std::vector<std::string_view> known;
  for (const BuiltinFunction& row : builtin_functions()) known.push_back(row.name);
  errors->push_back(error_at_node(
      node, name, text, codes::kUnknownFunction,
      builtin == nullptr
          ? "unknown function " + quoted(name)
          : quoted(name) + " does not take " + std::to_string(unsigned{node.count}) + " arguments",
      builtin == nullptr ? did_you_mean(name, known) : "it is " + std::string(builtin->signature)));
}

}  // namespace

bool is_implicit_name(std::string_view name) {
  return name.starts_with(kConfig) ||
         std::find(kLengths.begin(), kLengths.end(), name) != kLengths.end();
}

bool is_common_name(std::string_view name) {
  return is_implicit_name(name) || is_precision_variable(name);
}

bool is_open_cost(std::string_view formula) {
  return formula == "varies" || formula == "dynamic" || formula == "unknown";
}

Diagnostics expression_errors(const Expression& expression, JsonValue text,
                              const std::vector<std::string_view>& locals) {
  Diagnostics errors;
  for (const ExpressionNode& node : expression.nodes) {
    if (node.op == Op::kCall) check_function(expression, node, text, &errors);
    if (node.op != Op::kName) continue;
    const std::string& name = expression.names[node.argument];
    if (is_common_name(name) || std::find(locals.begin(), locals.end(), name) != locals.end())
      continue;
    std::vector<std::string_view> known(locals);
    known.insert(known.end(), kLengths.begin(), kLengths.end());
    known.insert(known.end(), std::begin(kPrecisionVariables), std::end(kPrecisionVariables));
    errors.push_back(error_at_node(node, name, text, codes::kUnknownName,
                                   "unknown name " + quoted(name), did_you_mean(name, known)));
  }
  return errors;
}

void check_expression(const Expression& expression, JsonValue text,
                      const std::vector<std::string_view>& locals, GraphBuilder* builder) {
  for (Diagnostic& error : expression_errors(expression, text, locals))
    builder->fail(std::move(error));
}

DataKernels::DataKernels(GraphBuilder* builder, std::string_view name, Strictness strictness)
    : builder_(*builder), strictness_(strictness) {
  plugin_.id = id_of(name);
  plugin_.version = "0.0.0";
  plugin_.path = name;
  plugin_.abi = "data";
  expressions_->push_back(constant_expression(Number(8)));
  byte_bits_ = &expressions_->back();
}

void DataKernels::begin(std::string_view name, JsonValue at) {
  kernel_ = &plugin_.kernels.emplace_back();
  kernel_->name = name;
  kernel_->source = place_text(at);
  // None of these formats says who looked at a formula.
  kernel_->provenance = std::make_shared<const Provenance>();
  declared_.clear();
  implicit_.clear();
}

Expression DataKernels::read(JsonValue text, std::string_view key) {
  if (builder_.string(text, key).empty()) {
    if (text.is(JsonKind::kString)) builder_.fail(text, codes::kBadValue, "the formula is empty");
    return constant_expression(Number(0));
  }
  if (is_open_cost(text.string())) {
    const Expression reason[] = {constant_expression(Value::of(std::string(text.string())))};
    return call_expression("unknown", reason);
  }
  const ExpressionIndex index = builder_.expression(text, key);
  return index == kNoExpression ? constant_expression(Number(0))
                                : builder_.graph.expressions[index];
}

void DataKernels::flops(JsonValue text) { flops(read(text, "flops"), text); }

void DataKernels::flops(Expression expression, JsonValue text) {
  kernel_->quantities.push_back({"flops", take(std::move(expression), text), ""});
}

void DataKernels::bytes(Direction direction, JsonValue text) {
  bytes(direction, read(text, direction == Direction::kRead ? "memory_read" : "memory_write"),
        text);
}

void DataKernels::bytes(Direction direction, Expression expression, JsonValue text) {
  KernelOperand operand;
  operand.name = direction == Direction::kRead ? "memory_read" : "memory_write";
  operand.direction = direction;
  operand.elements = take(std::move(expression), text);
  operand.bits = byte_bits_;
  operand.doc = "bytes of all operands together; the format tells no roles apart";
  kernel_->operands.push_back(std::move(operand));
}

// The parameter that an implicit name becomes.
std::string DataKernels::parameter_for(const std::string& name, JsonValue text) {
  for (const ImplicitParameter& known : implicit_)
    if (known.name == name) return known.parameter;
  std::string parameter = name;
  std::replace(parameter.begin(), parameter.end(), '.', '_');
  if (parameter != name &&
      std::find(declared_.begin(), declared_.end(), parameter) != declared_.end())
    builder_.fail(
        text, codes::kDuplicateName,
        quoted(name) + " and the parameter " + quoted(parameter) + " cannot be told apart",
        "rename the parameter");
  implicit_.push_back({name, parameter});
  return parameter;
}

Expression DataKernels::open_cost(std::string_view reason, JsonValue at) {
  const Expression text[] = {
      constant_expression(Value::of(place_text(at) + ": " + std::string(reason)))};
  return call_expression("unknown", text);
}

const Expression* DataKernels::take(Expression expression, JsonValue text) {
  for (Diagnostic& error : expression_errors(expression, text, declared_)) {
    if (strictness_ == Strictness::kError) {
      builder_.fail(std::move(error));
      continue;
    }
    std::string reason = error.message;
    std::replace(reason.begin(), reason.end(), '\'', '`');  // it becomes a text in a formula
    expression = open_cost(reason, text);
    builder_.note(std::move(error));
  }
  bool is_renamed = expression.text.find_first_of("{$") != std::string::npos;
  for (std::string& name : expression.names) {
    // A parameter may shadow what everybody knows: the batch_size of a convolution.
    if (!is_implicit_name(name) ||
        std::find(declared_.begin(), declared_.end(), name) != declared_.end())
      continue;
    std::string parameter = parameter_for(name, text);
    is_renamed = is_renamed || parameter != name;
    name = std::move(parameter);
  }
  // What explain and a dump show must be a formula, and the one that is computed.
  if (is_renamed) expression.text = print_with_places(expression);
  expressions_->push_back(std::move(expression));
  return &expressions_->back();
}

std::vector<ImplicitParameter> DataKernels::end() {
  for (const std::string_view name : declared_) {
    KernelParameter parameter;
    parameter.name = name;
    parameter.type = ParameterType::kFloat;  // the format has no types: any number
    kernel_->parameters.push_back(std::move(parameter));
  }
  for (const ImplicitParameter& implicit : implicit_) {
    KernelParameter parameter;
    parameter.name = implicit.parameter;
    parameter.type = ParameterType::kFloat;
    parameter.doc = implicit.name + " of the analysis";
    kernel_->parameters.push_back(std::move(parameter));
  }
  return std::exchange(implicit_, {});
}

void DataKernels::finish() {
  if (plugin_.kernels.empty()) return;
  plugin_.expressions = expressions_;
  builder_.graph.kernels.push_back(std::move(plugin_));
}

void bind_implicit(const std::vector<ImplicitParameter>& implicit, std::uint32_t offset,
                   GraphBuilder* builder, Call* call) {
  for (const ImplicitParameter& row : implicit) {
    Binding binding;
    binding.parameter = builder->keep(row.parameter);
    binding.expression = builder->name_expression(builder->keep(row.name));
    binding.offset = offset;
    builder->graph.bindings.push_back(binding);
    ++call->binding_count;
  }
}

}  // namespace lmhost

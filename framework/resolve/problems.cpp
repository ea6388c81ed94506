#include "resolve/problems.hpp"

#include <algorithm>

#include "base/codes.hpp"
#include "formula/functions.hpp"

namespace lmhost {
namespace {

constexpr std::size_t kMostListed = 1000;  // bytes of the parameters that a hint lists

// Where the name first stands in the expression; the whole expression when it does not.
std::pair<std::size_t, std::size_t> place_of(std::string_view name, const PlacedExpression& where) {
  for (const ExpressionNode& node : where.expression->nodes) {
    if (node.op == Op::kName && where.expression->names[node.argument] == name) {
      return {where.offset + node.offset, name.size()};
    }
  }
  return {where.offset, where.expression->text.size()};
}

// Whether the expression asks defined(name): then the name may be missing.
bool is_guarded(const Expression& expression, std::size_t name) {
  for (std::size_t i = 0; i + 1 < expression.nodes.size(); ++i) {
    const ExpressionNode &use = expression.nodes[i], &call = expression.nodes[i + 1];
    if (use.op == Op::kName && use.argument == name && call.op == Op::kCall && call.count == 1 &&
        expression.functions[call.argument] == "defined") {
      return true;
    }
  }
  return false;
}

Diagnostic unsaid_call(const Graph& graph, const Call& call, const Kernel& kernel) {
  std::string needed;
  for (const KernelParameter& parameter : kernel.parameters)
    if (!parameter.optional && parameter.default_value == nullptr)
      needed += (needed.empty() ? "" : ", ") + parameter.name;
  return error_at(
      *graph.source, call.kernel_offset, call.kernel.size() + 2, codes::kNotSaid,
      "the sizes of this call are not said: " + quoted(call.kernel) + " needs " + needed,
      graph.format == InputFormat::kModelRepresentation
          ? "'lmhost populate' fills in its 'parameters' from the model's config"
          : std::string(name_of(graph.format)) +
                " has none; kernel cost files have, or add 'bindings' to the call");
}

}  // namespace

bool is_unsaid(const Graph& graph, const Call& call, const Kernel& kernel) {
  if (call.binding_count != 0 || !says_no_sizes(graph.format)) return false;
  return std::any_of(kernel.parameters.begin(), kernel.parameters.end(),
                     [](const KernelParameter& parameter) {
                       return !parameter.optional && parameter.default_value == nullptr;
                     });
}

Diagnostics unsaid_sizes(const Graph& graph, const Catalog& catalog) {
  Diagnostics warnings;
  for (const Call& call : graph.calls) {
    const Kernel* kernel = call.composite == kNoComposite ? catalog.find(call.kernel) : nullptr;
    if (kernel == nullptr || !is_unsaid(graph, call, *kernel)) continue;
    warnings.push_back(unsaid_call(graph, call, *kernel));
    warnings.back().severity = Severity::kWarning;
  }
  return warnings;
}

Diagnostic ambiguous_kernel(const Graph& graph, const Call& call, const Catalog& catalog,
                            const NameConflict& conflict) {
  Diagnostic why = ambiguous_name(catalog, conflict);
  Diagnostic error = error_at(*graph.source, call.kernel_offset, call.kernel.size() + 2, why.code,
                              std::move(why.message), std::move(why.hint));
  error.kind = why.kind;
  return error;
}

void Problems::add(std::size_t offset, std::size_t length, std::string_view code,
                   std::string message, std::string hint) {
  // The same mistake seen through another path is one mistake.
  if (!seen_.insert(message + '\0' + std::to_string(offset)).second) return;
  Diagnostic error =
      error_at(*graph_.source, offset, length, code, std::move(message), std::move(hint));
  error.context = path();
  errors_.push_back(std::move(error));
}

void Problems::unknown_root() {
  add(graph_.root_offset, graph_.root.size() + 2, codes::kUnknownKernel,
      "root " + quoted(graph_.root) + " is not one of the graph's kernels",
      did_you_mean(graph_.root, composite_names()));
}

void Problems::unknown_name(std::string_view name, PlacedExpression where,
                            std::span<const std::string_view> locals) {
  const std::string in_config = "config." + std::string(name);
  std::string hint;
  if (names_.config_entry(in_config) != nullptr) {
    hint = "did you mean '" + in_config + "'?";
  } else if (suggestions_.may_suggest()) {
    std::vector<std::string_view> known = names_.names();
    for (std::string_view local : locals) {
      if (local != name) known.push_back(local);  // of a composite, and asked for outside of it
    }
    hint = suggestions_.did_you_mean(name, known);
  }
  const auto [offset, length] = place_of(name, where);
  add(offset, length, codes::kUnknownName, "unknown name " + quoted(name), std::move(hint));
}

void Problems::unknown_function(const ExpressionNode& call, PlacedExpression where) {
  const std::string& name = where.expression->functions[call.argument];
  if (const BuiltinFunction* builtin = builtin_named(name)) {
    add(where.offset + call.offset, name.size(), codes::kWrongArgument,
        name + "() got " + std::to_string(call.count) +
            (call.count == 1 ? " argument" : " arguments"),
        "it is " + std::string(builtin->signature));
    return;
  }
  std::vector<std::string_view> known;
  for (const BuiltinFunction& row : builtin_functions()) known.push_back(row.name);
  add(where.offset + call.offset, name.size(), codes::kUnknownFunction,
      "unknown function " + quoted(name), did_you_mean(name, known));
}

void Problems::unknown_parameter(const Call& call, const Binding& binding,
                                 std::span<const std::string_view> known) {
  std::string list;
  for (std::string_view name : known) {
    if (list.size() > kMostListed) {
      list += ", ...";
      break;
    }
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  std::string hint = suggestions_.did_you_mean(binding.parameter, known);
  if (hint.empty()) hint = list.empty() ? "it declares no parameter" : "it declares: " + list;
  add(binding.offset, graph_.expressions[binding.expression].text.size(), codes::kUnknownParameter,
      quoted(call.kernel) + " has no parameter " + quoted(binding.parameter), std::move(hint));
}

void Problems::unknown_operand(const Call& call, const Kernel& kernel,
                               const RoleOverride& override) {
  std::vector<std::string_view> operands;
  for (const KernelOperand& operand : kernel.operands) operands.push_back(operand.name);
  add(override.offset, override.operand.size() + 2, codes::kUnknownParameter,
      quoted(call.kernel) + " has no operand " + quoted(override.operand),
      did_you_mean(override.operand, operands));
}

Diagnostic Problems::unsaid_sizes(const Call& call, const Kernel& kernel, bool allowed) {
  Diagnostic problem = unsaid_call(graph_, call, kernel);
  if (allowed) problem.severity = Severity::kWarning;
  problem.context = path();
  return problem;
}

Diagnostic Problems::unknown_kernel(const Call& call, bool allowed) {
  if (const NameConflict* conflict = catalog_.conflict(call.kernel)) {
    Diagnostic error = ambiguous_kernel(graph_, call, catalog_, *conflict);
    error.context = path();
    return error;
  }
  std::string nearest;
  if (suggestions_.may_suggest()) {
    std::vector<std::string_view> known = catalog_.names();
    const std::vector<std::string_view> composites = composite_names();
    known.insert(known.end(), composites.begin(), composites.end());
    nearest = suggestions_.nearest(call.kernel, known);
  }
  std::string hint = nearest.empty() ? "" : "did you mean '" + nearest + "'?";
  if (const Kernel* kernel = catalog_.find(nearest)) {
    const Plugin& plugin = catalog_.plugin_of(*kernel);
    hint.insert(hint.size() - 1, " (plugin " + plugin.id + " " + plugin.version + ")");
  }
  bool any_refused = false;
  for (const RefusedPlugin& refused : catalog_.refused()) {
    if (refused.is_foreign) continue;
    any_refused = true;
    hint += (hint.empty() ? "" : "; ") + refused.path +
            ", which may define it, was refused: " + refused.reason.message;
  }
  Diagnostic error =
      error_at(*graph_.source, call.kernel_offset, call.kernel.size() + 2, codes::kUnknownKernel,
               "unknown kernel " + quoted(call.kernel), std::move(hint));
  error.context = path();
  if (allowed) error.severity = Severity::kWarning;
  // A refused plugin may be why the answer is missing, so it decides the exit status.
  if (any_refused) error.kind = ErrorKind::kPlugin;
  return error;
}

void Problems::missing_config(PlacedExpression where, std::string_view failed) {
  std::vector<PlacedExpression> pending = {where};
  std::unordered_set<std::string_view> variables_seen;
  while (!pending.empty()) {
    const PlacedExpression current = pending.back();
    pending.pop_back();
    for (std::size_t i = 0; i < current.expression->names.size(); ++i) {
      const std::string& name = current.expression->names[i];
      if (!name.starts_with("config.")) {
        const CompositeVariable* variable = names_.variable(name);
        if (variable != nullptr && variables_seen.insert(variable->name).second)
          pending.push_back({&graph_.expressions[variable->expression], variable->offset});
        continue;
      }
      if (names_.config_entry(name) != nullptr) continue;
      if (name != failed && is_guarded(*current.expression, i)) continue;
      if (!seen_.insert(name).second) continue;
      const std::string key = name.substr(7);
      const auto [offset, length] = place_of(name, current);
      std::string hint =
          "the graph has no config: pass --hf-config FILE or --set " + key + "=VALUE";
      if (names_.has_config()) {
        const std::string nearest =
            suggestions_.may_suggest() ? suggestions_.nearest(key, names_.config_names()) : "";
        hint = nearest.empty() ? "give it with --set " + key + "=VALUE"
                               : "did you mean 'config." + nearest + "'?";
      }
      add(offset, length, codes::kMissingConfig, "the config has no " + quoted(key),
          std::move(hint));
    }
  }
}

void Problems::too_large(std::size_t limit) {
  errors_.push_back(plain_error(ErrorKind::kInput, codes::kLimit,
                                "the graph resolves to more than " + std::to_string(limit) +
                                    " kernels, arguments and calls"));
}

void Problems::stopped() {
  errors_.push_back(plain_error(ErrorKind::kInput, codes::kLimit,
                                "too many errors: the rest of the graph was not looked at"));
}

Problems::Path Problems::path() {
  Path path = path_();
  path_parts_ += path.size();
  return path;
}

std::vector<std::string_view> Problems::composite_names() const {
  std::vector<std::string_view> names;
  for (const Composite& composite : graph_.composites) names.push_back(composite.name);
  return names;
}

}  // namespace lmhost

// lmhost kernels, plugin, doctor: what the plugins declare and whether all is well with them.
#include <algorithm>
#include <span>

#include "aggregate/cost_tree.hpp"
#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/kernel_names.hpp"
#include "load/model.hpp"
#include "report/kernels.hpp"
#include "resolve/assignments.hpp"
#include "resolve/composite_call.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

Result<Outcome> list_kernels(const Arguments& arguments, const Host& host, bool is_json) {
  const std::string pattern = arguments.operands.size() > 1 ? arguments.operands[1] : std::string();
  const std::vector<const Kernel*> kernels = matching_kernels(host.catalog(), pattern);
  Outcome outcome;
  outcome.messages = refused_plugins(host);
  const Diagnostics unusable = unusable_formulas(host);
  outcome.messages.insert(outcome.messages.end(), unusable.begin(), unusable.end());
  if (kernels.empty()) {
    outcome.status = 1;
    Diagnostic none = usage_error("no kernel has " + quoted(pattern) + " in a name",
                                  did_you_mean(pattern, host.catalog().names()));
    none.severity = Severity::kWarning;
    outcome.messages.push_back(std::move(none));
    if (!is_json) return outcome;
  }
  outcome.text = is_json ? Document::exact(write_kernels_json(host.catalog(), kernels))
                         : write_kernel_list(host.catalog(), kernels, text_style(arguments));
  return outcome;
}

// What follows the kernel's name, as one text.
std::string given_arguments(const Arguments& arguments) {
  std::string text;
  for (std::size_t i = 2; i < arguments.operands.size(); ++i)
    text += (text.empty() ? "" : ", ") + arguments.operands[i];
  return text;
}

Result<Outcome> eval_kernel(const Arguments& arguments, const Host& host, const Kernel& kernel,
                            bool is_json) {
  const Catalog& catalog = host.catalog();
  Result<KernelBindings> bindings =
      parse_bindings(given_arguments(arguments), "<arguments>", &kernel);
  if (!bindings.ok()) return std::move(bindings).errors();
  Result<KernelCosts> costs = evaluate_kernel(catalog, host.conventions(), kernel, *bindings);
  if (!costs.ok()) return std::move(costs).errors();
  std::optional<KernelTrace> trace;
  if (arguments.has("trace")) {
    Result<KernelTrace> traced = trace_kernel(catalog, host.conventions(), kernel, *bindings);
    if (!traced.ok()) return std::move(traced).errors();
    trace = std::move(*traced);
  }
  const TextStyle style = text_style(arguments);
  Outcome outcome;
  if (is_json)
    outcome.text = Document::exact(
        write_kernel_costs_json(catalog, kernel, *costs, trace ? &*trace : nullptr));
  else
    outcome.text = write_kernel_costs(catalog, kernel, *costs, style) +
                   (trace ? write_trace(*trace, style) : Text());
  return outcome;
}

// A composite of the graph that --graph names.
Result<Outcome> eval_composite(const Arguments& arguments, const Host& host, const Model& model,
                               bool is_json) {
  const SourceText source{"<arguments>", given_arguments(arguments)};
  const Result<std::vector<Assignment>> assigned = parse_assignments(source);
  if (!assigned.ok()) return assigned.errors();
  std::vector<std::pair<std::string, Value>> values;
  for (const Assignment& row : *assigned) values.emplace_back(std::string(row.name), row.value);
  Result<CompositeCall> call = call_composite(model, arguments.operands[1], values);
  if (!call.ok()) return std::move(call).errors();
  Workload workload;
  if (const auto mode = arguments.get("mode")) workload.mode = *mode_named(*mode);
  call->set_point(workload);
  Result<Analysis> analysis = host.plan(call->model, workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  const Schedule schedule = make_schedule(*analysis->plan);
  analysis = Host::evaluate(std::move(*analysis), schedule, 1u);
  if (!analysis.ok()) return std::move(analysis).errors();
  std::optional<KernelTrace> trace;
  if (arguments.has("trace")) trace = trace_composite(*analysis->tree);
  const TextStyle style = text_style(arguments);
  Outcome outcome;
  if (is_json)
    outcome.text =
        Document::exact(write_composite_costs_json(*analysis->tree, trace ? &*trace : nullptr));
  else
    outcome.text = write_composite_costs(*analysis->tree, style) +
                   (trace ? write_trace(*trace, style) : Text());
  return outcome;
}

// --graph: its composites come first, then the kernels of the catalogue, those of the graph too.
Result<Outcome> eval_of_graph(const Arguments& arguments, const Host& host, bool is_json) {
  const Result<Model> model = load_model({*arguments.get("graph"), arguments.get("hf-config"),
                                          arguments.all("set"), host.prefix(), nullptr, nullptr});
  if (!model.ok()) return model.errors();
  std::vector<SpelledName> names;
  for (const Composite& composite : model->graph->composites) names.push_back({composite.name, 0});
  if (!match_spelling(names, arguments.operands[1]).empty())
    return eval_composite(arguments, host, *model, is_json);
  Result<const Kernel*> kernel = find_spelling(host.catalog(), arguments.operands[1]);
  // Somebody who names a graph means one of its names.
  if (!kernel.ok()) return eval_composite(arguments, host, *model, is_json);
  return eval_kernel(arguments, host, **kernel, is_json);
}

// Names of what a command's first operand may be.
Result<bool> check_action(const Arguments& arguments, std::span<const std::string_view> actions) {
  const std::string& given = arguments.operands.front();
  for (const std::string_view action : actions)
    if (given == action) return true;
  std::string hint = did_you_mean(given, actions);
  if (hint.empty()) hint = "see 'lmhost " + std::string(arguments.command->name) + " --help'";
  return usage_error(
      "'lmhost " + std::string(arguments.command->name) + "' cannot " + quoted(given), hint);
}

}  // namespace

Result<Outcome> kernels_command(const Arguments& given) {
  Arguments arguments = given;
  if (arguments.operands.empty()) arguments.operands.push_back("list");
  constexpr std::string_view kActions[] = {"list", "show", "eval"};
  if (Result<bool> known = check_action(arguments, kActions); !known.ok())
    return std::move(known).errors();
  const std::string& action = arguments.operands[0];
  const std::size_t least = action == "list" ? 1 : 2;
  const std::size_t most = action == "eval" ? SIZE_MAX : 2;
  if (Result<bool> checked = check_operands(arguments, least, most); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  const bool is_json = *format == "json";
  if (action == "list") return list_kernels(arguments, *host, is_json);

  if (action == "eval" && arguments.has("graph")) return eval_of_graph(arguments, *host, is_json);
  Result<const Kernel*> kernel = find_spelling(host->catalog(), arguments.operands[1]);
  if (!kernel.ok()) return std::move(kernel).errors();
  if (action == "eval") return eval_kernel(arguments, *host, **kernel, is_json);
  Outcome outcome;
  outcome.text =
      is_json ? Document::exact(write_kernels_json(host->catalog(), {*kernel}))
              : write_kernel(host->catalog(), **kernel, host->conventions(), text_style(arguments));
  return outcome;
}

Result<Outcome> doctor_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 0, 0); !checked.ok())
    return std::move(checked).errors();
  const TextStyle style = text_style(arguments);
  Outcome outcome;
  Table table({{"", true, Ink::kDim}, {"", true, Ink::kPlain}, {"", true, Ink::kPlain}});
  bool is_well = true;
  auto add = [&](std::string_view what, bool well, std::string detail) {
    is_well = is_well && well;
    table.add({std::string(what), well ? "ok" : "WRONG", std::move(detail)});
  };
  add("lmhost", true, std::string(version()));
  Result<Host> host = open_host(arguments);
  if (!host.ok()) {
    add("plugins", false, "cannot be opened, see below");
    outcome.messages = host.errors();
  } else {
    const Catalog& catalog = host->catalog();
    add("prefix", true, host->prefix());
    add("plugins", !catalog.plugins().empty(),
        std::to_string(catalog.plugins().size()) + " with " +
            std::to_string(catalog.kernels().size()) + " kernels under " +
            std::to_string(catalog.names().size()) + " names");
    const Diagnostics refused = refused_plugins(*host);
    outcome.messages.insert(outcome.messages.end(), refused.begin(), refused.end());
    add("refused plugins", refused.empty(), std::to_string(refused.size()));
    const Diagnostics conflicts = conflict_errors(catalog);
    outcome.messages.insert(outcome.messages.end(), conflicts.begin(), conflicts.end());
    add("names declared twice", conflicts.empty(), std::to_string(catalog.conflicts().size()));
    const Diagnostics examples = check_examples(catalog);
    outcome.messages.insert(outcome.messages.end(), examples.begin(), examples.end());
    std::size_t count = 0;
    for (const Kernel* kernel : catalog.kernels()) count += kernel->examples.size();
    add("worked examples", examples.empty(),
        std::to_string(count - std::min(count, examples.size())) + " of " + std::to_string(count) +
            " agree");
    add("conventions", true, host->conventions().name);
    const std::size_t models = host->model_names().size();
    add("models", models != 0, std::to_string(models) + " in the catalogue");
  }
  outcome.text = table.text(style);
  outcome.status = is_well ? 0 : 1;
  return outcome;
}

}  // namespace lmhost::tool

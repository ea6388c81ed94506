// lmhost resolve: what every call and every composite costs, as formulas.
#include <algorithm>

#include "load/model.hpp"
#include "report/resolved.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"
#include "tools/lmhost/values.hpp"

namespace lmhost::tool {

Result<Outcome> resolve_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  ResolvedOptions options;
  if (const std::optional<std::string> depth = arguments.get("depth")) {
    Result<Number> number = parse_count("--depth", *depth);
    if (!number.ok()) return std::move(number).errors();
    options.depth = static_cast<unsigned>(
        std::min<std::int64_t>(number->to_int64().value_or(INT64_MAX), UINT32_MAX));
  }
  Result<Workload> workload = read_workload(arguments, arguments.operands[0]);
  if (!workload.ok()) return std::move(workload).errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  const Result<Model> model = host->load(*workload);
  if (!model.ok()) return model.errors();
  // Without a config its names are all there is.
  workload->keep_config = arguments.has("keep-config") || model->config.empty();
  Result<Analysis> analysis = host->plan(*model, *workload);
  if (!analysis.ok()) return std::move(analysis).errors();
  Result<ResolvedTree> tree = resolve_symbolically(analysis->plan, *analysis->config);
  if (!tree.ok()) return std::move(tree).errors();
  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  outcome.messages.insert(outcome.messages.end(), analysis->plan->unknown.begin(),
                          analysis->plan->unknown.end());
  if (*format == "json") {
    Result<std::string> text = write_resolved_json(*analysis, *tree, options);
    if (!text) return std::move(text).errors();
    outcome.text = Document::exact(std::move(*text));
  } else {
    Result<Text> text = write_resolved(*analysis, *tree, options, text_style(arguments));
    if (!text) return std::move(text).errors();
    outcome.text = std::move(*text);
  }
  return outcome;
}

}  // namespace lmhost::tool

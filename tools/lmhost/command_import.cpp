// lmhost import: another format as lmhost.graph/1, or as lmhost.kernels/1 where it has no model.
#include "load/formats/input.hpp"
#include "report/graph_json.hpp"
#include "report/kernel_catalog.hpp"
#include "resolve/problems.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {

Result<Outcome> import_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  const Result<Input> input = read_input(arguments.operands[0]);
  if (!input.ok()) return input.errors();
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  Result<Graph> graph =
      decode_input(*input, {{}, arguments.get("root").value_or(""), &host->catalog()});
  if (!graph.ok()) return std::move(graph).errors();
  const Result<std::shared_ptr<const Catalog>> catalog = host->catalog_for(*graph);
  if (!catalog.ok()) return catalog.errors();

  Outcome outcome;
  outcome.messages = refused_plugins(*host);
  outcome.messages.insert(outcome.messages.end(), graph->notes.begin(), graph->notes.end());
  const Diagnostics unsaid = unsaid_sizes(*graph, **catalog);
  outcome.messages.insert(outcome.messages.end(), unsaid.begin(), unsaid.end());
  // What is written is what could be read; the rest is an error of whoever uses it.
  for (Diagnostic& message : outcome.messages) message.severity = Severity::kWarning;
  outcome.text = graph->root_composite != kNoComposite
                     ? Document::exact(write_graph(*graph))
                     : Document::exact(write_kernel_catalog(graph->kernels.front()));
  return outcome;
}

}  // namespace lmhost::tool

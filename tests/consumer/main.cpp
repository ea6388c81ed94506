// consumer PLUGIN_FILE: analyzes a model with the installation's plugins and data, which the library finds by itself,
// and with a plugin of its own.
#include <lmhost/lmhost.hpp>

#include <algorithm>
#include <cstdio>

namespace {

int fail(const lmhost::Diagnostics& errors) {
  for (const lmhost::Diagnostic& error : errors)
    std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  lmhost::HostOptions options;
  options.plugin_files = {argv[1]};
  const lmhost::Result<lmhost::Host> host = lmhost::Host::open(options);
  if (!host) return fail(host.errors());
  const std::vector<std::string> kernels = host->kernel_names();
  if (std::find(kernels.begin(), kernels.end(), "consumer.swish") == kernels.end()) return 3;

  const lmhost::Result<lmhost::Graph> graph = host->load("llama-2-7b");
  if (!graph) return fail(graph.errors());
  const lmhost::Result<lmhost::Plan> plan = host->resolve(*graph);
  if (!plan) return fail(plan.errors());
  const lmhost::Result<lmhost::Costs> costs = plan->totals(plan->default_point());
  if (!costs) return fail(costs.errors());
  std::printf("%s %s\n", graph->root().c_str(), lmhost::version().c_str());
}

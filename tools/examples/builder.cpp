// A graph made in memory: what a gated MLP costs, for widths that no file has.
//   builder [WIDTH]...
#include <cstdio>
#include <string>
#include <vector>

#include <lmhost/lmhost.hpp>

namespace {

lmhost::GraphBuilder mlp(const std::string& width) {
  const std::string tokens = "batch_size*seq_len";
  lmhost::GraphBuilder builder("Mlp");
  builder.config("hidden_size", 4096);
  builder.composite("Mlp")
      .call(
          {"up", "torch.nn.Linear", {{"M", tokens}, {"K", "config.hidden_size"}, {"N", width}}, 2})
      .call({"act", "torch.nn.SiLU", {{"num_elements", tokens + "*" + width}}})
      .call(
          {"down", "torch.nn.Linear", {{"M", tokens}, {"K", width}, {"N", "config.hidden_size"}}});
  return builder;
}

int fail(const lmhost::Diagnostics& errors) {
  std::fputs(to_text(errors).c_str(), stderr);
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  const auto host = lmhost::Host::open();
  if (!host) return fail(host.errors());
  std::vector<std::string> widths(arguments + 1, arguments + count);
  if (widths.empty()) widths = {"11008", "14336"};
  for (const std::string& width : widths) {
    const auto graph = host->build(mlp(width));
    if (!graph) return fail(graph.errors());
    const auto plan = host->resolve(*graph);
    if (!plan) return fail(plan.errors());
    const auto costs = plan->totals(plan->default_point());
    if (!costs) return fail(costs.errors());
    std::printf("%8s %20s FLOP\n", width.c_str(),
                to_string((*costs)[lmhost::Quantity::kMatmulFlops]).c_str());
  }
}

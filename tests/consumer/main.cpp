// consumer PREFIX PLUGIN_FILE: analyzes a graph with the installation's plugins and one of its own.
#include <lmhost/host.hpp>

#include <cstdio>

namespace {

int fail(const lmhost::Diagnostics& errors) {
  for (const lmhost::Diagnostic& error : errors)
    std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  lmhost::HostOptions options;
  options.prefix = argv[1];
  options.plugin_files = {argv[2]};
  const lmhost::Result<lmhost::Host> host = lmhost::Host::open(options);
  if (!host) return fail(host.errors());

  lmhost::Workload workload;
  workload.model = "llama-2-7b";
  const lmhost::Result<lmhost::Analysis> analysis = host->analyze(workload);
  if (!analysis) return fail(analysis.errors());
  std::printf("%s\n", analysis->model_name.c_str());
}

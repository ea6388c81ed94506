// From arguments and the environment to what the library wants. The environment is read here and in
// output.cpp only; agent.cpp and plugin_build.cpp hand it on to other programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host.hpp"
#include "load/catalog.hpp"
#include "report/summary.hpp"
#include "study/device_bound.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

HostOptions host_options(const Arguments& arguments);
Result<Host> open_host(const Arguments& arguments);
Result<Host> open_host(const HostOptions& options);
// The kernel of that name or, failing that, the only one with that part in a name.
Result<const Kernel*> find_kernel(const Catalog& catalog, const std::string& name);
// Plugin files that were found and not loaded: a warning each. Foreign libraries are passed over.
Diagnostics refused_plugins(const Host& host);
// A warning for each --catalog file with formulas that cannot be used; for commands about kernels. A
// model that calls one gets the error, and the others are none of its business.
Diagnostics unusable_formulas(const Host& host);

// What the reader of the model's file doubts: warnings. Kernels that it could not read are an error
// of whoever calls them.
Diagnostics doubts_of(const Graph& graph);

Result<Workload> read_workload(const Arguments& arguments, std::string model);
// Values that nobody gave: neither the user nor the model's config.
std::vector<std::string> assumptions_of(const Analysis& analysis, const Workload& workload);

// The roof of --hw, or of --peak and --bandwidth, for an analysis; nothing when no option asks for
// one. REQUIRES: the analysis has a plan, a point and a config.
Result<std::optional<Roof>> read_roof(const Arguments& arguments, const std::string& prefix,
                                      const Analysis& analysis);
// Of --dtype, else the config's: "bfloat16"; "" when neither says.
std::string type_name_of(const Arguments& arguments, const Analysis& analysis);

// The words after `lmhost explain` that ask about the same model at the same point, for a shell: the
// model, and the options.
std::string model_word(const Arguments& arguments);
std::string repeated_options(const Arguments& arguments);

// Exactly or at most so many operands; a usage error names what is missing or too much.
Result<bool> check_operands(const Arguments& arguments, std::size_t least, std::size_t most);
// -o, --json, or the command's default; one of the command's formats.
Result<std::string> format_of(const Arguments& arguments);
Diagnostic usage_error(std::string message, std::string hint = {});

}  // namespace lmhost::tool

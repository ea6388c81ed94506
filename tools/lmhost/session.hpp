// From arguments and the environment to what the library wants. The environment is read here and in
// output.cpp only; agent.cpp and plugin_build.cpp hand it on to other programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host.hpp"
#include "report/summary.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

HostOptions host_options(const Arguments& arguments);
Result<Host> open_host(const Arguments& arguments);
// Plugin files that were found and not loaded: a warning each. Foreign libraries are passed over.
// And what readers of --catalog files noticed.
Diagnostics refused_plugins(const Host& host);

Result<Workload> read_workload(const Arguments& arguments, std::string model);
// Values that nobody gave: neither the user nor the model's config.
std::vector<std::string> assumptions_of(const Analysis& analysis, const Workload& workload);

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

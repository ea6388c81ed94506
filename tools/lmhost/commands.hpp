// One function per command. None writes anything: the text and the exit status go back to run().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host.hpp"
#include "report/text.hpp"
#include "tools/lmhost/options.hpp"

namespace lmhost::tool {

struct Outcome {
  Document text;            // the result
  int status = 0;           // 0, or 1 when the answer is no
  bool is_written = false;  // while it was computed: `text` is empty
  Diagnostics messages;     // warnings and findings, for standard error
  std::vector<std::pair<std::string, std::string>> files;  // path, text: written besides
};

Result<Outcome> analyze_command(const Arguments& arguments);
Result<Outcome> explain_command(const Arguments& arguments);
Result<Outcome> compare_command(const Arguments& arguments);
Result<Outcome> devices_command(const Arguments& arguments);
Result<Outcome> fits_command(const Arguments& arguments);
Result<Outcome> inspect_command(const Arguments& arguments);
Result<Outcome> import_command(const Arguments& arguments);
Result<Outcome> catalog_command(const Arguments& arguments);
Result<Outcome> kernels_command(const Arguments& arguments);
Result<Outcome> learn_command(const Arguments& arguments);
Result<Outcome> plugin_command(const Arguments& arguments);
Result<Outcome> plugin_dump(const Arguments& arguments);
Result<Outcome> plugin_generate(const Arguments& arguments);
Result<Outcome> plugin_new(const Arguments& arguments);
Result<Outcome> resolve_command(const Arguments& arguments);
Result<Outcome> populate_command(const Arguments& arguments);
Result<Outcome> validate_command(const Arguments& arguments);
Result<Outcome> schema_command(const Arguments& arguments);
Result<Outcome> completion_command(const Arguments& arguments);
Result<Outcome> doctor_command(const Arguments& arguments);
Result<Outcome> formula_command(const Arguments& arguments);
Result<Outcome> sweep_command(const Arguments& arguments);
Result<Outcome> help_command(const Arguments& arguments);

// The whole program: reads the arguments, runs a command, writes its outcome. Returns the exit
// status.
int run(int argc, char** argv);

}  // namespace lmhost::tool

// The program around the commands: which one, its errors, its output, its exit status.
#include "base/codes.hpp"
#include "report/json_writer.hpp"
#include "report/summary.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/guard.hpp"
#include "tools/lmhost/help.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/output_files.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

using CommandFunction = Result<Outcome> (*)(const Arguments&);

struct CommandEntry {
  std::string_view name;
  CommandFunction function;
};

constexpr CommandEntry kFunctions[] = {
    {"analyze", analyze_command},   {"explain", explain_command},
    {"inspect", inspect_command},   {"kernels", kernels_command},
    {"import", import_command},     {"plugin", plugin_command},
    {"validate", validate_command}, {"schema", schema_command},
    {"doctor", doctor_command},     {"resolve", resolve_command},
    {"help", help_command},         {"completion", completion_command},
    {"devices", devices_command},   {"fits", fits_command},
    {"compare", compare_command},   {"populate", populate_command},
    {"catalog", catalog_command},   {"learn", learn_command},
    {"formula", formula_command},   {"sweep", sweep_command},
};

constexpr int kInternalError = static_cast<int>(ErrorKind::kInternal);

int report_errors(const Diagnostics& errors, const Arguments* arguments) {
  const bool is_silent = errors.size() == 1 && errors.front().message.empty();
  if (!is_silent) write_message(render(errors, colour_on_errors(arguments)));
  return exit_status(errors);
}

// A model where a command is expected; "" when the word is none.
std::string model_hint(const std::string& name) {
  HostOptions options;
  options.default_plugins = false;
  const Result<Host> host = Host::open(options);
  const std::vector<std::string> models =
      host.ok() ? host->model_names() : std::vector<std::string>();
  const std::string model =
      nearest_name(name, std::vector<std::string_view>(models.begin(), models.end()));
  const bool is_file = name[0] != '-' && name.find_first_of("./") != std::string::npos;
  if (model.empty() && !is_file) return "";
  return "did you mean 'lmhost analyze " + (model.empty() ? name : model) + "'?";
}

Diagnostic unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const CommandSpec& command : all_commands()) names.push_back(command.name);
  std::string hint = did_you_mean(name, names);
  if (name == "version" || name == "-v") hint = "did you mean 'lmhost --version'?";
  if (hint.empty() && name[0] == '-') hint = "the command comes first: lmhost COMMAND [OPTION]...";
  if (hint.empty() && !name.empty()) hint = model_hint(name);
  if (hint.empty()) hint = "'lmhost help' lists the commands";
  return usage_error("unknown command " + quoted(name), hint);
}

Outcome version_outcome(bool is_json) {
  Outcome outcome;
  if (!is_json) {
    outcome.text = "lmhost " + Text(version()) + "\n";
    return outcome;
  }
  JsonWriter json;
  json.begin_object();
  json.member("name", "lmhost");
  json.member("version", version());
  json.end_object();
  outcome.text = Document::exact(json.take());
  return outcome;
}

// Writes the outcome. Returns the exit status.
int deliver(const Outcome& outcome, const Arguments* arguments) {
  if (!outcome.messages.empty())
    write_message(render(outcome.messages, colour_on_errors(arguments)));
  if (outcome.is_written) return outcome.status;
  for (const auto& [file, text] : outcome.files)
    if (const Result<bool> written = write_file(file, text); !written.ok())
      return report_errors(written.errors(), arguments);
  const std::optional<std::string> path =
      arguments == nullptr ? std::nullopt : arguments->get("output");
  const Result<bool> written = path && *path != "-" ? write_file(*path, outcome.text.str())
                                                    : write_standard_output(outcome.text);
  return written.ok() ? outcome.status : report_errors(written.errors(), arguments);
}

int run_command(const std::vector<std::string>& words) {
  if (words.empty()) {
    write_message(overview(TextStyle()).str());
    return static_cast<int>(ErrorKind::kUsage);
  }
  const std::string& name = words.front();
  if (name == "--version" || name == "-V")
    return deliver(version_outcome(words.size() > 1 && words[1] == "--json"), nullptr);
  if (name == "--help" || name == "-h") return deliver({overview(TextStyle()), 0, {}}, nullptr);
  const CommandSpec* command = find_command(name);
  if (command == nullptr) return report_errors({unknown_command(name)}, nullptr);

  Result<Arguments> arguments = parse_arguments(*command, {words.begin() + 1, words.end()});
  if (!arguments.ok()) return report_errors(arguments.errors(), nullptr);
  if (arguments->has("help"))
    return deliver({help_of(*command, text_style(*arguments)), 0, {}}, &*arguments);
  if (const Result<bool> checked = check_output_files(*arguments); !checked.ok())
    return report_errors(checked.errors(), &*arguments);
  for (const CommandEntry& entry : kFunctions) {
    if (entry.name != name) continue;
    const Result<Outcome> outcome = entry.function(*arguments);
    return outcome.ok() ? deliver(*outcome, &*arguments)
                        : report_errors(outcome.errors(), &*arguments);
  }
  return kInternalError;
}

}  // namespace

int run(int argc, char** argv) {
  return guarded([&] { return run_command({argv + (argc > 0 ? 1 : 0), argv + argc}); });
}

}  // namespace lmhost::tool

// lmhost help, completion, schema: texts that need no model.
#include <algorithm>

#include "base/codes.hpp"
#include "load/catalog.hpp"
#include "load/device.hpp"
#include "load/text_file.hpp"
#include "report/kernels.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/help.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

Result<bool> check_choice(const Arguments& arguments, const std::string& what,
                          const std::vector<std::string>& choices) {
  const std::string& given = arguments.operands.front();
  if (std::find(choices.begin(), choices.end(), given) != choices.end()) return true;
  const std::vector<std::string_view> candidates(choices.begin(), choices.end());
  std::string hint = did_you_mean(given, candidates);
  if (hint.empty()) {
    hint = "one of ";
    for (std::size_t i = 0; i < choices.size(); ++i) hint += (i == 0 ? "" : ", ") + choices[i];
  }
  return usage_error("unknown " + what + " " + quoted(given), hint);
}

}  // namespace

Result<Outcome> help_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 0, 1); !checked.ok())
    return std::move(checked).errors();
  Outcome outcome;
  const TextStyle style = text_style(arguments);
  if (arguments.operands.empty()) {
    outcome.text = overview(style);
    return outcome;
  }
  std::vector<std::string> names;
  for (const CommandSpec& command : all_commands()) names.emplace_back(command.name);
  if (Result<bool> known = check_choice(arguments, "command", names); !known.ok())
    return std::move(known).errors();
  outcome.text = help_of(*find_command(arguments.operands[0]), style);
  return outcome;
}

Result<Outcome> completion_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  if (Result<bool> known = check_choice(arguments, "shell", {"bash", "zsh", "fish"}); !known.ok())
    return std::move(known).errors();
  // Names are a convenience: without an installation around it the script still completes options.
  KnownNames known;
  if (Result<Host> host = Host::open(HostOptions()); host.ok()) {
    known.models = host->model_names();
    for (const Kernel* kernel : matching_kernels(host->catalog(), ""))
      known.kernels.push_back(kernel->name);
    if (Result<std::vector<Device>> devices = load_devices(host->prefix()); devices.ok())
      for (const Device& device : *devices) known.devices.push_back(device.name);
  }
  Outcome outcome;
  outcome.text = Document::exact(completion_script(arguments.operands[0], known));
  return outcome;
}

Result<Outcome> schema_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  const std::vector<std::string> names = split(arguments.command->operands, '|');
  if (Result<bool> known = check_choice(arguments, "schema", names); !known.ok())
    return std::move(known).errors();
  HostOptions options;
  options.default_plugins = false;
  Result<Host> host = Host::open(options);
  if (!host.ok()) return std::move(host).errors();
  Result<std::shared_ptr<const SourceText>> text =
      read_text(host->prefix() + "/share/lmhost/schemas/" + arguments.operands[0] + ".schema.json");
  if (!text.ok()) return std::move(text).errors();
  Outcome outcome;
  outcome.text = Document::exact((*text)->text);
  return outcome;
}

}  // namespace lmhost::tool

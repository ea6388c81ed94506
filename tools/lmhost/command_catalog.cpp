// lmhost plugin dump, plugin generate: a plugin as data, and data as a plugin.
#include <algorithm>

#include "load/kernel_catalog.hpp"
#include "load/plugin_discovery.hpp"
#include "report/kernel_catalog.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/guard.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {
namespace {

bool is_file(const std::string& operand) {
  return operand.find('/') != std::string::npos || operand.ends_with(".so");
}

Result<std::string> dump_of(const Arguments& arguments, const std::string& operand) {
  if (is_file(operand)) {
    Result<Plugin> plugin = load_plugin(operand, plugin_watch());
    if (!plugin.ok()) return std::move(plugin).errors();
    return write_kernel_catalog(*plugin);
  }
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  if (const Plugin* plugin = host->catalog().plugin(operand)) return write_kernel_catalog(*plugin);
  std::vector<std::string_view> ids;
  for (const Plugin& plugin : host->catalog().plugins()) ids.push_back(plugin.id);
  std::string hint = did_you_mean(operand, ids);
  if (hint.empty()) hint = "'lmhost plugin list' shows those in use; a file ends in .so";
  return usage_error("no plugin " + quoted(operand) + " is loaded", std::move(hint));
}

}  // namespace

Result<Outcome> plugin_dump(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, 2); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> text = dump_of(arguments, arguments.operands[1]);
  if (!text.ok()) return std::move(text).errors();
  Outcome outcome;
  outcome.text = Document::exact(std::move(text).value());
  return outcome;
}

Result<Outcome> plugin_generate(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 2, 2); !checked.ok())
    return std::move(checked).errors();
  const Result<Plugin> plugin = read_kernel_catalog_file(arguments.operands[1]);
  if (!plugin.ok()) return plugin.errors();
  Outcome outcome;
  outcome.text = Document::exact(write_plugin_source(*plugin));
  // There is but one format: -o is what it is to a compiler.
  const std::optional<std::string> path = arguments.get("format");
  if (!path || *path == "-") return outcome;
  if (Result<bool> written = write_file(*path, outcome.text.str()); !written.ok())
    return std::move(written).errors();
  outcome.text = Document();
  return outcome;
}

}  // namespace lmhost::tool

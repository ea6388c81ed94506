// lmhost devices: what the catalogue says about hardware.
#include "load/device.hpp"
#include "report/devices.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/output.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {

Result<Outcome> devices_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 0, 2); !checked.ok())
    return std::move(checked).errors();
  Result<std::string> format = format_of(arguments);
  if (!format.ok()) return std::move(format).errors();
  const std::string action = arguments.operands.empty() ? "list" : arguments.operands[0];
  const bool is_show = action == "show";
  if (!is_show && action != "list")
    return usage_error("'lmhost devices' cannot " + quoted(action),
                       "write: lmhost devices list, or lmhost devices show " + action);
  if (is_show != (arguments.operands.size() == 2))
    return usage_error(
        is_show ? "'lmhost devices show' needs a device" : "'lmhost devices list' takes no name",
        "write: lmhost devices show NAME");
  HostOptions options;
  options.default_plugins = false;
  Result<Host> host = Host::open(options);
  if (!host.ok()) return std::move(host).errors();

  std::vector<Device> devices;
  if (is_show) {
    Result<Device> device = load_device(arguments.operands[1], host->prefix());
    if (!device.ok()) return std::move(device).errors();
    devices.push_back(std::move(*device));
  } else {
    Result<std::vector<Device>> all = load_devices(host->prefix());
    if (!all.ok()) return std::move(all).errors();
    devices = std::move(*all);
  }
  const TextStyle style = text_style(arguments);
  Outcome outcome;
  if (*format == "json") {
    outcome.text = Document::exact(write_devices_json(devices));
  } else if (is_show) {
    outcome.text = write_device(devices.front(), style);
  } else {
    Result<std::vector<Efficiency>> profiles = load_efficiencies(host->prefix());
    if (!profiles.ok()) return std::move(profiles).errors();
    outcome.text =
        write_device_list(devices, style) + "\n" + write_efficiency_list(*profiles, style);
  }
  return outcome;
}

}  // namespace lmhost::tool

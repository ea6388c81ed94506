// The device catalogue for people and programs.
#pragma once

#include <string>
#include <vector>

#include "load/device.hpp"
#include "report/layout.hpp"
#include "study/efficiency.hpp"

namespace lmhost {

// One line a device: name, peaks, bandwidth, capacity, ridge.
Text write_device_list(const std::vector<Device>& devices, const TextStyle& style);
// One line a profile: the shares of the peaks, and whose they are.
Text write_efficiency_list(const std::vector<Efficiency>& profiles, const TextStyle& style);
// Every figure of one with what stands behind it.
Text write_device(const Device& device, const TextStyle& style);
// lmhost.devices/1: everything about each.
std::string write_devices_json(const std::vector<Device>& devices);

}  // namespace lmhost

// The groups of checks, each of which looks at one stage of a plugin and adds what it finds.
#pragma once

#include <lmhost/plugin.h>

#include <cstdint>
#include <optional>
#include <string>

#include "check/checks.hpp"
#include "check/probe.hpp"
#include "load/catalog.hpp"
#include "load/plugin_file.hpp"

namespace lmhost {

// Without loading: nothing of the plugin runs. Nothing when the file must not be opened.
std::optional<PluginFile> check_plugin_file(const std::string& path, CheckReport& report);

// Opens the library and calls its entry, twice. Nothing when there are no tables.
const lmh_plugin* check_loading(const PluginFile& file, CheckReport& report);

void check_tables(const Plugin& plugin, CheckReport& report);

// REQUIRES: report.seed is set.
void check_formulas(const Catalog& catalog, const ProbeOptions& options, CheckReport& report);

void check_functions(const Plugin& plugin, CheckReport& report);

}  // namespace lmhost

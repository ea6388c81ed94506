// Turns the tables of a plugin into the host's own copy: checked, with every formula compiled.
//
// Nothing of the result points into the plugin but the code of its functions. All that is wrong is
// reported, up to a hundred errors.
#pragma once

#include <string>

#include <lmhost/plugin.h>

#include "lmhost/result.hpp"
#include "load/catalog.hpp"

namespace lmhost {

// `path` names the plugin in errors and must end in "<id>.so", unless it starts with '<': a plugin
// that is no file. REQUIRES: `table` is what an entry
// returned: not null, and readable as far as its own sizes say. Errors: E403 other ABI or formula
// language, E406 a table is wrong, E407 a formula does not compile, E408 a name declared twice,
// E410 a field that this host does not know.
Result<Plugin> read_plugin(const lmh_plugin* table, const std::string& path);

// A text of a table that read_plugin() has refused, for messages: "" when the table's head is none,
// or the text is missing or no UTF-8. REQUIRES: as read_plugin().
std::string declared_text(const lmh_plugin* table, const char* lmh_plugin::*field);

}  // namespace lmhost

// The analysis for programs: lmhost.report/1 (catalogs/schemas/report.schema.json) and JSON Lines
// of its rows.
//
// Within /1 keys are only added. Key order is fixed, nothing depends on the machine or the clock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/json_writer.hpp"
#include "report/rows.hpp"
#include "report/summary.hpp"

namespace lmhost {

// Everything: every node with its own and its total costs, whatever rows a table would fold.
// `prefix` is cut from the paths of inputs.
std::string write_json(const Analysis& analysis, const Summary& summary, std::string_view prefix);

// One object a row, raw numbers. No columns named: every quantity.
std::string write_json_lines(const Analysis& analysis, const RowOptions& options,
                             const std::vector<const Column*>& columns);

// Opens the object of an answer about one node, "" for the model, up to what its schema is about.
void open_node_json(JsonWriter* json, std::string_view schema, const Analysis& analysis,
                    const std::string& node);

}  // namespace lmhost

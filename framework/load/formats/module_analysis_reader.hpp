// The rows of a module analysis as written: checked one by one, formulas parsed. Private to
// load/formats.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "formula/template.hpp"
#include "load/graph_builder.hpp"
#include "load/json.hpp"

namespace lmhost {

enum AnalysisKey { kKind, kOperation, kAnalysis, kFlops, kMemory, kRepeat, kSubKernels };
inline constexpr std::array<std::string_view, 7> kAnalysisKeys = {
    "kernel_type", "operation", "analysis", "flops", "memory_access", "repeat", "sub_kernels"};

// A formula with the text that it was read from.
struct AnalysisFormula {
  JsonValue text;
  Template parsed;
  bool is_good = false;
};

struct AnalysisRow {
  std::array<JsonValue, kAnalysisKeys.size()> members;
  JsonValue json;
  AnalysisFormula flops, read, write, repeat;
  std::vector<AnalysisRow> rows;  // of a row that is the sum of others
  std::string_view label;         // made from the operation, unique in its list

  JsonValue operator[](AnalysisKey key) const { return members[key]; }
  // The text of a member that is one, else "".
  std::string_view text_of(AnalysisKey key) const {
    const JsonValue value = members[key];
    return value.exists() && value.is(JsonKind::kString) ? value.string() : std::string_view();
  }
};

// What one file says of a class.
struct AnalysedClass {
  std::string_view name;  // empty after an error
  JsonValue json;
  std::vector<AnalysisRow> rows;
};

AnalysedClass read_analysed_class(JsonValue json, GraphBuilder* builder);

}  // namespace lmhost

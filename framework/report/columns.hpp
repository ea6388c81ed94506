// The columns that rows can show: every quantity, the sums of them that people ask for, and what
// describes a row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "lmhost/quantity.hpp"
#include "study/cost_forms.hpp"

namespace lmhost {

struct Bound;

enum class ColumnKind {
  kText,      // kernel, plugin, path
  kCount,     // calls, parameters
  kFlop,      // SI, no unit: the header says it
  kBytes,     // SI
  kCapacity,  // binary units
  kPercent,   // of the whole, by the metric in force
  kRatio,
  kTime,  // of a device's bound
  kLimit  // what bounds it: compute, memory
};

struct Column {
  std::string_view key;     // in machine formats
  std::string_view header;  // in tables
  ColumnKind kind;
  Number (*value)(const Costs&);  // nullptr for columns that are not costs
  std::string_view aliases;       // blank-separated other spellings of the key
  std::string_view doc;
  Number (*bound_value)(const Bound&) = nullptr;  // of a column that needs a device

  bool is_cost() const { return value != nullptr; }
  bool needs_device() const { return kind == ColumnKind::kTime || kind == ColumnKind::kLimit; }
};

std::span<const Column> all_columns();
const Column* find_column(
    std::string_view name);                  // key, alias or header, in either case, '-' as '_'
const Column& column(std::string_view key);  // REQUIRES: a key of all_columns()
// What a column adds up. REQUIRES: a sum of quantities.
CostWeights weights_of(const Column& column);

// "flops,read,write" to columns; an unknown name is a usage error with the nearest one.
Result<std::vector<const Column*>> parse_columns(std::string_view list);
// A metric to sort by: a cost column, or with a device the time.
Result<const Column*> parse_metric(std::string_view name, bool has_device = false);

// Sums over roles that machine formats carry besides the quantities themselves.
struct DerivedQuantity {
  std::string_view key;
  Number (*value)(const Costs&);
};
std::span<const DerivedQuantity> derived_quantities();  // bytes_read, bytes_written, stored_bytes

}  // namespace lmhost

#include "report/columns.hpp"

#include <algorithm>
#include <cstddef>

#include "base/codes.hpp"
#include "study/device_bound.hpp"

namespace lmhost {
namespace {

template <Quantity quantity>
Number get(const Costs& costs) {
  return costs[quantity];
}
Number bytes_read_sum(const Costs& costs) { return costs.bytes_read(); }
Number bytes_written_sum(const Costs& costs) { return costs.bytes_written(); }
Number bytes_moved(const Costs& costs) { return costs.bytes_read() + costs.bytes_written(); }
Number stored_sum(const Costs& costs) { return costs.stored_bytes(); }
Number intensity(const Costs& costs) { return divide(costs[Quantity::kFlops], bytes_moved(costs)); }

Number seconds(const Bound& bound) { return Number::inexact(bound.seconds); }

using Q = Quantity;
using K = ColumnKind;

constexpr Column kColumns[] = {
    {"calls", "CALLS", K::kCount, nullptr, "times", "executions in the whole analysis"},
    {"percent", "%", K::kPercent, nullptr, "share", "share of the metric sorted by, or of FLOPs"},
    {"flops", "FLOP", K::kFlop, get<Q::kFlops>, "flop",
     "floating-point operations, a multiply-add is 2"},
    {"matmul_flops", "MATMUL", K::kFlop, get<Q::kMatmulFlops>, "matmul",
     "the FLOPs on matrix units"},
    {"useful_flops", "USEFUL", K::kFlop, get<Q::kUsefulFlops>, "useful",
     "FLOPs without masked query-key pairs"},
    {"bytes_read", "READ", K::kBytes, bytes_read_sum, "read reads",
     "bytes read from device memory"},
    {"bytes_written", "WRITE", K::kBytes, bytes_written_sum, "write writes written",
     "bytes written to device memory"},
    {"bytes_moved", "BYTES", K::kBytes, bytes_moved, "bytes traffic", "bytes read and written"},
    {"intermediate_bytes", "INTERM", K::kBytes, get<Q::kIntermediateBytes>,
     "interm intermediate intermediates scratch", "bytes materialised besides inputs and outputs"},
    {"intensity", "FLOP/B", K::kRatio, intensity, "flop/b ai", "FLOPs per byte moved"},
    {"bytes_read_weight", "READ.W", K::kBytes, get<Q::kBytesReadWeight>, "read_weight",
     "weights read"},
    {"bytes_read_activation", "READ.ACT", K::kBytes, get<Q::kBytesReadActivation>,
     "read_activation", "activations read"},
    {"bytes_read_kv_cache", "READ.KV", K::kBytes, get<Q::kBytesReadKvCache>,
     "read_kv_cache read_kv", "KV cache read"},
    {"bytes_read_index", "READ.IDX", K::kBytes, get<Q::kBytesReadIndex>, "read_index",
     "indices read"},
    {"bytes_written_weight", "WRITE.W", K::kBytes, get<Q::kBytesWrittenWeight>, "write_weight",
     "weights written"},
    {"bytes_written_activation", "WRITE.ACT", K::kBytes, get<Q::kBytesWrittenActivation>,
     "write_activation", "activations written"},
    {"bytes_written_kv_cache", "WRITE.KV", K::kBytes, get<Q::kBytesWrittenKvCache>,
     "write_kv_cache write_kv", "KV cache written"},
    {"bytes_written_index", "WRITE.IDX", K::kBytes, get<Q::kBytesWrittenIndex>, "write_index",
     "indices written"},
    {"stored_bytes", "STORED", K::kCapacity, stored_sum, "stored resident",
     "bytes that stay resident: weights and KV cache"},
    {"stored_bytes_weight", "WEIGHTS", K::kCapacity, get<Q::kStoredBytesWeight>,
     "stored_weight weights weight", "bytes of weights, once per storage"},
    {"stored_bytes_kv_cache", "KV CACHE", K::kCapacity, get<Q::kStoredBytesKvCache>,
     "stored_kv_cache kv_cache kv", "bytes of KV cache"},
    {"parameters", "PARAMS", K::kCount, get<Q::kParameters>, "params", "stored weight elements"},
    {"time_bound_s", "TIME", K::kTime, nullptr, "time seconds time_bound",
     "seconds that the device needs at least (--hw)", seconds},
    {"bound", "BOUND", K::kLimit, nullptr, "bound_by limit",
     "what bounds the time: compute, memory or mixed (--hw)"},
    {"kernel", "KERNEL", K::kText, nullptr, "", "the kernel's canonical name"},
    {"plugin", "PLUGIN", K::kText, nullptr, "", "who declares the kernel"},
    {"path", "PATH", K::kText, nullptr, "", "fully qualified name"},
};

constexpr DerivedQuantity kDerived[] = {
    {"bytes_read", bytes_read_sum},
    {"bytes_written", bytes_written_sum},
    {"stored_bytes", stored_sum},
};

char folded(char c) {
  if (c == '-') return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return folded(x) == folded(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t end = text.find_last_not_of(' ') + 1;
  return text.substr(begin, end - std::min(begin, end));
}

template <class Visit>
void for_each_word(std::string_view words, const Visit& visit) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    visit(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

bool has_alias(std::string_view aliases, std::string_view name) {
  bool found = false;
  for_each_word(aliases, [&](std::string_view alias) { found = found || same_name(name, alias); });
  return found;
}

Diagnostic unknown_column(std::string_view what, std::string_view name, bool costs_only) {
  std::vector<std::string_view> spellings;
  std::string list;
  for (const Column& column : kColumns) {
    if (costs_only && !column.is_cost()) continue;
    spellings.push_back(column.key);
    for_each_word(column.aliases, [&](std::string_view alias) { spellings.push_back(alias); });
    list += list.empty() ? "" : ", ";
    list += column.key;
  }
  std::string hint = did_you_mean(name, spellings);
  if (hint.empty()) hint = "one of " + list;
  return plain_error(ErrorKind::kUsage, codes::kUsage,
                     "unknown " + std::string(what) + " '" + std::string(name) + "'", hint);
}

}  // namespace

std::span<const Column> all_columns() { return kColumns; }

std::span<const DerivedQuantity> derived_quantities() { return kDerived; }

const Column* find_column(std::string_view name) {
  for (const Column& column : kColumns)
    if (same_name(name, column.key) || same_name(name, column.header) ||
        has_alias(column.aliases, name))
      return &column;
  return nullptr;
}

const Column& column(std::string_view key) { return *find_column(key); }

// By asking it about one unit of every quantity.
CostWeights weights_of(const Column& column) {
  CostWeights weights{};
  for (std::size_t q = 0; q < kQuantityCount; ++q) {
    Costs unit;
    unit.values[q] = Number(1);
    weights[q] = static_cast<int>(column.value(unit).to_int64().value_or(0));
  }
  return weights;
}

Result<std::vector<const Column*>> parse_columns(std::string_view list) {
  std::vector<const Column*> columns;
  Diagnostics errors;
  for (;;) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view name = trimmed(list.substr(0, end));
    if (const Column* found = find_column(name); found != nullptr)
      columns.push_back(found);
    else
      errors.push_back(unknown_column("column", name, false));
    if (end == list.size()) break;
    list.remove_prefix(end + 1);
  }
  if (!errors.empty()) return errors;
  return columns;
}

Result<const Column*> parse_metric(std::string_view name, bool has_device) {
  const Column* found = find_column(name);
  if (found == nullptr) return unknown_column("metric", name, true);
  if (has_device && found->bound_value != nullptr) return found;
  if (!found->is_cost()) {
    Diagnostic error = unknown_column("metric", "", true);
    error.message = "'" + std::string(name) + "' is a column, but no metric";
    if (found->bound_value != nullptr) {
      error.message = "'" + std::string(name) + "' needs a device";
      error.hint = "add --hw NAME";
    }
    return error;
  }
  return found;
}

}  // namespace lmhost

#include "load/config_check.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/codes.hpp"

namespace lmhost {
namespace {

struct CostKey {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;  // besides leaving it out
};

constexpr CostKey kCostKeys[] = {
    {"quantization_config", "the widths of quantised weights",
     " and --w-bits BITS (4.125: groups of 128 with a 16-bit scale)"},
    {"compression_config", "the widths of compressed weights", " and --w-bits BITS"},
    {"sliding_window", "attention to a window", ""},
    {"num_local_experts", "experts", ""},
    {"num_experts", "experts", ""},
    {"n_routed_experts", "experts", ""},
    {"kv_lora_rank", "a compressed KV cache", ""},
};

// Activations that the graphs tell apart; any other has the costs of the last resort, SiLU.
struct Activation {
  std::string_view key;
  std::string_view known;
};
constexpr Activation kActivations[] = {
    {"hidden_act", "silu, swish, gelu, gelu_pytorch_tanh, relu"},
    {"activation_function", "gelu_new, gelu, gelu_pytorch_tanh, relu, silu, swish"},
};

constexpr std::string_view kHeads = "num_attention_heads";
constexpr std::string_view kGroups = "num_key_value_heads";

bool says_nothing(const Value& value) {
  const bool is_zero = value.kind == Value::Kind::kNumber && value.number.is_zero();  // false, too
  return value.kind == Value::Kind::kNone || is_zero;
}

bool is_listed(std::string_view list, std::string_view name) {
  const std::string all = ", " + std::string(list) + ",";
  return !name.empty() && all.find(", " + std::string(name) + ",") != all.npos;
}

Diagnostic config_error(const Config::Entry& entry, std::string message, std::string hint) {
  return plain_error(ErrorKind::kInput, codes::kBadValue,
                     entry.origin + " says " + std::move(message), std::move(hint));
}

void check_key(const Config& config, const CostKey& key, Diagnostics* errors) {
  const Config::Entry* entry = config.find(key.name);
  if (entry == nullptr || says_nothing(entry->value)) return;
  // Qwen's: the length is there, and does not count.
  const Config::Entry* is_used = config.find("use_" + std::string(key.name));
  if (is_used != nullptr && says_nothing(is_used->value)) return;
  errors->push_back(config_error(
      *entry,
      quoted(key.name) + ", " + std::string(key.meaning) + ", which the graph does not read",
      "to compute without: --set " + std::string(key.name) + "=null" + std::string(key.remedy)));
}

void check_heads(const Config& config, Diagnostics* errors) {
  const Config::Entry* heads = config.find(kHeads);
  const Config::Entry* groups = config.find(kGroups);
  if (heads == nullptr || groups == nullptr) return;
  for (const Config::Entry* entry : {heads, groups})
    if (entry->value.kind != Value::Kind::kNumber || !entry->value.number.is_integer()) return;
  const Number& count = groups->value.number;
  const bool is_possible =
      compare(count, Number(0)).value_or(0) > 0 && modulo(heads->value.number, count).is_zero();
  if (is_possible) return;
  errors->push_back(
      config_error(*groups, "'num_key_value_heads' " + to_string(count),
                   "it divides 'num_attention_heads', which is " + to_string(heads->value.number)));
}

}  // namespace

bool is_checked(std::string_view key) {
  return key == kHeads || key == kGroups ||
         std::any_of(std::begin(kCostKeys), std::end(kCostKeys),
                     [&](const CostKey& row) { return row.name == key; });
}

Diagnostics check_config(const Config& config,
                         const std::function<bool(std::string_view)>& is_read) {
  Diagnostics errors;
  for (const CostKey& key : kCostKeys)
    if (!is_read(key.name)) check_key(config, key, &errors);
  for (const Activation& activation : kActivations) {
    const Config::Entry* entry = config.find(activation.key);
    if (entry == nullptr || entry->value.kind != Value::Kind::kString) continue;
    if (!is_listed(activation.known, entry->value.string))
      errors.push_back(config_error(*entry,
                                    quoted(activation.key) + " " + quoted(entry->value.string) +
                                        ", whose costs the graph does not know",
                                    "one of " + std::string(activation.known)));
  }
  check_heads(config, &errors);
  return errors;
}

}  // namespace lmhost

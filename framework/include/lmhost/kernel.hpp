// Values of the registry: one kernel by name, without a graph. See Host in lmhost.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lmhost/export.hpp"
#include "lmhost/number.hpp"
#include "lmhost/report.hpp"

namespace lmhost {
LMHOST_VERSIONED_NAMESPACE {
  // What a parameter is given: an exact number, a truth or a text.
  struct ArgumentValue {
    Number number;
    std::string text;
    bool is_text = false;

    ArgumentValue(int value) : number(value) {}            // NOLINT: implicit on purpose
    ArgumentValue(std::int64_t value) : number(value) {}   // NOLINT
    ArgumentValue(std::uint64_t value) : number(value) {}  // NOLINT
    ArgumentValue(bool value) : number(value ? 1 : 0) {}   // NOLINT
    ArgumentValue(const Number& value) : number(value) {}  // NOLINT
    ArgumentValue(std::string value) : text(std::move(value)), is_text(true) {}  // NOLINT
    ArgumentValue(const char* value) : text(value), is_text(true) {}             // NOLINT
  };

  // {{"M", 2048}, {"K", 4096}, {"N", 4096}, {"bytes", 2}}. Besides the kernel's parameters: the
  // precision, in bits w_bits, a_bits, kv_bits (16 unless given) and index_bits (64), or in bytes
  // w_bytes, ..., and bytes for weights, activations and cache at once.
  using Arguments = std::vector<std::pair<std::string, ArgumentValue>>;

  // Between the kernel and device memory, and what it materialises besides inputs and outputs.
  struct MemoryCosts {
    Number bytes_read;
    Number bytes_written;
    Number intermediate_bytes;
  };

  enum class ParameterKind { kInt = 1, kFloat, kBool, kString };

  struct ParameterInfo {
    std::string name;
    ParameterKind kind = ParameterKind::kInt;
    bool is_required = true;    // no default, and no cost without it
    std::string default_value;  // a formula; empty when there is none
    std::string doc;
  };

  struct KernelInfo {
    std::string name;  // canonical
    std::string plugin;
    std::string doc;
    std::vector<std::string> aliases;
    std::vector<ParameterInfo> parameters;
  };
}
}  // namespace lmhost

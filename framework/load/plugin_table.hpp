// Reading structs and strings that another program laid out: the rules by which the plugin ABI
// grows.
//
// A struct shorter than ours reads as if its missing fields were zero; a longer one is accepted
// when the part that we do not know is zero, since zero means "absent", and is a newer feature
// otherwise. No field is read in place: every struct is copied first, so neither alignment nor
// stride is trusted.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <lmhost/plugin.h>

#include "formula/expression.hpp"
#include "load/plugin_error.hpp"

namespace lmhost {

inline constexpr std::uint32_t kLargestStruct = 4096;
inline constexpr std::uint32_t kMostElements = 65'536;
inline constexpr std::size_t kLongestString = 64 * 1024;
// A wild table can be wrong 65,536 times; nobody reads past the first hundred.
inline constexpr std::size_t kMostErrors = 100;

// The name of each struct in the header, and the bytes up to its last field that must be set. A
// shorter one cannot be a table of ours.
template <class T>
struct TableLayout;
template <>
struct TableLayout<lmh_plugin> {
  static constexpr const char* kName = "lmh_plugin";
  static constexpr std::uint32_t kRequired = offsetof(lmh_plugin, constants);
};
template <>
struct TableLayout<lmh_constant> {
  static constexpr const char* kName = "lmh_constant";
  static constexpr std::uint32_t kRequired = sizeof(lmh_constant);
};
template <>
struct TableLayout<lmh_function> {
  static constexpr const char* kName = "lmh_function";
  static constexpr std::uint32_t kRequired = offsetof(lmh_function, user);
};
template <>
struct TableLayout<lmh_kernel> {
  static constexpr const char* kName = "lmh_kernel";
  static constexpr std::uint32_t kRequired = offsetof(lmh_kernel, aliases);
};
template <>
struct TableLayout<lmh_parameter> {
  static constexpr const char* kName = "lmh_parameter";
  static constexpr std::uint32_t kRequired = sizeof(lmh_parameter);
};
template <>
struct TableLayout<lmh_formula> {
  static constexpr const char* kName = "lmh_formula";
  static constexpr std::uint32_t kRequired = sizeof(lmh_formula);
};
template <>
struct TableLayout<lmh_operand> {
  static constexpr const char* kName = "lmh_operand";
  static constexpr std::uint32_t kRequired = sizeof(lmh_operand);
};
template <>
struct TableLayout<lmh_example> {
  static constexpr const char* kName = "lmh_example";
  static constexpr std::uint32_t kRequired = sizeof(lmh_example);
};
template <>
struct TableLayout<const char*> {
  static constexpr const char* kName = "string";
  static constexpr std::uint32_t kRequired = sizeof(const char*);
};

// The first non-zero byte behind our own sizeof(T), or nothing. REQUIRES: `size` bytes are
// readable.
template <class T>
std::optional<std::uint32_t> unknown_field(const void* from, std::uint32_t size) {
  const auto* bytes = static_cast<const unsigned char*>(from);
  for (std::uint32_t at = sizeof(T); at < size; ++at)
    if (bytes[at] != 0) return at;
  return std::nullopt;
}

// REQUIRES: `size` bytes are readable.
template <class T>
T copy_known_fields(const void* from, std::uint32_t size) {
  T copy = {};
  std::memcpy(&copy, from, size < sizeof(T) ? size : sizeof(T));
  return copy;
}

// Which row of which table: "kernel 'torch.mm', operand 2". Costs nothing until it is printed.
struct TablePlace {
  const char* owner_kind = nullptr;  // "kernel", or null at the top
  std::string_view owner;            // its name
  const char* kind = nullptr;        // "operand", or null for the owner itself
  std::size_t index = 0;             // from 0

  std::string text() const;  // ends in ": " unless empty
};

// Collects what is wrong with one plugin, and copies its strings and rows.
class TableReader {
 public:
  explicit TableReader(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  bool full() const { return errors_.size() >= kMostErrors; }
  bool ok() const { return errors_.empty(); }
  void add(Diagnostic error) { errors_.push_back(std::move(error)); }
  void error(std::string_view code, const TablePlace& place, const std::string& problem);
  Diagnostics take_errors() { return std::move(errors_); }

  // A view of a string of the plugin; empty after an error (NULL, too long, not UTF-8).
  std::string_view string(const char* text, const TablePlace& place, const char* field);
  // NULL allowed: nothing.
  std::optional<std::string_view> optional_string(const char* text, const TablePlace& place,
                                                  const char* field);

  // Calls use(row, place) for a copy of every row.
  template <class T, class Use>
  void rows(const lmh_span& span, TablePlace place, const char* kind, Use use) {
    place.kind = kind;
    if (!check_span(span, place, TableLayout<T>::kRequired)) return;
    for (place.index = 0; place.index < span.count && !full(); ++place.index) {
      const char* row = static_cast<const char*>(span.data) + place.index * span.stride;
      // The row is read all the same, so that what names it gives no further errors.
      if (const std::optional<std::uint32_t> at = unknown_field<T>(row, span.stride))
        newer_feature(place, TableLayout<T>::kName, *at);
      use(copy_known_fields<T>(row, span.stride), place);
    }
  }

  // The table uses a field at byte `at` of `structure` that this host does not know.
  void newer_feature(const TablePlace& place, const char* structure, std::uint32_t at);

 private:
  bool check_span(const lmh_span& span, const TablePlace& place, std::uint32_t required);

  std::string path_;
  Diagnostics errors_;
};

// What every formula of a kernel may name besides the plugin's own names: bits and bytes by role.
inline constexpr std::string_view kPrecisionVariables[] = {"a_bits",     "w_bits",   "kv_bits",
                                                           "index_bits", "bytes",    "a_bytes",
                                                           "w_bytes",    "kv_bytes", "index_bytes"};
bool is_precision_variable(std::string_view text);

bool is_dotted_name(std::string_view text);
bool is_semantic_version(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace lmhost
